//! `AWS::Serverless::SimpleTable`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Resources:
  Plain: {Type: AWS::Serverless::SimpleTable}
  Keyed:
    Type: AWS::Serverless::SimpleTable
    DeletionPolicy: Retain
    Properties: {PrimaryKey: {Name: code, Type: Number}, ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 1}, Tags: {team: a, empty: }}
";

#[test]
fn simple_table() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
      Plain:
        Type: AWS::DynamoDB::Table
        Properties:
          AttributeDefinitions:
            - AttributeName: id
              AttributeType: S
          KeySchema:
            - AttributeName: id
              KeyType: HASH
          BillingMode: PAY_PER_REQUEST
      Keyed:
        Type: AWS::DynamoDB::Table
        DeletionPolicy: Retain
        Properties:
          AttributeDefinitions:
            - AttributeName: code
              AttributeType: "N"
          KeySchema:
            - AttributeName: code
              KeyType: HASH
          ProvisionedThroughput:
            ReadCapacityUnits: 1
            WriteCapacityUnits: 1
          Tags:
            - Key: team
              Value: a
            - Key: empty
              Value: ""
    "#);
}
