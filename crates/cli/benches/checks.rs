//! The time of `landfall check` over 1,000 templates: `cargo bench -p landfall --bench checks`. Nothing here asserts a
//! time; it prints them.
//!
//! With the folder of a Python environment in `LANDFALL_BENCH_VENV`, `cfn-lint` and `checkov` are run over the same files
//! where they are in it, and the ratio is printed. They look for other things too, so the ratio says what a person waits
//! and not which program is better.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const COUNT: usize = 1_000;
/// What the issue that asked for the check allows on two cores.
const LIMIT: Duration = Duration::from_secs(5);

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = 0;
    for number in 0..COUNT {
        let text = template(number);
        bytes += text.len();
        std::fs::write(folder.path().join(format!("t{number:04}.yaml")), text).unwrap();
    }
    println!("{COUNT} templates, {} KiB", bytes / 1024);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_landfall"));
    let format = ["--format", "json", "--fail-on", "never"];
    let ours = (0..3)
        .map(|_| timed(Command::new(&program).arg("check").arg(folder.path()).args(format)))
        .min_by_key(|taken| taken.wall)
        .unwrap();
    println!("{:<16} {:>10} {:>10} {:>8} {:>8}", "", "wall", "CPU", "times", "times");
    line("landfall check", ours, ours);
    let verdict = if ours.wall < LIMIT { "within" } else { "over" };
    println!("{:<16} {verdict} the {} s of two cores", "", LIMIT.as_secs());
    let Some(venv) = std::env::var_os("LANDFALL_BENCH_VENV") else {
        println!("cfn-lint and checkov: set LANDFALL_BENCH_VENV to a Python environment that has them");
        return;
    };
    others(Path::new(&venv), folder.path(), ours);
}

fn others(venv: &Path, folder: &Path, ours: Taken) {
    let all = folder.join("*.yaml").display().to_string();
    let folder = folder.display().to_string();
    let runs: [(&str, Vec<&str>); 2] = [
        ("cfn-lint", vec!["--non-zero-exit-code", "none", &all]),
        ("checkov", vec!["--framework", "cloudformation", "--quiet", "--compact", "--soft-fail", "-d", &folder]),
    ];
    for (name, arguments) in runs {
        let program = venv.join("bin").join(name);
        if !program.is_file() {
            println!("{name:<16} is not in {}", venv.display());
            continue;
        }
        line(name, timed(Command::new(program).args(arguments)), ours);
    }
}

/// What a program took. The time of processors says more on a machine on which others work too.
#[derive(Clone, Copy)]
struct Taken {
    wall: Duration,
    processor: Duration,
}

fn line(name: &str, taken: Taken, ours: Taken) {
    let ratio = |theirs: Duration, own: Duration| theirs.as_secs_f64() / own.as_secs_f64().max(0.01);
    println!(
        "{name:<16} {:>8.2} s {:>8.2} s {:>8.0} {:>8.0}",
        taken.wall.as_secs_f64(),
        taken.processor.as_secs_f64(),
        ratio(taken.wall, ours.wall),
        ratio(taken.processor, ours.processor),
    );
}

fn timed(command: &mut Command) -> Taken {
    let (start, before) = (Instant::now(), of_children());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} ended with {status}");
    Taken { wall: start.elapsed(), processor: of_children().saturating_sub(before) }
}

/// The processors' time of the programs that have ended, where the system tells it (`proc(5)`, `cutime` and `cstime`).
fn of_children() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in brackets and may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 = fields.split_whitespace().skip(13).take(2).filter_map(|t| t.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// A template of one of four shapes, its names and sizes varied.
fn template(number: usize) -> String {
    match number % 4 {
        0 => functions(number),
        1 => roles(number),
        2 => storage(number),
        _ => workflow(number),
    }
}

/// An API with functions and a table, in SAM.
fn functions(number: usize) -> String {
    let mut text = String::from(
        "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nParameters:\n  Stage: { Type: String, Default: dev }\nResources:\n  Orders:\n    Type: AWS::Serverless::SimpleTable\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n",
    );
    for function in 0..4 + number % 5 {
        let _ = write!(
            text,
            "  Function{function}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.handler\n      Runtime: python3.13\n      InlineCode: 'def handler(event, context): return {{}}'\n      Environment: {{ Variables: {{ TABLE: !Ref Orders, STAGE: !Ref Stage }} }}\n      Policies:\n        - DynamoDBCrudPolicy: {{ TableName: !Ref Orders }}\n        - Statement:\n            - {{ Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: !Sub 'arn:aws:s3:::files-${{Stage}}/{number}/*' }}\n      Events:\n        Get: {{ Type: Api, Properties: {{ Path: /{function}, Method: get }} }}\n",
        );
    }
    text
}

/// Roles with trust in tokens, boundaries and policies of their own.
fn roles(number: usize) -> String {
    let mut text = String::from("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n");
    for role in 0..5 + number % 4 {
        let _ = write!(
            text,
            "  Role{role}:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {{ Federated: !Sub 'arn:aws:iam::${{AWS::AccountId}}:oidc-provider/token.actions.githubusercontent.com' }}\n            Action: sts:AssumeRoleWithWebIdentity\n            Condition:\n              StringEquals:\n                token.actions.githubusercontent.com:aud: sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: repo:acme/shop-{number}:environment:stage-{role}\n      Policies:\n        - PolicyName: deploy\n          PolicyDocument:\n            Version: '2012-10-17'\n            Statement:\n              - Effect: Allow\n                Action: ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet', 'cloudformation:DescribeStacks']\n                Resource: !Sub 'arn:aws:cloudformation:*:${{AWS::AccountId}}:stack/shop-{role}-*/*'\n              - Effect: Allow\n                Action: iam:PassRole\n                Resource: !Sub 'arn:aws:iam::${{AWS::AccountId}}:role/app/shop-{role}'\n                Condition: {{ StringEquals: {{ 'iam:PassedToService': cloudformation.amazonaws.com }} }}\n",
        );
        if (number + role).is_multiple_of(3) {
            text.push_str("              - { Effect: Allow, Action: ['lambda:*', 's3:Get*'], Resource: '*' }\n");
        }
    }
    text
}

/// Buckets with policies, a key and a repository.
fn storage(number: usize) -> String {
    let mut text = String::from(
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Key:\n    Type: AWS::KMS::Key\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    Properties:\n      KeyPolicy:\n        Version: '2012-10-17'\n        Statement:\n          - { Effect: Allow, Principal: { AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root' }, Action: 'kms:*', Resource: '*' }\n",
    );
    for bucket in 0..4 + number % 3 {
        let _ = write!(
            text,
            "  Bucket{bucket}:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    Properties:\n      VersioningConfiguration: {{ Status: Enabled }}\n  Policy{bucket}:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Bucket{bucket}\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Deny\n            Principal: '*'\n            Action: s3:*\n            Resource: [!GetAtt Bucket{bucket}.Arn, !Sub '${{Bucket{bucket}.Arn}}/*']\n            Condition: {{ Bool: {{ 'aws:SecureTransport': 'false' }} }}\n          - Effect: Allow\n            Principal: {{ AWS: arn:aws:iam::{:012}:role/reader }}\n            Action: s3:GetObject\n            Resource: !Sub '${{Bucket{bucket}.Arn}}/*'\n",
            100_000_000_000_usize + number
        );
    }
    text
}

/// A queue, a topic and a state machine with its role.
fn workflow(number: usize) -> String {
    let mut text = String::from(
        "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n  Queue: { Type: AWS::SQS::Queue }\n  Topic: { Type: AWS::SNS::Topic }\n  QueuePolicy:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [!Ref Queue]\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - { Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn, Condition: { ArnEquals: { 'aws:SourceArn': !Ref Topic } } }\n",
    );
    for machine in 0..2 + number % 3 {
        let _ = write!(
            text,
            "  Machine{machine}:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition: {{ StartAt: Wait, States: {{ Wait: {{ Type: Wait, Seconds: {}, End: true }} }} }}\n      Policies:\n        - SQSSendMessagePolicy: {{ QueueName: !GetAtt Queue.QueueName }}\n        - SNSPublishMessagePolicy: {{ TopicName: !GetAtt Topic.TopicName }}\n",
            number + 1
        );
    }
    text
}
