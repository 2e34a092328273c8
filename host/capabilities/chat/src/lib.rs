//! The `chat` capability: messages in channels, by the names the operator gave them.
//!
//! A plugin says which message shall stand under which key; nothing is sent while it runs. Delivery makes it so afterwards: sends, edits
//! and removes, in order for each key, at the pace that the service allows, exactly once where the service knows a request again or can be
//! asked what stands. What a channel cannot do has a fall-back that the operator chose.
//!
//! ```
//! use beadle_chat::grant::may;
//! use beadle_plan::Grants;
//!
//! let grants = Grants { chat: vec!["class".into()], ..Grants::default() };
//! assert!(may("watcher", &grants, "class").is_ok());
//! let denial = may("watcher", &grants, "staff").unwrap_err();
//! assert!(denial.to_string().contains(r#"chat = ["staff"]"#));
//! ```

mod api;
mod channel;
mod console;
mod deliver;
mod discord;
pub mod grant;
mod host;
mod pace;
mod preview;
mod render;
mod settings;
mod step;
mod telegram;
mod webhook;

pub use channel::Trouble;
pub use deliver::Delivery;
pub use host::{ChatView, add_to_linker};
pub use settings::{Chats, Console, Service, Settings, SetupError};
