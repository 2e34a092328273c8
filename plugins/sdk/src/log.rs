//! Lines for the run's log. They are kept with the run: no names of people, no secrets.

/// Writes a line that only a person who looks for a fault wants to see.
#[macro_export]
macro_rules! debug {
    ($($message:tt)+) => { $crate::run::log($crate::run::Level::Debug, &::std::format!($($message)+)) };
}

/// Writes a line about the ordinary course of a run.
#[macro_export]
macro_rules! info {
    ($($message:tt)+) => { $crate::run::log($crate::run::Level::Info, &::std::format!($($message)+)) };
}

/// Writes a line about something that the operator should mend.
#[macro_export]
macro_rules! warn {
    ($($message:tt)+) => { $crate::run::log($crate::run::Level::Warn, &::std::format!($($message)+)) };
}

/// Writes a line about something that went wrong.
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => { $crate::run::log($crate::run::Level::Error, &::std::format!($($message)+)) };
}
