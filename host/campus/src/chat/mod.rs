//! Chat services on loopback: Discord, Telegram, and a webhook of nobody in particular.
//!
//! A message that a school reads twice, or never, is worse than a row in a sheet: nobody sorts it away. Each service here keeps
//! what really stands in its channels, whom it really notified, and whether it was asked sooner than it had allowed, so that a test
//! can look at the outcome instead of the requests. All of them take the time from the same kind of clock and fail on order.
//!
//! - [`Discord`]: the API v10, messages of bots and of webhooks;
//! - [`Telegram`]: the Bot API, messages in HTML;
//! - [`Hook`]: takes any event, checks signatures, applies a key once.
//!
//! To let every fifth message be lost, an order counts for itself:
//!
//! ```
//! use std::sync::atomic::{AtomicUsize, Ordering};
//! use beadle_campus::faults::{Action, Faults, Matcher};
//! let (faults, count) = (Faults::new(), AtomicUsize::new(0));
//! let fifth = move |_: &_| count.fetch_add(1, Ordering::SeqCst) % 5 == 4;
//! faults.order(Matcher::path("/messages").and(Matcher::new(fifth)), None, Action::ApplyThenDrop);
//! ```

pub mod discord;
pub mod hook;
pub mod telegram;

pub use crate::school::Clock;
pub use discord::Discord;
pub use hook::Hook;
pub use telegram::Telegram;
