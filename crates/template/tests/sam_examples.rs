//! One small template for each resource type and event source, and the CloudFormation it becomes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::FileId;
use landfall_template::sam::{Context, registry, transform};
use landfall_template::{Dialect, Node, Value, parse, write};

fn read(text: &str) -> Node {
    let (node, problems) = parse(FileId::default(), text, Dialect::Template);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    node
}

/// Lists in the order of their text: the order of policies and of `DependsOn` means nothing.
fn sorted(node: &Node) -> Node {
    let value = match &node.value {
        Value::List(list) => {
            let mut list: Vec<Node> = list.iter().map(sorted).collect();
            list.sort_by_cached_key(|item| write::compact(&sorted_keys(item)));
            Value::List(list)
        }
        Value::Map(_) => return sorted_map(node, sorted),
        other => other.clone(),
    };
    Node { value, span: node.span }
}

fn sorted_keys(node: &Node) -> Node {
    match &node.value {
        Value::Map(_) => sorted_map(node, sorted_keys),
        _ => node.clone(),
    }
}

fn sorted_map(node: &Node, each: fn(&Node) -> Node) -> Node {
    let mut entries: Vec<(&str, &Node)> = node.as_map().unwrap().iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    let mut map = landfall_template::Map::new();
    for (key, value) in entries {
        map.insert(key, each(value));
    }
    Node::new(map, node.span)
}

fn check(template: &str, expected: &str) {
    let context = Context::for_region("eu-west-1");
    let made = transform(read(template), &context).map_err(|error| error.message()).unwrap();
    assert_every_value_has_a_place(&made, template.len());
    let (made, expected) = (sorted(&made), sorted(&read(expected)));
    assert!(made == expected, "made:\n{}\n\nexpected:\n{}", write::yaml(&made), write::yaml(&expected));
}

/// Everything carries a span that lies in the source.
fn assert_every_value_has_a_place(node: &Node, length: usize) {
    assert!((node.span.end as usize) <= length, "{node:?}");
    match &node.value {
        Value::Map(map) => map.iter().for_each(|(_, item)| assert_every_value_has_a_place(item, length)),
        Value::List(list) => list.iter().for_each(|item| assert_every_value_has_a_place(item, length)),
        _ => {}
    }
}

/// The types of all SAM resources of a template, and of the events of those that have events.
fn types(template: &str) -> Vec<String> {
    let template = read(template);
    let text = |node: &Node| node.get("Type").and_then(Node::as_str).unwrap_or_default().to_owned();
    let mut types = Vec::new();
    for (_, resource) in template.get("Resources").and_then(Node::as_map).unwrap().iter() {
        let kind = text(resource);
        let events = resource.at(&["Properties", "Events"]).and_then(Node::as_map);
        types.extend(events.into_iter().flat_map(|map| map.iter()).map(|(_, event)| format!("{kind} {}", text(event))));
        types.push(kind);
    }
    types
}

macro_rules! examples {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            check(
                include_str!(concat!("sam/", stringify!($name), ".yaml")),
                include_str!(concat!("sam/", stringify!($name), ".json")),
            );
        })*

        #[test]
        fn every_type_of_the_registry_has_an_example() {
            let templates = [$(include_str!(concat!("sam/", stringify!($name), ".yaml"))),*];
            let shown: Vec<String> = templates.into_iter().flat_map(types).collect();
            let resources = registry::KINDS.iter().map(|kind| kind.name.to_owned());
            let of_functions =
                registry::FUNCTION_EVENTS.iter().map(|kind| format!("AWS::Serverless::Function {}", kind.name));
            let of_state_machines =
                registry::STATE_MACHINE_EVENTS.iter().map(|kind| format!("AWS::Serverless::StateMachine {}", kind.name));
            let all = resources.chain(of_functions).chain(of_state_machines);
            let missing: Vec<String> = all.filter(|name| !shown.contains(name)).collect();
            assert!(missing.is_empty(), "no example shows {missing:#?}");
        }

        #[test]
        fn every_example_is_listed() {
            let listed = [$(stringify!($name)),*];
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sam");
            #[allow(clippy::disallowed_methods)]
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().path();
                let name = name.file_stem().unwrap().to_string_lossy().into_owned();
                assert!(listed.contains(&name.as_str()), "{name} is not listed");
            }
        }
    };
}

examples! {
    api_auth,
    api_definition,
    api_domain,
    api_merged,
    api_shared_usage_plan,
    application,
    capacity_provider,
    connector,
    connector_embedded,
    event_alexa_skill,
    event_api,
    event_cloud_watch_event,
    event_cloud_watch_logs,
    event_cognito,
    event_document_db,
    event_dynamo_db,
    event_event_bridge_rule,
    event_http_api,
    event_http_api_default_route,
    event_iot_rule,
    event_kinesis,
    event_mq,
    event_msk,
    event_msk_registry,
    event_s3,
    event_schedule,
    event_schedule_v2,
    event_self_managed_kafka,
    event_sns,
    event_sns_through_queue,
    event_sqs,
    function_alias,
    function_image,
    function_invoke_config,
    function_role,
    function_role_condition,
    function_shared_destination,
    function_url,
    globals,
    graphql_api,
    http_api,
    implicit_api_conditions,
    layer_version,
    simple_table,
    state_machine,
    websocket_api,
}
