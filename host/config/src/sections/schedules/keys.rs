//! The keys of `[[schedule]]`.

use crate::shape::{Elsewhere, Key, Kind, Shape};

pub(crate) static SCHEDULE: Shape = Shape {
    title: "[[schedule]]",
    doc: "When which plugin runs, and for which sites.",
    keys: &[
        Key::new("name", Kind::Text, "\"online\"", "The schedule's name; no two have the same.").required(),
        Key::new("plugin", Kind::Text, "\"online\"", "The configured plugin that runs.").required(),
        Key::new(
            "sites",
            Kind::Texts,
            "[\"main\"]",
            "The sites it runs for; with several there is one schedule each: `online@main`, `online@north`.",
        )
        .default("none"),
        Key::new(
            "every",
            Kind::Text,
            "\"30s\"",
            "A rhythm, from 1s; counted from 1970-01-01 UTC. Either this or `cron`.",
        ),
        Key::new(
            "cron",
            Kind::Text,
            "\"*/5 8-17 * * Mon-Fri\"",
            "A cron line of 5, 6 (seconds first) or 7 fields (years last). Either this or `every`.",
        ),
        Key::new(
            "mode",
            Kind::Choice(&["live", "dry-run", "off"]),
            "\"dry-run\"",
            "`live` runs; `dry-run` runs and records its plan, and nothing is made so; `off` does not run.",
        )
        .default("\"live\""),
        Key::new(
            "settings",
            Kind::Free,
            "{ window = \"5m\" }",
            "What the plugin is told; wins key by key over the plugin's own `settings`.",
        ),
        Key::new("timezone", Kind::Text, "\"Europe/Berlin\"", "The zone of cron line, blackouts and dates.")
            .default("the host's"),
        Key::new(
            "overlap",
            Kind::Choice(&["skip", "queue", "cancel"]),
            "\"queue\"",
            "When an earlier firing still runs: `skip` the new one, `queue` one, or `cancel` the running one.",
        )
        .default("\"skip\""),
        Key::new(
            "misfire",
            Kind::Choice(&["skip", "once", "all"]),
            "\"once\"",
            "Firings missed while the host was down: `skip` them, run the latest `once`, or `all`.",
        )
        .default("\"skip\""),
        Key::new("misfire-window", Kind::Duration, "\"1h\"", "How late a missed firing may still run.")
            .default("\"1h\""),
        Key::new(
            "jitter",
            Kind::Duration,
            "\"10s\"",
            "Spreads schedules of one instant: each has a fixed delay of its own below this.",
        )
        .default("\"0s\""),
        Key::new("timeout", Kind::Duration, "\"2m\"", "How long a run may take in all.").default("\"2m\""),
        Key::new("retries", Kind::Whole(0, 10), "2", "How many more attempts a failed run gets.").default("0"),
        Key::new(
            "blackout",
            Kind::Texts,
            "[\"22:00-06:00\", \"Sat,Sun\"]",
            "When it rests: `\"Mon-Fri 22:00-06:00\"`, `\"Sat,Sun\"`, `\"2026-12-24..2027-01-06\"`.",
        )
        .default("never"),
        Key::new(
            "announce-first",
            Kind::Flag,
            "true",
            "Whether what is seen for the first time is announced like any change.",
        )
        .default("the plugin's"),
        Key::new(
            "too-long",
            Kind::Choice(&["split", "shorten"]),
            "\"shorten\"",
            "What becomes of a message that is longer than its channel takes: several messages, or one that is cut.",
        )
        .default("\"split\""),
    ],
    one_of: &["every", "cron"],
    elsewhere: &[
        Elsewhere {
            key: "grants",
            meant: None,
            why: "grants stand with the plugin, not with the schedule",
            fix: "move the line under [plugins.NAME]",
        },
        Elsewhere {
            key: "on",
            meant: Some("every"),
            why: "schedules that wake on changes come with a later version",
            fix: "write: every = \"30s\"",
        },
        Elsewhere {
            key: "site",
            meant: Some("sites"),
            why: "a schedule names its sites in a list",
            fix: "write: sites = [\"main\"]",
        },
        Elsewhere {
            key: "interval",
            meant: Some("every"),
            why: "the rhythm of a schedule is called every",
            fix: "write: every = \"30s\"",
        },
    ],
};
