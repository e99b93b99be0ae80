//! Scenarios: scripts of what goes wrong, each with the screen that a person sees beside it.
//!
//! `scenarios/NAME.txt` is a script (`scenarios/runner/script.rs` lists its words), `scenarios/NAME.screen.txt` what the real
//! program prints. `SCENARIO=f24 cargo test -p landfall --test scenarios` runs those whose name holds the text, and `UPDATE=1`
//! writes the screens anew.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

#[path = "scenarios/runner/desk.rs"]
mod desk;
#[path = "scenarios/runner/facts.rs"]
mod facts;
#[path = "scenarios/runner/process.rs"]
mod process;
#[path = "scenarios/runner/script.rs"]
mod script;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[test]
fn every_scenario_ends_as_its_screen_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    let mut scripts: Vec<PathBuf> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt") && !p.to_string_lossy().ends_with(".screen.txt"))
        .filter(|p| p.file_stem().unwrap().to_string_lossy().contains(&wanted))
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty(), "no scenario's name holds `{wanted}`");
    let (queue, wrong) = (Mutex::new(scripts.into_iter().rev().collect::<Vec<_>>()), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(4);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(path) = next else { return };
                    if let Err(why) = check(&path) {
                        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                        wrong.lock().unwrap().push(format!("== {name}\n{why}"));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} scenarios are wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Plays a script and compares its screen.
fn check(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).unwrap();
    let steps = script::parse(&text)?;
    let (screen, mut problems) = desk::play(&steps);
    let beside = path.with_extension("screen.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&beside, &screen).unwrap();
    } else {
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if expected != screen {
            problems.push(difference(&expected, &screen));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// The first line that differs, with what stands around it.
fn difference(expected: &str, screen: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), screen.lines().collect());
    let at = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let around = |lines: &[&str]| {
        let shown = lines.iter().skip(at.saturating_sub(2)).take(10);
        shown.map(|l| format!("    {l}\n")).collect::<String>()
    };
    format!("the screen differs from line {}; expected:\n{}  but it is:\n{}", at + 1, around(&old), around(&new))
}
