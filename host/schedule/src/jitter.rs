//! A delay per schedule, so that fifty schedules written `*/5` do not strike a school's server in the same second.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// Returns a delay from zero up to, not including, `spread`, in whole milliseconds.
///
/// It depends on the schedule's name only: the distance from one firing to the next stays what the operator wrote, on every host
/// and after every restart.
pub fn jitter(name: &str, spread: Duration) -> Duration {
    let digest = Sha256::digest(name.as_bytes());
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    let millis = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
    // Multiply and shift: uniform without the bias of a remainder.
    let part = (u128::from(u64::from_be_bytes(head)) * u128::from(millis)) >> 64;
    Duration::from_millis(u64::try_from(part).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_pinned_for_ever() {
        // A change of these figures would shift every schedule of every installation.
        assert_eq!(jitter("online", Duration::from_secs(60)).as_millis(), 57_887);
        assert_eq!(jitter("anything", Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn spreads_evenly() {
        let mut tenths = [0; 10];
        for number in 0..10_000 {
            let delay = jitter(&format!("schedule {number}"), Duration::from_secs(10));
            assert!(delay < Duration::from_secs(10));
            tenths[usize::try_from(delay.as_secs()).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1150).contains(count)), "{tenths:?}");
    }
}
