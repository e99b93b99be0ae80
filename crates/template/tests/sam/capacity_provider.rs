//! `AWS::Serverless::CapacityProvider`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Resources:
  Machines:
    Type: AWS::Serverless::CapacityProvider
    Properties: {VpcConfig: {SubnetIds: [subnet-1]}, InstanceRequirements: {AllowedTypes: [m7g.large]}, ScalingConfig: {MaxVCpuCount: 8, AverageCPUUtilization: 70}, Tags: {team: a}, PropagateTags: true}
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: app.main, Runtime: python3.13, CodeUri: s3://code/app.zip, CapacityProviderConfig: {Arn: !GetAtt Machines.Arn, PerExecutionEnvironmentMaxConcurrency: 4}}}
";

#[test]
fn capacity_provider() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
      Machines:
        Type: AWS::Lambda::CapacityProvider
        Properties:
          VpcConfig:
            SubnetIds:
              - subnet-1
          PermissionsConfig:
            CapacityProviderOperatorRoleArn: !GetAtt MachinesOperatorRole.Arn
          Tags:
            - Key: team
              Value: a
            - Key: lambda:createdBy
              Value: SAM
          InstanceRequirements:
            AllowedInstanceTypes:
              - m7g.large
          CapacityProviderScalingConfig:
            MaxVCpuCount: 8
            ScalingMode: Manual
            ScalingPolicies:
              - PredefinedMetricType: LambdaCapacityProviderAverageCPUUtilization
                TargetValue: 70.0
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt WorkerRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
          CapacityProviderConfig:
            LambdaManagedInstancesCapacityProviderConfig:
              CapacityProviderArn: !GetAtt Machines.Arn
              PerExecutionEnvironmentMaxConcurrency: 4
      WorkerRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - lambda.amazonaws.com
          ManagedPolicyArns:
            - arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      MachinesOperatorRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - lambda.amazonaws.com
          ManagedPolicyArns:
            - arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator
          Tags:
            - Key: lambda:createdBy
              Value: SAM
            - Key: team
              Value: a
    "#);
}
