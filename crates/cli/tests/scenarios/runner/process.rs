//! The program under test as a process: run to its end, or stopped at a record of its journal.

use crate::script::Signal;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long nothing may move before a process counts as waiting.
const STILL: Duration = Duration::from_millis(1_500);
/// How long a process may take to come to where it is wanted.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that was started.
pub struct Process {
    child: Child,
    output: PathBuf,
    /// The latest run and its records when the process started.
    before: (PathBuf, usize),
}

impl Process {
    /// Starts a command in a project's folder. Standard output and standard error go to one file, in their order.
    pub fn start(project: &Path, output: PathBuf, command: &str) -> Self {
        let before = latest(project);
        let file = File::options().create(true).append(true).open(&output).unwrap();
        let (environment, command) = environment(command);
        let mut process = match command.strip_prefix("landfall ") {
            Some(arguments) => {
                let mut process = Command::new(env!("CARGO_BIN_EXE_landfall"));
                process.args(words(arguments));
                process
            }
            None => {
                let mut process = Command::new("sh");
                process.arg("-c").arg(command);
                process
            }
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        process.env_clear().env("PATH", path).env("USER", "casey").env("HOSTNAME", "desk").env("NO_COLOR", "1");
        process.envs(environment);
        process.current_dir(project).stdin(std::process::Stdio::null());
        process.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: process.spawn().unwrap(), output, before }
    }

    /// Waits for the end: exit code (128 and the signal's number when it was killed), and what was printed.
    pub fn end(mut self) -> (i32, String) {
        let status = self.child.wait().unwrap();
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        (code, std::fs::read_to_string(&self.output).unwrap())
    }

    /// Waits until the journal has a record and nothing moves any more, then sends a signal.
    pub fn signal(&mut self, project: &Path, signal: Signal, after: usize) -> Result<usize, String> {
        let begun = Instant::now();
        let (mut seen, mut since) = (0, Instant::now());
        while seen < after || since.elapsed() < STILL {
            // What an earlier command wrote does not count.
            let now = Some(latest(project)).filter(|l| *l != self.before).map_or(0, |(_, records)| records);
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
            if self.child.try_wait().unwrap().is_some() {
                return Err(format!("the command ended by itself at record {now}"));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("the command never came to record {after}, only to {now}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let number = match signal {
            Signal::Kill => rustix::process::Signal::KILL,
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Freeze => rustix::process::Signal::STOP,
        };
        self.send(number);
        Ok(seen)
    }

    /// Ends it, if it has not ended.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Lets a frozen process go on.
    pub fn thaw(&self) {
        self.send(rustix::process::Signal::CONT);
    }

    fn send(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}

/// The latest run, and the number of records of its journal.
fn latest(project: &Path) -> (PathBuf, usize) {
    let runs = project.join(".landfall/state/orders/runs").read_dir();
    let latest = runs.into_iter().flatten().flatten().map(|run| run.path()).max().unwrap_or_default();
    let records = latest.join("journal").read_dir().map_or(0, Iterator::count);
    (latest, records)
}

/// `NAME=VALUE` words before the program under test, and the rest.
fn environment(command: &str) -> (Vec<(String, String)>, &str) {
    let mut variables = Vec::new();
    let mut rest = command;
    while let Some((word, more)) = rest.split_once(' ') {
        let Some((name, value)) = word.split_once('=') else { break };
        if !name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            break;
        }
        variables.push((name.to_owned(), value.to_owned()));
        rest = more;
    }
    if rest.starts_with("landfall ") { (variables, rest) } else { (Vec::new(), command) }
}

/// Splits at spaces; double quotes keep words together.
fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (n, part) in text.split('"').enumerate() {
        if n % 2 == 1 {
            all.push(part.to_owned());
        } else {
            all.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    all
}
