//! A fleet of so many targets: its pipeline, its template, and the organization that it is deployed to.

use std::fmt::Write as _;

const REGIONS: [&str; 10] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "ap-south-1",
    "ap-southeast-1",
    "sa-east-1",
];

pub const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: src/, Handler: app.handler, Runtime: python3.12 }
";

/// Accounts and regions that together are so many targets.
fn shape(targets: usize) -> (usize, usize) {
    if targets < 10 { (targets, 1) } else { (targets / 10, 10) }
}

fn accounts(targets: usize) -> Vec<String> {
    (0..shape(targets).0).map(|n| format!("{:012}", 300_000_000_000_u64 + n as u64)).collect()
}

fn quoted(accounts: &[String]) -> String {
    accounts.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ")
}

pub fn pipeline(targets: usize) -> String {
    let list = quoted(&accounts(targets));
    let regions = REGIONS[..shape(targets).1].join(", ");
    format!(
        "version: 1
stage_defaults: {{ deployment_time_window: NONE, deployment_role: landfall-deploy, execution_role: landfall-execution }}
artifacts: {{ app: {{ type: sam, template: template.yaml }} }}
stages:
  - name: everyone
    targets: {{ accounts: [{list}], regions: [{regions}] }}
    region_concurrency: parallel
    waves: [100%]
    max_concurrent: 50
steps:
  - name: deploy
    type: sam
    params: {{ artifact: app, stack_name: work, capabilities: [CAPABILITY_IAM] }}
"
    )
}

/// An organization with as many accounts, each with the demo's two roles, whose clock stands at a time.
pub fn world(targets: usize, clock: &str) -> String {
    let accounts = accounts(targets);
    let mut text = format!("clock: \"{clock}\"\naccounts:\n  - {{ id: \"999999999999\", name: hub }}\n");
    for (n, id) in accounts.iter().enumerate() {
        let _ = writeln!(text, "  - {{ id: \"{id}\", name: a{n} }}");
    }
    let list = quoted(&accounts);
    let _ = write!(
        text,
        "roles:
  - accounts: [{list}]
    name: landfall-deploy
    trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: {{ AWS: \"arn:aws:iam::999999999999:root\" }}, Action: [\"sts:AssumeRole\", \"sts:TagSession\", \"sts:SetSourceIdentity\"] }}] }}
    inline: {{ all: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"*\", Resource: \"*\" }}] }} }}
  - accounts: [{list}]
    name: landfall-execution
    trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: {{ Service: cloudformation.amazonaws.com }}, Action: \"sts:AssumeRole\" }}] }}
    inline: {{ all: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"*\", Resource: \"*\" }}] }} }}
"
    );
    text
}
