//! Waiting on a clock that somebody may set back.

use std::time::Duration;

use beadle_plan::{Clock, Instant};

/// How long a wait may last, by the machine's own time, before the clock is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Waits until the clock has reached `until`, or a while has passed. A clock that was set back by an hour would otherwise keep
/// whoever waits for that hour; the caller looks at the clock and decides anew.
pub(crate) async fn until(clock: &dyn Clock, until: Instant) {
    tokio::select! {
        () = clock.sleep_until(until) => {}
        () = tokio::time::sleep(LOOK_AGAIN) => {}
    }
}

/// Waits for as long as a pause takes on the clock, and not much longer even where the clock is set back meanwhile.
pub(crate) async fn pause(clock: &dyn Clock, pause: Duration) {
    tokio::select! {
        () = clock.sleep(pause) => {}
        () = tokio::time::sleep(pause + LOOK_AGAIN) => {}
    }
}
