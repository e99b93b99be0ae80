//! How long the SAM transform takes: many functions on one API, many resources, and, if `LANDFALL_SAM_CORPUS` names
//! the folder of AWS's translator tests, each template of it. If `LANDFALL_SAM_PYTHON` names a Python interpreter that has
//! `aws-sam-translator`, AWS's translator is measured beside it, on the same templates in the same run.
//!
//! All times are those of the processor, so that other work on the machine counts as little as it can. Reading the template is not in them, for neither of the two.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use base::FileId;
use landfall_template::sam::{Context, transform};
use landfall_template::{Dialect, parse};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How many rounds are measured at least, and how long.
const ROUNDS: u32 = 10;
const LEAST: Duration = Duration::from_millis(50);

/// Reads one JSON object a line, `{"text": …, "rounds": …}`, and answers the seconds of the best round, of the transform
/// alone, as [`measure`] does. A template that it refuses takes as long as the refusal.
const TRANSLATOR: &str = r#"
import copy, json, logging, os, sys, time
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
logging.disable(logging.CRITICAL)
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class Policies:
    def load(self):
        return {}

for line in sys.stdin:
    request = json.loads(line)
    try:
        template = json.loads(json.dumps(yaml_parse(request["text"]), default=str))
    except Exception:
        print(0.0, flush=True)
        continue
    best = None
    for _ in range(request["rounds"]):
        fresh = copy.deepcopy(template)
        start = time.process_time()
        try:
            transform(fresh, {}, Policies())
        except Exception:
            pass
        taken = time.process_time() - start
        best = taken if best is None else min(best, taken)
    print(best, flush=True)
"#;

fn main() {
    let mut python = Translator::start();
    println!("{:<36}{:>14}{:>14}{:>14}{:>10}", "time on the processor", "ours, reading", "ours", "AWS's", "ratio");
    for count in [50, 100, 200, 400, 800] {
        // AWS's translator takes minutes for more.
        let python = python.as_mut().filter(|_| count <= 200);
        report(&format!("{count} functions on one API"), &functions_on_one_api(count), python);
    }
    for count in [369, 738, 1476] {
        let python = python.as_mut().filter(|_| count <= 738);
        report(&format!("{count} resources"), &resources(count), python);
    }
    match std::env::var("LANDFALL_SAM_CORPUS") {
        Ok(corpus) => report_corpus(&corpus, python.as_mut()),
        Err(_) => println!(
            "without the corpus: set LANDFALL_SAM_CORPUS to tests/translator of \
                            https://github.com/aws/serverless-application-model"
        ),
    }
    if python.is_none() {
        println!(
            "without AWS's translator: python3 -m venv venv && venv/bin/pip install aws-sam-translator==1.110.0 pyyaml, \
             then set LANDFALL_SAM_PYTHON to venv/bin/python with its whole path"
        );
    }
}

/// AWS's translator in a Python process.
struct Translator {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Translator {
    fn start() -> Option<Self> {
        let python = std::env::var("LANDFALL_SAM_PYTHON").ok()?;
        let mut process =
            Command::new(python).args(["-c", TRANSLATOR]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Some(Self { process, requests, answers })
    }

    fn measure(&mut self, text: &str, rounds: u32) -> Duration {
        writeln!(self.requests, "{}", serde_json::json!({ "text": text, "rounds": rounds })).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        Duration::from_secs_f64(answer.trim().parse().unwrap())
    }
}

impl Drop for Translator {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// One line of the table.
fn line(name: &str, reading: Duration, ours: Duration, theirs: Option<Duration>) {
    print!("{name:<36}{reading:>14.2?}{ours:>14.2?}");
    match theirs {
        Some(theirs) => println!("{theirs:>14.2?}{:>9.0}x", theirs.as_secs_f64() / ours.as_secs_f64()),
        None => println!("{:>14}{:>10}", "-", "-"),
    }
}

fn report(name: &str, text: &str, python: Option<&mut Translator>) {
    let (reading, ours) = measure(text);
    line(name, reading, ours, python.map(|python| python.measure(text, 1)));
}

/// The time that this thread has had on a processor; where the system does not tell it, the time that went by.
fn processor_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

/// The times for reading and for transforming.
fn measure(text: &str) -> (Duration, Duration) {
    let context = Context::default();
    let (mut reading, mut transforming) = (Stopwatch::default(), Stopwatch::default());
    let start = Instant::now();
    while reading.rounds < ROUNDS || start.elapsed() < LEAST && reading.rounds < 10 * ROUNDS {
        let (node, _) = reading.round(|| parse(FileId::default(), text, Dialect::Template));
        drop(transforming.round(|| transform(node, &context)));
    }
    (reading.time(), transforming.time())
}

/// Measures the same piece of work several times.
#[derive(Default)]
struct Stopwatch {
    rounds: u32,
    processor: Duration,
    best: Option<Duration>,
}

impl Stopwatch {
    fn round<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (processor, start) = (processor_time(), Instant::now());
        let result = work();
        let taken = start.elapsed();
        self.processor += processor_time().saturating_sub(processor);
        self.best = Some(self.best.map_or(taken, |best| best.min(taken)));
        self.rounds += 1;
        result
    }

    /// The time of the processor for one round. The system counts it in pieces of some milliseconds: of what is shorter
    /// the best round on the clock tells more, and of what is longer it is never less.
    fn time(&self) -> Duration {
        let (best, mean) = (self.best.unwrap_or_default(), self.processor / self.rounds.max(1));
        if best < Duration::from_millis(4) { best } else { best.min(mean) }
    }
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

fn report_corpus(corpus: &str, mut python: Option<&mut Translator>) {
    let (mut times, mut theirs) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(format!("{corpus}/input")).unwrap() {
        if let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) {
            let (reading, ours) = measure(&text);
            times.push((ours, reading));
            theirs.extend(python.as_mut().map(|python| python.measure(&text, 1)));
        }
    }
    times.sort();
    theirs.sort();
    let total = times.iter().fold((Duration::ZERO, Duration::ZERO), |sum, time| (sum.0 + time.0, sum.1 + time.1));
    let (Some(median), Some(slowest)) = (times.get(times.len() / 2), times.last()) else { return };
    line("median template of the corpus", median.1, median.0, theirs.get(theirs.len() / 2).copied());
    line("slowest template of the corpus", slowest.1, slowest.0, theirs.last().copied());
    let their_total = (!theirs.is_empty()).then(|| theirs.iter().sum());
    line(&format!("all {} templates of the corpus", times.len()), total.1, total.0, their_total);
}
