//! Drives a run and shows it: live lines on a terminal, whole lines elsewhere, a stream for programs.

use crate::args::{Global, Output};
use crate::screen;
use crate::trouble::{Exit, Trouble};
use crate::wiring::Connection;
use base::{Diagnostic, RunId};
use deploy::plan::Plan;
use deploy::run::{Ending, EndingKind, Event, Limits, State};
use engine::store::{JournalError, LockError, StoreError};
use engine::{Control, DriveError, Order, Session, drive};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// How often live lines are drawn anew at most.
const FRAME: Duration = Duration::from_millis(80);
/// How often another process's request to stop is looked for.
const LOOK: Duration = Duration::from_secs(5);

/// Drives a session to its ending and says how it ended.
pub(crate) async fn run(
    global: &Global,
    connection: &Connection,
    mut session: Session,
    limits: &Limits,
) -> Result<Exit, Trouble> {
    let plan = session.plan.clone();
    let (orders, mut control) = Control::channel();
    let signals = tokio::spawn(listen(orders.clone()));
    let requests = tokio::spawn(requests(connection.ports.store.clone(), plan.clone(), orders));
    let mut shown = Shown::new(global, plan.clone());
    let ended =
        drive(&mut session, &connection.ports, limits, &mut control, &mut |event, state| shown.event(event, state))
            .await;
    signals.abort();
    requests.abort();
    shown.finish(&session.state);
    let ending = ended.map_err(drive_trouble)?;
    show_ending(global, &plan, &session.state, &ending)?;
    Ok(exit_of(&ending))
}

/// Shows an ending on standard output.
pub(crate) fn show_ending(global: &Global, plan: &Plan, state: &State, ending: &Ending) -> Result<(), Trouble> {
    match global.output {
        Output::Text => screen::data(&format!("\n{}\n", view::ending(plan, state, &addressed(global, ending))))?,
        Output::Json | Output::Ndjson => {
            screen::data(&format!("{}\n", view::run_document(plan, state, Some(&addressed(global, ending)), None)))?;
        }
    }
    Ok(())
}

/// The ending with commands that can be pasted: with the project's folder when it is not this one.
fn addressed(global: &Global, ending: &Ending) -> Ending {
    let mut ending = ending.clone();
    let advice = ending.cause.iter_mut().filter_map(|cause| cause.hint.as_mut());
    for command in ending.next.iter_mut().chain(advice) {
        *command = screen::command(global, command);
    }
    ending
}

/// The exit code of an ending.
pub(crate) fn exit_of(ending: &Ending) -> Exit {
    match ending.kind {
        EndingKind::Succeeded => Exit::Done,
        EndingKind::RolledBack => Exit::RolledBack,
        EndingKind::NeedsHuman | EndingKind::Failed => Exit::Failed,
        EndingKind::Blocked => Exit::Blocked,
        EndingKind::Partly => Exit::Partly,
        EndingKind::StillRunning => Exit::StillRunning,
        EndingKind::Interrupted => Exit::Interrupted,
    }
}

/// What shows a run while it goes on.
struct Shown {
    plan: Arc<Plan>,
    how: How,
    drawn: Instant,
    /// Something happened that is not drawn yet.
    behind: bool,
}

enum How {
    Live(Box<view::Live>),
    Lines(view::Lines),
    Stream,
    Quiet,
}

impl Shown {
    #[allow(clippy::disallowed_methods, reason = "the width of the terminal is the shell's to tell")]
    fn new(global: &Global, plan: Arc<Plan>) -> Self {
        let size =
            |name: &str, default: usize| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
        let how = match global.output {
            Output::Ndjson => How::Stream,
            Output::Json => How::Quiet,
            Output::Text if screen::is_terminal() && !crate::caller::is_ci() => {
                How::Live(Box::new(view::Live::new(size("COLUMNS", 110), size("LINES", 40))))
            }
            Output::Text => How::Lines(view::Lines::new(crate::caller::groups())),
        };
        Self { plan, how, drawn: Instant::now(), behind: false }
    }

    fn event(&mut self, event: &Event, state: &State) {
        let mut out = anstream::stderr().lock();
        // A screen that cannot be written to is no reason to stop a deployment.
        let _ = match &mut self.how {
            How::Lines(lines) => lines.event(&mut out, &self.plan, state, event),
            How::Stream => match view::event_line(&self.plan, event) {
                Some(line) => screen::data(&format!("{line}\n")),
                None => Ok(()),
            },
            How::Quiet => Ok(()),
            How::Live(live) => {
                live.event(&self.plan, event);
                if self.drawn.elapsed() < FRAME {
                    self.behind = true;
                    return;
                }
                self.drawn = Instant::now();
                self.behind = false;
                live.draw(&mut out, &self.plan, state)
            }
        };
    }

    fn finish(&mut self, state: &State) {
        if let How::Live(live) = &mut self.how {
            let mut out = anstream::stderr().lock();
            if self.behind {
                let _ = live.draw(&mut out, &self.plan, state);
            }
            let _ = live.finish(&mut out);
            let _ = out.flush();
        }
    }
}

/// Ctrl-C once: start nothing new. Twice, or the end of the CI job: leave at once.
async fn listen(orders: UnboundedSender<Order>) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    let mut asked = false;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {
                let order = if asked { Order::Detach } else { Order::Stop { by: "ctrl-c".to_owned() } };
                if !asked {
                    screen::talk("stopping: what runs may finish; press ctrl-c again to leave at once");
                }
                asked = true;
                let _ = orders.send(order);
            }
            _ = terminate.recv() => {
                let _ = orders.send(Order::Detach);
            }
        }
    }
}

/// Looks for a `landfall stop` of another process.
async fn requests(store: Arc<dyn engine::ports::Store>, plan: Arc<Plan>, orders: UnboundedSender<Order>) {
    let key = stop_key(&plan.pipeline, &plan.run);
    let mut every = tokio::time::interval(LOOK);
    loop {
        every.tick().await;
        if let Ok(Some(request)) = store.get(&key).await {
            let by = String::from_utf8_lossy(&request.bytes).into_owned();
            let _ = orders.send(Order::Stop { by });
            return;
        }
    }
}

/// Where a request to stop is put.
pub(crate) fn stop_key(pipeline: &str, run: &RunId) -> String {
    format!("{pipeline}/runs/{run}/stop")
}

/// What is in the store is at fault, and not the way to it.
fn is_content(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { .. } | StoreError::Newer { .. } | StoreError::Missing { .. })
}

/// What to do about the store's content.
pub(crate) fn content_hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::Damaged { .. } => {
            "put the file back from a backup, or begin anew with `landfall deploy`: what is deployed where is asked of AWS"
        }
        StoreError::Newer { .. } => "install that version; nothing was changed",
        StoreError::Missing { .. } | StoreError::Failed { .. } => "`landfall history` lists what is there",
    }
}

/// Like [`drive_trouble`], for a run that was named: its own live process is told apart from another run.
pub(crate) fn drive_trouble_of(global: &Global, run: &RunId, error: DriveError) -> Trouble {
    let own = matches!(&error, DriveError::Lock(LockError::Held { holder, .. }) if holder.run == *run);
    let mut trouble = drive_trouble(error);
    if own {
        let again = screen::command(global, &format!("landfall resume {run} --take-over"));
        let hint = format!("that process goes on with it; only if it is gone for certain: `{again}`");
        trouble.diagnostics = trouble.diagnostics.into_iter().map(|d| d.hint(hint.clone())).collect();
    }
    trouble
}

/// A run that could not be begun or driven on, for people.
pub(crate) fn drive_trouble(error: DriveError) -> Trouble {
    let message = error.to_string();
    let (exit, code, hint) = match &error {
        DriveError::Lock(LockError::Held { holder, .. }) if crate::caller::is_gone(holder) => {
            (Exit::Blocked, "RUN-001", "that process is gone: `landfall resume` goes on with its run")
        }
        DriveError::Lock(LockError::Held { .. }) => {
            (Exit::Blocked, "RUN-001", "wait for that run, or `landfall stop` it; a dead one's lease ends by itself")
        }
        DriveError::Lock(LockError::Store(_)) => {
            (Exit::Failed, "RUN-003", "see that the state can be read and written, then try again; nothing was changed")
        }
        DriveError::Journal(JournalError::Taken { .. }) => (
            Exit::Blocked,
            "RUN-001",
            "this process changes nothing more; `landfall status` shows how far the other one is",
        ),
        DriveError::Journal(JournalError::Store(e)) | DriveError::Store(e) if is_content(e) => {
            (Exit::Failed, "RUN-003", content_hint(e))
        }
        DriveError::Journal(_) => {
            (Exit::Failed, "RUN-002", "nothing more was changed; make the state writable again, then `landfall resume`")
        }
        DriveError::Store(_) => (Exit::Failed, "RUN-003", "see that the state can be read and written, then try again"),
        DriveError::Illegal(_) => (Exit::Failed, "RUN-004", "the journal was changed by hand, or by another version"),
        DriveError::RunExists { .. } => {
            (Exit::Blocked, "RUN-005", "another process made this run just now; see `landfall status`")
        }
        DriveError::Over { .. } => {
            (Exit::Usage, "RUN-006", "`landfall deploy` begins a new run, `landfall retry` tries failed targets again")
        }
        DriveError::NothingFailed { .. } => (Exit::Usage, "RUN-007", "`landfall status` shows how it ended"),
        DriveError::Refused(_) => (Exit::Blocked, "RUN-008", "`landfall status` shows what the run waits for"),
        DriveError::Stalled { .. } => (Exit::Failed, "RUN-009", "`landfall resume` may get it going"),
    };
    let mut message = message.trim_end_matches('.').to_owned();
    if let Some(first) = message.get(..1).map(str::to_lowercase) {
        message.replace_range(..1, &first);
    }
    Trouble::new(exit, Diagnostic::error(code, message).hint(hint))
}
