//! What a mapper can do with addresses.

use std::cell::Cell;

use beadle_sdk::classrooms::{self, Place};

type Locate = fn(&[String]) -> Vec<Option<Place>>;

thread_local! {
    static CHOSEN: Cell<Locate> = const { Cell::new(knows_rooms) };
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

pub(crate) fn choose(locate: Locate) {
    CHOSEN.set(locate);
}

pub(crate) fn locate(addresses: &[String]) -> Vec<Option<Place>> {
    CHOSEN.get()(addresses)
}

fn label(text: impl Into<String>) -> Option<Place> {
    Some(Place { name: text.into(), room: false })
}

pub(crate) fn knows_rooms(addresses: &[String]) -> Vec<Option<Place>> {
    let room =
        |address: &String| Some(Place { name: format!("Room {}", address.strip_prefix("10.0.0.")?), room: true });
    addresses.iter().map(room).collect()
}

pub(crate) fn gives_one_answer(_: &[String]) -> Vec<Option<Place>> {
    vec![None]
}

pub(crate) fn panics(_: &[String]) -> Vec<Option<Place>> {
    panic!("the rooms are on fire")
}

pub(crate) fn loops_for_ever(_: &[String]) -> Vec<Option<Place>> {
    crate::collecting::spin()
}

pub(crate) fn asks_another(addresses: &[String]) -> Vec<Option<Place>> {
    classrooms::locate(addresses).unwrap_or_else(|error| vec![label(error.to_string()); addresses.len()])
}

pub(crate) fn gives_a_long_name(addresses: &[String]) -> Vec<Option<Place>> {
    vec![label("Room ".repeat(1_000)); addresses.len()]
}

/// How often this instance was asked: a warm one counts on, and an answer that the host kept does not count.
pub(crate) fn counts_its_calls(addresses: &[String]) -> Vec<Option<Place>> {
    CALLS.set(CALLS.get() + 1);
    vec![label(format!("call {}", CALLS.get())); addresses.len()]
}
