//! Pings before conferences, with everything as it is but the clock: the watcher, a Moodle, Discord, and the engine between them.

use std::sync::Arc;

use beadle_campus::chat::Discord;
use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::ConferenceId;
use beadle_campus::school::conferences::{Activity, Calendar};
use beadle_campus::school::{Plan, School};
use beadle_campus::{Campus, Options};
use beadle_plan::Clock as _;
use beadle_store::{EffectFilter, EffectState, RunState};

use crate::world::{MORNING, Running, World, at};

/// The first poll, and the next one.
const POLLS: [i64; 2] = [1_800, 3_600];

/// When the conference begins that most stories are about, and its ping is due. All times are seconds after the morning.
const BEGINS: i64 = 3_300;
const PING: i64 = BEGINS - 300;

/// When the watcher looks again: shortly before the ping and before the beginning.
const LOOKS: [i64; 2] = [PING - 45, BEGINS - 45];

/// A school that is watched.
struct Watched {
    world: World,
    campus: Campus,
    discord: Discord,
    text: String,
    running: Running,
}

impl Watched {
    /// Begins to watch; nothing has run yet.
    async fn begin() -> Self {
        Self::with("").await
    }

    async fn with(more: &str) -> Self {
        let world = World::new().await;
        let clock = {
            let clock = Arc::clone(&world.clock);
            move || clock.now().millis()
        };
        let school = School::new(&Plan { students: 20, ..Plan::compressed() }).with_calendar(Calendar::default());
        let campus = Campus::start(Options::of(school).on(Arc::new(clock.clone()))).await.expect("a school");
        let discord = Discord::start(Arc::new(clock)).await.expect("a port");
        discord.channel("7");
        discord.role("42", true);
        for (file, secret) in [("moodle.token", campus.token.clone()), ("discord.token", discord.token())] {
            std::fs::write(world.folder.path().join(file), secret).expect("a file");
        }
        let text = format!(
            r#"
            [host]
            timezone = "Europe/Berlin"
            {more}

            [sites.main]
            url = "{}"
            token = {{ file = "moodle.token" }}

            [chats.class]
            kind = "discord"
            channel = "7"
            token = {{ file = "discord.token" }}
            endpoint = "{}"
            ping = "role:42"

            [plugins.watcher]
            builtin = "conference-watcher"
            grants = {{ chat = ["class"], moodle = ["core_webservice_get_site_info", "core_enrol_get_users_courses",
                "core_group_get_course_user_groups", "core_calendar_get_calendar_events", "core_calendar_get_calendar_event_by_id",
                "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses", "mod_bigbluebuttonbn_meeting_info"] }}

            [[schedule]]
            name = "watch"
            plugin = "watcher"
            sites = ["main"]
            every = "30m"
            settings = {{ channel = "class" }}
            "#,
            campus.moodle_url, discord.base_url
        );
        let running = world.serve_live(&text, POLLS[0]).await;
        Self { world, campus, discord, text, running }
    }

    /// Plans a conference of ten minutes.
    fn plan(&self, begins: i64) -> ConferenceId {
        let seconds = |after: i64| MORNING / 1_000 + after;
        self.campus.moodle().conferences().add(Activity {
            opening: Some(seconds(begins)),
            closing: Some(seconds(begins + 600)),
            ..Activity::new(2, "Waves and tides")
        })
    }

    fn move_to(&self, id: ConferenceId, begins: i64) {
        self.campus.moodle().conferences().move_to(id, MORNING / 1_000 + begins);
        self.campus.moodle().conferences().set_closing(id, Some(MORNING / 1_000 + begins + 600));
    }

    /// Has the schedule run when it is planned to, and returns when all that is due then was delivered.
    async fn run(&self, seconds: i64, count: usize) {
        self.world.planned(seconds).await;
        self.world.time(seconds);
        self.world.until_committed("watch", count).await;
        self.settled().await;
    }

    /// Lets the time pass; nothing is planned to run then.
    async fn pass(&self, seconds: i64) {
        self.world.time(seconds);
        self.settled().await;
    }

    /// Waits until nothing that is due waits any more.
    async fn settled(&self) {
        let now = self.world.clock.now();
        let due = async || {
            let open = EffectFilter { target: None, settled: false, limit: 100 };
            let effects = self.world.store.effects(&open).await.expect("the store works");
            effects.iter().all(|effect| effect.next_at.is_none_or(|next| next > now))
        };
        self.world.until("what is due to be delivered", due).await;
    }

    /// Returns when the role was mentioned, by messages that still stand.
    fn pings(&self) -> Vec<f64> {
        let pinged: Vec<String> = self.discord.pings("7").into_iter().map(|(id, _)| id).collect();
        let messages = self.discord.messages("7").into_iter().filter(|message| pinged.contains(&message.id));
        messages.map(|message| (message.created_ms - MORNING) as f64 / 1_000.0).collect()
    }

    /// Returns how often the role was mentioned in all.
    fn mentions(&self) -> usize {
        self.discord.pings("7").len()
    }

    async fn end(self) {
        assert_eq!(self.discord.violations(), 0);
        self.running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_goes_out_at_its_instant_and_ends_with_the_conference() {
    let watched = Watched::begin().await;
    watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    assert_eq!((watched.discord.messages("7").len(), watched.mentions()), (1, 0), "it is announced");
    watched.run(LOOKS[0], 2).await;
    watched.pass(PING - 1).await;
    assert_eq!(watched.mentions(), 0);
    watched.pass(PING).await;
    assert_eq!(watched.pings(), [PING as f64]);
    watched.run(LOOKS[1], 3).await;
    watched.run(POLLS[1], 4).await;
    assert_eq!((watched.discord.messages("7").len(), watched.mentions()), (2, 1), "it goes on");
    watched.run(BEGINS + 605, 5).await;
    assert_eq!(watched.discord.messages("7").len(), 0, "it is over");
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_moved_forward_into_the_window_is_told_at_once() {
    let watched = Watched::begin().await;
    let id = watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    watched.move_to(id, LOOKS[0] + 200);
    watched.run(LOOKS[0], 2).await;
    assert_eq!(watched.pings(), [LOOKS[0] as f64]);
    watched.pass(PING).await;
    assert_eq!(watched.mentions(), 1, "the old instant is nobody's business");
    let texts: Vec<String> = watched.discord.messages("7").iter().map(|message| message.visible()).collect();
    assert_eq!(texts.len(), 2, "one announcement, edited, and one ping: {texts:#?}");
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_put_off_is_told_later_and_again() {
    let watched = Watched::begin().await;
    let id = watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    watched.run(LOOKS[0], 2).await;
    watched.pass(PING).await;
    assert_eq!(watched.pings(), [PING as f64]);
    watched.move_to(id, 5_000);
    watched.run(LOOKS[1], 3).await;
    assert_eq!(watched.pings(), [] as [f64; 0], "what was said of the old time is taken back");
    watched.run(POLLS[1], 4).await;
    watched.run(5_000 - 345, 5).await;
    watched.pass(5_000 - 300).await;
    assert_eq!((watched.pings(), watched.mentions()), (vec![4_700.0], 2), "and people are notified again");
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_appears_shortly_before_it_begins_is_told_at_once() {
    let watched = Watched::begin().await;
    watched.plan(POLLS[0] + 180);
    watched.run(POLLS[0], 1).await;
    assert_eq!(watched.pings(), [POLLS[0] as f64]);
    assert_eq!(watched.discord.messages("7").len(), 2);
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_cancelled_is_not_told_or_taken_back() {
    let watched = Watched::begin().await;
    let (early, late) = (watched.plan(BEGINS), watched.plan(BEGINS));
    watched.run(POLLS[0], 1).await;
    watched.campus.moodle().conferences().mark_deleted(early);
    watched.run(LOOKS[0], 2).await;
    assert_eq!(watched.discord.messages("7").len(), 1);
    watched.pass(PING).await;
    assert_eq!(watched.mentions(), 1, "only the other");
    watched.campus.moodle().conferences().mark_deleted(late);
    watched.run(LOOKS[1], 3).await;
    assert_eq!(watched.discord.messages("7").len(), 0, "a cancellation at the last minute is seen");
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moodle_that_is_away_keeps_no_ping_and_removes_nothing() {
    let watched = Watched::begin().await;
    watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    // It says so with HTTP 200, as it does.
    let envelope =
        r#"{"exception":"moodle_exception","errorcode":"sitemaintenance","message":"Site is being upgraded"}"#;
    watched.campus.faults().order(Matcher::any(), None, Action::json(200, envelope));
    watched.world.planned(LOOKS[0]).await;
    watched.world.time(LOOKS[0]);
    watched.world.until_state("watch", RunState::Skipped).await;
    watched.pass(PING).await;
    assert_eq!(watched.pings(), [PING as f64]);
    assert_eq!(watched.discord.messages("7").len(), 2);
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_loses_no_ping_and_repeats_none() {
    let mut watched = Watched::begin().await;
    watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    watched.running.stop().await;
    watched.world.time(POLLS[0] + 60);
    watched.running = watched.world.serve_live(&watched.text, LOOKS[0]).await;
    watched.run(LOOKS[0], 2).await;
    watched.running.stop().await;
    // Down when it was due, and up again before the conference begins.
    watched.world.time(PING + 100);
    watched.running = watched.world.serve_live(&watched.text, LOOKS[1]).await;
    watched.settled().await;
    assert_eq!(watched.pings(), [(PING + 100) as f64]);
    watched.run(LOOKS[1], 3).await;
    assert_eq!((watched.mentions(), watched.discord.messages("7").len()), (1, 2));
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_that_is_too_late_is_left() {
    let mut watched = Watched::begin().await;
    watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    watched.running.stop().await;
    watched.world.time(BEGINS + 1);
    watched.running = watched.world.serve_live(&watched.text, POLLS[1]).await;
    watched.settled().await;
    assert_eq!(watched.mentions(), 0, "nobody hurries to what has begun");
    let all = EffectFilter { target: None, settled: true, limit: 9 };
    let states: Vec<EffectState> =
        watched.world.store.effects(&all).await.expect("the store works").iter().map(|effect| effect.state).collect();
    assert!(states.contains(&EffectState::Expired), "{states:?}");
    watched.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_run_that_hangs_nor_a_full_host_keeps_a_ping() {
    let watched = Watched::with("runs = 1").await;
    watched.plan(BEGINS);
    watched.run(POLLS[0], 1).await;
    watched.campus.faults().order(Matcher::any(), None, Action::Hang);
    watched.world.planned(LOOKS[0]).await;
    watched.world.time(LOOKS[0]);
    watched.world.until_state("watch", RunState::Running).await;
    watched.pass(PING).await;
    assert_eq!(watched.pings(), [PING as f64], "the only run that there may be is still under way");
    assert_eq!(watched.world.ran("watch", RunState::Running).await, [LOOKS[0] as f64]);
    assert_eq!(at(PING), watched.world.clock.now());
    drop(watched);
}
