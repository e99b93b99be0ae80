//! The server over a socket: faults, the clock, the log.
#![allow(clippy::unwrap_used, clippy::panic)]

use landfall_sandbox::{Calls, Effect, Fault, Options, Outcome, Sandbox, World};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;

/// The whole answer, empty if the connection was closed without one.
fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &str) -> String {
    let address = sandbox.endpoint().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn query(sandbox: &Sandbox, service: &str, form: &str) -> String {
    let headers = format!(
        "content-type: application/x-www-form-urlencoded\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=111111111111/20261122/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n"
    );
    send(sandbox, "POST", "/", &headers, form)
}

fn identity(sandbox: &Sandbox) -> String {
    query(sandbox, "sts", "Action=GetCallerIdentity&Version=2011-06-15")
}

fn create_alias(sandbox: &Sandbox, alias: &str) -> String {
    query(sandbox, "iam", &format!("Action=CreateAccountAlias&AccountAlias={alias}&Version=2010-05-08"))
}

fn with_fault(operation: &str, calls: Calls, effect: Effect) -> Sandbox {
    let mut world = World::demo();
    let operation = Some(operation.to_owned());
    world.faults = vec![Fault { service: None, operation, account: None, region: None, calls, effect, seen: 0 }];
    Sandbox::start(world, Options::default()).unwrap()
}

fn alias(sandbox: &Sandbox) -> Option<String> {
    let id = base::AccountId::new("111111111111").unwrap();
    sandbox.world().account(&id).unwrap().iam.alias.clone()
}

#[test]
fn a_twelve_digit_access_key_is_that_accounts_administrator() {
    let sandbox = Sandbox::start(World::demo(), Options::default()).unwrap();
    let answer = identity(&sandbox);
    assert!(answer.contains("<Arn>arn:aws:iam::111111111111:user/administrator</Arn>"), "{answer}");
    assert_eq!(sandbox.world().log[0].operation, "GetCallerIdentity");
}

#[test]
fn an_error_strikes_the_calls_it_names() {
    let effect = Effect::Error { code: "Throttling".into(), message: "Rate exceeded".into(), status: 400 };
    let sandbox = with_fault("GetCallerIdentity", Calls::Nth(2), effect);
    assert!(identity(&sandbox).starts_with("HTTP/1.1 200"));
    let answer = identity(&sandbox);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>Throttling</Code>"), "{answer}");
    assert!(identity(&sandbox).starts_with("HTTP/1.1 200"));
}

#[test]
fn accepted_and_lost_is_done_and_dropped_is_not() {
    let sandbox = with_fault("CreateAccountAlias", Calls::Nth(1), Effect::AcceptThenTimeout);
    assert_eq!(create_alias(&sandbox, "first"), "");
    assert_eq!(alias(&sandbox).as_deref(), Some("first"));
    assert_eq!(sandbox.world().log[0].outcome, Outcome::DoneUnanswered);
    assert!(sandbox.world().log[0].changed_the_world());

    let sandbox = with_fault("CreateAccountAlias", Calls::Nth(1), Effect::DropConnection);
    assert_eq!(create_alias(&sandbox, "first"), "");
    assert_eq!(alias(&sandbox).as_deref(), Some("acme-staging"));
    assert!(!sandbox.world().log[0].changed_the_world());
    assert!(create_alias(&sandbox, "second").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_held_call_waits_until_it_is_released() {
    let sandbox = with_fault("GetCallerIdentity", Calls::Nth(1), Effect::Hold);
    let (reached, waiting) = mpsc::channel();
    sandbox.on_call(move |record| reached.send(record.outcome.clone()).unwrap());
    std::thread::scope(|scope| {
        let held = scope.spawn(|| identity(&sandbox));
        assert_eq!(waiting.recv().unwrap(), Outcome::Held);
        assert!(identity(&sandbox).starts_with("HTTP/1.1 200"), "others are served meanwhile");
        while !held.is_finished() {
            sandbox.release();
            std::thread::yield_now();
        }
        assert_eq!(held.join().unwrap(), "");
    });
}

#[test]
fn a_delay_takes_the_worlds_time_and_not_ours() {
    let sandbox = with_fault("GetCallerIdentity", Calls::All, Effect::DelaySeconds(3600.0));
    let before = sandbox.clock().now();
    let started = std::time::Instant::now();
    assert!(identity(&sandbox).starts_with("HTTP/1.1 200"));
    assert_eq!(before.duration_until(sandbox.clock().now()).as_secs(), 3600);
    assert!(started.elapsed().as_secs() < 60);
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn clock_log_and_faults_can_be_reached_from_outside() {
    let sandbox = Sandbox::start(World::demo(), Options::default()).unwrap();
    let moved = send(&sandbox, "POST", "/_landfall/clock", "", r#"{"advance_seconds": 90}"#);
    assert_eq!(body(&moved)["now"], "2026-11-23T15:01:30Z");
    let faults =
        json!([{"operation": "GetCallerIdentity", "effect": {"error": {"code": "InternalFailure", "status": 500}}}]);
    assert!(send(&sandbox, "POST", "/_landfall/faults", "", &faults.to_string()).starts_with("HTTP/1.1 200"));
    assert!(identity(&sandbox).starts_with("HTTP/1.1 500"));
    let log = body(&send(&sandbox, "GET", "/_landfall/log", "", ""));
    assert_eq!(log[0]["outcome"], json!({"refused": "InternalFailure"}));
    assert_eq!(log[0]["mutation"], false);
    assert!(send(&sandbox, "POST", "/_landfall/clock", "", "{}").starts_with("HTTP/1.1 400"));
    assert!(send(&sandbox, "POST", "/_landfall/faults", "", "[{}]").starts_with("HTTP/1.1 400"));
}

#[test]
fn a_stopped_sandbox_leaves_its_world_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { port: 0, data_dir: Some(folder.path().to_owned()) };
    let sandbox = Sandbox::start(World::demo(), options.clone()).unwrap();
    create_alias(&sandbox, "kept");
    sandbox.stop().unwrap();
    let world = World::load(folder.path()).unwrap().unwrap();
    let sandbox = Sandbox::start(world, options).unwrap();
    assert_eq!(alias(&sandbox).as_deref(), Some("kept"));
}

#[test]
fn a_change_is_on_disk_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { port: 0, data_dir: Some(folder.path().to_owned()) };
    let sandbox = Sandbox::start(World::demo(), options).unwrap();
    create_alias(&sandbox, "kept");
    let world = World::load(folder.path()).unwrap().unwrap();
    let found = Sandbox::start(world, Options::default()).unwrap();
    assert_eq!(alias(&found).as_deref(), Some("kept"));
}

#[test]
fn no_bytes_make_the_server_panic() {
    let sandbox = Sandbox::start(World::demo(), Options::default()).unwrap();
    let headers = [
        "authorization: AWS4-HMAC-SHA256\r\n",
        "authorization: AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=, Signature=\r\n",
        "authorization: AWS4-HMAC-SHA256 Credential=111111111111/x/%%/s3/aws4_request, SignedHeaders=host, Signature=0\r\n",
        "authorization: AWS4-HMAC-SHA256 Credential=111111111111/x/us-east-1/nonesuch/aws4_request, SignedHeaders=host, Signature=0\r\n",
        "smithy-protocol: rpc-v2-cbor\r\nx-amz-target: .\r\n",
        "x-amz-target: AWSOrganizationsV20161128.\r\ncontent-type: application/x-amz-json-1.1\r\n",
        "",
    ];
    for header in headers {
        for (method, path) in
            [("POST", "/"), ("GET", "/%"), ("PUT", "/b/k?uploadId&partNumber=x"), ("GET", "//?list-type=2&max-keys=-1")]
        {
            send(&sandbox, method, path, header, "{\"a\":");
        }
    }
    assert!(identity(&sandbox).starts_with("HTTP/1.1 200"));
}
