//! Bad days that last: an hour of maintenance, an answer that drips for ever, a token that the operator replaces, a clock that is wrong.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::{Account as Known, Condition, PASSWORD};
use beadle_campus::school::{Clock, system_clock};
use beadle_campus::{Campus, Options};
use beadle_egress::{Redactor, Secret};
use beadle_moodle::{Account, Failure, NoKeeper, Reread, Site, SiteSettings, TokenHealth};
use support::{INFO, campus, egress, login, settings, site, token};

const LOGIN: &str = "/login/token.php";

fn text(result: Result<String, Failure>) -> String {
    match result {
        Err(Failure::Unavailable(text)) => text,
        other => panic!("should be unavailable: {other:?}"),
    }
}

fn open(settings: SiteSettings) -> Site {
    Site::new(settings, &egress(), Arc::new(NoKeeper), Redactor::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_maintenance_costs_a_request_a_minute_and_ends_by_itself() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Full));
    campus.moodle().set(Condition::Maintenance, true);
    for poll in 0..360 {
        let why = text(site.call(INFO, "{}").await);
        assert!(why.starts_with("site main: the site is in maintenance"), "{poll}: {why}");
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    let asked = campus.faults().count(INFO);
    assert!((60..=70).contains(&asked), "{asked} requests in an hour");
    campus.moodle().set(Condition::Maintenance, false);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(site.call(INFO, "{}").await.is_ok());
    // Another bad moment is one bad moment, not the thirty-first of a row.
    campus.moodle().set(Condition::DatabaseDown, true);
    text(site.call(INFO, "{}").await);
    campus.moodle().set(Condition::DatabaseDown, false);
    assert!(site.call(INFO, "{}").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_drips_is_given_up_and_does_not_touch_another_site() {
    let (slow, well) = (campus().await, campus().await);
    let (dripping, other) = (site(&slow, token(Known::Full)), site(&well, token(Known::Full)));
    slow.faults().order(Matcher::any(), None, Action::Drip { chunk: 1, every: Duration::from_secs(1) });
    let began = tokio::time::Instant::now();
    let (why, ()) = futures::join!(dripping.call(INFO, "{}"), async {
        slow.faults().wait_for(INFO, 1).await;
        assert!(other.call(INFO, "{}").await.is_ok(), "the other site answers meanwhile");
    });
    let why = text(why);
    assert!(why.ends_with("no whole answer within 30 s"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(31), "{:?}", began.elapsed());
}

/// A file with a secret in it, as the operator replaces it.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Option<String>>>);

impl File {
    fn write(&self, text: &str) {
        *self.0.lock().unwrap() = Some(text.to_owned());
    }

    fn reread(&self) -> Reread {
        let file = self.clone();
        Reread::by(Arc::new(move || file.0.lock().unwrap().clone().map(Secret::from)))
    }
}

#[tokio::test]
async fn a_token_that_was_replaced_in_its_file_is_taken_when_the_old_one_is_refused() {
    let campus = campus().await;
    let file = File::default();
    file.write(Known::Monitor.token());
    let site = open(SiteSettings { reread: file.reread(), ..settings(&campus, token(Known::Monitor)) });
    assert!(site.call(INFO, "{}").await.is_ok());
    file.write(Known::Full.token());
    assert!(site.call(INFO, "{}").await.is_ok(), "a token that serves is used on");
    assert_eq!(campus.faults().requests_to(INFO)[1].param("wstoken").as_deref(), Some(Known::Monitor.token()));

    campus.moodle().revoke(Known::Monitor.token());
    assert!(site.call(INFO, "{}").await.is_ok());
    assert_eq!(campus.faults().count(INFO), 4, "once with the old one, once with the new one");
    assert_eq!(site.token_health(), TokenHealth::Good);

    // A new one that is no better is tried once a call, and what it is stays out of the text.
    campus.moodle().revoke(Known::Full.token());
    file.write("anothertokenwithoutanyworth0000");
    let why = text(site.call(INFO, "{}").await);
    assert!(why.contains("make a new one") && !why.contains("withoutanyworth"), "{why}");
    assert_eq!(campus.faults().count(INFO), 6);
    text(site.call(INFO, "{}").await);
    assert_eq!(campus.faults().count(INFO), 7);
    assert_eq!(campus.faults().count(LOGIN), 0);
    file.write(Known::Viewer.token());
    assert!(site.call(INFO, "{}").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_shown_again_once_a_minute() {
    let campus = campus().await;
    let site = site(&campus, token(Known::Monitor));
    campus.moodle().revoke(Known::Monitor.token());
    for _ in 0..360 {
        assert!(text(site.call(INFO, "{}").await).contains("make a new one"));
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    let asked = campus.faults().count(INFO);
    assert!((60..=70).contains(&asked), "{asked} requests in an hour");
}

#[tokio::test]
async fn a_password_that_was_replaced_in_its_file_is_tried_at_once() {
    let campus = campus().await;
    let file = File::default();
    file.write("wrong-password");
    let site = open(SiteSettings { reread: file.reread(), ..settings(&campus, login("wrong-password")) });
    for _ in 0..20 {
        assert!(text(site.call(INFO, "{}").await).contains("the next login is tried in 5 min"));
    }
    assert_eq!(campus.faults().count(LOGIN), 1);
    file.write("another-wrong-password");
    for _ in 0..20 {
        let why = text(site.call(INFO, "{}").await);
        assert!(why.contains("the next login is tried in 10 min") && !why.contains("another"), "{why}");
    }
    assert_eq!(campus.faults().count(LOGIN), 2);
    file.write(PASSWORD);
    assert!(site.call(INFO, "{}").await.is_ok());
    assert_eq!(campus.faults().count(LOGIN), 3);
}

#[tokio::test]
async fn how_far_the_sites_clock_is_ahead_is_known_with_its_first_answer() {
    const DAY: i64 = 86_400;
    for (ahead, expected) in [(DAY, DAY), (-DAY, -DAY), (0, 0)] {
        let clock: Clock = Arc::new(move || system_clock()() + ahead * 1_000);
        let campus = Campus::start(Options::default().on(clock)).await.unwrap();
        let site = site(&campus, token(Known::Full));
        assert_eq!(site.clock_ahead(), None);
        campus.faults().order(INFO, Some(1), Action::html(200, "<html>a portal, which has a clock of its own</html>"));
        text(site.call(INFO, "{}").await);
        assert_eq!(site.clock_ahead(), None);
        site.call(INFO, "{}").await.unwrap();
        let known = site.clock_ahead().unwrap();
        // The date is cut to whole seconds.
        assert!((known - expected).abs() <= 2, "{ahead}: {known}");
    }
}

/// 64 MiB of zeros, in brotli.
const BOMB: &str = "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f0110870500baf77ffcffff837f02200e0b\
    0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0bdffcbffff3ffc1300715800a07bff07";

#[tokio::test]
async fn a_bomb_is_defused_at_the_limit() {
    let campus = campus().await;
    let account: Account = token(Known::Full);
    let site = open(SiteSettings { answer_limit: 1 << 20, ..settings(&campus, account) });
    let bomb: Vec<u8> =
        (0..BOMB.len()).step_by(2).map(|at| u8::from_str_radix(&BOMB[at..at + 2], 16).unwrap()).collect();
    let headers = vec![
        ("content-encoding".to_owned(), "br".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    campus.faults().order(INFO, Some(1), Action::Answer { status: 200, headers, body: bomb.into() });
    let result = site.call(INFO, "{}").await;
    assert!(
        matches!(&result, Err(Failure::Invalid(text)) if text.contains("raise answer-limit under [sites.main]")),
        "{result:?}"
    );
    assert!(site.call(INFO, "{}").await.is_ok());
}
