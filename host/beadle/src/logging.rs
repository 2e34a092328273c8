//! The log: on standard error, for people or as JSON, with every known secret taken out as a second net.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, OnceLock};

use beadle_egress::Redactor;
use beadle_plan::Clock;
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{Common, LogForm};

/// Crates that print live tokens when they are asked to say everything; no setting makes them, however closely it names their parts.
/// What the one for databases warns of, slow statements and servers that stop, is told by the host in its own words.
const CAPPED: [(&str, Level); 4] =
    [("yup_oauth2", Level::WARN), ("hyper_util", Level::INFO), ("google_sheets4", Level::INFO), ("sqlx", Level::ERROR)];

/// Starts the log and returns the redactor it goes through.
pub(crate) fn start(common: &Common) -> Redactor {
    let redactor = Redactor::new();
    let usual = match common.verbose {
        0 => "info",
        1 => "info,beadle=debug,beadle_engine=debug,beadle_sandbox=debug,beadle_store=debug",
        _ => "debug",
    };
    let wanted = std::env::var("BEADLE_LOG").unwrap_or_else(|_| usual.to_owned());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(wanted))
        .with_writer(Redacted(redactor.clone()))
        .with_target(common.verbose > 0);
    let within_caps = filter_fn(|line| within_caps(line.target(), *line.level()));
    match common.log {
        LogForm::Human => builder
            .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .with_timer(LocalTime)
            .finish()
            .with(within_caps)
            .init(),
        LogForm::Json => builder.json().flatten_event(true).finish().with(within_caps).init(),
    }
    redactor
}

/// Tells whether a crate may say this much.
fn within_caps(target: &str, level: Level) -> bool {
    let of = |name: &str| target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', ':']));
    CAPPED.iter().all(|(name, most)| level <= *most || !of(name))
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

impl RedactedLine {
    fn clean(&self) -> String {
        self.redactor.redact(&String::from_utf8_lossy(&self.line)).into_owned()
    }
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
        // Nobody is left to tell when standard error is gone.
        let _ = io::stderr().lock().write_all(self.clean().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_part_of_a_capped_crate_is_named_it_says_no_more() {
        for (target, level, may) in [
            ("yup_oauth2::authenticator", Level::DEBUG, false),
            ("yup_oauth2", Level::INFO, false),
            ("yup_oauth2::refresh", Level::WARN, true),
            ("hyper_util::client::legacy::pool", Level::TRACE, false),
            ("sqlx::query", Level::DEBUG, false),
            ("sqlx_postgres::connection", Level::TRACE, false),
            ("beadle_engine::runner", Level::TRACE, true),
            ("sqlxyz", Level::TRACE, true),
        ] {
            assert_eq!(within_caps(target, level), may, "{target} {level}");
        }
    }

    #[test]
    fn a_secret_written_in_pieces_is_one_secret() {
        let redactor = Redactor::new();
        redactor.register(&"hush-hush-hush".into());
        let mut line = RedactedLine { redactor, line: Vec::new() };
        for piece in ["token hush", "-hush", "-hush told"] {
            line.write_all(piece.as_bytes()).expect("memory");
        }
        assert_eq!(line.clean(), "token [secret] told");
    }
}
