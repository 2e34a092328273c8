//! The stories of delivery to chat channels: told through the engine's own steps, on a store in memory and a clock moved by hand,
//! against simulated services.

mod aside;
mod blind;
mod brittle;
mod campus;
mod canary;
mod crash;
mod discord_held;
mod discord_once;
mod discord_pace;
mod discord_words;
mod fallbacks;
mod hook;
mod house;
mod keys;
mod local;
mod many;
mod order;
mod specifications;
mod telegram;
mod times;
