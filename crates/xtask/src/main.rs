//! The house rules as a program. `cargo xtask tidy` is the one that everybody runs.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod sam_data;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::main(),
        ["sam-data", package] => sam_data::main(package),
        _ => {
            eprintln!("usage: cargo xtask tidy | cargo xtask sam-data PATH_OF_UNPACKED_PACKAGE");
            ExitCode::from(2)
        }
    }
}
