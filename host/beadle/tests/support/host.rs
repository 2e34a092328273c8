//! A host that serves, in a process of its own.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::PATIENCE;

/// A serving process; it is killed when this is dropped.
pub(crate) struct Host {
    child: Child,
    log: Log,
    out: Log,
    /// How many lines of the log were waited for already.
    read: usize,
}

/// Lines as they come.
#[derive(Clone)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    /// How many there are, and whether no more will come.
    count: watch::Receiver<(usize, bool)>,
}

impl Log {
    fn of(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (sender, count) = watch::channel((0, false));
        let kept = Arc::clone(&lines);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream).lines();
            while let Ok(Some(line)) = stream.next_line().await {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                sender.send_modify(|(count, _)| *count += 1);
            }
            sender.send_modify(|(_, ended)| *ended = true);
        });
        Self { lines, count }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn text(&self) -> String {
        self.lines().join("\n")
    }
}

impl Host {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let log = Log::of(child.stderr.take().expect("standard error"));
        let out = Log::of(child.stdout.take().expect("standard output"));
        Self { child, log, out, read: 0 }
    }

    /// Waits for the next line of the log that holds `part`, and returns it. Lines before it are passed over.
    pub(crate) async fn line(&mut self, part: &str) -> String {
        self.line_where(part, |line| line.contains(part)).await
    }

    /// Waits for the next line that `wanted` takes; `what` says which, for the failure.
    pub(crate) async fn line_where(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let ended = self.log.count.borrow_and_update().1;
                let lines = self.log.lines();
                while let Some(line) = lines.get(self.read) {
                    self.read += 1;
                    if wanted(line) {
                        return Some(line.clone());
                    }
                }
                // Lines that came between the two looks are seen in the next round.
                if ended || self.log.count.changed().await.is_err() {
                    return None;
                }
            }
        });
        match waited.await {
            Ok(Some(line)) => line,
            Ok(None) => panic!("the host ended before it said {what:?}:\n{}", self.log()),
            Err(_) => panic!("the host never said {what:?}:\n{}", self.log()),
        }
    }

    /// Waits until each of these parts has stood in a line, in whatever order.
    pub(crate) async fn all_of(&mut self, parts: &[&str]) {
        let mut left: Vec<&str> = parts.to_vec();
        while !left.is_empty() {
            let line = self.line_where(&left.join(", "), |line| left.iter().any(|part| line.contains(part))).await;
            left.retain(|part| !line.contains(part));
        }
    }

    /// Returns the log so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Returns what was printed so far.
    pub(crate) fn out(&self) -> String {
        self.out.text()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Limits what it may use from now on: `fsize=4096`, `nofile=10`. What is unlimited is so again.
    pub(crate) fn limit(&self, limit: &str) {
        let limited = std::process::Command::new("prlimit")
            .args([&format!("--pid={}", self.id()), &format!("--{limit}:")])
            .status();
        assert!(limited.expect("prlimit").success());
    }

    /// Ends it as a crash or a power cut does. That it ran until then is part of every story.
    pub(crate) async fn kill(mut self) {
        let ended = self.child.try_wait().expect("its state");
        assert!(ended.is_none(), "it had ended by itself: {ended:?}\n{}", self.log());
        self.child.kill().await.expect("it is killed");
    }

    /// Waits until it has been killed, as it was ordered to be.
    pub(crate) async fn killed(mut self) {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("it was never killed:\n{}", self.log())).expect("it ends");
        assert_eq!(ended.signal(), Some(9), "it was not killed but ended: {ended}\n{}", self.log());
    }

    /// Waits until it is frozen, as it was ordered to be.
    pub(crate) async fn frozen(&mut self) {
        self.line("kill point").await;
        // The line is written just before.
        let stopped = || std::fs::read_to_string(format!("/proc/{}/stat", self.id())).is_ok_and(|s| s.contains(") T "));
        while !stopped() {
            tokio::task::yield_now().await;
        }
    }

    /// Freezes it, as a machine that is suspended does.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Has it go on from where it was frozen.
    pub(crate) fn wake(&self) {
        self.signal("-CONT");
    }

    /// Asks it to stop, as a service manager does, and does not wait.
    pub(crate) fn ask_to_stop(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        let told = std::process::Command::new("kill").args([signal, &self.id().to_string()]).status();
        assert!(told.expect("kill").success());
    }

    /// Asks it to stop as a service manager does, and waits for its end. Returns its whole log.
    pub(crate) async fn stop(self) -> (ExitStatus, String) {
        self.ask_to_stop();
        self.end().await
    }

    /// Waits for its end. Returns its whole log.
    pub(crate) async fn end(mut self) -> (ExitStatus, String) {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("it does not stop:\n{}", self.log())).expect("it ends");
        let mut count = self.log.count.clone();
        let _ = tokio::time::timeout(PATIENCE, count.wait_for(|(_, ended)| *ended)).await;
        (ended, self.log())
    }

    /// Stops it and expects a clean end.
    pub(crate) async fn stop_cleanly(self) -> String {
        let (ended, log) = self.stop().await;
        assert_eq!(ended.code(), Some(0), "{log}");
        assert!(log.contains("stopped; everything is written down"), "{log}");
        log
    }
}
