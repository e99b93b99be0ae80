//! Transforms SAM templates: one JSON object per line on standard input, one answer per line on standard output.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use landfall_template::sam::batch;
use std::io::{BufRead as _, Write as _};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match batch::read_request(&line) {
            Err(error) => batch::failure(&serde_json::Value::Null, &error.to_string()),
            Ok(request) => match std::fs::read_to_string(&request.template) {
                Err(error) => batch::failure(&request.id, &error.to_string()),
                Ok(text) => batch::answer(&request, &text),
            },
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
