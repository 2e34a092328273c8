//! How often and how many at a time: one slow school must delay only itself.

use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The pace of one peer, shared by everybody who talks to it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pace {
    places: Arc<Semaphore>,
    limiter: Option<Arc<Limiter>>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Duration>>;

/// The right to one request; give it back by dropping it.
#[derive(Debug)]
pub struct Turn {
    _place: Option<OwnedSemaphorePermit>,
}

/// The runtime's clock, so that tests can hold it.
#[derive(Clone, Debug)]
struct Ticks {
    since: tokio::time::Instant,
}

impl Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.since.elapsed()
    }
}

impl Pace {
    /// Makes a pace of so many requests at a time (none counts as one), and so many a second if there is a rate. A rate that is
    /// not above zero is none.
    pub fn new(at_a_time: usize, per_second: Option<f64>) -> Self {
        // A burst of one: requests are spread, not let through in heaps.
        let gap = per_second.and_then(|rate| Duration::try_from_secs_f64(rate.recip()).ok());
        let limiter = gap
            .and_then(Quota::with_period)
            .map(|quota| Arc::new(RateLimiter::direct_with_clock(quota, Ticks { since: tokio::time::Instant::now() })));
        Self { places: Arc::new(Semaphore::new(at_a_time.max(1))), limiter }
    }

    /// Waits for a turn. Those who came first go first.
    pub async fn turn(&self) -> Turn {
        // The semaphore is never closed; if it were, going on without a place is the lesser harm.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        if let Some(limiter) = &self.limiter {
            while let Err(early) = limiter.check() {
                tokio::time::sleep(early.wait_time_from(limiter.clock().now())).await;
            }
        }
        Turn { _place: place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn spreads_requests() {
        let pace = Pace::new(10, Some(1.0));
        let started = tokio::time::Instant::now();
        for _ in 0..5 {
            drop(pace.turn().await);
        }
        let took = started.elapsed();
        assert!((Duration::from_millis(3_990)..Duration::from_millis(4_100)).contains(&took), "{took:?}");
    }

    #[tokio::test]
    async fn no_rate_that_makes_sense_is_no_rate() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            let pace = Pace::new(1, Some(rate));
            for _ in 0..10 {
                drop(pace.turn().await);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn lets_only_so_many_at_a_time() {
        let pace = Pace::new(2, None);
        let (one, _two) = (pace.turn().await, pace.turn().await);
        assert!(tokio::time::timeout(Duration::from_secs(60), pace.turn()).await.is_err());
        drop(one);
        assert!(tokio::time::timeout(Duration::from_secs(60), pace.turn()).await.is_ok());
    }
}
