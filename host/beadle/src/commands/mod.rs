//! The commands, one file each.

pub(crate) mod artifacts;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod next;
pub(crate) mod outbox;
pub(crate) mod plugins;
pub(crate) mod rehearse;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod serve;
pub(crate) mod show;

mod ask;
mod difference;
