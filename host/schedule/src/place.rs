//! Places wall-clock times on the time line, where clocks go forward and back.
//!
//! The rules are those of Vixie's cron, which administrators know: a job at a fixed time runs once in a night whose clocks go back
//! and at the first instant after a gap; a line that names every hour simply follows the wall clock.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

use crate::cron::Cron;
use crate::timing::{Coming, Mark};

/// How far around an instant a change of the clocks matters: longer than any fold since clocks are changed by law.
const AROUND: SignedDuration = SignedDuration::from_hours(4);

/// Returns the first firing after an instant.
pub(crate) fn next(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Coming> {
    let shift = shift_around(zone, after);
    let from = zone.to_datetime(after).checked_sub(shift).ok()?;
    let mut best: Option<(Coming, DateTime)> = None;
    for civil in cron.civil_after(from) {
        if best.as_ref().is_some_and(|(_, limit)| civil > *limit) {
            break;
        }
        for coming in placed(cron, zone, civil).into_iter().flatten().filter(|coming| coming.at > after) {
            let better = match &best {
                None => true,
                // Two wall-clock times may meet at the end of a gap: the one that was moved there gives the mark.
                Some((found, _)) => coming.at < found.at || (coming.at == found.at && found.mark.is_none()),
            };
            if better {
                let limit = zone.to_datetime(coming.at).checked_add(shift_around(zone, coming.at)).ok()?;
                best = Some((coming, limit));
            }
        }
    }
    best.map(|(coming, _)| coming)
}

/// Returns by how much clocks change near an instant: zero almost always, so that a search starts and ends where it should.
fn shift_around(zone: &TimeZone, at: Timestamp) -> Span {
    let offset = |at: Result<Timestamp, jiff::Error>| at.map(|at| zone.to_offset(at).seconds()).unwrap_or_default();
    let change = offset(at.checked_add(AROUND)) - offset(at.checked_sub(AROUND));
    Span::new().seconds(change.unsigned_abs())
}

/// Returns the instants at which a wall-clock time is due: none, one, or two.
fn placed(cron: &Cron, zone: &TimeZone, civil: DateTime) -> [Option<Coming>; 2] {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let one = |at: Result<Timestamp, jiff::Error>, mark| at.ok().map(|at| Coming { at, mark });
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => [one(ambiguous.compatible(), None), None],
        AmbiguousOffset::Gap { .. } if cron.hourly() => [None, None],
        AmbiguousOffset::Gap { .. } => {
            // Read with the offset from before the gap, the time lies after the gap's end, which is then the nearest change.
            let end = ambiguous.later().ok().and_then(|later| {
                let beyond = later.checked_add(SignedDuration::from_secs(1)).ok()?;
                zone.preceding(beyond).next().map(|change| change.timestamp())
            });
            [end.map(|at| Coming { at, mark: Some(Mark::AfterGap) }), None]
        }
        AmbiguousOffset::Fold { .. } if cron.hourly() => {
            [one(ambiguous.earlier(), Some(Mark::FirstOfFold)), one(ambiguous.later(), Some(Mark::SecondOfFold))]
        }
        AmbiguousOffset::Fold { .. } => [one(ambiguous.earlier(), Some(Mark::FirstOfFold)), None],
    }
}
