//! The one guarded HTTP client.
//!
//! A plugin that may ask for an address can be made to ask for the wrong one: a name that points into the school's network, a
//! redirect to a cloud's metadata service, an answer that fills the memory, an error message that carries a token into a log. All
//! requests of the host leave through here, so that each of these is answered in one place:
//!
//! * [`Guarded`] sends what plugins ask for. Each hop is put before a [`Policy`], addresses of the school's own network are refused
//!   unless the operator granted that host and port as private, redirects are followed by hand, and nothing of the caller's is
//!   carried to another origin.
//! * [`Service`] sends what the host itself asks its configured peers: one pinned base address, which may be private, and no
//!   redirect at all, because its requests carry secrets.
//! * [`Redactor`] is the second net: it replaces known secret values in any text that leaves the host.
//!
//! ```no_run
//! use beadle_egress::{Egress, Origins, Request, Settings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let egress = Egress::new(Settings::default())?;
//! let plugin = egress.guarded(Origins::public(["https://api.school.example"])?);
//! let answer = plugin.send(Request::get("https://api.school.example/rooms")?).await?;
//! assert!(answer.status.is_success());
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod guarded;
mod headers;
mod message;
mod names;
mod origin;
mod pace;
mod ranges;
mod redact;
mod service;
mod settings;

pub use self::{
    client::Egress,
    error::EgressError,
    guarded::{Guarded, MOST_REDIRECTS},
    message::{Answer, Request},
    names::{Names, SystemNames},
    origin::{Lift, Origin, Origins, Policy, Refusal},
    pace::{Pace, Turn},
    ranges::{Blocked, Reach, reach},
    redact::{REDACTED, Redactor},
    service::{Service, ServiceRequest},
    settings::Settings,
};
pub use secrecy::{ExposeSecret, SecretString as Secret};
