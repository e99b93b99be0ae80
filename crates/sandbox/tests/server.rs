//! The server over a socket.
#![allow(clippy::unwrap_used)]

use landfall_sandbox::{Options, Sandbox, World};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn a_twelve_digit_access_key_is_that_accounts_administrator() {
    let sandbox = Sandbox::start(World::demo(), Options::default()).unwrap();
    let address = sandbox.endpoint().trim_start_matches("http://").to_owned();
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=111111111111/20261122/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("<Arn>arn:aws:iam::111111111111:user/administrator</Arn>"), "{answer}");
    assert_eq!(sandbox.world().log[0].operation, "GetCallerIdentity");
}
