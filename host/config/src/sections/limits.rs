//! `limits` of a plugin: what one of its runs may use.

use std::time::Duration;

use beadle_plan::Limits;

use crate::reader::Section;
use crate::shape::{Key, Kind, Shape};

const HOUR: Duration = Duration::from_secs(3_600);
const MILLISECOND: Duration = Duration::from_millis(1);

pub(crate) static LIMITS: Shape = Shape {
    title: "plugins.NAME.limits",
    doc: "What one run of the plugin may use. A limit that is hit names itself.",
    keys: &[
        Key::new("guest-time", Kind::Duration, "\"30s\"", "Time inside the plugin, waits for the host aside.")
            .default("\"30s\""),
        Key::new("memory", Kind::Size, "\"64MiB\"", "Memory of the plugin.").default("\"64MiB\""),
        Key::new("effects", Kind::Whole(0, 10_000_000), "10000", "Effects in one run or checkpoint.").default("10000"),
        Key::new("plan", Kind::Size, "\"16MiB\"", "Size of the plan: observations and effects.").default("\"16MiB\""),
        Key::new("host-call", Kind::Duration, "\"30s\"", "Time of one call of the host.").default("\"30s\""),
        Key::new("host-calls", Kind::Whole(0, u32::MAX as u64), "100000", "Calls of the host in one run.")
            .default("100000"),
        Key::new("responses", Kind::Size, "\"256MiB\"", "What these calls may answer with, together.")
            .default("\"256MiB\""),
        Key::new("log", Kind::Size, "\"256KiB\"", "Log kept with a run; more is cut.").default("\"256KiB\""),
    ],
    one_of: &[],
    elsewhere: &[],
};

pub(crate) fn read(section: &Section<'_>) -> Limits {
    let standard = Limits::default();
    let time =
        |name, standard| section.item(name).and_then(|item| item.duration(MILLISECOND, HOUR)).unwrap_or(standard);
    let size = |name, least, standard: usize| {
        let read = section.item(name).and_then(|item| item.size(least, 4 << 30));
        read.map_or(standard, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
    };
    let count = |name| section.item(name).and_then(|item| item.whole());
    Limits {
        guest_time: time("guest-time", standard.guest_time),
        memory: size("memory", 1 << 20, standard.memory),
        effects: count("effects").map_or(standard.effects, |count| usize::try_from(count).unwrap_or(usize::MAX)),
        plan: size("plan", 1 << 10, standard.plan),
        host_call: time("host-call", standard.host_call),
        host_calls: count("host-calls").map_or(standard.host_calls, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        responses: size("responses", 1 << 10, standard.responses),
        log: size("log", 0, standard.log),
    }
}
