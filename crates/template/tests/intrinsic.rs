//! Evaluation of intrinsic functions: known, absent, unknown, faulty.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{AccountId, FileId, Region, Sources, Span, StackName};
use landfall_template as template;
use template::intrinsic::{Evaluated, Lookup, Parameters, Pseudo, Resolve, Scope, Truth, Undeployed, Unknown};
use template::{Dialect, Node, parse, write};

const TEMPLATE: &str = r#"
Parameters:
  Stage: {Type: String}
  Subnets: {Type: CommaDelimitedList}
  Later: {Type: "AWS::SSM::Parameter::Value<String>"}
  Password: {Type: String, NoEcho: true}
Mappings:
  Sizes:
    dev: {Count: 1, Zones: [a, b]}
    prod: {Count: 3, Zones: [a, b, c]}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition Prod]
  Late: !Equals [!Ref Later, x]
  Both: !And [!Condition Late, !Condition Prod]
  Either: !Or [!Condition Late, !Condition NotProd]
  LoopA: !Not [!Condition LoopB]
  LoopB: !Not [!Condition LoopA]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
"#;

struct Live;

impl Resolve for Live {
    fn reference(&self, logical_id: &str) -> Lookup {
        Lookup::Found(Node::new(format!("{logical_id}-x1"), Span::default()))
    }
    fn attribute(&self, logical_id: &str, attribute: &str) -> Lookup {
        match attribute {
            "Arn" => Lookup::Found(Node::new(format!("arn:{logical_id}"), Span::default())),
            _ => Lookup::Missing(format!("`{logical_id}` has no attribute `{attribute}`")),
        }
    }
    fn import(&self, name: &str) -> Lookup {
        Lookup::Missing(format!("no export named `{name}`"))
    }
    fn availability_zones(&self, region: &str) -> Lookup {
        Lookup::Found(Node::new(vec![Node::new(format!("{region}a"), Span::default())], Span::default()))
    }
}

fn parameters() -> Parameters {
    let text = |t: &str| Evaluated::Known(Node::new(t, Span::default()));
    let subnets = ["s-1", "s-2"].map(|t| Node::new(t, Span::default())).to_vec();
    let later = Unknown { why: "the SSM parameter is read at deployment".into(), span: Span::default() };
    [
        ("Stage".to_owned(), text("dev")),
        ("Subnets".to_owned(), Evaluated::Known(Node::new(subnets, Span::default()))),
        ("Later".to_owned(), Evaluated::Unknown(later)),
        ("Password".to_owned(), text("hunter2")),
    ]
    .into_iter()
    .collect()
}

fn with_scope<T>(resolve: &dyn Resolve, act: impl FnOnce(&Scope<'_>) -> T) -> T {
    let (template, problems) = parse(FileId(0), TEMPLATE, Dialect::Template);
    assert_eq!(problems, vec![]);
    let pseudo = Pseudo {
        account: AccountId::new("012345678901").ok(),
        region: Region::new("cn-north-1").ok(),
        stack_name: StackName::new("shop").ok(),
        stack_id: None,
        notification_arns: vec![],
    };
    act(&Scope::new(&template, &parameters(), &pseudo, resolve))
}

/// The value as JSON, or `absent`, or why it is unknown, or the first fault.
fn eval(expression: &str, resolve: &dyn Resolve) -> String {
    let node = parse(FileId(1), expression, Dialect::Template).0;
    with_scope(resolve, |scope| {
        let mut problems = vec![];
        let result = scope.evaluate(&node, &mut problems);
        if let Some(problem) = problems.first() {
            let hint = problem.hint.clone().unwrap_or_default();
            return format!("fault: {}; {hint}", problem.message);
        }
        match result {
            Evaluated::Known(node) => write::compact(&node),
            Evaluated::Absent => "absent".into(),
            Evaluated::Unknown(unknown) => format!("unknown: {}", unknown.why),
        }
    })
}

#[test]
fn values_before_deployment() {
    let table = [
        ("!Ref Stage", r#""dev""#),
        ("!Ref Subnets", r#"["s-1","s-2"]"#),
        ("!Ref AWS::AccountId", r#""012345678901""#),
        ("!Ref AWS::Partition", r#""aws-cn""#),
        ("!Ref AWS::URLSuffix", r#""amazonaws.com.cn""#),
        ("!Ref AWS::NoValue", "absent"),
        ("!Ref AWS::StackId", "unknown: `AWS::StackId` is known at deployment"),
        ("!Ref Bucket", "unknown: the name of `Bucket` is known after deployment"),
        ("!GetAtt Bucket.Arn", "unknown: `Bucket.Arn` is known after deployment"),
        ("!Ref Later", "unknown: the SSM parameter is read at deployment"),
        ("!Ref Bukcet", "fault: `Bukcet` is neither a parameter nor a resource; did you mean `Bucket`?"),
        ("!GetAtt Stage.Arn", "fault: `Stage` is not a resource; define it, or correct the name"),
        ("!Ref AWS::Reigon", "fault: unknown pseudo parameter `AWS::Reigon`; did you mean `AWS::Region`?"),
        ("!Sub '${Stage}-${AWS::Region}-${!Keep}-$x'", r#""dev-cn-north-1-${Keep}-$x""#),
        ("!Sub ['${A}${B}', {A: !Ref Stage, B: 1.50}]", r#""dev1.5""#),
        ("!Sub '${Bucket}'", "unknown: the name of `Bucket` is known after deployment"),
        ("!Sub '${Bucket.Arn}'", "unknown: `Bucket.Arn` is known after deployment"),
        (
            "!Sub '${Sta ge}'",
            "fault: `${Sta ge}` is not a variable; write `${!Sta ge}` if the text shall stay as it is",
        ),
        ("!Sub '${Subnets}'", "fault: `${Subnets}` is a list; use `Fn::Join` for lists, or select one value"),
        ("!Sub '${AWS::NoValue}'", "fault: `${AWS::NoValue}` has no value; give it an empty text instead"),
        ("!Join [',', !Ref Subnets]", r#""s-1,s-2""#),
        ("!Join ['', [a, 1, true, !Ref AWS::NoValue]]", r#""a1true""#),
        ("!Split [',', 'a,,b']", r#"["a","","b"]"#),
        ("!Select [1, !Ref Subnets]", r#""s-2""#),
        ("!Select ['0', [a, !Ref Bucket]]", r#""a""#),
        ("!Select [2, !Ref Subnets]", "fault: `Fn::Select` takes item 2 of a list of 2; correct the index or the list"),
        ("!FindInMap [Sizes, !Ref Stage, Count]", "1"),
        ("!FindInMap [Sizes, prod, Zones]", r#"["a","b","c"]"#),
        ("!FindInMap [Sizes, test, Count]", "fault: mapping `Sizes` has no key `test`; add the key to the mapping"),
        ("!FindInMap [Sizes, prdo, Count]", "fault: mapping `Sizes` has no key `prdo`; did you mean `prod`?"),
        (
            "!FindInMap [Sizes, !Ref Password, Count]",
            "fault: mapping `Sizes` has no key a hidden value; add the key to the mapping",
        ),
        ("!FindInMap [Sizes, test, Count, {DefaultValue: !Ref Stage}]", r#""dev""#),
        ("!Base64 abc", r#""YWJj""#),
        ("!Cidr [10.0.0.0/16, 2, 8]", r#"["10.0.0.0/24","10.0.1.0/24"]"#),
        ("!Length [!Ref Subnets]", "1"),
        ("Fn::Length: !Ref Subnets", "2"),
        ("Fn::ToJsonString: {a: !Ref Stage, b: [1]}", r#""{\"a\":\"dev\",\"b\":[1]}""#),
        ("!If [Prod, a, b]", r#""b""#),
        ("!If [Prod, !Ref Nowhere, !Ref AWS::NoValue]", "absent"),
        ("!If [Late, a, b]", "unknown: it depends on the condition `Late`: the SSM parameter is read at deployment"),
        ("!If [Both, a, b]", r#""b""#),
        ("!If [Either, a, b]", r#""a""#),
        ("!If [LoopA, a, b]", "fault: condition `LoopA` depends on itself; break the circle"),
        ("!If [Nope, a, b]", "fault: condition `Nope` is not defined; define it in `Conditions`"),
        ("{a: !Ref AWS::NoValue, b: [!Ref AWS::NoValue, 1]}", r#"{"b":[1]}"#),
        ("!ImportValue x", "unknown: the export `x` is read at deployment"),
        ("!GetAZs ''", "unknown: the Availability Zones of `cn-north-1` are read at deployment"),
        ("!Transform {Name: AWS::Include}", "unknown: a macro gives its result at deployment"),
        (
            "!Equals [a, b]",
            "fault: `Fn::Equals` cannot stand in a value; give the condition a name in `Conditions` and use it with `Fn::If`",
        ),
        ("Fn::Joyn: []", "fault: unknown function `Fn::Joyn`; did you mean `Fn::Join`?"),
        ("{Condition: {StringEquals: {a: b}}}", r#"{"Condition":{"StringEquals":{"a":"b"}}}"#),
        ("Ref: {Ref: Stage}", "fault: `dev` is neither a parameter nor a resource; define it, or correct the name"),
    ];
    for (expression, expected) in table {
        assert_eq!(eval(expression, &Undeployed), expected, "{expression}");
    }
}

#[test]
fn values_of_live_resources() {
    let table = [
        ("!Ref Bucket", r#""Bucket-x1""#),
        ("!Sub '${Bucket.Arn}/*'", r#""arn:Bucket/*""#),
        ("!GetAtt Bucket.Nope", "fault: `Bucket` has no attribute `Nope`; correct the name"),
        ("!ImportValue gone", "fault: no export named `gone`; correct the name"),
        ("!GetAZs {Ref: AWS::Region}", r#"["cn-north-1a"]"#),
    ];
    for (expression, expected) in table {
        assert_eq!(eval(expression, &Live), expected, "{expression}");
    }
}

#[test]
fn what_is_unknown_stays_and_the_rest_is_replaced() {
    let text = "{a: !Ref Stage, b: !Join ['-', [!Ref Stage, !Ref Bucket]], c: !If [Prod, 1, !Ref AWS::NoValue], d: [!GetAtt Bucket.Arn]}";
    let node = parse(FileId(1), text, Dialect::Template).0;
    let simple = with_scope(&Undeployed, |scope| scope.simplify(&node, &mut vec![])).unwrap();
    assert_eq!(
        write::compact(&simple),
        r#"{"a":"dev","b":{"Fn::Join":["-",["dev",{"Ref":"Bucket"}]]},"d":[{"Fn::GetAtt":["Bucket","Arn"]}]}"#
    );
}

#[test]
fn conditions_have_three_values() {
    with_scope(&Undeployed, |scope| {
        let mut problems = vec![];
        let mut truth = |name| scope.condition(name, Span::default(), &mut problems);
        assert_eq!(truth("Prod"), Truth::False);
        assert_eq!(truth("NotProd"), Truth::True);
        assert!(matches!(truth("Late"), Truth::Unknown(_)));
        assert_eq!(truth("Both"), Truth::False, "one false member decides");
        assert_eq!(truth("Either"), Truth::True, "one true member decides");
    });
}

#[test]
fn rule_functions_compare_members() {
    let table = [
        ("!Contains [[dev, test], !Ref Stage]", Truth::True),
        ("!EachMemberIn [!Ref Subnets, [s-1, s-2, s-3]]", Truth::True),
        ("!EachMemberEquals [!Ref Subnets, s-1]", Truth::False),
        ("!Equals [1, '1']", Truth::True),
        ("!Equals [true, 'true']", Truth::True),
    ];
    for (expression, expected) in table {
        let node = parse(FileId(1), expression, Dialect::Template).0;
        assert_eq!(with_scope(&Undeployed, |scope| scope.truth(&node, &mut vec![])), expected, "{expression}");
    }
}

#[test]
fn faults_point_at_the_expression() {
    let text = "a:\n  - !FindInMap [Sizes, dev, Cuont]\n";
    let mut sources = Sources::new();
    let file = sources.add("t.yaml", text);
    let node = parse(file, text, Dialect::Template).0;
    let mut problems = vec![];
    with_scope(&Undeployed, |scope| scope.evaluate(&node, &mut problems));
    insta::assert_snapshot!(problems[0].render(&sources), @r"
    error[TMPL-020] t.yaml:2:5: mapping `Sizes` has no key `Cuont`
      2 |   - !FindInMap [Sizes, dev, Cuont]
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      why: it has `Count`, `Zones`
      fix: did you mean `Count`?
    ");
}

#[test]
fn loops_are_expanded() {
    let text = r#"
Resources:
  Before: {Type: A::B::C}
  Fn::ForEach::Outer:
    - Name
    - [!Ref Stage, x-y]
    - "Topic&{Name}":
        Type: AWS::SNS::Topic
        Properties: {TopicName: !Ref Name, Display: !Sub "${Name}-${AWS::Region}"}
      Fn::ForEach::Inner:
        - Zone
        - !Ref Subnets
        - "Q&{Name}&{Zone}": {Type: AWS::SQS::Queue, Properties: {N: "${Name}${Zone}"}}
  Fn::ForEach::Later: [L, !Ref Later, {"R${L}": {Type: A::B::C}}]
"#;
    let node = parse(FileId(1), text, Dialect::Template).0;
    let mut problems = vec![];
    let expanded = with_scope(&Undeployed, |scope| scope.expand_loops(&node, &mut problems));
    assert_eq!(problems, vec![]);
    insta::assert_snapshot!(write::yaml(&expanded), @r#"
    Resources:
      Before:
        Type: A::B::C
      Topicdev:
        Type: AWS::SNS::Topic
        Properties:
          TopicName: dev
          Display: !Sub "dev-${AWS::Region}"
      Qdevs1:
        Type: AWS::SQS::Queue
        Properties:
          "N": devs-1
      Qdevs2:
        Type: AWS::SQS::Queue
        Properties:
          "N": devs-2
      Topicxy:
        Type: AWS::SNS::Topic
        Properties:
          TopicName: x-y
          Display: !Sub "x-y-${AWS::Region}"
      Qxys1:
        Type: AWS::SQS::Queue
        Properties:
          "N": x-ys-1
      Qxys2:
        Type: AWS::SQS::Queue
        Properties:
          "N": x-ys-2
      Fn::ForEach::Later:
        - L
        - !Ref Later
        - "R${L}":
            Type: A::B::C
    "#);
}

#[test]
fn loops_that_repeat_keys_or_explode_are_refused() {
    let check = |text: &str| {
        let node = parse(FileId(1), text, Dialect::Template).0;
        let mut problems = vec![];
        with_scope(&Undeployed, |scope| scope.expand_loops(&node, &mut problems));
        problems.iter().map(|p| p.message.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(check("{Fn::ForEach::A: [N, [a, b], {Same: 1}]}"), "a loop makes the key `Same` twice");
    let items = format!("[{}]", (0..100).map(|n| format!("i{n}")).collect::<Vec<_>>().join(", "));
    let mut body = "{\"X${A}${B}${C}${D}\": 1}".to_owned();
    for name in ["A", "B", "C", "D"] {
        body = format!("{{Fn::ForEach::L{name}: [{name}, {items}, {body}]}}");
    }
    assert_eq!(check(&body), "loops make too much");
    assert_eq!(check("{Fn::ForEach::A: [N, [a]]}"), "`Fn::ForEach` takes an identifier, a collection and a mapping");
}
