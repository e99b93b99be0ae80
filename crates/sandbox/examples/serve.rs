//! Serves a world until it is interrupted: `cargo run -p landfall-sandbox --example serve -- [PORT] [WORLD.yaml]`. Its time is
//! real time, times `LANDFALL_SANDBOX_SPEED`.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use jiff::Timestamp;
use landfall_sandbox::{Options, Sandbox, World};
use std::io;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|p| p.parse().ok()).unwrap_or(4599);
    let (world, diagnostics) = match arguments.next() {
        Some(path) => World::from_yaml(&std::fs::read_to_string(path)?),
        None => (World::demo(), Vec::new()),
    };
    for diagnostic in &diagnostics {
        eprintln!("{} {}", diagnostic.code, diagnostic.message);
    }
    let speed = std::env::var("LANDFALL_SANDBOX_SPEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let sandbox = Sandbox::start(world.running(Timestamp::now(), speed), Options { port, data_dir: None })?;
    println!("{}", sandbox.endpoint());
    loop {
        std::thread::park();
    }
}
