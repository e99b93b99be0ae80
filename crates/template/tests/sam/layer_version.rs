//! `AWS::Serverless::LayerVersion`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Parameters:
  Name: {Type: String, Default: tools}
Resources:
  Tools:
    Type: AWS::Serverless::LayerVersion
    Properties: {LayerName: !Ref Name, ContentUri: s3://code/tools.zip, CompatibleArchitectures: [arm64], RetentionPolicy: delete}
Outputs:
  Arn: {Value: !Ref Tools}
";

#[test]
fn layer_version() {
    insta::assert_snapshot!(expand(TEMPLATE), @r"
    Parameters:
      Name:
        Type: String
        Default: tools
    Resources:
      Tools4c2625ce23:
        Type: AWS::Lambda::LayerVersion
        DeletionPolicy: Delete
        Properties:
          Content:
            S3Bucket: code
            S3Key: tools.zip
          LayerName: tools
          CompatibleArchitectures:
            - arm64
    Outputs:
      Arn:
        Value: !Ref Tools4c2625ce23
    ");
}
