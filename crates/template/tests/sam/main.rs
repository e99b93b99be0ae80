//! What the SAM transform makes of small templates of our own: template and expansion side by side, one file for each
//! resource type and event source. The expansions were compared with those of AWS's translator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod mutations;

use base::FileId;
use landfall_template::sam::{Context, registry, transform};
use landfall_template::{Dialect, Node, Value, parse, write};

/// The files with examples, and all of their templates.
macro_rules! examples {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*

        const TEMPLATES: &[&[&str]] = &[$($file::TEMPLATES),*];
    };
}

examples! {
    api,
    application,
    capacity_provider,
    connector,
    event_alexa_skill,
    event_api,
    event_cloud_watch_event,
    event_cloud_watch_logs,
    event_cognito,
    event_document_db,
    event_dynamo_db,
    event_event_bridge_rule,
    event_http_api,
    event_iot_rule,
    event_kinesis,
    event_mq,
    event_msk,
    event_s3,
    event_schedule,
    event_schedule_v2,
    event_self_managed_kafka,
    event_sns,
    event_sqs,
    function,
    function_role,
    globals,
    graphql_api,
    http_api,
    layer_version,
    simple_table,
    state_machine,
    websocket_api,
}

fn templates() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().copied().flatten().copied()
}

fn read(text: &str) -> Node {
    let (node, problems) = parse(FileId::default(), text, Dialect::Template);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    node
}

/// The CloudFormation that a template becomes.
fn expand(template: &str) -> String {
    let context = Context::for_region("eu-west-1");
    let made = transform(read(template), &context).map_err(|error| error.message()).unwrap();
    assert_every_value_has_a_place(&made, template.len());
    write::yaml(&made)
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

#[test]
fn every_type_of_the_registry_has_an_example() {
    let shown: Vec<String> = templates().flat_map(types).collect();
    let resources = registry::KINDS.iter().map(|kind| kind.name.to_owned());
    let of_functions = registry::FUNCTION_EVENTS.iter().map(|kind| format!("AWS::Serverless::Function {}", kind.name));
    let of_state_machines =
        registry::STATE_MACHINE_EVENTS.iter().map(|kind| format!("AWS::Serverless::StateMachine {}", kind.name));
    let all = resources.chain(of_functions).chain(of_state_machines);
    let missing: Vec<String> = all.filter(|name| !shown.contains(name)).collect();
    assert!(missing.is_empty(), "no example shows {missing:#?}");
}
