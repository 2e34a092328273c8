//! Time on a processor in place of time on the wall: what others do on the machine does not count.

use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use rustix::time::{ClockId, clock_gettime};

/// Time that is spent on a processor.
pub(crate) struct ProcessorTime(ClockId);

#[expect(dead_code, reason = "each benchmark needs one of them")]
impl ProcessorTime {
    /// By the thread that measures.
    pub(crate) fn of_thread() -> Self {
        Self(ClockId::ThreadCPUTime)
    }

    /// By all threads of the process.
    pub(crate) fn of_process() -> Self {
        Self(ClockId::ProcessCPUTime)
    }
}

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let now = clock_gettime(self.0);
        Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}
