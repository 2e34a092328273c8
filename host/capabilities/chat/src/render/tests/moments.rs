//! Times in zones and languages.

use beadle_plan::{Form, Look, Piece};

use super::super::{Discord, Plain, Telegram, render};
use super::*;

const MORNING: &str = "2026-11-20T09:00:00Z";

fn shown(zone: &str, language: &str, at: &str, until: Option<&str>, form: Form) -> String {
    let mut message = message("", vec![Block::Text(vec![time(at, until, form)])]);
    message.timezone = zone.to_owned();
    message.language = language.to_owned();
    let parts = render(&message, &Plain { limit: None }, None);
    let [part] = &parts[..] else { panic!("{parts:?}") };
    part.clone()
}

#[test]
fn dates_are_written_as_the_language_does() {
    let full = |zone, language| shown(zone, language, MORNING, None, Form::Full);
    for (language, expected) in [
        ("en", "Friday, 20 November 2026, 10:00 CET"),
        ("de", "Freitag, 20. November 2026, 10:00 CET"),
        ("es", "viernes, 20 de noviembre de 2026, 10:00 CET"),
        ("de-AT", "Freitag, 20. November 2026, 10:00 CET"),
        ("tlh", "Friday, 20 November 2026, 10:00 CET"),
        ("", "Friday, 20 November 2026, 10:00 CET"),
    ] {
        assert_eq!(full("Europe/Berlin", language), expected, "{language}");
    }
    let march = shown("Europe/Madrid", "es", "2026-03-01T11:05:59Z", None, Form::Full);
    assert_eq!(march, "domingo, 1 de marzo de 2026, 12:05 CET");
    let march = shown("Europe/Berlin", "de", "2026-03-01T11:05:59Z", None, Form::Full);
    assert_eq!(march, "Sonntag, 1. März 2026, 12:05 CET");
}

#[test]
fn zones_are_named_as_people_do() {
    for (zone, expected) in [
        ("Europe/London", "09:00 GMT"),
        ("Asia/Kolkata", "14:30 IST"),
        ("America/Sao_Paulo", "06:00 UTC-3"),
        ("Asia/Kathmandu", "14:45 UTC+5:45"),
        ("Asia/Dubai", "13:00 UTC+4"),
        ("UTC", "09:00 UTC"),
        ("Nowhere/Atall", "09:00 UTC"),
        ("", "09:00 UTC"),
    ] {
        assert_eq!(shown(zone, "en", MORNING, None, Form::Clock), expected, "{zone}");
    }
}

#[test]
fn stretches_name_what_differs_between_their_ends() {
    let berlin = |at, until, form| shown("Europe/Berlin", "en", at, Some(until), form);
    for (at, until, full, clock) in [
        (MORNING, "2026-11-20T10:30:00Z", "Friday, 20 November 2026, 10:00–11:30 CET", "10:00–11:30 CET"),
        (
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:10:00Z",
            "Sunday, 25 October 2026, 02:30 CEST–02:10 CET",
            "02:30 CEST–02:10 CET",
        ),
        (
            "2026-03-28T22:00:00Z",
            "2026-03-29T02:00:00Z",
            "Saturday, 28 March 2026, 23:00 CET – Sunday, 29 March 2026, 04:00 CEST",
            "23:00 CET–04:00 CEST",
        ),
        // Midnight in Berlin, though not in Greenwich.
        (
            "2026-11-20T22:30:00Z",
            "2026-11-20T23:30:00Z",
            "Friday, 20 November 2026, 23:30 CET – Saturday, 21 November 2026, 00:30 CET",
            "23:30–00:30 CET",
        ),
        (
            MORNING,
            "2026-12-20T09:00:00Z",
            "Friday, 20 November 2026, 10:00 CET – Sunday, 20 December 2026, 10:00 CET",
            "10:00–10:00 CET",
        ),
        // An end that is none.
        (MORNING, MORNING, "Friday, 20 November 2026, 10:00 CET", "10:00 CET"),
        (MORNING, "2026-11-19T09:00:00Z", "Friday, 20 November 2026, 10:00 CET", "10:00 CET"),
    ] {
        assert_eq!(berlin(at, until, Form::Full), full);
        assert_eq!(berlin(at, until, Form::Clock), clock);
    }
}

#[test]
fn the_ends_of_the_calendar_have_names_too() {
    for millis in [i64::MIN, -62_135_596_800_000, 0, i64::MAX] {
        let at = Instant::from_millis(millis);
        let piece = Piece::Time {
            at,
            until: Some(at + std::time::Duration::from_secs(5)),
            form: Form::Full,
            look: Look::Plain,
        };
        for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
            let mut message = message("", vec![Block::Text(vec![piece.clone()])]);
            message.timezone = zone.to_owned();
            let parts = render(&message, &Plain { limit: None }, None);
            assert!(
                parts[0].contains(&format!(
                    " {}, ",
                    at.timestamp().to_zoned(jiff::tz::TimeZone::get(zone).unwrap()).year()
                )),
                "{parts:?}"
            );
        }
    }
}

#[test]
fn a_distance_is_counted_by_discord_and_leaves_no_trace_elsewhere() {
    let distance = || time(MORNING, None, Form::Distance);
    let message = message(
        "",
        vec![
            Block::Text(vec![words("Begins "), distance(), words(" in Lab 2")]),
            Block::Text(vec![words("Begins "), distance()]),
            Block::Text(vec![words("Begins "), distance(), words(", so hurry")]),
            Block::Text(vec![words("At 10:00 ("), distance(), words(") in Lab 2 ("), distance(), words(")")]),
            Block::Text(vec![distance()]),
            Block::Items(vec![vec![distance(), words(" ")], vec![distance(), distance(), words(" Lab 2")]]),
        ],
    );
    let lines = "Begins in Lab 2\nBegins\nBegins, so hurry\nAt 10:00 in Lab 2\n• Lab 2";
    assert_eq!(render(&message, &Plain { limit: None }, None), [lines]);
    assert_eq!(render(&message, &Telegram, None), [lines]);
    insta::assert_snapshot!(render(&message, &Discord, None).join("\n---\n"), @r#"
    Begins <t:1795165200:R> in Lab 2
    Begins <t:1795165200:R>
    Begins <t:1795165200:R>, so hurry
    At 10:00 (<t:1795165200:R>) in Lab 2 (<t:1795165200:R>)
    <t:1795165200:R>
    • <t:1795165200:R>
    • <t:1795165200:R><t:1795165200:R> Lab 2
    "#);
}
