//! `AWS::Serverless::Application`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Resources:
  Nested:
    Type: AWS::Serverless::Application
    Properties: {Location: https://example.com/nested.yaml, Parameters: {A: 1}, Tags: {team: a}, TimeoutInMinutes: 5}
";

#[test]
fn application() {
    insta::assert_snapshot!(expand(TEMPLATE), @r"
    Resources:
      Nested:
        Type: AWS::CloudFormation::Stack
        Properties:
          TemplateURL: https://example.com/nested.yaml
          Parameters:
            A: 1
          Tags:
            - Key: lambda:createdBy
              Value: SAM
            - Key: team
              Value: a
          TimeoutInMinutes: 5
    ");
}
