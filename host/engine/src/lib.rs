//! The engine: decides what is due, runs it, commits what came of it, and has it delivered.
//!
//! Four loops share one store and stop together:
//!
//! - the **planner** turns schedules into firings, each of which becomes a row, whether it runs or not;
//! - the **runner** makes attempts at firings, a bounded number at once, and commits the plan of one that succeeds;
//! - **delivery** makes the effects in the outbox so, target by target, and retries;
//! - the **desk** keeps the lease on the store and carries out what other commands ask.
//!
//! [`Setup`] is a configuration with everything in it opened and loaded; an edit of `schedules.toml` makes a new one, and the engine goes
//! on with it.

mod agenda;
mod deliver;
mod desk;
mod dry;
mod engine;
#[cfg(feature = "kill-points")]
mod kill_points;
mod patience;
mod planner;
mod problem;
mod queue;
mod report;
mod runner;
mod setup;
mod turns;
mod wait;
mod wakes;

pub use desk::{Answer, Request};
pub use dry::{DryRun, dry_run};
pub use engine::{Delivery, Engine, Options, Serving};
pub use problem::SetupProblem;
pub use report::{PlannedScope, Report};
pub use runner::Ended;
pub use setup::{Builtins, CampusPeers, Inputs, Setup};
