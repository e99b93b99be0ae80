//! Serves a world on a port until it is interrupted: `cargo run -p landfall-sandbox --example serve -- 4599`.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use jiff::Timestamp;
use landfall_sandbox::{Options, Sandbox, World};

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|p| p.parse().ok()).unwrap_or(4599);
    let world = World::demo().running(Timestamp::now(), 1.0);
    let sandbox = Sandbox::start(world, Options { port, data_dir: None })?;
    println!("{}", sandbox.endpoint());
    loop {
        std::thread::park();
    }
}
