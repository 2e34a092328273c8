//! The table: milliseconds, and how much worse than alone.

use std::time::Duration;

use crate::pace::Pace;

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) fn head() {
    println!("{:22} {:>29}   {:>29}", "milliseconds", "short runs", "runs of 200 ms");
    println!(
        "{:22} {:>8} {:>6} {:>6} {:>6}   {:>8} {:>6} {:>6} {:>6}",
        "", "p50", "p99", "max", "+p99", "p50", "p99", "max", "×p99"
    );
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
pub(crate) fn line(who: &str, pace: &Pace, alone: Option<&Pace>) {
    let (short, long) = (three(&pace.short), three(&pace.long));
    let than = alone.unwrap_or(pace);
    let more = short[1] - three(&than.short)[1];
    let times = long[1] / three(&than.long)[1];
    println!(
        "{who:22} {:8.1} {:6.1} {:6.1} {more:6.1}   {:8.1} {:6.1} {:6.1} {times:6.2}",
        short[0], short[1], short[2], long[0], long[1], long[2]
    );
}

/// Returns the median, the 99th percentile and the longest, in milliseconds.
fn three(times: &[Duration]) -> [f64; 3] {
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    [50, 99, 100].map(|part| at(part).map_or(0.0, |time| time.as_secs_f64() * 1_000.0))
}
