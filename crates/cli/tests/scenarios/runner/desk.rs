//! A desk: a project in a folder of its own, its organization, and a person who types what a script says.

use crate::facts::Organization;
use crate::process::Process;
use crate::script::{Signal, Step};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

const DEMO: [(&str, &str); 4] = [
    ("template.yaml", include_str!("../../../demo/template.yaml")),
    ("src/app.py", include_str!("../../../demo/src/app.py")),
    (".landfall/orders/pipeline.yaml", include_str!("../../../demo/pipeline.yaml")),
    ("smoke.sh", include_str!("../../../demo/smoke.sh")),
];

/// A project and what happened to it.
struct Desk {
    folder: TempDir,
    outputs: TempDir,
    organization: Organization,
    touched: bool,
    signal: Option<(Signal, usize)>,
    frozen: Option<Process>,
    commands: usize,
    /// The exit code that nobody has asked for yet.
    code: i32,
    screen: String,
    problems: Vec<String>,
}

/// Plays a script: the screen, and what is wrong.
pub fn play(steps: &[Step]) -> (String, Vec<String>) {
    let mut desk = Desk::new();
    for step in steps {
        if let Err(why) = desk.step(step) {
            desk.problems.push(why);
        }
    }
    desk.settle_code(0);
    if let Some(process) = desk.frozen.take() {
        process.thaw();
        process.end();
        desk.problems.push("a command is still frozen at the end".to_owned());
    }
    (desk.screen, desk.problems)
}

impl Desk {
    /// The demo's project, with a bake of five minutes in place of an hour.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for (path, text) in DEMO {
            write(&folder.path().join(path), &text.replace("duration_minutes: 60", "duration_minutes: 5"));
        }
        executable(&folder.path().join("smoke.sh"));
        let organization = Organization::demo(folder.path().join(".landfall/sandbox"));
        Self {
            folder,
            outputs: TempDir::new().unwrap(),
            organization,
            touched: false,
            signal: None,
            frozen: None,
            commands: 0,
            code: 0,
            screen: String::new(),
            problems: Vec::new(),
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Comment(text) => {
                let _ = writeln!(self.screen, "# {text}");
            }
            Step::Given => return self.given(),
            Step::Signal(signal, after) => self.signal = Some((*signal, *after)),
            Step::Thaw => {
                let process = self.frozen.take().ok_or("no command is frozen")?;
                process.thaw();
                let (code, printed) = process.end();
                self.show("thaw", code, &printed);
            }
            Step::Run(command) => return self.run(command),
            Step::Exit(code) => self.settle_code(*code),
            Step::Assert(statement) => return self.organization.holds(statement),
            other => {
                self.touched = true;
                return self.prepare(other);
            }
        }
        Ok(())
    }

    /// Changes of the project and of the world around it.
    fn prepare(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::File { path, text } => write(&self.path(path), text),
            Step::Replace { path, old, new } => {
                let text = std::fs::read_to_string(self.path(path)).map_err(|e| e.to_string())?;
                if !text.contains(old.as_str()) {
                    return Err(format!("`{path}` does not hold `{old}`"));
                }
                write(&self.path(path), &text.replace(old.as_str(), new));
            }
            Step::Remove(path) => {
                let path = self.path(path);
                let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
                removed.map_err(|e| e.to_string())?;
            }
            Step::Truncate { path, bytes } => {
                let file = std::fs::File::options().write(true).open(self.path(path)).map_err(|e| e.to_string())?;
                file.set_len(*bytes).map_err(|e| e.to_string())?;
            }
            Step::World(yaml) => self.organization.replace(yaml)?,
            Step::Fault(fault) => self.organization.fault(fault.as_deref())?,
            Step::ResourceFault(fault) => self.organization.resource_fault(fault)?,
            Step::Alarm(words) => self.organization.alarm(words)?,
            Step::Call(words) => self.organization.call(words)?,
            Step::Suspend(account) => self.organization.suspend(account)?,
            Step::ForgetCalls => self.organization.forget_calls(),
            Step::Wait(seconds) => self.organization.wait(*seconds),
            _ => {}
        }
        Ok(())
    }

    /// Release 1 everywhere. Untouched projects all have the same one, so it is made once.
    fn given(&mut self) -> Result<(), String> {
        static MADE: OnceLock<Desk> = OnceLock::new();
        if self.touched {
            return self.release();
        }
        let made = MADE.get_or_init(|| {
            let mut desk = Desk::new();
            desk.release().unwrap();
            desk
        });
        copy(made.folder.path(), self.folder.path());
        self.organization = Organization::at(self.path(".landfall/sandbox"));
        self.organization.forget_calls();
        Ok(())
    }

    fn release(&mut self) -> Result<(), String> {
        let (code, printed) = self.process("landfall deploy --yes").end();
        if code == 0 { Ok(()) } else { Err(format!("release 1 did not go through:\n{printed}")) }
    }

    fn process(&mut self, command: &str) -> Process {
        self.commands += 1;
        let output = self.outputs.path().join(self.commands.to_string());
        Process::start(self.folder.path(), output, command)
    }

    fn run(&mut self, command: &str) -> Result<(), String> {
        self.settle_code(0);
        let mut process = self.process(command);
        let Some((signal, after)) = self.signal.take() else {
            let (code, printed) = process.end();
            self.show(command, code, &printed);
            return Ok(());
        };
        let reached = process.signal(self.folder.path(), signal, after).and_then(|seen| {
            if seen == after {
                Ok(())
            } else {
                Err(format!("it was waiting after record {seen} and not after {after}"))
            }
        });
        match signal {
            _ if reached.is_err() => {
                process.kill();
                let (code, printed) = process.end();
                self.show(command, code, &printed);
            }
            Signal::Freeze => {
                let _ = writeln!(self.screen, "$ {command}\n[frozen after record {after}]\n");
                self.frozen = Some(process);
            }
            Signal::Terminate | Signal::Kill => {
                let (code, printed) = process.end();
                self.show(command, code, &printed);
            }
        }
        reached
    }

    fn show(&mut self, command: &str, code: i32, printed: &str) {
        let printed = self.redacted(printed);
        let _ = writeln!(self.screen, "$ {command}\n{}\n[exit {code}]\n", printed.trim_end());
        self.code = code;
    }

    /// Only what differs from one machine or moment to the next: the project's folder, the program's path, process numbers.
    fn redacted(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().unwrap();
        let text = text.replace(env!("CARGO_BIN_EXE_landfall"), "landfall");
        let text = text.replace(&*folder.to_string_lossy(), "PROJECT");
        let text = text.replace(&*self.folder.path().to_string_lossy(), "PROJECT");
        let mut parts = text.split("casey@desk (");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            out.push_str("casey@desk (PID");
            out.push_str(rest);
        }
        out
    }

    fn settle_code(&mut self, expected: i32) {
        if self.code != expected {
            let screen = self.screen.lines().rev().take(12).collect::<Vec<_>>();
            let tail = screen.into_iter().rev().collect::<Vec<_>>().join("\n    ");
            self.problems.push(format!("exit {expected} was expected, but it is {}:\n    {tail}", self.code));
        }
        self.code = 0;
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
