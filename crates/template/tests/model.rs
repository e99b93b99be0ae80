//! Templates as CloudFormation sees them: order, capabilities, parameter values, differences.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::FileId;
use landfall_template as template;
use proptest::prelude::*;
use std::collections::BTreeMap;
use template::intrinsic::Evaluated;
use template::model::{Capability, MAX_BODY_INLINE, MAX_BODY_S3, Retention, Template, body};
use template::{Dialect, Node, parse, write};

fn tree(text: &str) -> Node {
    let (node, problems) = parse(FileId(0), text, Dialect::Template);
    assert_eq!(problems, vec![], "{text}");
    node
}

const SHOP: &str = r#"
Transform: AWS::LanguageExtensions
Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Count: {Type: Number, MinValue: 1, MaxValue: 5}
  Ports: {Type: "List<Number>", Default: "80, 443"}
  Zone: {Type: "AWS::SSM::Parameter::Value<String>", Default: /net/zone}
  Password: {Type: String, NoEcho: true, MinLength: 8, ConstraintDescription: eight or more}
  Name: {Type: String, AllowedPattern: "[a-z]+", Default: shop}
Resources:
  Function:
    Type: AWS::Lambda::Function
    DependsOn: Log
    Properties: {Role: !GetAtt Role.Arn, Environment: {Variables: {T: !Sub "${Table}-${Name}"}}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Name}}
  Log: {Type: AWS::Logs::LogGroup, DeletionPolicy: Retain}
  Table: {Type: AWS::DynamoDB::Table}
  Database: {Type: AWS::RDS::DBCluster}
Outputs:
  Arn: {Value: !GetAtt Function.Arn, Export: {Name: !Sub "${AWS::StackName}-arn"}}
"#;

#[test]
fn resources_come_after_what_they_need_and_otherwise_in_order() {
    let node = tree(SHOP);
    let (template, problems) = Template::read(&node);
    assert_eq!(problems, vec![]);
    let graph = template.graph();
    assert_eq!(graph.creation_order(), ["Role", "Log", "Table", "Function", "Database"]);
    assert_eq!(graph.needs("Function").map(|(id, _)| id).collect::<Vec<_>>(), ["Log", "Role", "Table"]);
    assert_eq!(graph.needed_by("Table").collect::<Vec<_>>(), ["Function"]);
}

#[test]
fn policies_and_capabilities_are_told() {
    let node = tree(SHOP);
    let (template, _) = Template::read(&node);
    assert_eq!(template.resources["Log"].on_deletion(), Retention::Retain);
    assert_eq!(template.resources["Table"].on_deletion(), Retention::Delete);
    assert_eq!(template.resources["Database"].on_deletion(), Retention::Snapshot);
    let needed = template.capabilities();
    assert_eq!(needed.list(), [Capability::NamedIam, Capability::AutoExpand]);
    assert_eq!(needed.named_iam, ["Role"]);
    let plain = tree("Resources: {R: {Type: AWS::IAM::Role}}");
    assert_eq!(Template::read(&plain).0.capabilities().list(), [Capability::Iam]);
}

#[test]
fn parameter_values_are_checked_and_take_their_form() {
    let node = tree(SHOP);
    let (template, _) = Template::read(&node);
    let given = [("Stage", "live"), ("Count", "9"), ("Password", "hunter2"), ("Name", "Shop1"), ("Stge", "dev")];
    let given: BTreeMap<String, String> = given.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
    let bound = template.bind(&given);
    let shown: Vec<String> = bound.violations.iter().map(|v| v.aws_message()).collect();
    assert_eq!(
        shown,
        [
            "Parameter 'Stage' must be one of AllowedValues",
            "Parameter 'Count' must be a number not greater than 5",
            "Parameter Password failed to satisfy constraint: eight or more",
            "Parameter 'Name' must match pattern [a-z]+",
            "Parameters: [Stge] do not exist in the template",
        ]
    );
    let all = format!("{:?}", bound.diagnostics());
    assert!(!all.contains("hunter2"), "a secret is in a message");
    assert!(all.contains("did you mean `Stage`?"), "{all}");
    assert_eq!(bound.values["Ports"].known().map(write::compact).as_deref(), Some("[80,443]"));
    assert!(matches!(bound.values["Zone"], Evaluated::Unknown(_)));
}

#[test]
fn a_missing_value_is_a_violation() {
    let node = tree("Parameters: {A: {Type: String}}\nResources: {R: {Type: A::B::C}}");
    let bound = Template::read(&node).0.bind(&BTreeMap::new());
    assert_eq!(bound.violations[0].aws_message(), "Parameters: [A] must have values");
}

#[test]
fn bodies_have_limits() {
    let span = base::Span::default();
    assert!(body(MAX_BODY_INLINE, true, span).is_none());
    assert!(body(MAX_BODY_INLINE + 1, true, span).unwrap().hint.unwrap().contains("S3"));
    assert!(body(MAX_BODY_INLINE + 1, false, span).is_none());
    assert!(body(MAX_BODY_S3 + 1, false, span).is_some());
}

#[test]
fn differences_are_of_meaning_and_not_of_text() {
    let before = tree(
        "Parameters: {P: {Type: String, NoEcho: true, Default: one}}\nResources:\n  A: {Type: T::A::A, DependsOn: B, Properties: {X: 1, L: [a, b, c], G: !GetAtt B.Arn}}\n  B: {Type: T::B::B}\n  C: {Type: T::C::C}\nDescription: old\n",
    );
    let after = tree(
        "Parameters: {P: {NoEcho: true, Default: two, Type: String}}\nResources:\n  D: {Type: T::D::D}\n  A:\n    Type: T::A::A\n    DependsOn: [B]\n    Properties: {G: {'Fn::GetAtt': B.Arn}, L: [a, x, b, c], X: '1', Y: {Z: 2}}\n  B: {Type: T::B::B}\nOutputs: {O: {Value: 1}}\nDescription: new\n",
    );
    insta::assert_snapshot!(template::diff::diff(&before, &after).render(), @r#"
    ~ resource A (T::A::A)
        Properties.L[1]: nothing -> "x"
        Properties.Y: nothing -> {"Z":2}
    - resource C (T::C::C)
    + resource D (T::D::D)
    ~ parameter P (String)
        Default: "****" -> "****"
    + output O
    ~ section Description
        value: "old" -> "new"
    "#);
    assert!(template::diff::diff(&before, &before).is_empty());
}

/// Resources that refer to one another at random.
fn random_resources() -> impl Strategy<Value = Vec<Vec<usize>>> {
    proptest::collection::vec(proptest::collection::vec(0usize..12, 0..3), 1..12)
}

proptest! {
    #[test]
    fn the_order_of_creation_holds_all_needs_unless_there_is_a_circle(needs in random_resources()) {
        let mut text = "Resources:\n".to_owned();
        for (n, needs) in needs.iter().enumerate() {
            let names: Vec<String> = needs.iter().filter(|m| **m < n || needs.len() == 2).map(|m| format!("R{m}")).collect();
            text.push_str(&format!("  R{n}: {{Type: A::B::C, DependsOn: [{}]}}\n", names.join(", ")));
        }
        let node = tree(&text);
        let (template, _) = Template::read(&node);
        let graph = template.graph();
        let order = graph.creation_order();
        prop_assert_eq!(order.len(), needs.len());
        let position = |id: &str| order.iter().position(|o| *o == id).unwrap();
        let broken = order.iter().any(|id| graph.needs(id).any(|(need, _)| position(need) >= position(id)));
        prop_assert_eq!(broken, !graph.cycles().is_empty());
    }

    #[test]
    fn a_template_read_from_any_document_never_panics(text in "(Resources|Parameters|Outputs|Conditions|Mappings|Transform|Globals): ?\\{A: ?\\{(Type|Value|Properties|Fn::If|Ref|DependsOn|Default|AllowedValues|Fn::Sub|Fn::GetAtt): ?[-a{}\\[\\],:1~ ]{0,12}\\}\\}") {
        let (node, _) = parse(FileId(0), &text, Dialect::Template);
        let (template, _) = Template::read(&node);
        let _ = template.bind(&BTreeMap::new());
        let _ = template.graph().creation_order();
        let _ = template.capabilities().list();
        let _ = template::artifact::artifacts(&node);
        prop_assert!(template::diff::diff(&node, &node).is_empty());
    }
}
