//! What happens to a firing that is due while an earlier one of its schedule still runs.

use serde::{Deserialize, Serialize};

/// The operator's choice, `skip` unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// The new firing does not run, and is recorded as skipped.
    #[default]
    Skip,
    /// The new firing waits for the running one. One waits at most: a second would only repeat what the first will do, and a slow
    /// source would build up a queue that never ends.
    Queue,
    /// The running one is cancelled, which undoes nothing because nothing was committed, and the new one starts.
    Cancel,
}

/// What to do with a firing that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Nothing is in the way.
    Start,
    /// Record it as skipped because of overlap.
    Skip,
    /// Let it wait until the running one has ended.
    Wait,
    /// Cancel the running one, then start.
    CancelThenStart,
}

/// Decides about a firing that is due, given how many of its schedule run and how many wait.
pub fn decide(overlap: Overlap, running: usize, waiting: usize) -> Decision {
    match (overlap, running, waiting) {
        (_, 0, 0) => Decision::Start,
        (Overlap::Skip, ..) | (Overlap::Queue, _, 1..) => Decision::Skip,
        (Overlap::Queue, _, 0) => Decision::Wait,
        (Overlap::Cancel, 0, _) => Decision::Start,
        (Overlap::Cancel, ..) => Decision::CancelThenStart,
    }
}

impl Overlap {
    /// Decides about a firing that is due. See [`decide`].
    pub fn decide(self, running: usize, waiting: usize) -> Decision {
        decide(self, running, waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        use Decision::{CancelThenStart, Start, Wait};
        use Overlap::{Cancel, Queue};
        for (overlap, running, waiting, expected) in [
            (Overlap::Skip, 0, 0, Start),
            (Queue, 0, 0, Start),
            (Cancel, 0, 0, Start),
            (Overlap::Skip, 1, 0, Decision::Skip),
            (Queue, 1, 0, Wait),
            (Queue, 1, 1, Decision::Skip),
            // The running one has just ended and the waiting one has not started: the new firing would repeat it.
            (Queue, 0, 1, Decision::Skip),
            (Cancel, 1, 0, CancelThenStart),
            (Cancel, 2, 0, CancelThenStart),
            (Cancel, 0, 1, Start),
        ] {
            assert_eq!(overlap.decide(running, waiting), expected, "{overlap:?} {running} {waiting}");
        }
    }
}
