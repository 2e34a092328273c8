//! One poll for people online, as a program would do it that does nothing else: fetch, decode, find the room, hash, compare with the
//! poll before. No sandbox, no plan, no commit, no record of the run. `poll.py` measures it beside the whole host.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use hmac::{Hmac, Mac};
use ipnet::IpNet;
use serde::Deserialize;
use sha2::Sha256;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

#[derive(Debug, Parser)]
struct Asked {
    /// The address of the Moodle, for polls by user search.
    #[arg(long)]
    moodle: Option<String>,
    /// Its token.
    #[arg(long, default_value = "")]
    token: String,
    /// Its database, for polls by database.
    #[arg(long)]
    database: Option<PathBuf>,
    /// How many polls; a line is printed after each.
    #[arg(long, default_value_t = 10)]
    polls: u32,
    /// The pause between them, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    every: u64,
    /// The window, in seconds.
    #[arg(long, default_value_t = 300)]
    window: u64,
}

struct Seen {
    id: u64,
    address: Option<String>,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    lastaccess: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let asked = Asked::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let pool = match &asked.database {
        Some(path) => Some(SqlitePool::connect_with(SqliteConnectOptions::new().filename(path).read_only(true)).await?),
        None => None,
    };
    let key: Hmac<Sha256> = Hmac::new_from_slice(&[7; 32]).context("any length will do")?;
    let networks: Vec<(IpNet, String)> = (1..=8)
        .map(|room| Ok((format!("10.20.{room}.0/24").parse()?, format!("Room 10{room}"))))
        .collect::<anyhow::Result<_>>()?;
    let mut before: HashMap<String, String> = HashMap::new();
    for _ in 0..asked.polls {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() - asked.window;
        let seen = match (&pool, &asked.moodle) {
            (Some(pool), _) => by_database(pool, since).await?,
            (None, Some(moodle)) => by_search(&client, moodle, &asked.token, since).await?,
            (None, None) => bail!("name --moodle or --database"),
        };
        let mut now = HashMap::with_capacity(seen.len());
        for one in &seen {
            let room = one.address.as_deref().and_then(|address| room(&networks, address)).unwrap_or("Unknown");
            let mut hash = key.clone();
            hash.update(b"main");
            hash.update(one.id.to_string().as_bytes());
            now.insert(hex::encode(&hash.finalize().into_bytes()[..8]), room.to_owned());
        }
        let arrived = now.keys().filter(|who| !before.contains_key(*who)).count();
        let moved = now.iter().filter(|(who, room)| before.get(*who).is_some_and(|was| was != *room)).count();
        let left = before.keys().filter(|who| !now.contains_key(*who)).count();
        print(&format!("{} online, {arrived} arrived, {moved} moved, {left} left", now.len()));
        before = now;
        tokio::time::sleep(Duration::from_millis(asked.every)).await;
    }
    Ok(())
}

async fn by_search(client: &reqwest::Client, moodle: &str, token: &str, since: u64) -> anyhow::Result<Vec<Seen>> {
    let form = [
        ("wstoken", token),
        ("wsfunction", "core_user_get_users"),
        ("moodlewsrestformat", "json"),
        ("criteria[0][key]", "email"),
        ("criteria[0][value]", "%"),
    ];
    let answer = client.post(format!("{moodle}/webservice/rest/server.php")).form(&form).send().await?;
    let users: Users = serde_json::from_slice(&answer.bytes().await?)?;
    let active = users.users.into_iter().filter(|user| user.lastaccess > since);
    Ok(active.map(|user| Seen { id: user.id, address: None }).collect())
}

async fn by_database(pool: &SqlitePool, since: u64) -> anyhow::Result<Vec<Seen>> {
    let rows = sqlx::query("SELECT id, lastaccess, lastip FROM mdl_user WHERE deleted = 0 AND lastaccess > ?")
        .bind(i64::try_from(since)?)
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| Ok(Seen { id: u64::try_from(row.try_get::<i64, _>(0)?)?, address: Some(row.try_get(2)?) }))
        .collect()
}

fn room<'a>(networks: &'a [(IpNet, String)], address: &str) -> Option<&'a str> {
    let address: IpAddr = address.parse().ok()?;
    networks.iter().find(|(network, _)| network.contains(&address)).map(|(_, name)| name.as_str())
}

#[expect(clippy::print_stdout, reason = "the line is what the script waits for")]
fn print(line: &str) {
    println!("{line}");
}
