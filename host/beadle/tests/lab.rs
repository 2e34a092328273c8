//! A real Moodle's tables in a real MariaDB, looked at as if it were the minute in which they were recorded.

mod support;

use beadle_campus::services::{Database, mariadb_or_skip};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection};
use support::school::{BY_HAND, Town};
use support::tables::seed;
use support::{House, fixtures};

/// When the tables were recorded: 1795198790.
const THEN: &str = "2026-11-20T18:19:50Z";

/// Who was active in the five minutes before.
const TWELVE: [i64; 12] = [2, 3, 4, 5, 6, 7, 8, 18, 19, 20, 37, 41];

/// Fills a database of this process's server with the recorded tables.
async fn recorded() -> Option<Database> {
    let fixtures = fixtures::folder()?;
    let database = mariadb_or_skip()?.database();
    let dump = std::fs::read_to_string(fixtures.join("moodle/sql/moodle_lab.sql")).expect("the recorded tables");
    let mut connection = MySqlConnection::connect(&database.url).await.expect("the server");
    sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.expect("the recorded tables");
    Some(database)
}

/// Makes a folder whose database is the recorded one, with these lines of settings for the mapper.
fn house(town: &Town, database: &Database, rooms: &str) -> House {
    let house = town.house(&BY_HAND);
    let text = house.read("schedules.toml");
    let file = format!("sqlite:{}", town.campus.database_path.display());
    let text: String = text
        .replace(&file, &database.url)
        .replace("window = \"10m\"", "window = \"300s\"")
        .replace("show-hidden = true\n", "")
        .replace("[plugins.rooms.settings]\nrooms = [\n", &format!("[plugins.rooms.settings]\n{rooms}"))
        .lines()
        .filter(|line| !line.starts_with("    { network") && *line != "]")
        .map(|line| format!("{line}\n"))
        .collect();
    house.write("schedules.toml", text);
    house
}

async fn poll(house: &House) -> Value {
    let done = house.run(&["run", "online", "--dry-run", "--clock", THEN, "--json"]).await;
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    done.json()
}

/// Returns column `column` of the rows that would be written.
fn cells(poll: &Value, column: usize) -> Vec<&str> {
    let rows = poll["targets"][0]["rows"].as_array().expect("rows");
    rows.iter().map(|row| row["cells"][column].as_str().expect("a text")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_minute_has_its_twelve_people() {
    let Some(database) = recorded().await else { return };
    let town = Town::found().await;
    let house = house(&town, &database, "rule = \"last-segment\"\n");
    let poll = poll(&house).await;
    let summary = &poll["result"]["ok"];
    assert!(summary["sentence"].as_str().is_some_and(|said| said.starts_with("12 online in ")), "{summary:#}");
    assert_eq!(poll["report"]["counts"][0], serde_json::json!(["online", 12]));
    assert_eq!(cells(&poll, 0), TWELVE.map(seed));
    assert_eq!(
        cells(&poll, 2),
        ["1", "102", "12d", "57", "45", "7", "5e6f", "45", "7", "b", "1", "2"].map(|last| format!("Classroom {last}"))
    );
    assert!(cells(&poll, 3).iter().all(|snapshot| *snapshot == "2026-11-20 18:19:50"));
    let log = poll["log"].as_array().expect("a log");
    let said = log.iter().filter(|line| line["level"] == "warn").filter_map(|line| line["message"].as_str());
    let said: Vec<&str> = said.collect();
    assert!(
        matches!(said[..], [one] if one.contains("everybody is listed") && one.contains("user_preferences")),
        "{log:#?}"
    );
    assert!(!house.file("beadle.db").exists() && !house.file("presence.csv").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapped_address_is_in_its_network_where_it_can_be_told() {
    let Some(database) = recorded().await else { return };
    let town = Town::found().await;
    let rooms = "rooms = [{ network = \"192.168.1.0/24\", name = \"Lab 1\" }, { network = \"10.0.5.0/24\", name = \"Hall\" }]\n";
    let house = house(&town, &database, rooms);
    let poll = poll(&house).await;
    let people = cells(&poll, 0);
    assert_eq!(people, TWELVE.map(seed));
    let rooms = cells(&poll, 2);
    let room = |id: i64| people.iter().position(|one| *one == seed(id)).map(|index| rooms[index]);
    assert_eq!(room(4), Some("Lab 1"), "c0a8:12d is 192.168.1.45");
    assert_eq!(room(5), Some("Unknown"), "a0:57 is 10.0.5.7, or 10.5.0.7, or another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_on_that_evening_prints_their_rows() {
    let Some(database) = recorded().await else { return };
    let town = Town::found().await;
    let house = house(&town, &database, "rule = \"last-segment\"\n");
    house.edit("schedules.toml", "cron = \"0 0 29 2 *\"", "every = \"10s\"");
    let out = house.run(&["rehearse", "--from", "2026-11-20T18:19:47Z", "--lasts", "4s", "--speed", "1"]).await.ok();
    let rows: Vec<&str> = out.lines().filter(|line| line.starts_with("  + sheet:presence: ")).collect();
    assert_eq!(rows.len(), 12, "{out}");
    for (row, id) in rows.iter().zip(TWELVE) {
        assert!(row.contains(&seed(id)) && row.ends_with("2026-11-20 18:19:50"), "{row}");
    }
    assert!(out.contains("12 rows would stand now"), "{out}");
    assert!(!house.file("beadle.db").exists() && !house.file("presence.csv").exists(), "nothing was touched");
}
