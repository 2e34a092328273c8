//! The stories of delivery to sheets: told through the engine's own steps, on a store in memory, against a simulated service.

mod canary;
mod csv;
mod csv_hands;
mod envelopes;
mod google_hands;
mod google_held;
mod google_once;
mod house;
