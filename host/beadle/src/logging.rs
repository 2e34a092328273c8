//! The log: on standard error, for people or as JSON, with every known secret taken out as a second net.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, OnceLock};

use beadle_egress::Redactor;
use beadle_plan::Clock;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::cli::{Common, LogForm};

/// Crates that print live tokens when they are asked to say everything; no setting makes them.
const CAPPED: [&str; 4] = ["yup_oauth2=warn", "hyper_util=info", "google_sheets4=info", "sqlx=warn"];

/// Starts the log and returns the redactor it goes through.
pub(crate) fn start(common: &Common) -> Redactor {
    let redactor = Redactor::new();
    let usual = match common.verbose {
        0 => "info",
        1 => "info,beadle=debug,beadle_engine=debug,beadle_sandbox=debug,beadle_store=debug",
        _ => "debug",
    };
    let wanted = std::env::var("BEADLE_LOG").unwrap_or_else(|_| usual.to_owned());
    let mut filter = EnvFilter::builder().parse_lossy(wanted);
    for cap in CAPPED {
        if let Ok(cap) = cap.parse() {
            filter = filter.add_directive(cap);
        }
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Redacted(redactor.clone()))
        .with_target(common.verbose > 0);
    match common.log {
        LogForm::Human => builder
            .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .with_timer(LocalTime)
            .init(),
        LogForm::Json => builder.json().flatten_event(true).init(),
    }
    redactor
}

/// The clock of a rehearsal, if there is one: its lines tell its own time.
static REHEARSED: OnceLock<Arc<dyn Clock>> = OnceLock::new();

/// Has the log tell the time of another clock from here on.
pub(crate) fn follow(clock: Arc<dyn Clock>) {
    // A process rehearses once.
    let _ = REHEARSED.set(clock);
}

/// The time of day where the machine stands, to the second: what a person at a terminal compares with a clock on the wall.
struct LocalTime;

impl tracing_subscriber::fmt::time::FormatTime for LocalTime {
    fn format_time(&self, writer: &mut tracing_subscriber::fmt::format::Writer<'_>) -> std::fmt::Result {
        let now = REHEARSED.get().map_or_else(jiff::Timestamp::now, |clock| clock.now().timestamp());
        write!(writer, "{}", now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S"))
    }
}

struct Redacted(Redactor);

impl<'a> MakeWriter<'a> for Redacted {
    type Writer = RedactedLine;

    fn make_writer(&'a self) -> RedactedLine {
        RedactedLine { redactor: self.0.clone(), line: Vec::new() }
    }
}

/// One event, held back until it is whole: a secret must not slip through between two writes.
struct RedactedLine {
    redactor: Redactor,
    line: Vec<u8>,
}

impl Write for RedactedLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for RedactedLine {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        // Nobody is left to tell when standard error is gone.
        let _ = io::stderr().lock().write_all(self.redactor.redact(&text).as_bytes());
    }
}
