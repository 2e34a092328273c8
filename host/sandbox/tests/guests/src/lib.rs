//! The guests of the tests, as bytes, and the lists of what they can be asked to do.
//!
//! The lists stand in one file that guest and tests share: what is on them must exist in both, or neither compiles.

mod lists;

static GUESTS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// Returns the component that misbehaves as its settings say.
///
/// # Panics
/// Where it was not built (`BEADLE_SKIP_PLUGINS=1`).
pub fn unruly() -> &'static [u8] {
    guest("unruly")
}

/// Returns the component that repeats everything that it is told.
///
/// # Panics
/// Where it was not built (`BEADLE_SKIP_PLUGINS=1`).
pub fn parrot() -> &'static [u8] {
    guest("parrot")
}

fn guest(name: &str) -> &'static [u8] {
    let found = GUESTS.iter().find(|(known, _)| *known == name);
    found.map(|&(_, component)| component).expect("the guests of the tests were not built: BEADLE_SKIP_PLUGINS is set")
}
