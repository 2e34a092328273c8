//! What happens to jobs in the nights in which clocks change, pinned zone by zone.

use beadle_schedule::{Coming, Cron, Mark, Timing};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use proptest::prelude::*;

fn timing(line: &str, zone: &str) -> Timing {
    Timing::Cron(Cron::parse(line).unwrap(), TimeZone::get(zone).unwrap())
}

/// Returns firings after a UTC instant as "UTC time" with a mark of one letter: g(ap), 1(st), 2(nd).
fn firings(line: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let show = |coming: Coming| {
        let mark = match coming.mark {
            None => "",
            Some(Mark::AfterGap) => " g",
            Some(Mark::FirstOfFold) => " 1",
            Some(Mark::SecondOfFold) => " 2",
        };
        format!("{}{mark}", coming.at)
    };
    timing(line, zone).firings(after.parse().unwrap()).take(count).map(show).collect()
}

#[test]
fn berlin_gap() {
    // 2026-03-29: 02:00 becomes 03:00, at 01:00Z.
    let after = "2026-03-28T12:00:00Z";
    let moved = ["2026-03-29T01:00:00Z g", "2026-03-30T00:30:00Z"];
    assert_eq!(firings("30 2 * * *", "Europe/Berlin", after, 2), moved);
    assert_eq!(firings("0 2 * * *", "Europe/Berlin", after, 1), ["2026-03-29T01:00:00Z g"]);
    assert_eq!(firings("0 3 * * *", "Europe/Berlin", after, 1), ["2026-03-29T01:00:00Z"]);
    // Four times of one night meet at the end of the gap: one firing.
    let night = ["2026-03-29T01:00:00Z g", "2026-03-29T01:20:00Z", "2026-03-29T01:40:00Z", "2026-03-30T00:00:00Z"];
    assert_eq!(firings("*/20 2-3 * * *", "Europe/Berlin", after, 4), night);
    // A line for every hour follows the wall clock: no firing is moved.
    let hours = ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"];
    assert_eq!(firings("30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3), hours);
}

#[test]
fn berlin_fold() {
    // 2026-10-25: 03:00 becomes 02:00, at 01:00Z.
    let once = ["2026-10-25T00:30:00Z 1", "2026-10-26T01:30:00Z"];
    assert_eq!(firings("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2), once);
    let both = [
        "2026-10-24T23:30:00Z",
        "2026-10-25T00:00:00Z 1",
        "2026-10-25T00:30:00Z 1",
        "2026-10-25T01:00:00Z 2",
        "2026-10-25T01:30:00Z 2",
        "2026-10-25T02:00:00Z",
    ];
    assert_eq!(firings("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:00:00Z", 6), both);
    // Between the two passes the fixed job is not due again.
    assert_eq!(firings("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", 1), ["2026-10-26T01:30:00Z"]);
}

#[test]
fn new_york() {
    // 2026-03-08 02:00 EST becomes 03:00 EDT at 07:00Z; 2026-11-01 02:00 EDT becomes 01:00 EST at 06:00Z.
    let gap = ["2026-03-08T07:00:00Z g", "2026-03-09T06:15:00Z"];
    assert_eq!(firings("15 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", 2), gap);
    let fold = ["2026-11-01T05:15:00Z 1", "2026-11-02T06:15:00Z"];
    assert_eq!(firings("15 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2), fold);
}

#[test]
fn sao_paulo_changed_at_midnight() {
    // 2018-11-04 00:00 became 01:00 at 03:00Z; 2018-02-18 00:00 became 23:00 of the 17th at 02:00Z.
    let gap = ["2018-11-04T03:00:00Z g", "2018-11-05T02:00:00Z"];
    assert_eq!(firings("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 2), gap);
    let fold = ["2018-02-18T01:30:00Z 1", "2018-02-19T02:30:00Z"];
    assert_eq!(firings("30 23 * * *", "America/Sao_Paulo", "2018-02-17T12:00:00Z", 2), fold);
    // Since 2019 nothing changes there.
    assert_eq!(firings("0 0 * * *", "America/Sao_Paulo", "2026-11-01T12:00:00Z", 1), ["2026-11-02T03:00:00Z"]);
}

#[test]
fn lord_howe_shifts_by_half_an_hour() {
    // 2026-10-04 02:00 (+10:30) becomes 02:30 (+11) at 2026-10-03T15:30Z; 2026-04-05 02:00 (+11) becomes 01:30 at 2026-04-04T15:00Z.
    let gap = ["2026-10-03T15:30:00Z g", "2026-10-04T15:15:00Z"];
    assert_eq!(firings("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2), gap);
    let fold = ["2026-04-04T14:45:00Z 1", "2026-04-05T15:15:00Z"];
    assert_eq!(firings("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 2), fold);
    let hourly = ["2026-04-04T14:15:00Z", "2026-04-04T14:45:00Z 1", "2026-04-04T15:15:00Z 2", "2026-04-04T15:45:00Z"];
    assert_eq!(firings("15,45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", 4), hourly);
}

#[test]
fn zones_without_changes() {
    assert_eq!(firings("30 2 29 3 *", "Asia/Tokyo", "2026-01-01T00:00:00Z", 1), ["2026-03-28T17:30:00Z"]);
    assert_eq!(firings("30 2 29 3 *", "UTC", "2026-01-01T00:00:00Z", 1), ["2026-03-29T02:30:00Z"]);
}

#[test]
fn a_day_that_was_left_out() {
    // Samoa had no 2011-12-30: everything due on it comes at the first instant of the 31st.
    let samoa = ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z g", "2011-12-30T22:00:00Z"];
    assert_eq!(firings("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 3), samoa);
}

#[test]
fn lines_that_end() {
    assert_eq!(firings("0 0 0 1 1 * 2027", "UTC", "2026-01-01T00:00:00Z", 5), ["2027-01-01T00:00:00Z"]);
    assert_eq!(timing("0 0 0 1 1 * 2020", "UTC").next_after("2026-01-01T00:00:00Z".parse().unwrap()), None);
}

/// A second, slower way to the answer: look at every second minute of the time line.
fn hourly_by_looking(zone: &TimeZone, minutes: &[i8], from: Timestamp, hours: i64) -> Vec<Timestamp> {
    (1..=hours * 60)
        .map(|minute| Timestamp::from_second(from.as_second() + minute * 60).unwrap())
        .filter(|at| minutes.contains(&zone.to_datetime(*at).minute()))
        .collect()
}

/// The rule for lines with fixed hours, told slowly: once at each of its times, at the first in a fold, and at the end of a gap that
/// swallowed one.
fn fixed_by_looking(
    zone: &TimeZone,
    minutes: &[i8],
    hours: &[i8],
    days: &[i8],
    from: Timestamp,
    span: i64,
) -> Vec<Timestamp> {
    let matches = |at: civil::DateTime| {
        minutes.contains(&at.minute())
            && hours.contains(&at.hour())
            && days.contains(&at.weekday().to_sunday_zero_offset())
    };
    let minute = |number: i64| Timestamp::from_second(from.as_second() + number * 60).unwrap();
    let due = |at: Timestamp, before: Timestamp| {
        let (civil, last) = (zone.to_datetime(at), zone.to_datetime(before));
        let first = zone.to_ambiguous_timestamp(civil).earlier().unwrap() == at;
        let swallowed = (1..).map(|minutes| last.checked_add(jiff::Span::new().minutes(minutes)).unwrap());
        let swallowed = swallowed.take_while(|missing| *missing < civil).any(matches);
        swallowed || (first && matches(civil))
    };
    (1..=span * 60).filter(|&number| due(minute(number), minute(number - 1))).map(minute).collect()
}

/// Numbers as a list of them is written.
fn list(numbers: &std::collections::BTreeSet<i8>) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, ..ProptestConfig::default() })]

    /// Lines with fixed hours agree with looking at every minute, around every kind of change.
    #[test]
    fn fixed_lines_agree_with_looking_at_every_minute(
        zone in prop_oneof![
            Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("America/Sao_Paulo"),
            Just("Pacific/Apia"), Just("Africa/Casablanca"), Just("Asia/Tokyo"),
        ],
        minutes in proptest::collection::btree_set(0_i8..60, 1..4), hours in proptest::collection::btree_set(0_i8..24, 1..6),
        days in prop_oneof![Just((0..7).collect()), proptest::collection::btree_set(0_i8..7, 1..4)],
        change in 0usize..40, before in 60_i64..2_000,
    ) {
        let zone_of = TimeZone::get(zone).unwrap();
        let start = Timestamp::from_second(1_230_768_000).unwrap();
        // Half a day or so before a change of the clocks; Tokyo has none.
        let change = zone_of.following(start).nth(change).map_or(start, |change| change.timestamp());
        let from = Timestamp::from_second(change.as_second().div_euclid(60) * 60 - before * 60).unwrap();
        let line = format!("{} {} * * {}", list(&minutes), list(&hours), list(&days));
        let sets = [&minutes, &hours, &days].map(|set: &std::collections::BTreeSet<i8>| set.iter().copied().collect::<Vec<_>>());
        let expected = fixed_by_looking(&zone_of, &sets[0], &sets[1], &sets[2], from, 72);
        let timing = timing(&line, zone);
        let end = Timestamp::from_second(from.as_second() + 72 * 3_600).unwrap();
        let found: Vec<_> = timing.firings(from).map(|coming| coming.at).take_while(|at| *at <= end).collect();
        prop_assert_eq!(found, expected, "{} in {} from {}", line, zone, from);
    }

    /// Whatever line is taken, in whatever zone: what it gives comes later and later.
    #[test]
    fn firings_always_come_later(
        line in "((\\*|[0-9]{1,2}|[0-9],[0-9]{2})(/[1-9])?( (\\*|[0-9]{1,2}|\\*/[1-9]|[1-5]-[6-9])){4}|@(hourly|daily|weekly|monthly|yearly))",
        zone in proptest::sample::select(&["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/Caracas", "UTC"][..]),
        start in -2_000_000_000_i64..4_000_000_000,
    ) {
        let Ok(cron) = beadle_schedule::Cron::parse(&line) else { return Ok(()) };
        let timing = beadle_schedule::Timing::Cron(cron, TimeZone::get(zone).unwrap());
        let mut last = Timestamp::from_second(start).unwrap();
        for coming in timing.firings(last).take(40) {
            prop_assert!(coming.at > last, "{} in {}: {} after {}", line, zone, coming.at, last);
            last = coming.at;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A line for every hour is due exactly when the wall clock shows its minute, through gaps and folds.
    #[test]
    fn hourly_lines_follow_the_wall_clock(
        zone in prop_oneof![Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("Asia/Tokyo")],
        minute in 0_i8..60, other in 0_i8..60, day in 0_i64..730,
    ) {
        let zone_of = TimeZone::get(zone).unwrap();
        let from = Timestamp::from_second(1_767_225_600 + day * 86_400).unwrap();
        let expected = hourly_by_looking(&zone_of, &[minute, other], from, 48);
        let timing = timing(&format!("{minute},{other} * * * *"), zone);
        let end = Timestamp::from_second(from.as_second() + 48 * 3_600).unwrap();
        let found: Vec<_> = timing.firings(from).map(|coming| coming.at).take_while(|at| *at <= end).collect();
        prop_assert_eq!(found, expected);
    }

    /// A daily job runs exactly once for every date.
    #[test]
    fn daily_jobs_run_once_a_day(
        zone in prop_oneof![
            Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("America/Sao_Paulo"), Just("Asia/Tokyo")
        ],
        hour in 0_i8..24, minute in 0_i8..60, year in 2015_i16..2027,
    ) {
        let zone_of = TimeZone::get(zone).unwrap();
        let timing = timing(&format!("{minute} {hour} * * *"), zone);
        let mut day = civil::date(year, 1, 1);
        let from = day.at(0, 0, 0, 0).to_zoned(zone_of.clone()).unwrap().timestamp();
        let before = Timestamp::from_nanosecond(from.as_nanosecond() - 1).unwrap();
        for coming in timing.firings(before).take(365) {
            prop_assert_eq!(zone_of.to_datetime(coming.at).date(), day, "{:?}", coming);
            day = day.tomorrow().unwrap();
        }
    }

    /// Asking again from any instant in between gives the same firings: no state, no order of questions.
    #[test]
    fn any_start_gives_the_same_line(step in 1_i64..7_200, line in prop_oneof![Just("*/30 * * * *"), Just("30 2 * * *"), Just("*/20 1-3 * * *")]) {
        let timing = timing(line, "Europe/Berlin");
        let (start, end) = (1_792_800_000_i64, 1_793_000_000_i64);
        let all: Vec<_> = timing.firings(Timestamp::from_second(start).unwrap()).map(|coming| coming.at).take_while(|at| at.as_second() < end + 200_000).collect();
        let mut at = start;
        while at < end {
            let now = Timestamp::from_second(at).unwrap();
            prop_assert_eq!(timing.next_after(now), all.iter().copied().find(|due| *due > now));
            at += step;
        }
    }
}
