//! Conferences from Moodle to a channel, through the whole program: what is announced, changed, removed and pinged, and what is not.

mod support;

use std::collections::BTreeSet;

use beadle_campus::chat::discord::Ping;
use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::ConferenceId;
use beadle_campus::school::conferences::{Activity, Event, Scope};
use serde_json::Value;
use support::House;
use support::files::{all_but_allowed, same};
use support::hall::{BOTS, BY_HAND, By, Hall, ROLE, Watch, full, meeting, now, on, told};
use support::host::Host;

/// A name that would notify, link and print bold, were it more than its characters. As it is typed, because Moodle takes out tags.
const TYPED: &str = "&lt;@&amp;42&gt; &lt;@&amp;1&gt; @everyone **x** [y](z)";

/// The same as it is read.
const HOSTILE: &str = "<@&42> <@&1> @everyone **x** [y](z)";

const EVENTS: &str = "core_calendar_get_calendar_events";

/// Seven conferences: one that goes on, one without an end, two that are events with links, one with a hostile name, one of a course
/// with such a name.
struct Seven {
    lecture: ConferenceId,
    consultation: ConferenceId,
    seminar: ConferenceId,
}

impl Seven {
    fn add(hall: &Hall) -> Self {
        let hand = hall.conferences();
        let lecture = hand.add(meeting(2, "Weekly lecture", on(2, 10), on(2, 11) + 1_800));
        let consultation = hand.add(Event {
            description: "<p><a href=\"https://meet.jit.si/invented-consultation\">here</a></p>".into(),
            ..Event::new(Scope::Course(3), "Consultation", on(1, 9))
        });
        let seminar = hand.add(meeting(4, "Seminar", now() - 600, now() + 3_600));
        hand.add(meeting(2, TYPED, on(3, 8), on(3, 9)));
        hand.add(Activity { opening: Some(on(4, 15)), ..Activity::new(3, "Open end") });
        hand.add(Event {
            location: "https://zoom.us/j/5550100".into(),
            ..Event::new(Scope::Site, "Assembly", on(5, 12))
        });
        hand.add(meeting(7, "Atlas", on(6, 9), on(6, 10)));
        Self { lecture, consultation, seminar }
    }
}

async fn run(house: &House) -> String {
    house.run(&["run", "class"]).await.ok()
}

/// Returns the message of a dry run under a key.
#[track_caller]
fn under<'a>(planned: &'a [Value], key: &str) -> &'a Value {
    planned.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("no {key} in {planned:#?}"))
}

/// Returns the keys of what waits.
async fn waiting(house: &House) -> BTreeSet<String> {
    let listed = house.run(&["outbox", "list", "--json"]).await.json();
    listed.as_array().expect("a list").iter().map(|one| one["key"].as_str().expect("a key").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_the_live_run_does_and_the_next_does_nothing() {
    let hall = Hall::found().await;
    let seven = Seven::add(&hall);
    let house = hall.house(&[("class", By::Bot)], &BY_HAND);
    assert!(run(&house).await.contains("7 conferences, 7 new"));
    let first = hall.discord.messages(BOTS);
    assert_eq!(first.len(), 7, "{first:#?}");

    let hand = hall.conferences();
    hand.move_to(seven.lecture, on(2, 14));
    hand.set_closing(seven.lecture, Some(on(2, 15) + 1_800));
    hand.cancel(seven.consultation);
    hand.set_closing(seven.seminar, Some(now() - 1));

    // For people, and for programs; neither leaves a trace.
    let (files, sent) = (all_but_allowed(house.path()), hall.writes());
    let out = house.run(&["run", "class", "--dry-run"]).await.ok();
    assert!(
        out.contains("nothing was written") && out.contains("\n5 conferences, 1 moved, 1 cancelled, 1 ended\n"),
        "{out}"
    );
    assert!(out.contains("\nwould write to chat:class (channel 1001 of Discord): "), "{out}");
    let old = format!("{} UTC", told(on(2, 10), "%A, %-d %B %Y, %H:%M"));
    let change = [
        format!("  - {}", full(on(2, 10), Some(on(2, 11) + 1_800)).replacen(':', "\\:", 1)),
        format!("  + ~~{old}~~ {}", full(on(2, 14), Some(on(2, 15) + 1_800)).replacen(':', "\\:", 1)),
    ];
    for line in change.iter().map(String::as_str).chain([
        "  class@main/conference/2\n  - **Consultation**",
        "  - **Seminar**",
        ", not sent any more\n",
        "  = 8 stand already, or wait for their time",
    ]) {
        assert!(out.contains(line), "{line:?} in {out}");
    }
    let json = house.run(&["run", "class", "--dry-run", "--json"]).await.json();
    let planned = json["targets"][0]["messages"].as_array().expect("messages").clone();
    for gone in ["class@main/conference/2", "class@main/conference/1003"] {
        let one = under(&planned, gone);
        assert_eq!(
            (one["before"].as_array().map(Vec::len), &one["after"]),
            (Some(1), &Value::Array(Vec::new())),
            "{one:#}"
        );
    }
    let lecture = under(&planned, "class@main/conference/1001");
    let sent_first = first.iter().find(|one| one.visible().starts_with("Weekly lecture")).expect("it was announced");
    assert_eq!(lecture["before"][0], sent_first.content.as_str(), "what stands is what was sent");
    same(&files, &all_but_allowed(house.path()));
    assert_eq!((hall.writes(), hall.discord.messages(BOTS)), (sent, first.clone()), "nothing was sent");

    // The live run makes exactly that so.
    let out = run(&house).await;
    assert!(out.contains("5 conferences, 1 moved, 1 cancelled, 1 ended"), "{out}");
    assert_eq!(hall.writes() - sent, 3, "one change and two removals");
    let second = hall.discord.messages(BOTS);
    let stayed = |title: &str| second.iter().any(|one| one.visible().starts_with(title));
    assert!(!stayed("Consultation") && !stayed("Seminar"), "{second:#?}");
    for one in &second {
        let before = first.iter().find(|before| before.id == one.id).expect("each is the message that it was");
        assert!(one == before || one.id == sent_first.id, "only what moved is another: {one:#?}");
    }
    assert_eq!(second.len(), 5);
    let moved = second.iter().find(|one| one.id == sent_first.id).expect("it is edited and not sent anew");
    assert_eq!((lecture["after"][0].as_str(), moved.edits), (Some(&*moved.content), 1));
    let link = format!("{}/mod/bigbluebuttonbn/view.php?id=17", hall.campus.moodle_url);
    let begins = on(2, 14);
    let seen = format!(
        "Weekly lecture\n{}\n{old} {} ⟨t:{begins}:R⟩\nDuration: 1 h 30 min\nJoin⟨{link}⟩",
        hall.course(2),
        full(begins, Some(on(2, 15) + 1_800))
    );
    assert_eq!(moved.visible(), seen);
    assert!(moved.content.contains(&format!("~~{old}~~")), "the old time is struck: {}", moved.content);
    assert!(hall.visible().iter().any(|text| text.starts_with(&format!("{HOSTILE}\n"))), "{:#?}", hall.visible());
    let geography = "Geography <@&1> @everyone **maps** [atlas](https://atlas.example.test)";
    assert!(hall.visible().iter().any(|text| text.contains(geography)), "{:#?}", hall.visible());
    assert_eq!(hall.discord.pings(BOTS), [], "an announcement notifies nobody");

    // And then there is nothing left to do.
    let sent = hall.writes();
    assert!(run(&house).await.contains("\n  5 conferences\n"));
    assert_eq!((hall.writes(), &hall.discord.messages(BOTS)), (sent, &second));
    let shown = house.run(&["show", "2"]).await.ok();
    for line in ["class@main/conference/2 ", "class@main/conference/1001 ", "removed", &moved.id] {
        assert!(shown.contains(line), "{line:?} in {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_conference_from_its_appearance_to_its_end() {
    let hall = Hall::found().await;
    let house = hall.house(&[("class", By::Bot)], &BY_HAND);
    assert!(run(&house).await.contains("\n  0 conferences\n"));
    let (hand, begins) = (hall.conferences(), now() + 180);
    let talk = hand.add(meeting(2, TYPED, begins, begins + 3_600));

    // It appears three minutes before it begins, when the five minutes for its ping are over: both are said at once.
    assert!(run(&house).await.contains("1 conference, 1 new"));
    let seen = hall.discord.messages(BOTS);
    let [announced, pinged] = &seen[..] else { panic!("{seen:#?}") };
    let (announced, pinged) =
        if announced.visible().starts_with('@') { (pinged, announced) } else { (announced, pinged) };
    assert!(pinged.visible().starts_with(&format!("@role:{ROLE} {HOSTILE}\nBegins ")), "{}", pinged.visible());
    let pings = [(pinged.id.clone(), Ping::Role(ROLE.to_owned()))];
    assert_eq!(hall.discord.pings(BOTS), pings, "the role, and nobody else");

    // Every run here is a start of the program.
    let sent = hall.writes();
    run(&house).await;
    assert_eq!((hall.writes(), hall.discord.messages(BOTS)), (sent, seen.clone()), "known ids are not said again");

    // Moodle says that it failed, with the status of success.
    for body in [
        r#"{"exception":"dml_read_exception","errorcode":"dmlreadexception","message":"Error reading from database"}"#,
        r#"{"exception":"moodle_exception","errorcode":"sitemaintenance","message":"The site is undergoing maintenance"}"#,
    ] {
        hall.campus.faults().order(Matcher::function(EVENTS), None, Action::json(200, body));
        let failed = house.run(&["run", "class"]).await;
        assert!(matches!(failed.code, Some(1 | 5)), "{failed:?}");
        hall.campus.faults().clear();
        assert_eq!((hall.writes(), hall.discord.messages(BOTS)), (sent, seen.clone()), "what was not seen stays");
    }

    // It is moved: the announcement is edited, the ping for the old time goes, and another waits for the new one.
    let later = on(2, 10);
    hand.move_to(talk, later);
    hand.set_closing(talk, Some(later + 3_600));
    assert!(run(&house).await.contains("1 conference, 1 moved"));
    let after = hall.discord.messages(BOTS);
    assert_eq!(after.iter().map(|one| &one.id).collect::<Vec<_>>(), [&announced.id]);
    assert!(after[0].visible().contains(&full(later, Some(later + 3_600))), "{}", after[0].visible());
    assert_eq!(waiting(&house).await, BTreeSet::from([format!("class@main/ping/1001/300/{later}")]));

    // It leaves the thirty days that are looked at: it is edited, and not forgotten.
    let far = on(40, 10);
    hand.move_to(talk, far);
    hand.set_closing(talk, Some(far + 3_600));
    assert!(run(&house).await.contains("1 conference, 1 moved"));
    let after = hall.discord.messages(BOTS);
    assert!(after[0].id == announced.id && after[0].visible().contains(&full(far, Some(far + 3_600))), "{after:#?}");

    // It is called off: nothing stands, and nothing waits.
    hand.mark_deleted(talk);
    assert!(run(&house).await.contains("0 conferences, 1 cancelled"));
    assert_eq!((hall.visible(), waiting(&house).await), (Vec::new(), BTreeSet::new()));
    assert_eq!(hall.discord.pings(BOTS), pings, "nobody was notified again");
}

/// How the times of a school day pass in a minute.
const SHORT: Watch = Watch { when: "every = \"30m\"", settings: "ping-before = [\"3s\"]" };

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_comes_at_its_time_without_moodle_and_once_also_after_a_crash() {
    let hall = Hall::found().await;
    let house = hall.house(&[("class", By::Bot)], &SHORT);
    let mut host = house.serve().await;
    let begins = now() + 10;
    hall.conferences().add(meeting(2, "Talk", begins, begins + 3_600));
    run(&house).await;
    host.line("delivered target=chat:class key=\"class@main/conference/1001\"").await;
    assert_eq!((hall.visible().len(), hall.discord.pings(BOTS)), (1, Vec::new()));
    // The host dies, and Moodle is away when the next one starts: what was committed is enough.
    host.kill().await;
    hall.campus.faults().order(Matcher::any(), None, Action::Reset);
    let mut host = house.serve().await;
    host.line(&format!("delivered target=chat:class key=\"class@main/ping/1001/3/{begins}\"")).await;
    let stands = hall.discord.messages(BOTS);
    let ping = stands.last().expect("a ping");
    assert_eq!(hall.discord.pings(BOTS), [(ping.id.clone(), Ping::Role(ROLE.to_owned()))]);
    let late = ping.created_ms - (begins - 3) * 1_000;
    assert!((0..2_000).contains(&late), "{late} ms after its instant");
    host.kill().await;
    hall.campus.faults().clear();
    let host = house.serve().await;
    run(&house).await;
    assert_eq!(hall.discord.messages(BOTS), stands, "and once");
    host.stop_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_of_tomorrow_keeps_nobody_busy_today() {
    let hall = Hall::found().await;
    let house = hall.house(&[("class", By::Bot)], &BY_HAND);
    hall.conferences().add(meeting(2, "Talk", on(1, 9), on(1, 10)));
    // Whoever looks for work without end looks so often within a moment.
    let mut command = house.command(&["serve"]);
    command.env("BEADLE_KILL_POINT", "kill before targets 100");
    let mut host = Host::start(command);
    host.line("serving").await;
    run(&house).await;
    host.line("delivered target=chat:class").await;
    run(&house).await;
    host.stop_cleanly().await;
    let mut command = house.command(&["run", "class"]);
    command.env("BEADLE_KILL_POINT", "kill before targets 100");
    let (ended, log) = Host::start(command).end().await;
    assert_eq!(ended.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_at_the_last_minute_is_seen_in_time_though_polls_are_rare() {
    let hall = Hall::found().await;
    let house = hall.house(&[("class", By::Bot)], &SHORT);
    let mut host = house.serve().await;
    // The watcher looks again 45 s before the ping.
    let begins = now() + 61;
    let (hand, ends) = (hall.conferences(), begins + 3_600);
    let talk = hand.add(meeting(2, "Talk", begins, ends));
    hand.add(meeting(2, "Lecture", on(2, 10), on(2, 11)));
    run(&house).await;
    host.all_of(&["key=\"class@main/conference/1001\"", "key=\"class@main/conference/1002\""]).await;
    assert_eq!(hall.visible().len(), 2);
    hand.mark_deleted(talk);
    host.line("1 conference, 1 cancelled").await;
    assert!(now() < begins - 3, "before its ping would have been sent");
    host.line("key=\"class@main/conference/1001\"").await;
    host.stop_cleanly().await;
    assert_eq!(waiting(&house).await, BTreeSet::from([format!("class@main/ping/1002/3/{}", on(2, 10))]));
    assert_eq!((hall.visible().len(), hall.discord.pings(BOTS)), (1, Vec::new()));
    let runs = house.run(&["runs", "--json"]).await.json();
    let [woken, first] = &runs.as_array().expect("runs")[..] else { panic!("two runs: {runs:#}") };
    assert_eq!((&woken["trigger"], &first["trigger"]), (&"time".into(), &"manual".into()), "{runs:#}");
}
