//! The engine at work, on a clock that stands still until a test moves it, with plugins in the sandbox as it is.

mod clock;
mod conformance;
mod delivery;
mod desk;
mod edits;
mod misfire;
mod overlap;
mod pings;
mod planning;
mod recorded;
mod rehearsal;
mod runs;
mod school;
mod sheets_away;
mod slots;
mod stopping;
mod store_away;
mod targets;
mod wakes;
mod world;
