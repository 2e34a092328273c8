//! The site's clock. Moodle tells every time by it, so that a site whose clock is wrong by a day would be read as one where nobody is,
//! or where everybody is who came since yesterday.

use std::sync::{Arc, Mutex, PoisonError};

use beadle_egress::Answer;
use beadle_plan::{Clock, SystemClock};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

/// Clocks that differ by no more agree, in seconds. A minute: Moodle writes down no finer when somebody was active, and an answer may
/// take half of it to arrive.
const AGREE: i64 = 60;

/// Returns the date that an answer carries.
pub(crate) fn date(answer: &Answer) -> Option<Timestamp> {
    let date = answer.headers.get("date")?.to_str().ok()?;
    rfc2822::parse(date).ok().map(|date| date.timestamp())
}

/// How far the site's clock is from the host's.
#[derive(Debug)]
pub(crate) struct SiteClock {
    host: Arc<dyn Clock>,
    ahead: Mutex<Option<i64>>,
}

impl SiteClock {
    pub(crate) fn new(host: Arc<dyn Clock>) -> Self {
        Self { host, ahead: Mutex::default() }
    }

    /// Returns how many seconds the site's clock is ahead of the host's; none where the site has not said.
    pub(crate) fn ahead(&self) -> Option<i64> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the host's time in seconds.
    pub(crate) fn here(&self) -> i64 {
        self.host.now().timestamp().as_second()
    }

    /// Takes note of a date that the site's clock showed between `sent` and now, and says it once where the clocks have come apart, or
    /// together again.
    pub(crate) fn heard(&self, site: &str, date: Timestamp, sent: i64) {
        let date = date.as_second();
        let apart = date - date.clamp(sent, self.here().max(sent));
        let apart = if apart.abs() <= AGREE { 0 } else { apart };
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let before = ahead.unwrap_or(0);
        // Dates are whole seconds, and take a while to arrive: what is nearly as before is as before.
        if ahead.is_some() && (apart == 0) == (before == 0) && (apart - before).abs() <= AGREE {
            return;
        }
        *ahead = Some(apart);
        drop(ahead);
        // A rehearsal has a clock of its own on purpose, and nothing is wrong with anybody's.
        if (SystemClock.now().timestamp().as_second() - self.here()).abs() > AGREE {
            return;
        }
        let length = SignedDuration::from_secs(apart.abs());
        match apart {
            0 if before != 0 => tracing::info!("site {site}: its clock agrees with this machine's again"),
            0 => {}
            _ => {
                let word = if apart > 0 { "ahead of" } else { "behind" };
                tracing::warn!(
                    "site {site}: its clock is {length:#} {word} this machine's; set the one that is wrong. Until then its times are \
                     read by its own clock"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use beadle_plan::{Instant, ManualClock};

    use super::*;

    fn dated(date: &str) -> Answer {
        let mut answer = Answer {
            url: "https://moodle.school.example/".parse().unwrap(),
            status: 200.try_into().unwrap(),
            headers: Default::default(),
            body: Default::default(),
        };
        answer.headers.insert("date", date.parse().unwrap());
        answer
    }

    #[test]
    fn clocks_agree_to_a_minute_and_what_is_said_stays_as_it_is() {
        // 2026-11-20 18:19:50 UTC.
        let host = Arc::new(ManualClock::new(Instant::from_millis(1_795_198_790_000)));
        let clock = SiteClock::new(host.clone());
        let heard = |date: &str| {
            if let Some(date) = super::date(&dated(date)) {
                clock.heard("main", date, clock.here());
            }
            clock.ahead()
        };
        assert_eq!(heard("yesterday, as I was saying"), None);
        assert_eq!(heard("Fri, 20 Nov 2026 18:20:50 GMT"), Some(0));
        assert_eq!(heard("Sat, 21 Nov 2026 18:19:51 GMT"), Some(86_401));
        assert_eq!(heard("Sat, 21 Nov 2026 18:19:48 GMT"), Some(86_401), "a second more or less is the way");
        assert_eq!(heard("Thu, 19 Nov 2026 18:19:50 GMT"), Some(-86_400));
        assert_eq!(heard("rubbish"), Some(-86_400));
        host.advance(std::time::Duration::from_secs(10));
        assert_eq!(heard("Fri, 20 Nov 2026 18:20:00 GMT"), Some(0));
        assert_eq!(heard("Fri, 20 Nov 2026 18:21:01 GMT"), Some(61));
        let sent = clock.here();
        host.advance(std::time::Duration::from_secs(300));
        clock.heard("main", super::date(&dated("Fri, 20 Nov 2026 18:22:30 GMT")).unwrap(), sent);
        assert_eq!(clock.ahead(), Some(0), "an answer that took its time");
    }
}
