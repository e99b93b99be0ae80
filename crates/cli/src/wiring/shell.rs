//! The user's own programs, run by `sh -c` in a process group of their own, so that a limit stops all they started.

use super::time::Programs;
use async_trait::async_trait;
use aws::Aws;
use engine::ports::{Answer, Command, CommandEnd, Commands, Failure, FailureKind};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc;

/// Lines of output that are kept for the end.
const TAIL: usize = 50;
/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// Where a job of GitHub Actions asks for its token, and the key to it. Whoever has both can enter every account that
/// trusts the job, so that no command of the user's gets them.
pub(super) const TOKEN_REQUEST: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

/// Runs commands in the project's folder.
pub(crate) struct Shell {
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// Where credentials for a site come from.
    pub(crate) aws: Option<Aws>,
    /// Where running programs are counted.
    pub(crate) programs: Programs,
}

#[async_trait]
impl Commands for Shell {
    async fn run(&self, command: &Command, line: &(dyn for<'l> Fn(&'l str) + Send + Sync)) -> Answer<CommandEnd> {
        let _running = self.programs.start();
        let mut child = self.start(command).await?;
        let (sender, mut lines) = mpsc::unbounded_channel();
        read(child.stdout.take(), sender.clone());
        read(child.stderr.take(), sender);
        let mut tail = VecDeque::new();
        let ended = tokio::time::timeout(Duration::from_secs(command.timeout_seconds.into()), async {
            while let Some(text) = lines.recv().await {
                line(&text);
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(text);
            }
            child.wait().await
        })
        .await;
        let tail: Vec<String> = tail.into_iter().collect();
        match ended {
            Ok(Ok(status)) => Ok(CommandEnd { code: status.code(), timed_out: false, tail }),
            Ok(Err(e)) => Err(broken(&format!("waiting for the command failed: {e}"))),
            Err(_) => {
                stop(&mut child).await;
                Ok(CommandEnd { code: None, timed_out: true, tail })
            }
        }
    }
}

impl Shell {
    async fn start(&self, command: &Command) -> Answer<Child> {
        let mut process = tokio::process::Command::new("sh");
        process.arg("-c").arg(&command.shell).current_dir(self.root.join(&command.folder));
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        for name in TOKEN_REQUEST {
            process.env_remove(name);
        }
        if let (Some(site), Some(aws)) = (&command.site, &self.aws) {
            process.env_remove("AWS_PROFILE").env_remove("AWS_SESSION_TOKEN");
            process.envs(aws.environment(site).await?);
        }
        process.envs(&command.environment);
        process.spawn().map_err(|e| broken(&format!("`{}` could not be started: {e}", command.shell)))
    }
}

fn broken(message: &str) -> Failure {
    Failure::new(FailureKind::Conflict, "", message)
}

fn read(stream: Option<impl AsyncRead + Unpin + Send + 'static>, sender: mpsc::UnboundedSender<String>) {
    let Some(stream) = stream else { return };
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes).await, Ok(n) if n > 0) {
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if sender.send(text).is_err() {
                break;
            }
        }
    });
}

/// Asks the whole group to end, waits a moment, then ends it.
async fn stop(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::TERM);
        if tokio::time::timeout(GRACE, child.wait()).await.is_ok() {
            return;
        }
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    async fn run(shell: &str, seconds: u32) -> (CommandEnd, Vec<String>) {
        let seen = Mutex::new(Vec::new());
        let command = Command {
            shell: shell.to_owned(),
            folder: String::new(),
            environment: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
            site: None,
            timeout_seconds: seconds,
        };
        let runner = Shell { root: std::env::temp_dir(), aws: None, programs: Programs::new() };
        let end = runner.run(&command, &|line| seen.lock().unwrap().push(line.to_owned())).await.unwrap();
        (end, seen.into_inner().unwrap())
    }

    #[tokio::test]
    async fn lines_and_exit_code_come_back() {
        let (end, seen) = run("echo $GREETING; exit 3", 10).await;
        assert_eq!((end.code, end.timed_out), (Some(3), false));
        assert_eq!(seen, ["hello"]);
        assert_eq!(end.tail, ["hello"]);
    }

    #[tokio::test]
    async fn a_limit_ends_the_whole_group() {
        let (end, _) = run("sh -c 'sleep 1000' & wait", 1).await;
        assert_eq!((end.code, end.timed_out), (None, true));
    }
}
