//! Local paths of templates, and what stands in their place once they are in S3.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{FileId, Region};
use landfall_template as template;
use template::artifact::{ArtifactKind, S3Location, artifacts, place};
use template::{Dialect, Node, parse, write};

const TEMPLATE: &str = r#"
Transform: {Name: AWS::Include, Parameters: {Location: top.yaml}}
Metadata: {AWS::ServerlessRepo::Application: {ReadmeUrl: README.md, LicenseUrl: "s3://b/LICENSE"}}
Globals: {Function: {CodeUri: src/}}
Resources:
  A: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}
  B: {Type: AWS::Serverless::Function, Properties: {CodeUri: ./b}}
  C: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://bucket/key}}
  D: {Type: AWS::Serverless::Function, Properties: {PackageType: Image}}
  E: {Type: AWS::Serverless::Function, Properties: {CodeUri: {Bucket: x, Key: y}}}
  F: {Type: AWS::Lambda::Function, Properties: {Code: f}}
  G: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "x"}}}
  H: {Type: AWS::Lambda::Function, Properties: {Handler: x}}
  I: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: s.asl.json}}
  J: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/t.yaml}}
  K: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.amazonaws.com/b/k"}}
  L: {Type: AWS::Glue::Job, Properties: {Command: {ScriptLocation: job.py}}}
  M: {Type: AWS::Serverless::GraphQLApi, Properties: {SchemaUri: g.graphql, Functions: {f: {CodeUri: f.js}}, Resolvers: {Query: {q: {CodeUri: q.js}}}}}
  N: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: !If [Prod, layer, s3://b/k]}}
  O: {Type: AWS::CodeCommit::Repository, Properties: {Code: {S3: repo}}}
  P: {Type: AWS::CloudFormation::ModuleVersion, Properties: {ModulePackage: module.zip}}
  Q: {Type: AWS::ElasticBeanstalk::ApplicationVersion, Properties: {SourceBundle: app.zip}}
  R: {Type: AWS::S3::Bucket, Properties: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: p.yaml}}}}
  S: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: x, SemanticVersion: 1.0.0}}}
  Fn::ForEach::T:
    - Name
    - [x]
    - T${Name}: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: api.yaml}}
"#;

fn tree(text: &str) -> Node {
    let (node, problems) = parse(FileId(0), text, Dialect::Template);
    assert_eq!(problems, vec![]);
    node
}

#[test]
fn every_local_path_is_found_and_nothing_else() {
    let node = tree(TEMPLATE);
    let shown: Vec<String> =
        artifacts(&node).iter().map(|a| format!("{} {} {:?} {}", a.owner, a.property, a.kind, a.local)).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    Metadata ReadmeUrl File README.md
    Globals.Function CodeUri Zip src/
    B CodeUri Zip ./b
    F Code Zip f
    H Code Zip .
    I DefinitionUri File s.asl.json
    J TemplateURL Template nested/t.yaml
    L Command.ScriptLocation FileOrZip job.py
    M SchemaUri File g.graphql
    M Functions.f.CodeUri File f.js
    M Resolvers.Query.q.CodeUri File q.js
    N ContentUri Zip layer
    O Code.S3 Zip repo
    P ModulePackage FileOrZip module.zip
    Q SourceBundle FileOrZip app.zip
    T${Name} BodyS3Location File api.yaml
    AWS::Include Location File top.yaml
    AWS::Include Location File p.yaml
    "#);
    for artifact in artifacts(&node).iter().filter(|a| !a.implied) {
        let text = &TEMPLATE[artifact.span.start as usize..artifact.span.end as usize];
        assert_eq!(text, artifact.local);
    }
}

#[test]
fn places_are_written_in_the_form_each_property_takes() {
    let mut node = tree(TEMPLATE);
    for (n, artifact) in artifacts(&node).iter().enumerate() {
        let version = (artifact.kind != ArtifactKind::Template).then(|| "v1".to_owned());
        let region = Region::new("eu-west-1").unwrap();
        place(&mut node, artifact, &S3Location { bucket: "b".into(), key: format!("k{n}"), version, region }).unwrap();
    }
    let at = |id: &str| write::compact(node.at(&["Resources", id, "Properties"]).unwrap());
    assert_eq!(at("A"), r#"{"Handler":"a.b"}"#);
    assert_eq!(at("B"), r#"{"CodeUri":"s3://b/k2?versionId=v1"}"#);
    assert_eq!(at("F"), r#"{"Code":{"S3Bucket":"b","S3Key":"k3","S3ObjectVersion":"v1"}}"#);
    assert_eq!(at("H"), r#"{"Handler":"x","Code":{"S3Bucket":"b","S3Key":"k4","S3ObjectVersion":"v1"}}"#);
    assert_eq!(at("I"), r#"{"DefinitionUri":{"Bucket":"b","Key":"k5","Version":"v1"}}"#);
    assert_eq!(at("J"), r#"{"TemplateURL":"https://s3.eu-west-1.amazonaws.com/b/k6"}"#);
    assert_eq!(at("N"), r#"{"ContentUri":{"Fn::If":["Prod","s3://b/k11?versionId=v1","s3://b/k"]}}"#);
    assert_eq!(at("Q"), r#"{"SourceBundle":{"S3Bucket":"b","S3Key":"k14"}}"#);
    let remaining: Vec<String> = artifacts(&node).into_iter().map(|a| a.local).collect();
    assert_eq!(remaining, Vec::<String>::new(), "what is in S3 is left alone");
}

#[test]
fn another_document_has_no_place() {
    let refs = artifacts(&tree(TEMPLATE));
    let region = Region::new("eu-west-1").unwrap();
    let location = S3Location { bucket: "b".into(), key: "k".into(), version: None, region };
    let error = place(&mut tree("Resources: {}"), &refs[2], &location).unwrap_err();
    assert_eq!(error.to_string(), "the template has no place for the artifact `B.CodeUri`");
}
