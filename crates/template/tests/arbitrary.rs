//! Whatever a file contains, reading it never panics and every place lies in the text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{FileId, Region, Span};
use landfall_template as template;
use proptest::prelude::*;
use std::collections::BTreeMap;
use template::artifact::{S3Location, artifacts, place};
use template::diff::{diff, same};
use template::intrinsic::{Pseudo, Scope, Undeployed};
use template::model::Template;
use template::{Dialect, Node, Value, parse, write};

const SEED: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters: &p
  Stage: {Type: String, Default: dev, AllowedValues: [dev, 'prod']}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Bucket: # ünï
    Type: AWS::S3::Bucket
    Condition: IsProd
    Properties:
      BucketName: !Sub
        - "${Name}-x"
        - Name: !Join ["-", [a, !GetAtt Other.Arn.X]]
      Text: |-
        one
          two
      Folded: >+
        a

        b

      <<: *p
  Function:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ./src, Handler: a.b, Layers: !Split [",", !Select [0, !Cidr [10.0.0.0/8, 2, 8]]]}
  Stack: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested.yaml}, DependsOn: [Function]}
  Fn::ForEach::Topics: [Name, [a, b], {"T${Name}": {Type: AWS::SNS::Topic, Properties: {X: !FindInMap [M, !Ref Name, b]}}}]
Mappings: {M: {a: {b: 1}}}
Outputs:
  A: {Value: !If [IsProd, 010, ~], Export: {Name: "a\u00e4\"b"}}
"#;

/// Checks everything that has to hold for any text.
fn check(text: &str) {
    for dialect in [Dialect::Template, Dialect::Strict] {
        let (node, problems) = parse(FileId(0), text, dialect);
        for problem in &problems {
            let span = problem.span.expect("every message has a place");
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{problem:?}");
        }
        places_hold(&node, text);
        let _ = write::compact(&node);
        let _ = write::pretty(&node);
        if dialect == Dialect::Template && !problems.iter().any(base::Diagnostic::is_error) {
            let yaml = write::yaml(&node);
            let (again, _) = parse(FileId(0), &yaml, Dialect::Template);
            assert_eq!(again, node, "{yaml}");
            let (again, _) = parse(FileId(0), &write::pretty(&node), Dialect::Template);
            assert_eq!(again, node);
        }
    }
}

/// Everything that takes a document takes any document.
fn use_up(node: &Node, seed: &Node) {
    let (template, _) = Template::read(node);
    let bound = template.bind(&BTreeMap::from([("Stage".to_owned(), "dev".to_owned())]));
    let pseudo = Pseudo::default();
    let scope = Scope::new(node, &bound.values, &pseudo, &Undeployed);
    let mut problems = Vec::new();
    let _ = scope.evaluate(node, &mut problems);
    let _ = scope.simplify(node, &mut problems);
    let _ = scope.expand_loops(node, &mut problems);
    for name in template.conditions.keys() {
        let _ = scope.condition(name, Span::default(), &mut problems);
    }
    let _ = template.graph().creation_order();
    let changes = diff(seed, node);
    assert_eq!(changes.is_empty(), same(seed, node), "{}", changes.render());
    let region = Region::new("us-east-1").unwrap();
    let location = S3Location { bucket: "b".into(), key: "k".into(), version: None, region };
    let mut placed = node.clone();
    for artifact in artifacts(node) {
        place(&mut placed, &artifact, &location).expect("what was found has a place");
    }
    assert_eq!(artifacts(&placed), vec![]);
}

fn places_hold(node: &Node, text: &str) {
    assert!(text.get(node.span.start as usize..node.span.end as usize).is_some(), "{node:?}");
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| places_hold(item, text)),
        Value::Map(map) => map.iter().for_each(|(_, item)| places_hold(item, text)),
        _ => {}
    }
}

/// One change: cut, repeat or insert.
fn mutate(text: &str, at: usize, length: usize, insert: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = at % (chars.len() + 1);
    let end = (at + length).min(chars.len());
    chars[..at].iter().collect::<String>() + insert + &chars[end..].iter().collect::<String>()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC*") {
        check(&text);
    }

    #[test]
    fn any_yaml_looking_text_is_read(text in "[-a:!&*?|>{}\\[\\],#'\"\\\\%@` \t\r\n<~.0-9_é]{0,80}") {
        check(&text);
    }

    #[test]
    fn any_json_looking_text_is_read(text in "[{\\[][{}\\[\\],:\"a\\\\u0d8e.+ \n/*-]{0,60}") {
        check(&text);
    }

    #[test]
    fn mutated_templates_are_read(
        edits in proptest::collection::vec((0usize..2500, 0usize..20, "[-a:!&*?|>{}\\[\\],#'\" \t\r\n]{0,4}"), 1..5)
    ) {
        let text = edits.iter().fold(SEED.to_owned(), |text, (at, length, insert)| mutate(&text, *at, *length, insert));
        check(&text);
        let seed = parse(FileId(0), SEED, Dialect::Template).0;
        use_up(&parse(FileId(0), &text, Dialect::Template).0, &seed);
    }
}

#[test]
fn the_seed_itself_holds() {
    check(SEED);
}
