//! What to do about a request whose answer was lost. Pure.

use std::time::Duration;

use beadle_plan::Instant;

/// What to do with a row that was in a lost request and was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The request may still be carried out: look again at `look_at`. `sent` is when it counts as sent.
    Wait {
        /// When the request counts as sent.
        sent: Instant,
        /// When to look again.
        look_at: Instant,
    },
    /// It can no longer be carried out: the row may be sent again.
    SendAgain,
}

/// Decides about a row that was sent at `sent` and looked for, in vain, at `looked`.
///
/// `looked` is when the look began: a request carried out during it might not have been seen.
pub(super) fn verdict(sent: Instant, looked: Instant, settles_within: Duration) -> Verdict {
    // A clock that was set back must not keep a tab waiting for hours.
    let sent = sent.min(looked);
    let look_at = sent + settles_within;
    if looked >= look_at { Verdict::SendAgain } else { Verdict::Wait { sent, look_at } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_row_is_sent_again_only_when_its_request_is_over() {
        let at = |seconds: i64| Instant::from_millis(seconds * 1000);
        let limit = Duration::from_secs(180);
        for (sent, looked, want) in [
            (100, 100, Verdict::Wait { sent: at(100), look_at: at(280) }),
            (100, 279, Verdict::Wait { sent: at(100), look_at: at(280) }),
            (100, 280, Verdict::SendAgain),
            // The clock was set back by an hour.
            (3700, 100, Verdict::Wait { sent: at(100), look_at: at(280) }),
        ] {
            assert_eq!(verdict(at(sent), at(looked), limit), want);
        }
        assert_eq!(verdict(at(100), at(100), Duration::ZERO), Verdict::SendAgain);
    }
}
