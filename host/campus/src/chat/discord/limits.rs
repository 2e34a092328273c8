//! Rate limits: a bucket for each kind of request and channel, one for all of a bot, on the campus's own clock.
//!
//! The service tells in its headers how many requests are left. Who asks on although none was left, or before a wait is over, is
//! counted as a violation: the real service bans addresses that do so for long.

use std::collections::BTreeMap;

/// How many requests may be made in a stretch of time that begins with the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The requests.
    pub requests: u32,
    /// The stretch, in milliseconds.
    pub window_ms: i64,
}

/// The limits of all buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// New messages of the bot, per channel.
    pub post: Limit,
    /// Edits by the bot, per channel.
    pub edit: Limit,
    /// Deletions by the bot, per channel.
    pub delete: Limit,
    /// Whatever only reads, per channel or webhook.
    pub read: Limit,
    /// New messages, edits and deletions of a webhook together.
    pub webhook: Limit,
    /// All requests of the bot; what webhooks do does not count.
    pub global: Limit,
}

impl Default for Limits {
    /// What the real service was seen to allow; it promises none of it.
    fn default() -> Self {
        let limit = |requests, window_ms| Limit { requests, window_ms };
        Self {
            post: limit(5, 5_000),
            edit: limit(5, 5_000),
            delete: limit(5, 1_000),
            read: limit(50, 1_000),
            webhook: limit(5, 2_000),
            global: limit(50, 1_000),
        }
    }
}

/// The kind of a request; each has its own buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Route {
    Post,
    Edit,
    Delete,
    Read,
    Webhook,
}

impl Route {
    /// Returns the name of the bucket. As with the real service it is the same for all channels; who keeps buckets must
    /// add the channel.
    fn bucket(self) -> &'static str {
        match self {
            Self::Post => "80c17d2f203122d936070c88c8d10f33",
            Self::Edit => "db6bdd0a2a25ab6b9b8f4c2c1c4a1f3e",
            Self::Delete => "0d1e6aa2f5f9a8ee2a4d2a1c90e0f7b1",
            Self::Read => "b6a8d7e5c4f3a2918070605040302010",
            Self::Webhook => "f7f2e9f361b9f3f6a1a5b5d2c8c7d6e4",
        }
    }
}

/// Which limit refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    User,
    Global,
    Shared,
}

/// What the headers of an answer tell, and the wait of a refused request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) told: Option<Told>,
    /// The limit that refused the request, and the wait in milliseconds.
    pub(super) refused: Option<(Scope, i64)>,
}

/// The state of a bucket, for the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) bucket: &'static str,
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset_ms: i64,
    pub(super) after_ms: i64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    since_ms: i64,
    used: u32,
    /// Until when the client has been told to wait.
    wait_ms: i64,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { since_ms: i64::MIN / 2, used: 0, wait_ms: i64::MIN }
    }
}

impl Bucket {
    /// Begins a new window where the last one is over, and returns when this one is.
    fn roll(&mut self, now_ms: i64, limit: Limit) -> i64 {
        if now_ms >= self.since_ms + limit.window_ms || now_ms < self.since_ms {
            (self.since_ms, self.used) = (now_ms, 0);
        }
        self.since_ms + limit.window_ms
    }
}

/// All buckets, and what was refused.
#[derive(Debug)]
pub(super) struct Meter {
    /// `None` for a service without limits, which tells nothing in its headers either.
    pub(super) limits: Option<Limits>,
    buckets: BTreeMap<(Route, String), Bucket>,
    all: Bucket,
    /// Channels that are limited for everybody, and until when.
    shared: BTreeMap<String, i64>,
    pub(super) limited: u64,
    pub(super) violations: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            limits: Some(Limits::default()),
            buckets: BTreeMap::new(),
            all: Bucket::default(),
            shared: BTreeMap::new(),
            limited: 0,
            violations: 0,
        }
    }
}

impl Meter {
    /// Limits new messages of a channel for everybody until an instant.
    pub(super) fn share(&mut self, channel: &str, until_ms: i64) {
        self.shared.insert(channel.to_owned(), until_ms);
    }

    /// Counts a request to a channel or webhook, and says what its headers tell; `bot` is whether it counts for the bot.
    pub(super) fn take(&mut self, now_ms: i64, route: Route, of: &str, bot: bool) -> Verdict {
        let bucket = self.buckets.entry((route, of.to_owned())).or_default();
        if now_ms < bucket.wait_ms || (bot && now_ms < self.all.wait_ms) {
            self.violations += 1;
        }
        let mut verdict = Verdict::default();
        if let Some(until) = self.shared.get(of).filter(|until| route == Route::Post && now_ms < **until) {
            verdict.refused = Some((Scope::Shared, until - now_ms));
        }
        if let Some(limits) = self.limits {
            if bot {
                let reset = self.all.roll(now_ms, limits.global);
                if self.all.used >= limits.global.requests {
                    self.all.wait_ms = reset;
                    verdict.refused = Some((Scope::Global, reset - now_ms));
                } else {
                    self.all.used += 1;
                }
            }
            let limit = limits.of(route);
            let reset = bucket.roll(now_ms, limit);
            if verdict.refused.is_none() {
                if bucket.used >= limit.requests {
                    verdict.refused = Some((Scope::User, reset - now_ms));
                } else {
                    bucket.used += 1;
                }
            }
            let remaining = limit.requests.saturating_sub(bucket.used);
            if remaining == 0 {
                bucket.wait_ms = reset;
            }
            let (bucket, limit) = (route.bucket(), limit.requests);
            verdict.told = Some(Told { bucket, limit, remaining, reset_ms: reset, after_ms: reset - now_ms });
        }
        if let Some((scope, wait)) = verdict.refused {
            self.limited += 1;
            if scope == Scope::Shared {
                bucket.wait_ms = now_ms + wait;
            }
        }
        verdict
    }
}

impl Limits {
    fn of(&self, route: Route) -> Limit {
        match route {
            Route::Post => self.post,
            Route::Edit => self.edit,
            Route::Delete => self.delete,
            Route::Read => self.read,
            Route::Webhook => self.webhook,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Meter, Route, Scope};

    #[test]
    fn a_window_begins_with_its_first_request_and_a_violation_is_one_that_was_told_to_wait() {
        let mut meter = Meter::default();
        for n in 0..5 {
            let verdict = meter.take(7_000 + n, Route::Post, "1", true);
            let told = verdict.told.expect("limits are on");
            assert_eq!((verdict.refused, told.remaining), (None, 4 - u32::try_from(n).expect("small")));
            assert_eq!((told.reset_ms, told.after_ms), (12_000, 5_000 - n));
        }
        assert_eq!(meter.take(7_010, Route::Post, "2", true).refused, None, "another channel");
        assert_eq!(meter.take(7_010, Route::Edit, "1", true).refused, None, "another kind");
        assert_eq!((meter.limited, meter.violations), (0, 0));
        assert_eq!(meter.take(11_999, Route::Post, "1", true).refused, Some((Scope::User, 1)));
        assert_eq!((meter.limited, meter.violations), (1, 1));
        assert_eq!(meter.take(12_000, Route::Post, "1", true).refused, None);
        assert_eq!((meter.limited, meter.violations), (1, 1));
    }

    #[test]
    fn the_limit_of_a_bot_holds_over_all_channels_and_not_for_webhooks() {
        let mut meter = Meter::default();
        for n in 0..50 {
            assert_eq!(meter.take(1_000, Route::Post, &n.to_string(), true).refused, None);
        }
        assert_eq!(meter.take(1_400, Route::Post, "x", true).refused, Some((Scope::Global, 600)));
        assert_eq!(meter.violations, 0, "no header had told it");
        assert_eq!(meter.take(1_400, Route::Webhook, "x", false).refused, None);
        assert_eq!(meter.take(1_999, Route::Post, "y", true).refused, Some((Scope::Global, 1)));
        assert_eq!((meter.limited, meter.violations), (2, 1));
        assert_eq!(meter.take(2_000, Route::Post, "x", true).refused, None);
    }
}
