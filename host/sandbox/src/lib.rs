//! Runs plugins: loads a component, checks it against its grants, and turns one run into one outcome.
//!
//! A plugin is somebody else's program. It gets no files but its own folder, no environment, no sockets, clocks that step by a
//! millisecond, and of the host only what the operator granted. Everything it can use up has a limit that names itself when it is
//! hit, and a trap, a time-out or a kill leaves nothing behind: what it staged is simply not there.
//!
//! The way of a plugin through this crate:
//!
//! 1. [`Sandbox::new`] makes the engine, its ticker and the cache of compiled code, once per process.
//! 2. [`Sandbox::load`] compiles or maps a component and says in our own words what is wrong with a file that is none of ours; it asks
//!    the plugin to describe itself, once per digest of component and folder, with everything denied but its files.
//! 3. [`Description::missing`] compares what it asks for with what it is granted, [`Description::wrong_settings`] its settings with its
//!    schema.
//! 4. [`Plugin::run`] gives it a fresh instance for one run and returns the [`Outcome`](beadle_plan::Outcome).
//!
//! This is the only crate that lists all capabilities.

mod cache;
mod check;
mod classrooms;
mod clocks;
mod context;
mod describe;
mod engine;
mod error;
mod inspect;
mod mapper;
mod meter;
mod pseudonym;
mod roles;
mod run;
mod schema;
mod services;
mod stderr;
mod texts;
mod ticker;
mod trap;
mod turns;
mod view;

pub use check::{Problem, granted, is_granted};
pub use context::{Audience, Checkpoint, Context, NoAudience, Table};
pub use describe::{Ask, Collection, Description};
pub use engine::{Sandbox, Settings};
pub use error::LoadError;
pub use inspect::Role;
pub use mapper::{Mapper, Place};
pub use pseudonym::PseudonymKey;
pub use roles::Plugin;
pub use services::{Configured, Services};
