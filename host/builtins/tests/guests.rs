//! The plugins as they are shipped, in the sandbox as it is: what pure tests beside their code cannot show.

mod school;

use beadle_plan::FailureKind;
use school::{School, load, mapper, rows, sandbox, sentence};

#[tokio::test(flavor = "multi_thread")]
async fn every_plugin_loads_and_says_why_it_wants_what_it_wants() {
    let sandbox = sandbox();
    for name in beadle_builtins::names() {
        let plugin = load(&sandbox, name, &[]).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let description = plugin.description();
        assert_eq!(description.name, name);
        assert!(description.asks.iter().all(|ask| ask.why.len() > 10), "{name}");
        assert!(!plugin.roles().is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mapper_knows_its_rooms_and_refuses_a_folder_with_a_mistake() {
    let sandbox = sandbox();
    let files = [
        ("rooms.csv", "name,network\nLab 1,10.0.1.0/24\n"),
        ("rooms.toml", "[[room]]\nname = \"Gym\"\naddress = \"10.7.7.7\"\n"),
    ];
    let mapper = mapper(&sandbox, r#"{"rule": "last-segment", "proxies": ["10.0.0.2"]}"#, &files).await;
    let addresses = ["10.0.1.9", "10.7.7.7", "10.0.0.2", "192.168.1.45", "", "N/A"].map(str::to_owned).to_vec();
    let places = mapper.locate(addresses, 0).await.expect("it answers");
    let names: Vec<Option<&str>> = places.iter().map(|place| place.as_ref().map(|place| place.name.as_str())).collect();
    assert_eq!(
        names,
        [Some("Lab 1"), Some("Gym"), Some("behind a proxy"), Some("Classroom 45"), Some("no address"), None]
    );

    let mistake = load(&sandbox, "classroom-mapper", &[("rooms.csv", "name,network\nLab 1,10.0.1.0/99\n")]).await;
    let text = mistake.expect_err("a mistake").to_string();
    assert!(text.contains("rooms.csv line 2: \"10.0.1.0/99\" is not a network"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_school_is_told_poll_by_poll() {
    let mut school = School::open(r#"{"sheet": "presence", "identity": "seed"}"#).await;
    school.enter(2, "10.0.1.5").await;
    school.enter(3, "10.0.1.6").await;
    school.enter(42, "10.9.9.9").await;
    school.hide(3).await;

    let first = school.poll().await;
    assert_eq!(sentence(&first), "3 online (1 not shown) in 1 room (Lab 1 1), 2 arrived");
    assert_eq!(
        rows(&first),
        [
            ["d4735e3a", "10:00:00", "Lab 1", "2026-11-20 10:00:00"],
            ["73475cb4", "10:00:00", "Unknown", "2026-11-20 10:00:00"]
        ]
    );
    assert!(first.log.is_empty(), "{:?}", first.log);

    school.wait(60);
    let second = school.poll().await;
    assert_eq!(sentence(&second), "3 online (1 not shown) in 1 room (Lab 1 1)");
    assert!(second.plan.effects.is_empty());
    assert!(second.plan.scopes.iter().all(|scope| scope.changes.is_empty()), "nothing happened, nothing is written");

    school.enter(2, "10.0.2.11").await;
    assert_eq!(sentence(&school.poll().await), "3 online (1 not shown) in 1 room (Lab 1 1)");
    school.wait(60);
    assert_eq!(sentence(&school.poll().await), "3 online (1 not shown) in 1 room (Library 1), 1 moved");

    school.wait(600);
    assert_eq!(sentence(&school.poll().await), "0 online, 2 left");
    school.wait(600);
    school.enter(2, "10.0.2.11").await;
    let back = school.poll().await;
    assert_eq!(sentence(&back), "1 online in 1 room (Library 1)");
    assert!(back.plan.effects.is_empty(), "the session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn pseudonyms_stand_in_rows_and_names_stand_nowhere() {
    let mut school = School::open(r#"{"sheet": "presence"}"#).await;
    school.enter(2, "10.0.1.5").await;
    let poll = school.poll().await;
    let hash = &rows(&poll)[0][0];
    assert!(hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hash}");
    let everything = format!("{poll:?}");
    assert!(!everything.contains("Ada") && !everything.contains("Quill") && !everything.contains("user2"));
    assert!(!everything.contains("10.0.1.5"), "nor does the address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_preferences_is_said_and_one_that_is_away_skips_the_poll() {
    let mut school = School::open("{}").await;
    school.enter(2, "10.0.1.5").await;
    school.sql("DROP TABLE mdl_user_preferences").await;
    let poll = school.poll().await;
    assert_eq!(sentence(&poll), "1 online in 1 room (Lab 1 1), 1 arrived");
    assert!(poll.log.iter().any(|line| line.message.contains("user_preferences")), "{:?}", poll.log);
    assert!(poll.plan.effects.is_empty(), "there is no sheet");

    let away = School::open("{}").await;
    std::fs::remove_file(away.path().join("moodle.db")).expect("the file");
    let poll = away.poll().await;
    let failure = poll.result.expect_err("nobody knows who is online");
    assert_eq!(failure.kind, FailureKind::Unavailable, "{failure:?}");
    assert!(poll.plan.scopes.is_empty());
}
