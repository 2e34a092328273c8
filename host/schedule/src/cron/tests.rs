use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn civil_times(line: &str, from: jiff::civil::DateTime, count: usize) -> Vec<String> {
    Cron::parse(line).unwrap().civil_after(from).take(count).map(|at| at.to_string()).collect()
}

#[test]
fn five_six_and_seven_fields() {
    let from = date(2026, 11, 20).at(7, 59, 30, 0);
    assert_eq!(civil_times("0 8 * * *", from, 1), ["2026-11-20T08:00:00"]);
    assert_eq!(civil_times("*/20 * * * * *", from, 2), ["2026-11-20T07:59:40", "2026-11-20T08:00:00"]);
    assert_eq!(civil_times("15 0 8 1 1 * 2028", from, 2), ["2028-01-01T08:00:15"]);
}

#[test]
fn weekday_numbers_are_posix_in_every_form() {
    // 2026-11-20 is a Friday.
    let from = date(2026, 11, 20).at(12, 0, 0, 0);
    for (weekday, expected) in [
        ("0", "2026-11-22T00:00:00"),
        ("7", "2026-11-22T00:00:00"),
        ("1", "2026-11-23T00:00:00"),
        ("6", "2026-11-21T00:00:00"),
        ("Sun", "2026-11-22T00:00:00"),
        ("monday", "2026-11-23T00:00:00"),
        ("1-5", "2026-11-23T00:00:00"),
        ("Mon-Fri", "2026-11-23T00:00:00"),
        ("5-7", "2026-11-21T00:00:00"),
        ("Sat-Sun", "2026-11-21T00:00:00"),
        ("Sun-Tue", "2026-11-22T00:00:00"),
        ("1-5/2", "2026-11-23T00:00:00"),
    ] {
        for line in [format!("0 0 * * {weekday}"), format!("0 0 0 * * {weekday}"), format!("0 0 0 * * {weekday} *")] {
            assert_eq!(civil_times(&line, from, 1), [expected], "{line}");
        }
    }
}

#[test]
fn nicknames_and_spaces() {
    let from = date(2026, 11, 20).at(12, 30, 0, 0);
    assert_eq!(civil_times("@hourly", from, 1), ["2026-11-20T13:00:00"]);
    assert_eq!(civil_times("@Weekly", from, 1), ["2026-11-22T00:00:00"]);
    assert_eq!(Cron::parse("  */5   8-17 * *\tMon-Fri ").unwrap().as_str(), "*/5 8-17 * * Mon-Fri");
}

#[test]
fn messages_name_the_piece_and_a_line_that_would_do() {
    for (line, parts) in [
        ("* * * *", &["has 4 fields", "*/5 8-17"][..]),
        ("", &["has 0 fields"]),
        ("61 * * * *", &["minute \"61\"", "0 to 59"]),
        ("0 24 * * *", &["hour \"24\"", "0 to 23"]),
        ("0 22-6 * * *", &["runs backwards", "22-23,0-6"]),
        ("0 0 * * 8", &["weekday \"8\"", "0 to 7"]),
        ("0 0 * * Montag", &["\"Montag\"", "sun, mon"]),
        ("0 0 L * *", &["L, W and #", "28"]),
        ("0 0 * * 5#2", &["L, W and #"]),
        ("*/90 * * * *", &["step of 90", "every = \"90m\""]),
        ("*/0 * * * *", &["step of 0"]),
        ("1,,2 * * * *", &["empty"]),
        ("a * * * *", &["\"a\" is no number", "*/5"]),
        ("0 0 30 2 *", &["never fires"]),
        ("@reboot", &["@reboot", "@daily"]),
        ("0 0 13 * Fri", &["POSIX cron runs when either", "0 0 13 * *", "0 0 * * Fri"]),
        ("5 0 0 13 * 5 2027", &["5 0 0 13 * * 2027", "5 0 0 * * 5 2027"]),
    ] {
        let message = Cron::parse(line).unwrap_err().to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{line}: {message}");
    }
}

#[test]
fn full_ranges_restrict_nothing() {
    assert!(Cron::parse("0 0 1-31 * Fri").is_ok());
    assert!(Cron::parse("0 0 13 * 0-7").is_ok());
    assert!(Cron::parse("0 0-23 * * *").unwrap().hourly());
    assert!(!Cron::parse("0 */2 * * *").unwrap().hourly());
}

fn piece(low: u16, high: u16) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => (low..=high).prop_map(|number| number.to_string()),
        1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (1..=high - low).prop_map(|step| format!("*/{step}")),
        1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
    ]
}

proptest! {
    /// The matcher agrees with looking at every minute, for whole lines.
    #[test]
    fn agrees_with_looking_at_every_minute(
        minute in piece(0, 59), hour in piece(0, 23), day in piece(1, 28), month in piece(1, 12), weekday in piece(0, 6),
        by_day in any::<bool>(), start in 0_i32..1_000_000,
    ) {
        let (day, weekday) = if by_day { (day, "*".to_owned()) } else { ("*".to_owned(), weekday) };
        let line = format!("{minute} {hour} {day} {month} {weekday}");
        let cron = Cron::parse(&line).unwrap();
        let read = |field: &'static Field, text: &str| field.read(text, "").unwrap();
        let sets = [read(&MINUTE, &minute), read(&HOUR, &hour), read(&DAY, &day), read(&MONTH, &month), read(&WEEKDAY, &weekday)];
        let from = date(2026, 1, 1).at(0, 0, 0, 0).checked_add(jiff::Span::new().minutes(start)).unwrap();
        // Three days of minutes; most lines fire in them, the others must not.
        let span = 3 * 24 * 60;
        let expected: Vec<_> = (1..=span)
            .map(|minutes| from.checked_add(jiff::Span::new().minutes(minutes)).unwrap())
            .filter(|at| {
                let weekday = at.weekday().to_sunday_zero_offset();
                [at.minute(), at.hour(), at.day(), at.month(), weekday].iter().zip(&sets).all(|(n, set)| set.contains((*n).into()))
            })
            .collect();
        let end = from.checked_add(jiff::Span::new().minutes(span)).unwrap();
        let found: Vec<_> = cron.civil_after(from).take_while(|at| *at <= end).collect();
        prop_assert_eq!(found, expected, "{}", line);
    }

    #[test]
    fn no_text_makes_it_panic(line in "\\PC{0,40}") {
        let _ = Cron::parse(&line);
    }

    #[test]
    fn no_near_line_makes_it_panic(line in "[0-9*/,?LW# @a-z-]{0,12}( [0-9*/,?-]{1,4}){3,6}") {
        let _ = Cron::parse(&line);
    }
}
