//! What came of a run, in numbers and one sentence. No titles: they may name people, and it is stored.

use beadle_sdk::Summary;

use crate::absence::Gone;
use crate::step::{Happening, Step};

/// Says it.
pub(crate) fn of(step: &Step) -> Summary {
    let standing = step.records.len();
    let mut sentence = format!("{standing} {}", if standing == 1 { "conference" } else { "conferences" });
    let counts = [
        ("new", step.count(Happening::New)),
        ("moved", step.count(Happening::Moved)),
        ("changed", step.count(Happening::Changed)),
        ("cancelled", step.count_gone(Gone::Cancelled)),
        ("ended", step.count_gone(Gone::Ended)),
        ("hidden", step.count_gone(Gone::Hidden)),
        ("unknown", step.count_gone(Gone::Unknown)),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let words = if name == "unknown" { "gone for an unknown reason" } else { name };
        sentence += &format!(", {count} {words}");
    }
    counts.into_iter().fold(Summary::new(sentence).count("conferences", standing as u64), |summary, (name, count)| {
        summary.count(name, count as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn the_sentence_says_what_happened_and_nothing_that_did_not() {
        let mut step = Step::default();
        assert_eq!(of(&step).sentence, "0 conferences");
        step.records.insert(7, samples::conference());
        step.happened.insert(7, Happening::Moved);
        step.gone.extend([(1, Gone::Ended), (2, Gone::Cancelled), (3, Gone::Unknown), (4, Gone::Merged)]);
        let summary = of(&step);
        assert_eq!(summary.sentence, "1 conference, 1 moved, 1 cancelled, 1 ended, 1 gone for an unknown reason");
        let names: Vec<&str> = summary.counts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["conferences", "new", "moved", "changed", "cancelled", "ended", "hidden", "unknown"]);
        assert_eq!(summary.counts[0].1, 1);
    }
}
