//! Stops asking a site that is away. A run with a hundred calls must not wait a hundred time-outs, and a site that struggles recovers
//! sooner when it is left alone.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row are chance.
const CHANCE: u32 = 2;

/// The first pause; it doubles.
const FIRST: Duration = Duration::from_secs(2);

/// The longest pause, whatever the site asks for: longer than most restarts, short enough for a poll every minute.
const LONGEST: Duration = Duration::from_secs(60);

/// What a site did lately.
#[derive(Debug, Default)]
pub(crate) struct Circuit {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    pause: Option<(Instant, String)>,
}

impl Circuit {
    /// Refuses while the site is left alone.
    ///
    /// # Errors
    /// Says why, and for how long.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut state = self.state();
        match &state.pause {
            Some((until, why)) if *until > Instant::now() => {
                let left = (*until - Instant::now()).as_secs() + 1;
                Err(format!("{why}; it is asked again in {left} s"))
            }
            _ => {
                state.pause = None;
                Ok(())
            }
        }
    }

    /// Notes that the site answered.
    pub(crate) fn good(&self) {
        *self.state() = State::default();
    }

    /// Notes that the site is away, and how long it asks to wait.
    pub(crate) fn away(&self, why: &str, wait: Option<Duration>) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let doublings = state.failures.saturating_sub(CHANCE + 1).min(16);
        let own = (state.failures > CHANCE).then(|| FIRST * 2_u32.pow(doublings));
        if let Some(pause) = own.into_iter().chain(wait).max() {
            let until = Instant::now() + pause.min(LONGEST);
            // Calls that were under way together fail together; the longest pause counts.
            if state.pause.as_ref().is_none_or(|(standing, _)| *standing < until) {
                state.pause = Some((until, why.to_owned()));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_end() {
        let circuit = Circuit::default();
        for _ in 0..CHANCE {
            circuit.away("away", None);
            assert_eq!(circuit.check(), Ok(()));
        }
        for seconds in [2, 4, 8, 16, 32, 60, 60] {
            circuit.away("away", None);
            tokio::time::advance(Duration::from_secs(seconds) - Duration::from_millis(1)).await;
            assert!(circuit.check().unwrap_err().starts_with("away; it is asked again in 1 s"), "{seconds}");
            tokio::time::advance(Duration::from_millis(2)).await;
            assert_eq!(circuit.check(), Ok(()), "{seconds}");
        }
        circuit.good();
        circuit.away("away", None);
        assert_eq!(circuit.check(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_site_asks_for_counts_at_once() {
        let circuit = Circuit::default();
        circuit.away("busy", Some(Duration::from_secs(30)));
        assert!(circuit.check().is_err());
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(circuit.check(), Ok(()));
        circuit.away("busy", Some(Duration::from_secs(86_400)));
        tokio::time::advance(LONGEST + Duration::from_secs(1)).await;
        assert_eq!(circuit.check(), Ok(()));
    }
}
