//! Why a run exists, and who watches it.

use async_trait::async_trait;
use beadle_plan::{Instant, Plan, PluginName, ScheduleName, SiteName, TooLong, Trigger};

/// Why a run exists and under which terms.
#[derive(Debug, Clone)]
pub struct Context {
    /// The schedule's name.
    pub schedule: ScheduleName,
    /// The name under which the plugin is configured.
    pub plugin: PluginName,
    /// The site the run works for.
    pub site: Option<SiteName>,
    /// What made it due.
    pub trigger: Trigger,
    /// When it was due.
    pub instant: Instant,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// Whether nothing of what is staged will be committed.
    pub dry: bool,
    /// The settings, a JSON object.
    pub settings: String,
    /// The IANA name of the time zone.
    pub timezone: String,
    /// The language for texts that people read.
    pub language: String,
    /// Whether what is seen for the first time of all is announced; `None` leaves it to the plugin.
    pub announce_first: Option<bool>,
    /// What becomes of messages that are longer than a channel takes.
    pub too_long: TooLong,
}

/// A table for the person at the terminal. It may hold names; nobody stores or logs it.
#[derive(Clone)]
pub struct Table {
    /// A line above it.
    pub title: String,
    /// The column heads.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Lines below it.
    pub notes: Vec<String>,
}

/// Whoever watches runs.
pub trait Audience: Send + Sync {
    /// Tells whether a person watches at a terminal.
    fn terminal(&self) -> bool;

    /// Shows a table.
    fn show(&self, context: &Context, table: Table);

    /// Shows how far a long run has come.
    fn progress(&self, context: &Context, done: u64, total: Option<u64>, what: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct NoAudience;

impl Audience for NoAudience {
    fn terminal(&self) -> bool {
        false
    }

    fn show(&self, _: &Context, _: Table) {}

    fn progress(&self, _: &Context, _: u64, _: Option<u64>, _: &str) {}
}

/// Commits what a long run staged so far.
#[async_trait]
pub trait Checkpoint: Send + Sync {
    /// Commits a part of a run's plan.
    ///
    /// # Errors
    /// When the run was overtaken or the store cannot be written: the run ends.
    async fn commit(&self, plan: Plan) -> Result<(), String>;
}
