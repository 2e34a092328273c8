use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::{Cron, Every};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn cron(line: &str) -> Timing {
    Timing::Cron(Cron::parse(line).unwrap(), TimeZone::get("Europe/Berlin").unwrap())
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn policies_after_a_night_off() {
    let timing = cron("0 * * * *");
    let (left, back) = (at("2026-11-20T20:00:00Z"), at("2026-11-21T05:30:00Z"));
    let stretch =
        |first: &str, last: &str, count, why| Stretch { first: at(first), last: at(last), count, exact: true, why };
    let old = stretch("2026-11-20T21:00:00Z", "2026-11-21T02:00:00Z", 6, Why::BeyondWindow);

    let skip = missed(&timing, left, back, Misfire::Skip, 3 * HOUR);
    assert_eq!(skip.fire, []);
    assert_eq!(skip.skipped, [old, stretch("2026-11-21T03:00:00Z", "2026-11-21T05:00:00Z", 3, Why::Policy)]);

    let once = missed(&timing, left, back, Misfire::Once, 3 * HOUR);
    assert_eq!(once.fire, [at("2026-11-21T05:00:00Z")]);
    assert_eq!(once.skipped, [old, stretch("2026-11-21T03:00:00Z", "2026-11-21T04:00:00Z", 2, Why::Policy)]);

    let all = missed(&timing, left, back, Misfire::All, 3 * HOUR);
    assert_eq!(all.fire, [at("2026-11-21T03:00:00Z"), at("2026-11-21T04:00:00Z"), at("2026-11-21T05:00:00Z")]);
    assert_eq!(all.skipped, [old]);
}

#[test]
fn an_instant_that_is_now_counts_and_the_planned_one_does_not() {
    let timing = cron("0 * * * *");
    let (left, back) = (at("2026-11-20T20:00:00Z"), at("2026-11-20T21:00:00Z"));
    assert_eq!(missed(&timing, left, back, Misfire::All, HOUR).fire, [back]);
    assert_eq!(missed(&timing, back, back, Misfire::All, HOUR), MissedPlan::default());
    assert_eq!(missed(&timing, back, left, Misfire::All, HOUR), MissedPlan::default(), "the clock went back");
}

#[test]
fn a_year_off_costs_a_handful_of_looks() {
    let (left, back) = (at("2025-11-20T20:00:00Z"), at("2026-11-20T20:00:00Z"));
    let started = std::time::Instant::now();
    let every = missed(&Timing::Every(Every::parse("1s").unwrap()), left, back, Misfire::All, 400 * 24 * HOUR);
    assert_eq!(every.fire.len(), MOST_CAUGHT_UP);
    assert_eq!(every.fire.last(), Some(&back));
    assert_eq!(every.skipped.len(), 1);
    assert_eq!(every.skipped[0].count, 365 * 86_400 - MOST_CAUGHT_UP as u64);
    assert_eq!((every.skipped[0].exact, every.skipped[0].why), (true, Why::TooMany));

    let seconds = missed(&cron("* * * * * *"), left, back, Misfire::Once, HOUR);
    assert_eq!(seconds.fire, [back]);
    assert_eq!(seconds.skipped.iter().map(|stretch| stretch.count).collect::<Vec<_>>(), [MOST_COUNTED, 3_599]);
    assert_eq!(seconds.skipped.iter().map(|stretch| stretch.exact).collect::<Vec<_>>(), [false, true]);
    // A year of seconds one by one takes minutes; the bound is generous for a slow machine.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Every missed instant is either fired or counted, exactly once.
    #[test]
    fn nothing_is_lost(
        line in prop_oneof![Just("*/7 * * * *"), Just("0 2 * * *"), Just("30 2 * * Sun"), Just("*/30 2-4 * * *"), Just("0 0 1 1 *")],
        start in 1_774_000_000_i64..1_793_000_000, length in 0_i64..400_000, window in 0_u64..400_000,
        policy in prop_oneof![Just(Misfire::Skip), Just(Misfire::Once), Just(Misfire::All)],
    ) {
        let timing = cron(line);
        let (left, back) = (Timestamp::from_second(start).unwrap(), Timestamp::from_second(start + length).unwrap());
        let due: Vec<_> = timing.firings(left).map(|coming| coming.at).take_while(|at| *at <= back).collect();
        let plan = missed(&timing, left, back, policy, Duration::from_secs(window));
        let counted: u64 = plan.skipped.iter().map(|stretch| stretch.count).sum();
        prop_assert_eq!(due.len() as u64, plan.fire.len() as u64 + counted);
        prop_assert!(plan.fire.iter().all(|at| due.contains(at)));
        prop_assert!(plan.fire.is_sorted());
        if policy == Misfire::Once && let Some(fired) = plan.fire.first() {
            prop_assert_eq!(Some(fired), due.last());
        }
    }
}
