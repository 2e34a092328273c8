//! The clocks a guest sees: the host's, in steps of a millisecond, so that nothing finer can be told from them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use beadle_plan::Clock;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

const STEP: Duration = Duration::from_millis(1);

/// The host's clock, which in a rehearsal may run at any speed.
pub(crate) struct WallClock(pub(crate) Arc<dyn Clock>);

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().millis()).unwrap_or(0))
    }
}

/// Time since the run began, in milliseconds.
pub(crate) struct MonotonicClock(pub(crate) Instant);

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(0).saturating_mul(1_000_000)
    }
}
