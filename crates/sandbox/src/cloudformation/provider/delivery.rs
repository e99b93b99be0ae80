//! Step Functions, CodeDeploy, and CloudFormation's own types.

use super::Provider;
use super::naming::Style;

/// The rows of these services.
pub(super) static ROWS: &[Provider] = &[
    Provider::new("AWS::StepFunctions::StateMachine", "Sfn")
        .named("StateMachineName", Style::Short(80))
        .id("arn:{partition}:states:{region}:{account}:stateMachine:{name}")
        .arn("arn:{partition}:states:{region}:{account}:stateMachine:{name}")
        .attributes(&[("Name", "{name}"), ("StateMachineRevisionId", "INITIAL")])
        .replaced_by(&["StateMachineType"])
        .tagged()
        .takes(4, 4, 12)
        .needs("states:CreateStateMachine", "states:UpdateStateMachine", "states:DeleteStateMachine"),
    Provider::new("AWS::StepFunctions::StateMachineVersion", "Sfn")
        .id("{StateMachineArn}:1")
        .replaced_by(&["StateMachineArn", "StateMachineRevisionId", "Description"])
        .takes(2, 1, 1)
        .needs("states:PublishStateMachineVersion", "", "states:DeleteStateMachineVersion"),
    Provider::new("AWS::StepFunctions::StateMachineAlias", "Sfn").named("Name", Style::Mixed(80)).takes(2, 2, 1).needs(
        "states:CreateStateMachineAlias",
        "states:UpdateStateMachineAlias",
        "states:DeleteStateMachineAlias",
    ),
    Provider::new("AWS::CodeDeploy::Application", "CodeDeploy")
        .named("ApplicationName", Style::Mixed(100))
        .replaced_by(&["ComputePlatform"])
        .tagged()
        .takes(2, 2, 1)
        .needs("codedeploy:CreateApplication", "codedeploy:UpdateApplication", "codedeploy:DeleteApplication"),
    Provider::new("AWS::CodeDeploy::DeploymentGroup", "CodeDeploy")
        .within("ApplicationName")
        .named("DeploymentGroupName", Style::Mixed(100))
        .replaced_by(&["ApplicationName"])
        .tagged()
        .takes(2, 2, 1)
        .needs(
            "codedeploy:CreateDeploymentGroup",
            "codedeploy:UpdateDeploymentGroup",
            "codedeploy:DeleteDeploymentGroup",
        ),
    Provider::new("AWS::CodeDeploy::DeploymentConfig", "CodeDeploy")
        .named("DeploymentConfigName", Style::Mixed(100))
        .takes(2, 2, 1)
        .needs("codedeploy:CreateDeploymentConfig", "", "codedeploy:DeleteDeploymentConfig"),
    // The child does the work; the row is for its times and tags.
    Provider::new("AWS::CloudFormation::Stack", "CloudFormation").tagged(),
];
