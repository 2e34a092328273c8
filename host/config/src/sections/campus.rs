//! `[campus]`: the simulated school behind every address `campus:`.

use std::time::Duration;

use crate::reader::Section;
use crate::shape::{Key, Kind, Shape};

/// How long a school day of the simulated school takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// As long as a real one.
    Real,
    /// The whole day in this time.
    Compressed(Duration),
}

/// The simulated school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campus {
    /// How many students it has.
    pub students: u32,
    /// How many teachers it has.
    pub teachers: u32,
    /// How many classrooms it has.
    pub rooms: u32,
    /// The seed of all its chance; equal seeds give equal days.
    pub seed: u64,
    /// How long its day takes.
    pub day: Day,
}

impl Default for Campus {
    fn default() -> Self {
        Self { students: 300, teachers: 12, rooms: 8, seed: 1, day: Day::Compressed(Duration::from_secs(720)) }
    }
}

pub(crate) static CAMPUS: Shape = Shape {
    title: "[campus]",
    doc: "The simulated school behind every address `campus:`, for looking around and for trying things out.",
    keys: &[
        Key::new("students", Kind::Whole(0, 1_000_000), "300", "How many students it has.").default("300"),
        Key::new("teachers", Kind::Whole(0, 100_000), "12", "How many teachers it has.").default("12"),
        Key::new("rooms", Kind::Whole(1, 200), "8", "How many classrooms it has.").default("8"),
        Key::new("seed", Kind::Whole(0, u64::MAX), "1", "The seed of all its chance; equal seeds give equal days.")
            .default("1"),
        Key::new(
            "day",
            Kind::Text,
            "\"12m\"",
            "How long a school day takes: a duration from 80s to 24h, or `\"real\"` for the pace of the clock.",
        )
        .default("\"12m\""),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(section: Option<Section<'_>>) -> Campus {
    let standard = Campus::default();
    let get = |name: &'static str| section.as_ref().and_then(|section| section.item(name));
    let count = |name, standard| get(name).and_then(|item| item.whole()).map_or(standard, |count| count as u32);
    Campus {
        students: count("students", standard.students),
        teachers: count("teachers", standard.teachers),
        rooms: count("rooms", standard.rooms),
        seed: get("seed").and_then(|item| item.whole()).unwrap_or(standard.seed),
        day: get("day")
            .and_then(|item| match item.value.get_ref().as_str() {
                Some("real") => Some(Day::Real),
                _ => item.duration(Duration::from_secs(80), Duration::from_secs(86_400)).map(Day::Compressed),
            })
            .unwrap_or(standard.day),
    }
}
