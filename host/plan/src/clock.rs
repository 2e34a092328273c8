//! Where the time comes from: the machine, a test's hand, or a rehearsal that runs a day in a minute.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::Instant;

/// A source of time. Everything in the host that asks for the time or waits for it asks one of these.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Returns the present instant.
    fn now(&self) -> Instant;

    /// Waits until the clock has reached `until`.
    async fn sleep_until(&self, until: Instant);

    /// Waits for as long as `duration` takes on this clock.
    async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.now() + duration).await;
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// How long a wait may last before the wall clock is looked at again: a clock that is set, or a machine that slept, is noticed
/// within this time.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        jiff::Timestamp::now().into()
    }

    async fn sleep_until(&self, until: Instant) {
        loop {
            let left = until.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Instant>,
}

impl ManualClock {
    /// Makes a clock that shows `now`.
    pub fn new(now: Instant) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Moves the clock on and wakes those whose time has come.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = *now + by);
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, to: Instant) {
        self.now.send_replace(to);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Instant {
        *self.now.borrow()
    }

    async fn sleep_until(&self, until: Instant) {
        let mut now = self.now.subscribe();
        // The sender lives as long as `self`, so this cannot fail while somebody waits here.
        let _ = now.wait_for(|now| *now >= until).await;
    }
}

/// A clock that starts at an instant of choice and runs at a multiple of the machine's, for rehearsals.
#[derive(Debug)]
pub struct ScaledClock {
    start: Instant,
    speed: f64,
    began: Mutex<Option<tokio::time::Instant>>,
}

impl ScaledClock {
    /// The slowest and fastest useful speeds; beyond them a wait rounds to nothing or never ends.
    const SPEEDS: std::ops::RangeInclusive<f64> = 0.001..=100_000.0;

    /// Makes a clock that shows `start` when it is first looked at and then runs `speed` times as fast as the machine's.
    pub fn new(start: Instant, speed: f64) -> Self {
        Self { start, speed: speed.clamp(*Self::SPEEDS.start(), *Self::SPEEDS.end()), began: Mutex::new(None) }
    }

    /// Shows `start` once more, and runs on from there.
    pub fn begin_again(&self) {
        *self.began.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}

#[async_trait]
impl Clock for ScaledClock {
    fn now(&self) -> Instant {
        let present = tokio::time::Instant::now();
        let began = *self.began.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(present);
        self.start + present.duration_since(began).mul_f64(self.speed)
    }

    async fn sleep_until(&self, until: Instant) {
        loop {
            let left = until.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.div_f64(self.speed).max(Duration::from_millis(1))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_those_whose_time_has_come() {
        let clock = std::sync::Arc::new(ManualClock::new(Instant::from_millis(0)));
        let waiting = {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep_until(Instant::from_millis(1_000)).await })
        };
        clock.advance(Duration::from_secs(1));
        assert!(waiting.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_scaled_clock_runs_a_day_in_a_minute() {
        let clock = ScaledClock::new(Instant::from_millis(0), 1_440.0);
        let began = tokio::time::Instant::now();
        clock.now();
        clock.sleep_until(Instant::from_millis(86_400_000)).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(60) && took < Duration::from_secs(61), "{took:?}");
    }
}
