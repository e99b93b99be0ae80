//! Templates that cannot be transformed: what is said, and where it points.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::Sources;
use landfall_template::sam::{Context, transform};
use landfall_template::{Dialect, parse};

/// The messages as a person sees them, and the whole text as AWS gives it.
fn fail(text: &str) -> (String, String) {
    let mut sources = Sources::new();
    let file = sources.add("template.yaml", text);
    let (node, _) = parse(file, text, Dialect::Template);
    let error = transform(node, &Context::default()).expect_err("the template is invalid");
    let shown = error.diagnostics().iter().map(|problem| problem.render(&sources)).collect();
    (shown, error.message())
}

#[test]
fn a_property_of_the_wrong_type_is_shown_where_it_stands() {
    let (shown, message) = fail(
        "Resources:\n  Orders:\n    Type: AWS::Serverless::SimpleTable\n    Properties:\n      PrimaryKey: code\n",
    );
    insta::assert_snapshot!(shown, @r#"
    error[SAM-001] template.yaml:5:19: resource `Orders`: Type of property 'PrimaryKey' is invalid
      5 |       PrimaryKey: code
        |                   ^^^^
      fix: see what its type takes in "AWS SAM resources and properties"
    "#);
    insta::assert_snapshot!(message, @"Invalid Serverless Application Specification document. Number of errors found: 1. Resource with id [Orders] is invalid. Type of property 'PrimaryKey' is invalid.");
}

#[test]
fn all_resources_are_looked_at_and_told_in_the_order_of_their_ids() {
    let (shown, _) = fail(
        "Resources:\n  Worker:\n    Type: AWS::Serverless::Function\n    Properties: {Handler: a, Runtime: b}\n  Api:\n    \
         Type: AWS::Serverless::Api\n",
    );
    insta::assert_snapshot!(shown, @r#"
    error[SAM-001] template.yaml:6:5: resource `Api`: Missing required property 'StageName'
      6 |     Type: AWS::Serverless::Api
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^
      fix: add `StageName`
    error[SAM-001] template.yaml:3:5: resource `Worker`: Only one of 'InlineCode' or 'CodeUri' can be set
      3 |     Type: AWS::Serverless::Function
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      fix: see what its type takes in "AWS SAM resources and properties"
    "#);
}

#[test]
fn an_event_is_told_as_its_function() {
    let (_, message) = fail(
        "Resources:\n  Worker:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: a\n      Runtime: b\n      \
         CodeUri: s3://a/b\n      Events: {Put: {Type: S3, Properties: {Bucket: !Ref Missing, Events: x}}}\n",
    );
    assert_eq!(
        message,
        "Invalid Serverless Application Specification document. Number of errors found: 1. Resource with id [Worker] is \
         invalid. Event with id [Put] is invalid. S3 events must reference an S3 bucket in the same template."
    );
}

#[test]
fn faults_of_the_whole_document() {
    for (text, expected) in [
        ("Resources: {}\n", "Structure of the SAM template is invalid. 'Resources' section is required"),
        (
            "Globals: {Queue: {}}\nResources: {A: {Type: AWS::Serverless::SimpleTable}}\n",
            "'Globals' section is invalid. 'Queue' is not supported. Must be one of the following values - ['Api', \
             'CapacityProvider', 'Function', 'HttpApi', 'LayerVersion', 'SimpleTable', 'StateMachine', 'WebSocketApi']",
        ),
        (
            "Resources: {A: {Type: AWS::Serverless::SimpleTable, Condition: [a]}}\n",
            "Structure of the SAM template is invalid. Every Condition member must be a string.",
        ),
        (
            "Resources: {Table: {Type: AWS::Serverless::SimpleTable, Properties: 1}}\n",
            "Resource with id [Table] is invalid. Attribute 'Properties' should be a map.",
        ),
    ] {
        let (_, message) = fail(text);
        let rest = message.split_once("found: 1. ").unwrap().1;
        assert_eq!(rest, expected);
    }
}

#[test]
fn a_logical_id_that_is_taken_is_not_taken_again() {
    let (_, message) = fail(
        "Resources:\n  WorkerRole: {Type: AWS::SQS::Queue}\n  Worker:\n    Type: AWS::Serverless::Function\n    Properties: \
         {Handler: a, Runtime: b, CodeUri: s3://a/b}\n",
    );
    assert!(message.ends_with(
        "Transforming resource with id [Worker] attempts to create a new resource with id [WorkerRole] and type \
         \"AWS::IAM::Role\". A resource with that id already exists within this template. Please use a different id for \
         that resource."
    ));
}

#[test]
fn what_passes_for_another_type_is_told_as_the_translator_tells_it() {
    let worker = |rest: &str| {
        format!(
            "  Worker:\n    Type: AWS::Serverless::Function\n    Properties: {{Handler: a, Runtime: b, CodeUri: s3://a/b, \
             Events: {{E: {rest}}}}}\n"
        )
    };
    let uploads = worker("{Type: S3, Properties: {Bucket: !Ref Uploads, Events: x}}");
    for (resources, expected) in [
        (
            worker("{Type: Api, Properties: {Path: /, Method: get, RequestParameters: {Ref: a}}}"),
            "Resource with id [Worker] is invalid. Event with id [E] is invalid. Invalid value for 'RequestParameters' \
             property. Keys must be in the format 'method.request.[querystring|path|header].{value}', e.g \
             'method.request.header.Authorization'.",
        ),
        (
            "  Api:\n    Type: AWS::Serverless::Api\n    Properties: {StageName: s, DisableExecuteApiEndpoint: true, \
             DefinitionBody: {openapi: 3.0.1, paths: {}, servers: {url: a}}}\n"
                .to_owned(),
            "Structure of the SAM template is invalid. Invalid OpenAPI definition of 'servers[0]': It should be a map.",
        ),
        (
            "  Graph:\n    Type: AWS::Serverless::GraphQLApi\n    Properties: {Auth: {Type: AWS_IAM}, SchemaInline: s, \
             Resolvers: {Mutation: [], Query: {get: {Runtime: []}}}}\n"
                .to_owned(),
            "Resource with id [Graph] is invalid. Property 'Resolvers.Query.get.Runtime.Name' is invalid.",
        ),
        (
            "  Connector:\n    Type: AWS::Serverless::Connector\n    Properties: {Source: {Id: Connector}, Destination: \
             {Id: Connector}, Permissions: [Read]}\n"
                .to_owned(),
            "Resource with id [Connector] is invalid. Unable to create connector from AWS::Serverless::Connector to \
             AWS::Serverless::Connector; it's not supported or the template is invalid.",
        ),
        (
            format!("{uploads}  Uploads: {{Type: AWS::S3::Bucket, DependsOn: [[a]]}}\n"),
            "Resource with id [WorkerE] is invalid. Invalid type for field 'DependsOn'. Expected a string or list of \
             strings.",
        ),
    ] {
        let (_, message) = fail(&format!("Resources:\n{resources}"));
        assert_eq!(message.split_once("found: 1. ").unwrap().1, expected);
    }
}

#[test]
fn a_text_that_is_no_template_is_shown() {
    let (shown, _) = fail("AWSTemplate\n");
    insta::assert_snapshot!(shown, @r#"
    error[SAM-003] template.yaml:1:1: 'Resources' section is required
      1 | AWSTemplate
        | ^^^^^^^^^^^
      fix: see what sections a template has in "AWS SAM template anatomy"
    "#);
}
