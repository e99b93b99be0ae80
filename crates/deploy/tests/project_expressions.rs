//! Expressions as users write them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{AccountId, Diagnostics, Region};
use indexmap::IndexMap;
use landfall_deploy::expression::{
    Expr, Number, OrganizationScope, Outputs, Scope, Secret, SecretRef, StageScope, Trigger, Value, evaluate,
};
use proptest::prelude::*;

fn map<V>(entries: impl IntoIterator<Item = (&'static str, V)>) -> IndexMap<String, V> {
    entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn scope() -> Scope {
    Scope {
        pipeline: "orders".to_owned(),
        stage: Some(StageScope {
            name: "prod".to_owned(),
            account_id: Some(AccountId::new("012345678901").unwrap()),
            region: Region::new("eu-west-1").unwrap(),
            artifacts: map([
                ("app", Outputs::Known(map([("s3_url", Value::from("s3://b/k"))]))),
                ("later", Outputs::Pending),
            ]),
        }),
        vars: map([
            ("env", Value::from("prod")),
            ("replicas", Value::from(3)),
            ("version", Value::Number(Number::read("1.10").unwrap())),
            ("on", Value::from(true)),
            ("none", Value::Null),
            ("zones", Value::List(vec!["a".into(), "b".into()])),
            ("limits", Value::Map(map([("cpu", Value::from(2)), ("odd key", Value::from("x"))]))),
        ]),
        trigger: Trigger { sha: "0123456789abcdef".to_owned(), branch: "main".to_owned(), tag: String::new() },
        organization: Some(OrganizationScope {
            id: Some("o-abc".to_owned()),
            cicd_account_id: None,
            cicd_region: None,
        }),
        step_names: map([("Deploy it", "deploy".to_owned())]),
        steps: map([("deploy", Outputs::Pending), ("done", Outputs::Known(map([("Url", Value::from("https://x"))])))]),
        stages: map([("staging", map([("deploy", Outputs::Known(map([("Url", Value::from("https://s"))])))]))]),
    }
}

fn shown(text: &str) -> String {
    fn problems(diagnostics: &Diagnostics) -> String {
        let line = |d: &base::Diagnostic| {
            let hint = d.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            format!("{}: {}{hint}", d.code, d.message)
        };
        diagnostics.iter().map(line).collect::<Vec<_>>().join("; ")
    }
    match Expr::parse_text(text) {
        Err(diagnostics) => problems(&diagnostics),
        Ok(expr) => match evaluate(&expr, &scope()) {
            Ok(value) => format!("{value:?}"),
            Err(diagnostics) => problems(&diagnostics),
        },
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| shown(text) != *expected)
        .map(|(text, expected)| format!("{text}\n  expected {expected}\n  found    {}", shown(text)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn names_and_types() {
    check(&[
        ("plain", r#""plain""#),
        ("${{ stage.name }}", r#""prod""#),
        ("${{stage.account_id}}", r#""012345678901""#),
        ("orders-${{ vars.env }}-${{ vars.replicas }}", r#""orders-prod-3""#),
        ("${{ vars.replicas }}", "3"),
        ("${{ vars.version }}", "1.10"),
        ("v${{ vars.version }}", r#""v1.10""#),
        ("${{ vars.on }}", "true"),
        ("${{ vars.zones[1] }}", r#""b""#),
        ("${{ vars.limits.cpu }}", "2"),
        ("${{ vars.limits[\"odd key\"] }}", r#""x""#),
        ("${{ stage.artifacts[\"app\"].s3_url }}", r#""s3://b/k""#),
        ("${{ steps[\"done\"].Url }}", r#""https://x""#),
        ("${{ stages.staging.steps.deploy.Url }}", r#""https://s""#),
        ("${{ trigger.tag }}", r#""""#),
        ("${{ pipeline.name }}", r#""orders""#),
        ("${{ organization.id }}", r#""o-abc""#),
        ("$${{ not.an.expression }}", r#""${{ not.an.expression }}""#),
        ("$$${{ x", r#""$${{ x""#),
        ("${{ \"a }} b\" }}", r#""a }} b""#),
        ("${{ {\"a\": {\"b\": 1}}.a.b }}", "1"),
        ("${{ [1, 2, 3][2] }}", "3"),
    ]);
}

#[test]
fn operators() {
    check(&[
        ("${{ vars.env == \"prod\" && vars.replicas > 2 }}", "true"),
        ("${{ vars.env != 'prod' || !vars.on }}", "false"),
        ("${{ vars.env == 'prod' ? 3 : 1 }}", "3"),
        ("${{ vars.on ? vars.env == 'dev' ? 1 : 2 : 3 }}", "2"),
        ("${{ -vars.replicas < 0 }}", "true"),
        ("${{ vars.none == null }}", "true"),
        ("${{ 1.0 == 1 }}", "true"),
        ("${{ 'b' >= 'a' }}", "true"),
        ("${{ !(vars.on && false) }}", "true"),
        ("${{ vars.zones == ['a', 'b'] }}", "true"),
    ]);
}

#[test]
fn functions() {
    check(&[
        ("${{ lower('ABC') }}${{ upper('abc') }}", r#""abcABC""#),
        ("${{ trim('  a ') }}", r#""a""#),
        ("${{ replace('a.b.c', '.', '-') }}", r#""a-b-c""#),
        ("${{ split('a,b', ',') }}", r#"["a", "b"]"#),
        ("${{ join(vars.zones, '+') }}", r#""a+b""#),
        ("${{ contains(vars.zones, 'b') }}", "true"),
        ("${{ contains('haystack', 'st') && starts_with('abc', 'a') && ends_with('abc', 'c') }}", "true"),
        ("${{ format('{0}-{1}-{{x}}', vars.env, 7) }}", r#""prod-7-{x}""#),
        ("${{ substring(trigger.sha, 0, 7) }}", r#""0123456""#),
        ("${{ substring('äöü', 1) }}", r#""öü""#),
        ("${{ length(vars.zones) }}", "2"),
        ("${{ default(trigger.tag, 'untagged') }}", r#""untagged""#),
        ("${{ default(vars.missing, 5) }}", "5"),
        ("${{ default(vars.limits.memory, 512) }}", "512"),
        ("${{ default(steps.done.Missing, 'x') }}", r#""x""#),
        ("${{ default(vars['missing'], default(vars.zones[9], 'z')) }}", r#""z""#),
        (
            "${{ default(vars.limits.memory.size, 1) }}",
            "EXPR-006: `vars.limits` has no member `memory` (known here: `cpu`, `odd key`)",
        ),
        ("${{ to_json(vars.limits) }}", r#""{\"cpu\":2,\"odd key\":\"x\"}""#),
        ("${{ to_json({'a': [1.10, true, null]}) }}", r#""{\"a\":[1.10,true,null]}""#),
    ]);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    check(&[
        ("${{ }}", "EXPR-001: an expression is empty (name something, for example `${{ stage.name }}`)"),
        (
            "${{ vars.env",
            "EXPR-002: an expression is not closed (end it with `}}`, or write `$${{` for the three characters themselves)",
        ),
        (
            "${{ vars.env = 1 }}",
            "EXPR-001: unexpected `=` in an expression (compare with `==`; an expression cannot set anything)",
        ),
        ("${{ vars.a and vars.b }}", "EXPR-001: expected the end of the expression, found `and` (write `&&`)"),
        (
            "${{ vars.replicas + 1 }}",
            "EXPR-001: unexpected `+` in an expression (join texts with `format(\"{0}{1}\", a, b)`, or write the number out in `vars`)",
        ),
        (
            "${{ 'abc }}",
            "EXPR-003: a string in an expression has no closing quote (close the string with the quote it began with)",
        ),
        (
            "${{ 'a\\d' }}",
            "EXPR-003: unknown escape `\\d` in a string (`\\n`, `\\t`, `\\r`, `\\\\`, `\\\"` and `\\'` are known; write a backslash as `\\\\`)",
        ),
        (
            "${{ 12ab }}",
            "EXPR-003: this is not a number (put it in quotes if it is text, such as an account id or a version)",
        ),
        ("${{ (1 }}", "EXPR-001: expected `)`, found the end of the expression (complete the expression before `}}`)"),
        ("${{ stge.name }}", "EXPR-005: unknown name `stge` (did you mean `stage`?)"),
        ("${{ env }}", "EXPR-005: unknown name `env` (did you mean `vars.env`?)"),
        ("${{ lower }}", "EXPR-005: unknown name `lower` (`lower` is a function: write `lower(…)`)"),
        ("${{ stage.acount_id }}", "EXPR-006: `stage` has no property `acount_id` (did you mean `account_id`?)"),
        ("${{ vars.replica }}", "EXPR-006: the stage has no variable `replica` (did you mean `replicas`?)"),
        ("${{ vars.limits.cpus }}", "EXPR-006: `vars.limits` has no member `cpus` (did you mean `cpu`?)"),
        ("${{ steps.dploy.Url }}", "EXPR-006: there is no step `dploy` before this one (did you mean `deploy`?)"),
        ("${{ steps.done.url2 }}", "EXPR-006: there is no output `url2` (did you mean `Url`?)"),
        (
            "${{ organization.cicd_account_id }}",
            "EXPR-006: the pipeline does not say what `organization.cicd_account_id` is (add it to the `organization` section of the pipeline file)",
        ),
        (
            "${{ vars.env && true }}",
            "EXPR-007: `&&` needs a boolean, found a string (compare it with something, for example `== \"\"`)",
        ),
        (
            "${{ vars.replicas == '3' }}",
            "EXPR-007: a number cannot be compared with a string by `==` (write both as text, or both as numbers)",
        ),
        (
            "${{ vars.zones < vars.zones }}",
            "EXPR-007: a list cannot be compared with a list by `<` (compare two values of one type)",
        ),
        ("${{ vars.env.x }}", "EXPR-007: `vars.env` is a string and has no members"),
        ("${{ lowercase('A') }}", "EXPR-008: unknown function `lowercase` (did you mean `lower`?)"),
        ("${{ replcae('a', 'b', 'c') }}", "EXPR-008: unknown function `replcae` (did you mean `replace`?)"),
        ("${{ lower('a', 'b') }}", "EXPR-009: `lower` cannot take 2 arguments (write `lower(text)`)"),
        ("${{ lower(vars.zones) }}", "EXPR-010: `lower` needs a string, found a list (write `lower(text)`)"),
        (
            "${{ format('{1}', 1) }}",
            "EXPR-010: the pattern names `{1}`, but there are 1 values (values are counted from 0)",
        ),
        (
            "a-${{ vars.zones }}",
            "EXPR-011: a list cannot be put into text (join it with `join(list, \",\")`, or write it as JSON with `to_json(…)`)",
        ),
        (
            "${{ stage }}",
            "EXPR-011: `stage` is not a value by itself (name one of its properties, for example `stage.name`)",
        ),
        (
            "${{ secret('X') == 'a' }}",
            "EXPR-012: a secret cannot be compared (use the secret as a whole value, or inside a text)",
        ),
        (
            "${{ upper(secret('X')) }}",
            "EXPR-012: a secret cannot go through `upper` (use the secret as a whole value, or inside a text)",
        ),
        (
            "${{ secret('not a name') }}",
            "EXPR-010: `not a name` cannot be the name of a secret (a name has letters, digits and `/_+=.@-`, 512 at most)",
        ),
        (
            "${{ vars.zones[2] }}",
            "EXPR-014: `vars.zones` has no item `2` (correct the position, or say what to use instead with `default(…, \"\")`)",
        ),
        ("${{ default(stage.nme, 1) }}", "EXPR-006: `stage` has no property `nme` (did you mean `name`?)"),
        (
            "${{ a }} and ${{ b }}",
            "EXPR-005: unknown name `a` (known here: `stage`, `vars`, `trigger`, `organization`, `pipeline`, `steps`, `stages`; put text in quotes); EXPR-005: unknown name `b` (known here: `stage`, `vars`, `trigger`, `organization`, `pipeline`, `steps`, `stages`; put text in quotes)",
        ),
    ]);
}

#[test]
fn secrets_never_show() {
    check(&[
        ("${{ secret(\"DB\") }}", "[secret DB]"),
        ("postgres://u:${{ stage_secret('PW') }}@h/${{ vars.env }}", "postgres://u:[secret PW]@h/prod"),
        ("${{ organization.secrets['K'] }}", "[secret K]"),
        ("${{ format('a{0}b', secret('K')) }}", "a[secret K]b"),
        ("${{ vars.on ? secret('A') : secret('B') }}", "[secret A]"),
    ]);
    let expr = Expr::parse_text("u:${{ stage_secret('PW') }}@${{ secret('HOST') }}").unwrap();
    let Value::Secret(secret) = evaluate(&expr, &scope()).unwrap() else { panic!("not a secret") };
    let names: Vec<_> = secret.references().cloned().collect();
    assert_eq!(names, [SecretRef::Stage("PW".into()), SecretRef::Organization("HOST".into())]);
    let known = |secret: &SecretRef| (secret.name() == "PW").then(|| "p".to_owned());
    assert_eq!(secret.reveal(known), Err(SecretRef::Organization("HOST".into())));
    assert_eq!(secret.reveal(|s| Some(s.name().to_lowercase())), Ok("u:pw@host".to_owned()));
    assert_eq!(
        serde_json::to_string(&Value::Secret(Secret::one(SecretRef::Stage("PW".into())))).unwrap(),
        r#"{"$secret":"${{ stage_secret(\"PW\") }}"}"#
    );
}

#[test]
fn what_is_not_known_yet_is_reduced_and_evaluated_later() {
    let cases = [
        ("${{ steps.deploy.Url }}", "${{ steps.deploy.Url }}"),
        ("${{ steps['Deploy it'].Url }}", "${{ steps[\"Deploy it\"].Url }}"),
        ("${{ vars.env }}: ${{ steps.deploy.Url }}", "prod: ${{ steps.deploy.Url }}"),
        (
            "${{ steps.deploy.Url == vars.env ? 1 : secret('S') }}",
            "${{ steps.deploy.Url == \"prod\" ? 1 : secret(\"S\") }}",
        ),
        ("${{ vars.on && steps.deploy.Ok }}", "${{ steps.deploy.Ok }}"),
        ("${{ lower(steps.deploy.Url) }}", "${{ lower(steps.deploy.Url) }}"),
        (
            "${{ default(steps.deploy.Url, vars.limits) }}",
            "${{ default(steps.deploy.Url, { \"cpu\": 2, \"odd key\": \"x\" }) }}",
        ),
        ("${{ (vars.on ? steps.deploy.A : 1) == 2 }}", "${{ steps.deploy.A == 2 }}"),
        ("$${{ ${{ steps.deploy.A }}", "$${{ ${{ steps.deploy.A }}"),
        ("cost: ${{ '$' }}${{ steps.deploy.A }}", "cost: ${{ \"$\" }}${{ steps.deploy.A }}"),
        ("${{ upper(format('{0}{{', steps.deploy.A)) }}", "${{ upper(format(\"{0}{{\", steps.deploy.A)) }}"),
        ("${{ stage.artifacts.later.s3_url }}", "${{ stage.artifacts.later.s3_url }}"),
    ];
    for (text, left) in cases {
        let value = evaluate(&Expr::parse_text(text).unwrap(), &scope()).unwrap();
        let Value::Deferred(deferred) = &value else { panic!("{text} gave {value:?}") };
        assert_eq!(deferred.text(), left);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{json}");
    }
    let expr = Expr::parse_text("${{ vars.env }}: ${{ steps.deploy.Url }} ${{ secret('S') }}").unwrap();
    let Value::Deferred(deferred) = evaluate(&expr, &scope()).unwrap() else { panic!() };
    assert_eq!(deferred.waits_for(), ["deploy"]);
    let steps = map([("deploy", Outputs::Known(map([("Url", Value::from("u"))])))]);
    let later = Scope { steps, ..Scope::default() };
    let finished = evaluate(&Expr::parse_text(deferred.text()).unwrap(), &later).unwrap();
    assert_eq!(format!("{finished}"), "prod: u [secret S]");
}

#[test]
fn sizes_and_depths_are_limited() {
    let deep = format!("${{{{ {}1{} }}}}", "(".repeat(500), ")".repeat(500));
    assert!(shown(&deep).starts_with("EXPR-004"), "{}", shown(&deep));
    for chain in [
        format!("${{{{ 1{} }}}}", " && true".repeat(500)),
        format!("${{{{ vars{} }}}}", ".a".repeat(500)),
        format!("${{{{ {}true }}}}", "!".repeat(500)),
    ] {
        assert!(shown(&chain).starts_with("EXPR-004"), "{}", shown(&chain));
    }
    let mut nested = "vars".to_owned();
    for _ in 0..25 {
        nested = format!("default({nested}.x, vars)");
    }
    assert!(shown(&format!("${{{{ {nested} }}}}")).starts_with("{\"env\""), "this took long, or failed");
    let long = format!("${{{{ '{}' }}}}", "x".repeat(70_000));
    assert!(shown(&long).starts_with("EXPR-004"), "{}", shown(&long));
    let blow_up = format!("${{{{ replace('{}', 'x', '{}') }}}}", "x".repeat(20_000), "y".repeat(20_000));
    assert!(shown(&blow_up).starts_with("EXPR-013"), "{}", shown(&blow_up));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |n| Number::float(n).map(Value::Number)),
        "[ -~äß$\\n{}]{0,12}".prop_map(Value::String),
        "[A-Z_]{1,8}".prop_map(|n| Value::Secret(Secret::one(SecretRef::Stage(n)))),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[$a-z ]{0,6}", inner), 0..4).prop_map(|m| Value::Map(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\$\\{\\{|\\}\\}|[ -~]|\\PC|steps|vars|\"|'|\\[|\\(){0,40}") {
        let _ = shown(&text);
        let _ = shown(&format!("${{{{ {text} }}}}"));
    }

    #[test]
    fn words_in_any_order_do_not_panic(words in prop::collection::vec(prop::sample::select(vec![
        "vars", ".", "env", "zones", "[", "]", "(", ")", "1", "2.5", "'x'", "?", ":", "&&", "||", "!", "-", "==", "<",
        ",", "lower", "format", "default", "steps", "deploy", "secret", "{", "}", "split", "join", "stages", "staging",
    ]), 0..14)) {
        let _ = shown(&format!("a ${{{{ {} }}}} b", words.join(" ")));
    }

    #[test]
    fn values_survive_a_plan(value in value()) {
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }

    #[test]
    fn what_is_left_means_the_same(known in value(), output in "[a-z]{0,5}") {
        let text = "${{ default(steps.deploy.Out, 'none') == 'x' ? vars.known : [steps.deploy.Out, vars.known] }}";
        let expr = Expr::parse_text(text).unwrap();
        let mut scope = Scope { vars: map([("known", known)]), steps: map([("deploy", Outputs::Pending)]), ..Scope::default() };
        let Value::Deferred(left) = evaluate(&expr, &scope).unwrap() else { panic!() };
        scope.steps = map([("deploy", Outputs::Known(map([("Out", Value::from(output))])))]);
        let at_once = evaluate(&expr, &scope).unwrap();
        scope.vars.clear();
        let later = evaluate(&Expr::parse_text(left.text()).unwrap(), &scope).unwrap();
        prop_assert_eq!(later, at_once);
    }
}
