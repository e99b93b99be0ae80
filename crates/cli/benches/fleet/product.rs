//! The program alone: `landfall` in a process of its own against `landfall sandbox` in another, as a user runs it. What is
//! counted is the processor time and the memory of the client, and none of the simulated organization's.

use super::organization;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_landfall");
/// Seconds of the simulation in a second: an hour of a role's credentials must outlast the run.
const SPEED: &str = "10";
/// Clock ticks in a second, as `/proc` counts them (proc(5): `sysconf(_SC_CLK_TCK)`, 100 on every Linux of today).
const TICKS: f64 = 100.0;

/// A folder with the fleet's project, and its organization behind a port.
pub struct Fleet {
    folder: tempfile::TempDir,
    server: Child,
    endpoint: String,
}

/// What a process took.
pub struct Cost {
    pub elapsed: Duration,
    pub cpu: Duration,
    pub peak_bytes: u64,
}

impl Fleet {
    pub fn new(targets: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".landfall/fleet/pipeline.yaml", &organization::pipeline(targets));
        write("template.yaml", organization::TEMPLATE);
        write("src/app.py", "RELEASE = 1\n");
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        write("world.yaml", &organization::world(targets, &now));
        let world = folder.path().join("world.yaml");
        let mut server = Command::new(BINARY)
            .args(["sandbox", "--port", "0", "--speed", SPEED, "--world"])
            .arg(world)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut endpoint = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
        Self { folder, server, endpoint: endpoint.trim().to_owned() }
    }

    /// Runs the program with these words to its end.
    pub fn run(&self, words: &[&str]) -> Cost {
        let log = |name: &str| std::fs::File::create(self.folder.path().join(name)).unwrap();
        let start = Instant::now();
        let child = Command::new(BINARY)
            .args(words)
            .args(["--endpoint", &self.endpoint, "--project"])
            .arg(self.folder.path())
            .envs([("AWS_ACCESS_KEY_ID", "999999999999"), ("AWS_SECRET_ACCESS_KEY", "any")])
            .envs([("AWS_REGION", "us-east-1"), ("AWS_CONFIG_FILE", "/dev/null"), ("CI", "true")])
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .stdout(log("stdout"))
            .stderr(log("stderr"))
            .spawn()
            .unwrap();
        let cost = follow(child, start);
        let told = std::fs::read_to_string(self.folder.path().join("stderr")).unwrap();
        cost.unwrap_or_else(|code| panic!("{words:?} ended with {code:?}: {}", tail(&told)))
    }

    /// What the journal of the last run takes on disk.
    pub fn journal_bytes(&self) -> u64 {
        bytes_in(&self.folder.path().join(".landfall/state/fleet/runs"))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Reads the process's counters until it has ended. The peak of its memory is gone with its end, so it is read all along;
/// its processor time stays until somebody waits for it.
fn follow(mut child: Child, start: Instant) -> Result<Cost, Option<i32>> {
    let process = format!("/proc/{}", child.id());
    let mut peak_bytes = 0;
    let (elapsed, cpu) = loop {
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        peak_bytes = peak_bytes.max(kilobytes(&status, "VmHWM:") * 1024);
        let stat = std::fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if matches!(fields.first(), Some(&"Z") | None) {
            let ticks = |n: usize| fields.get(n).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
            break (start.elapsed(), Duration::from_secs_f64((ticks(11) + ticks(12)) / TICKS));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let ended = child.wait().unwrap();
    if ended.success() { Ok(Cost { elapsed, cpu, peak_bytes }) } else { Err(ended.code()) }
}

fn kilobytes(status: &str, field: &str) -> u64 {
    let line = status.lines().find(|l| l.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|e| if e.path().is_dir() { bytes_in(&e.path()) } else { e.metadata().map_or(0, |m| m.len()) }).sum()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
