use super::*;

fn covers(window: &str, wall_clock: &str) -> bool {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let at = wall_clock.parse::<DateTime>().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
    Blackout::parse([window], zone).unwrap().covers(at)
}

#[test]
fn table() {
    // 2026-11-20 is a Friday.
    for (window, inside, outside) in [
        (
            "22:00-06:00",
            &["2026-11-20T22:00", "2026-11-20T00:00", "2026-11-20T05:59:59"][..],
            &["2026-11-20T06:00", "2026-11-20T21:59"][..],
        ),
        (
            "Mon-Fri 22:00-06:00",
            &["2026-11-20T23:00", "2026-11-21T05:00"],
            &["2026-11-21T23:00", "2026-11-23T05:00", "2026-11-20T12:00"],
        ),
        ("Mon-Fri 12:00-13:30", &["2026-11-20T12:00", "2026-11-20T13:29"], &["2026-11-20T13:30", "2026-11-21T12:30"]),
        ("Sat,Sun", &["2026-11-21T00:00", "2026-11-22T23:59:59"], &["2026-11-20T23:59", "2026-11-23T00:00"]),
        ("fri-mon", &["2026-11-20T08:00", "2026-11-23T08:00"], &["2026-11-24T00:00", "2026-11-19T23:59"]),
        ("Wed 18:00-24:00", &["2026-11-18T23:59:59"], &["2026-11-19T00:00"]),
        (
            "2026-12-24..2027-01-06",
            &["2026-12-24T00:00", "2027-01-06T23:59"],
            &["2026-12-23T23:59", "2027-01-07T00:00"],
        ),
        ("2026-12-24", &["2026-12-24T12:00"], &["2026-12-25T00:00"]),
        ("2026-12-24T18:00..2026-12-27T06:00", &["2026-12-24T18:00"], &["2026-12-24T17:59", "2026-12-27T06:00"]),
    ] {
        for at in inside {
            assert!(covers(window, at), "{window} should cover {at}");
        }
        for at in outside {
            assert!(!covers(window, at), "{window} should not cover {at}");
        }
    }
}

#[test]
fn is_read_in_the_schedules_zone() {
    let at: Timestamp = "2026-07-01T20:30:00Z".parse().unwrap();
    let night = |zone: &str| Blackout::parse(["22:00-06:00"], TimeZone::get(zone).unwrap()).unwrap().covers(at);
    assert!(night("Europe/Berlin"));
    assert!(!night("Europe/London"));
}

#[test]
fn names_the_window_that_covers() {
    let zone = TimeZone::UTC;
    let blackout = Blackout::parse(["Sat,Sun", "2026-12-24..2027-01-06"], zone).unwrap();
    assert_eq!(blackout.covering("2026-12-25T12:00:00Z".parse().unwrap()), Some("2026-12-24..2027-01-06"));
    assert_eq!(blackout.covering("2026-11-20T12:00:00Z".parse().unwrap()), None);
    assert!(Blackout::parse([], TimeZone::UTC).unwrap().is_empty());
}

#[test]
fn refuses_with_the_reason() {
    for (window, part) in [
        ("", "empty"),
        ("Mon-Fri 22:00", "no end"),
        ("Mo 10:00-11:00", "\"Mo\" is no day"),
        ("25:00-26:00", "no time of day"),
        ("10:00-10:00", "hours are empty"),
        ("2027-01-06..2026-12-24", "ends before it begins"),
        ("2026-02-30..2026-03-01", "neither a date"),
        ("Mon 10:00-11:00 weekly", "more than days and hours"),
    ] {
        let message = Blackout::parse([window], TimeZone::UTC).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("Mon-Fri 22:00-06:00"), "{window}: {message}");
    }
}
