//! How long the SAM transform takes: many functions on one API, many resources, and, if `LANDFALL_SAM_CORPUS` names
//! the folder of AWS's translator tests, each template of it.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use base::FileId;
use landfall_template::sam::{Context, transform};
use landfall_template::{Dialect, parse};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 10;

fn main() {
    for count in [50, 100, 200, 400] {
        report(&format!("{count} functions on one API"), &functions_on_one_api(count));
    }
    for count in [369, 738, 1476] {
        report(&format!("{count} resources"), &resources(count));
    }
    if let Ok(corpus) = std::env::var("LANDFALL_SAM_CORPUS") {
        report_corpus(&corpus);
    }
}

fn report(name: &str, text: &str) {
    let (parsing, transforming) = measure(text);
    println!("{name:30} parse {parsing:>10.2?}  transform {transforming:>10.2?}");
}

fn measure(text: &str) -> (Duration, Duration) {
    let context = Context::default();
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let (node, _) = parse(FileId::default(), text, Dialect::Template);
        let parsed = start.elapsed();
        let start = Instant::now();
        let result = transform(node, &context);
        let transformed = start.elapsed();
        drop(result);
        best = (best.0.min(parsed), best.1.min(transformed));
    }
    best
}

fn functions_on_one_api(count: usize) -> String {
    let mut text = "Resources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: live\n      \
                    Auth: {DefaultAuthorizer: Users, Authorizers: {Users: {UserPoolArn: !GetAtt Pool.Arn}}}\n"
        .to_owned();
    for n in 0..count {
        _ = write!(
            text,
            "  F{n}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.main\n      Runtime: \
             python3.13\n      CodeUri: s3://code/f{n}.zip\n      Events:\n        Get:\n          Type: Api\n          \
             Properties: {{RestApiId: !Ref Api, Path: /things/{n}, Method: get}}\n"
        );
    }
    text
}

fn resources(count: usize) -> String {
    let mut text = "Resources:\n".to_owned();
    for n in 0..count {
        _ = match n % 4 {
            0 => write!(text, "  T{n}:\n    Type: AWS::Serverless::SimpleTable\n"),
            1 => write!(text, "  Q{n}:\n    Type: AWS::SQS::Queue\n    Properties: {{VisibilityTimeout: 30}}\n"),
            2 => write!(
                text,
                "  F{n}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.main\n      Runtime: \
                 python3.13\n      AutoPublishAlias: live\n      CodeUri: s3://code/f{n}.zip\n      Policies:\n      - \
                 DynamoDBCrudPolicy: {{TableName: !Ref T{}}}\n      Events:\n        Queue: {{Type: SQS, Properties: \
                 {{Queue: !GetAtt Q{}.Arn}}}}\n",
                n - 2,
                n - 1
            ),
            _ => write!(
                text,
                "  C{n}:\n    Type: AWS::Serverless::Connector\n    Properties: {{Source: {{Id: F{}}}, Destination: \
                 {{Id: T{}}}, Permissions: [Read, Write]}}\n",
                n - 1,
                n - 3
            ),
        };
    }
    text
}

fn report_corpus(corpus: &str) {
    let mut times = Vec::new();
    for entry in std::fs::read_dir(format!("{corpus}/input")).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(text) = std::fs::read_to_string(&path) {
            times.push((measure(&text).1, path.file_name().map(|name| name.to_owned()).unwrap_or_default()));
        }
    }
    times.sort();
    let total: Duration = times.iter().map(|(time, _)| *time).sum();
    println!("{} templates of the corpus: {total:.2?} together", times.len());
    if let (Some((median, _)), Some((slowest, name))) = (times.get(times.len() / 2), times.last()) {
        println!("median {median:.2?}, slowest {slowest:.2?} ({})", name.to_string_lossy());
    }
}
