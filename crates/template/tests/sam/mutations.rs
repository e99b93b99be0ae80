//! Broken templates: whatever is changed in a template, the transform answers, and always the same.
#![allow(clippy::disallowed_methods)]

use base::FileId;
use landfall_template::sam::{Context, transform};
use landfall_template::{Dialect, Map, Node, Value, parse, write};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// All examples.
fn templates() -> &'static [Node] {
    static TEMPLATES: OnceLock<Vec<Node>> = OnceLock::new();
    TEMPLATES.get_or_init(|| super::templates().map(read).collect())
}

const REPLACEMENTS: [&str; 14] = [
    "null",
    "true",
    "0",
    "-1.5e300",
    "''",
    "text",
    "[]",
    "{}",
    "[a, {b: c}]",
    "{Ref: AWS::Region}",
    "{Ref: [a]}",
    "{'Fn::If': [a, b]}",
    "{'Fn::Sub': ['${A.B.C}', {A: 1}]}",
    "{'Fn::GetAtt': [Worker]}",
];

fn read(text: &str) -> Node {
    parse(FileId::default(), text, Dialect::Template).0
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::Map(map) => map.iter().map(|(_, item)| count(item)).sum(),
        Value::List(list) => list.iter().map(count).sum(),
        _ => 0,
    }
}

/// Changes the `at`-th value of a document; nothing takes it out.
fn change(node: &mut Node, at: &mut usize, new: Option<&Node>) {
    match &mut node.value {
        Value::Map(map) => {
            let keys: Vec<String> = map.keys().map(str::to_owned).collect();
            for key in keys {
                if *at == 0 {
                    match new {
                        Some(new) => _ = map.insert(key, new.clone()),
                        None => _ = map.remove(&key),
                    }
                    *at = usize::MAX;
                    return;
                }
                *at -= 1;
                if let Some(item) = map.get_mut(&key) {
                    change(item, at, new);
                }
                if *at == usize::MAX {
                    return;
                }
            }
        }
        Value::List(list) => {
            for item in list {
                if *at == 0 {
                    *item = new.cloned().unwrap_or_default();
                    *at = usize::MAX;
                    return;
                }
                *at -= 1;
                change(item, at, new);
                if *at == usize::MAX {
                    return;
                }
            }
        }
        _ => {}
    }
}

fn answer(node: Node) -> String {
    match transform(node, &Context::for_region("eu-west-1")) {
        Ok(made) => {
            let resources = made.get("Resources").and_then(Node::as_map).unwrap();
            let is_sam = |(_, node): &(&str, &Node)| {
                node.get("Type").and_then(Node::as_str).is_some_and(|kind| kind == "AWS::Serverless::Function")
            };
            assert!(resources.iter().find(is_sam).is_none());
            write::compact(&made)
        }
        Err(error) => {
            assert!(!error.causes.is_empty() && error.diagnostics().len() == error.causes.len());
            error.message()
        }
    }
}

/// The time that this thread has had on a processor, so that other work on the machine does not count; where the system
/// does not tell it, the time that went by.
fn processor_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

/// How long a template takes, the mean of as many rounds as the clock needs to tell.
fn time(template: &Node) -> Duration {
    let (start, mut rounds) = (processor_time(), 0);
    loop {
        answer(template.clone());
        rounds += 1;
        let taken = processor_time().saturating_sub(start);
        if taken > Duration::from_millis(50) {
            return taken / rounds;
        }
    }
}

/// What is eight times as large takes about eight times as long; if the time grew with the square, it would take 64.
fn assert_linear(name: &str, make: impl Fn(usize) -> Node) {
    let (small, large) = (make(SMALL), make(8 * SMALL));
    let (of_small, of_large) = (time(&small), time(&large));
    let limit = of_small * 24 + Duration::from_millis(20);
    assert!(of_large < limit, "{name}: {of_small:?} for {SMALL}, {of_large:?} for {}", 8 * SMALL);
}

const SMALL: usize = 40;

/// A value inside many lists and mappings, as deep as a document can be.
fn nested(keys: &[&str], innermost: &Node) -> Node {
    let mut node = innermost.clone();
    for depth in 0..100 {
        let mut map = Map::new();
        map.insert(keys[depth % keys.len()], node);
        node = Node::new(map, base::Span::default());
        if depth % 3 == 0 {
            node = Node::new(vec![node], base::Span::default());
        }
    }
    node
}

/// A list of so many texts, or of so many copies of a value.
fn long_list(length: usize, item: Option<&Node>) -> Node {
    let text = |at: usize| Node::new(format!("item{at}"), base::Span::default());
    let items: Vec<Node> = (0..length).map(|at| item.cloned().unwrap_or_else(|| text(at))).collect();
    Node::new(items, base::Span::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_change_has_an_answer(
        template in 0..templates().len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(0..REPLACEMENTS.len())), 1..4),
    ) {
        let mut node = templates()[template].clone();
        for (index, replacement) in changes {
            let new = replacement.map(|at| read(REPLACEMENTS[at]));
            let mut at = index.index(count(&node).max(2) - 1);
            change(&mut node, &mut at, new.as_ref());
        }
        prop_assert_eq!(answer(node.clone()), answer(node));
    }

    #[test]
    fn every_nesting_has_an_answer(
        template in 0..templates().len(),
        at in any::<prop::sample::Index>(),
        keys in prop::sample::subsequence(vec!["Fn::If", "Fn::Sub", "Fn::GetAtt", "Ref", "Key", "Type"], 1..4),
        innermost in 0..REPLACEMENTS.len(),
    ) {
        let mut node = templates()[template].clone();
        let mut at = at.index(count(&node).max(2) - 1);
        change(&mut node, &mut at, Some(&nested(&keys, &read(REPLACEMENTS[innermost]))));
        prop_assert_eq!(answer(node.clone()), answer(node));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn long_lists_take_time_in_proportion(
        template in 0..templates().len(),
        at in any::<prop::sample::Index>(),
        item in prop::option::of(0..REPLACEMENTS.len()),
    ) {
        let item = item.map(|item| read(REPLACEMENTS[item]));
        assert_linear(&format!("{at:?} in template {template}"), |length| {
            let mut node = templates()[template].clone();
            let mut at = at.index(count(&node).max(2) - 1);
            change(&mut node, &mut at, Some(&long_list(10 * length, item.as_ref())));
            node
        });
    }
}

/// A function with a member that is `line` so many times, `#` being the number.
fn function_with(member: &str, line: &str, rest: &str, count: usize) -> Node {
    let mut text = format!(
        "Resources:\n{rest}  Worker:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.main\n      \
         Runtime: python3.13\n      CodeUri: s3://code/app.zip\n      {member}:\n"
    );
    (0..count).for_each(|at| _ = writeln!(text, "        {}", line.replace('#', &at.to_string())));
    read(&text)
}

const BUCKET: &str = "  Bucket: {Type: AWS::S3::Bucket, DependsOn: [A, B]}\n";
const POOL: &str = "  Pool: {Type: AWS::Cognito::UserPool}\n";

#[test]
fn what_a_function_has_many_of_takes_time_in_proportion() {
    for (member, line, rest) in [
        ("Policies", "- Policy#", ""),
        ("Policies", "- {SQSPollerPolicy: {QueueName: queue#}}", ""),
        ("Layers", "- !Ref Layer#", ""),
        ("Tags", "Tag#: value", ""),
        ("Events", "Get#: {Type: Api, Properties: {Path: /things/#, Method: get}}", ""),
        ("Events", "Get#: {Type: Api, Properties: {Path: /things, Method: m#}}", ""),
        ("Events", "Get#: {Type: HttpApi, Properties: {Path: /things/#, Method: get}}", ""),
        ("Events", "Queue#: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:eu-west-1:111122223333:q#'}}", ""),
        ("Events", "Rule#: {Type: Schedule, Properties: {Schedule: rate(# days)}}", ""),
        ("Events", "Put#: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: 's3:ObjectCreated:#'}}", BUCKET),
        ("Events", "Pool#: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: Trigger#}}", POOL),
        (
            "Events",
            "Broker#: {Type: MQ, Properties: {Broker: 'arn:#', Queues: [q], SourceAccessConfigurations: [{Type: \
             BASIC_AUTH, URI: 'arn:s#'}]}}",
            "",
        ),
    ] {
        assert_linear(line, |count| function_with(member, line, rest, count));
    }
}

/// Resources that are `line` so many times, `#` being the number, and others.
fn resources(rest: &str, line: &str, count: usize) -> Node {
    let mut text = format!("Resources:\n{rest}");
    (0..count).for_each(|at| _ = writeln!(text, "  {}", line.replace('#', &at.to_string())));
    read(&text)
}

#[test]
fn what_a_template_has_many_of_takes_time_in_proportion() {
    const API: &str = "  Api: {Type: AWS::Serverless::Api, Properties: {StageName: live}}\n";
    const ENDS: &str = "  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a, Runtime: b, InlineCode: c}}\n  \
                        Table: {Type: AWS::DynamoDB::Table}\n";
    const PLAN: &str = "DefinitionBody: {swagger: '2.0', paths: {}}, Auth: {UsagePlan: {CreateUsagePlan: SHARED}}";
    let function = |event: &str, more: &str| {
        format!(
            "F#: {{Type: AWS::Serverless::Function, Properties: {{Handler: a, Runtime: b, InlineCode: c, Events: \
             {{E: {event}}}}}{more}}}"
        )
    };
    let get = "{Type: Api, Properties: {RestApiId: !Ref Api, Path: /#, Method: get";
    for (name, rest, line) in [
        ("methods of an HTTP API", "", function("{Type: HttpApi, Properties: {Path: /#, Method: get}}", "")),
        ("functions on one API", API, function(&format!("{get}}}}}"), "")),
        (
            "resource policies of methods",
            API,
            function(&format!("{get}, Auth: {{ResourcePolicy: {{IpRangeWhitelist: [1.1.1.#]}}}}}}}}"), ""),
        ),
        ("functions on one bucket", BUCKET, function("{Type: S3, Properties: {Bucket: !Ref Bucket, Events: a}}", "")),
        (
            "functions with conditions on one bucket",
            BUCKET,
            function("{Type: S3, Properties: {Bucket: !Ref Bucket, Events: a}}", ", Condition: C"),
        ),
        (
            "connectors of one function",
            ENDS,
            "C#: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Worker}, Destination: {Id: Table}, \
             Permissions: [Read]}}"
                .to_owned(),
        ),
        (
            "domains of one zone",
            "",
            "A#: {Type: AWS::Serverless::HttpApi, Properties: {Domain: {DomainName: a#.com, CertificateArn: c, Route53: \
             {HostedZoneId: Z}}}}"
                .to_owned(),
        ),
        (
            "APIs with one usage plan",
            "",
            format!("A#: {{Type: AWS::Serverless::Api, Properties: {{StageName: s, {PLAN}}}}}"),
        ),
    ] {
        assert_linear(name, |count| resources(rest, &line, count));
    }
}

#[test]
fn documents_that_are_no_templates() {
    for text in
        ["", "null", "text", "[]", "{}", "Resources:", "Resources: []", "Resources: {A: }", "Resources: {A: {}}"]
    {
        let result = transform(read(text), &Context::default());
        assert_eq!(result.is_ok(), text == "Resources: {A: {}}", "{text}");
    }
}

#[test]
fn deep_nesting_ends_well() {
    let mut node = Node::new("end", base::Span::default());
    for _ in 0..2_000 {
        let mut map = Map::new();
        map.insert("Fn::Sub", node);
        node = Node::new(map, base::Span::default());
    }
    let mut template = templates()[0].clone();
    let properties = template.as_map_mut().unwrap().get_mut("Resources").unwrap().as_map_mut().unwrap();
    properties.insert("Deep", node);
    answer(template);
}
