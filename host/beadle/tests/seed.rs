//! The older monitor's sheet, continued: the same rows, column by column, and nobody's name in any place that lasts.

mod support;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use support::House;
use support::files::{all, holding};
use support::school::{BY_HAND, Town, Wishes};
use support::tables::{csv, seed};

/// The addresses of which the older monitor made a room by their last segment.
const ROOMS: [(&str, &str); 8] = [
    ("192.168.1.45", "Classroom 45"),
    ("::ffff:192.168.1.45", "Classroom 192.168.1.45"),
    ("::ffff:c0a8:012d", "Classroom 012d"),
    ("2001:db8::1", "Classroom 1"),
    ("::1", "Classroom 1"),
    ("10.0.0.1", "Classroom 1"),
    ("0:0:0:0:0:ffff:c0a8:12d", "Classroom 12d"),
    ("2001:db8:12:0:0:0:0:45", "Classroom 45"),
];

/// Those of which it made garbage, or a room "N/A" for good: they name no room.
const NO_ROOMS: [&str; 8] =
    ["", "N/A", "2001:db8::", "fe80::1%eth0", "192.168.1.45:8080", "10.0.0.5, 192.168.1.9", "192.168.1.", "0.0.0.0"];

/// The older monitor's settings.
const LIKE_SEED: Wishes = Wishes {
    settings: "database = \"moodle\"\nidentity = \"seed\"\nonce = \"ever\"",
    when: "cron = \"0 0 29 2 *\"\ntimezone = \"Europe/Berlin\"",
};

/// Makes a folder in which rooms are named by the last segment, and the window is 300 s.
fn house(town: &Town) -> House {
    let house = town.house(&LIKE_SEED);
    house.edit("schedules.toml", "[plugins.rooms.settings]\n", "[plugins.rooms.settings]\nrule = \"last-segment\"\n");
    house.edit("schedules.toml", "window = \"10m\"", "window = \"300s\"");
    house
}

/// Puts everybody out of the school, and then one student at each address, each last active so many seconds ago as their place in
/// the list. Returns address and last access by pseudonym.
async fn seat<'a>(town: &mut Town, addresses: &[&'a str], now: i64) -> BTreeMap<String, (&'a str, i64)> {
    town.sql("UPDATE mdl_user SET lastaccess = 0").await;
    let students = town.absent().await;
    let mut seated = BTreeMap::new();
    for ((number, address), id) in (0..).zip(addresses).zip(students) {
        let last = now - number;
        town.sql(&format!("UPDATE mdl_user SET lastaccess = {last}, lastip = '{address}' WHERE id = {id}")).await;
        seated.insert(seed(id), (*address, last));
    }
    assert_eq!(seated.len(), addresses.len());
    seated
}

fn berlin(second: i64, form: &str) -> String {
    let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
    Timestamp::from_second(second).expect("an instant").to_zoned(zone).strftime(form).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_the_older_monitor_column_by_column() {
    let mut town = Town::found().await;
    let house = house(&town);
    let addresses: Vec<&str> = ROOMS.iter().map(|(address, _)| *address).chain(NO_ROOMS).collect();
    let before = Timestamp::now().as_second();
    let seated = seat(&mut town, &addresses, before).await;
    let out = house.run(&["run", "online"]).await.ok();
    let after = Timestamp::now().as_second();
    assert!(out.contains("16 online") && out.contains("16 arrived"), "{out}");

    let (header, rows) = csv(&house.read("presence.csv"));
    assert_eq!(header, ["Hashed ID", "Last Seen", "Classroom", "Snapshot Time"]);
    assert_eq!(rows.len(), seated.len());
    let snapshots: Vec<String> = (before..=after).map(|second| berlin(second, "%Y-%m-%d %H:%M:%S")).collect();
    for row in &rows {
        let (address, last) = seated.get(&row[0]).unwrap_or_else(|| panic!("nobody is {}", row[0]));
        assert_eq!(row[1], berlin(*last, "%H:%M:%S"), "{address:?}");
        let room = ROOMS.iter().find(|(one, _)| one == address).map_or("Unknown", |(_, room)| room);
        assert_eq!(row[2], room, "{address:?}");
        assert!(snapshots.contains(&row[3]) && row[3] == rows[0][3], "one instant for all: {row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_sheet_goes_on_and_nobody_is_written_a_second_time() {
    let mut town = Town::found().await;
    let house = house(&town);
    let seated = seat(&mut town, &["192.168.1.45", "192.168.1.46", "192.168.1.47"], Timestamp::now().as_second()).await;
    let known = seated.keys().next().expect("somebody");
    let old =
        format!("Hashed ID,Last Seen,Classroom,Snapshot Time\n{known},09:42:11,Classroom N/A,2025-01-15 09:42:15\n");
    house.write("presence.csv", &old);
    house.run(&["run", "online"]).await.ok();
    let text = house.read("presence.csv");
    assert!(text.starts_with(&old), "what stood stands: {text}");
    let (_, rows) = csv(&text);
    assert_eq!(rows.len(), 3, "two are new: {rows:?}");

    // Away for a day and back: the older monitor never wrote a person twice.
    town.sql("UPDATE mdl_user SET lastaccess = lastaccess - 600").await;
    house.run(&["run", "online"]).await.ok();
    town.sql("UPDATE mdl_user SET lastaccess = lastaccess + 600 WHERE lastaccess > 0").await;
    house.run(&["run", "online"]).await.ok();
    assert_eq!(house.read("presence.csv"), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_in_the_window_to_the_second() {
    let mut town = Town::found().await;
    let house = house(&town);
    let shown: Timestamp = "2026-11-20T10:00:00Z".parse().expect("an instant");
    town.sql("UPDATE mdl_user SET lastaccess = 0").await;
    let students = town.absent().await;
    for (id, ago) in students.iter().zip([0, 299, 300, 301]) {
        town.sql(&format!("UPDATE mdl_user SET lastaccess = {} WHERE id = {id}", shown.as_second() - ago)).await;
    }
    let json = house.run(&["run", "online", "--dry-run", "--clock", "2026-11-20T10:00:00Z", "--json"]).await.json();
    let rows = json["targets"][0]["rows"].as_array().expect("rows");
    let people: Vec<&str> = rows.iter().filter_map(|row| row["cells"][0].as_str()).collect();
    assert_eq!(people, students[..2].iter().map(|id| seed(*id)).collect::<Vec<_>>());
    assert_eq!(rows[0]["cells"][3], "2026-11-20 11:00:00", "the clock that was asked for, in the schedule's zone");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_stand_in_no_file_no_log_and_no_row() {
    let mut town = Town::found().await;
    let mut house = town.house(&Wishes { settings: "source = \"users\"", ..BY_HAND });
    // Whatever is asked for in the log, names are not in it.
    house.set("BEADLE_LOG", "debug");
    let mut printed = String::new();
    for source in ["source = \"users\"", "source = \"enrolled\"", "source = \"database\"\ndatabase = \"moodle\""] {
        house.write("schedules.toml", town.config(&Wishes { settings: source, ..BY_HAND }));
        for command in [["run", "online", "--dry-run"].as_slice(), &["run", "online"], &["runs", "--json"], &["doctor"]]
        {
            let done = house.run(command).await;
            assert_eq!(done.code, Some(0), "{command:?}: {}\n{}", done.out, done.err);
            printed += &done.out;
            printed += &done.err;
        }
    }
    assert!(printed.contains("12 online"));
    let mut hushed = town.names().await;
    let places: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT lastip FROM mdl_user WHERE length(lastip) > 6")
        .fetch_all(&mut support::tables::open(&town.campus.database_path).await)
        .await
        .expect("addresses");
    hushed.extend(places.into_iter().map(|(place,)| place));
    hushed.retain(|text| text.chars().count() > 1);
    assert!(hushed.len() > 100);
    let hushed: Vec<&str> = hushed.iter().map(String::as_str).collect();
    let mut files = all(house.path());
    files.insert("what was printed".to_owned(), printed.into_bytes());
    // The configuration names networks, not people; the account that calls is the operator's own.
    files.remove("schedules.toml");
    assert_eq!(holding(&files, &hushed), []);
}
