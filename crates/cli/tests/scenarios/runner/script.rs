//! The words of a script. A line is one of:
//!
//! ```text
//! # …                                  a comment
//! file PATH <<END … END                writes a file of the project
//! replace PATH OLD => NEW              changes a file of the project; OLD must be there
//! remove PATH                          removes a file or a folder
//! truncate PATH BYTES                  cuts a file's end off
//! world <<END … END                    another organization than the demo's
//! given release 1                      the project's release is everywhere; what was printed is not shown
//! fault {JSON}                         a failure of calls to come (`sandbox::Fault`); `fault none` forgets all
//! resource-fault {JSON}                a failure of resources to come (`sandbox::cloudformation::ResourceFault`)
//! alarm ACCOUNT REGION NAME STATE      what an alarm is
//! alarm … STATE after STACK STATUS SECONDS [OCCURRENCE]     what an alarm will be
//! call ACCOUNT REGION SERVICE Operation K=V…                a call by that account's administrator; `\_` is a space in V
//! suspend ACCOUNT                      the account is suspended
//! wait SECONDS                         the world's time passes
//! kill after N                         the next command is killed (SIGKILL) once record N is written and nothing moves
//! terminate after N                    the same with SIGTERM; what it prints is shown
//! freeze after N                       the same with SIGSTOP; `thaw` lets it go on and shows what it printed
//! forget calls                         the sandbox's log of calls so far does not count any more
//! $ COMMAND                            runs it; `landfall …` is the program under test, also after `NAME=VALUE` words that are
//!                                      put in its environment; anything else goes to `sh`
//! exit CODE                            what the last command must have ended with; 0 if absent
//! assert stack ACCOUNT REGION NAME STATUS|absent
//! assert release ACCOUNT REGION NAME NUMBER                 the stack's tag `landfall:release`
//! assert operations ACCOUNT REGION NAME COUNT               creates, updates and deletes that the stack ever began
//! assert change-sets ACCOUNT REGION NAME COUNT              that were not executed
//! assert mutations ACCOUNT|any REGION|any SERVICE|any COUNT   calls in the sandbox's log that changed something
//! assert calls ACCOUNT|any REGION|any SERVICE|any Operation COUNT   calls in the sandbox's log, refused ones too
//! ```

/// One line, read.
#[derive(Debug, Clone)]
pub enum Step {
    Comment(String),
    File { path: String, text: String },
    Replace { path: String, old: String, new: String },
    Remove(String),
    Truncate { path: String, bytes: u64 },
    World(String),
    Given,
    Fault(Option<String>),
    ResourceFault(String),
    Alarm(Vec<String>),
    Call(Vec<String>),
    Suspend(String),
    Wait(f64),
    Signal(Signal, usize),
    Thaw,
    ForgetCalls,
    Run(String),
    Exit(i32),
    Assert(String),
}

/// What is sent to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Kill,
    Terminate,
    Freeze,
}

/// Reads a script.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut lines = text.lines().enumerate();
    let mut steps = Vec::new();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let mut body = || {
            let mut text = String::new();
            for (_, line) in lines.by_ref() {
                if line == "END" {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            text
        };
        let step = one(line, &mut body).ok_or_else(|| format!("line {}: `{line}` is not understood", number + 1))?;
        steps.push(step);
    }
    Ok(steps)
}

fn one(line: &str, body: &mut dyn FnMut() -> String) -> Option<Step> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let words = || rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let after = |signal| Some(Step::Signal(signal, rest.strip_prefix("after ")?.parse().ok()?));
    match word {
        "#" => Some(Step::Comment(rest.to_owned())),
        "file" => Some(Step::File { path: rest.strip_suffix(" <<END")?.to_owned(), text: body() }),
        "replace" => {
            let (path, change) = rest.split_once(' ')?;
            let (old, new) = change.split_once(" => ")?;
            Some(Step::Replace { path: path.into(), old: newlines(old), new: newlines(new) })
        }
        "remove" => Some(Step::Remove(rest.to_owned())),
        "truncate" => {
            let (path, bytes) = rest.split_once(' ')?;
            Some(Step::Truncate { path: path.into(), bytes: bytes.parse().ok()? })
        }
        "world" => (rest == "<<END").then(|| Step::World(body())),
        "given" => (rest == "release 1").then_some(Step::Given),
        "fault" => Some(Step::Fault((rest != "none").then(|| rest.to_owned()))),
        "resource-fault" => Some(Step::ResourceFault(rest.to_owned())),
        "alarm" => Some(Step::Alarm(words())),
        "call" => Some(Step::Call(words())),
        "suspend" => Some(Step::Suspend(rest.to_owned())),
        "wait" => Some(Step::Wait(rest.parse().ok()?)),
        "kill" => after(Signal::Kill),
        "terminate" => after(Signal::Terminate),
        "freeze" => after(Signal::Freeze),
        "thaw" => Some(Step::Thaw),
        "forget" => (rest == "calls").then_some(Step::ForgetCalls),
        "$" => Some(Step::Run(rest.to_owned())),
        "exit" => Some(Step::Exit(rest.parse().ok()?)),
        "assert" => Some(Step::Assert(rest.to_owned())),
        _ => None,
    }
}

fn newlines(text: &str) -> String {
    text.replace("\\n", "\n")
}
