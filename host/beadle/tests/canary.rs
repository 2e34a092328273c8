//! Secrets of recognisable value stand in every place that holds one, peers repeat them in every way they have, and everything is told
//! that can be told: nothing of them is in what is printed, logged, stored, staged, or was ever in a guest's memory.
//!
//! The guest here repeats all that it hears into its log, its observations, its rows and its summary, so that its memory is searched
//! with them.

mod support;

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::{Account, MOBILE_SERVICE, PASSWORD};
use beadle_campus::services::{mariadb_or_skip, postgres_or_skip};
use serde_json::json;
use support::canaries::Canaries;
use support::school::{BOOK, TAB, Town};
use support::{Done, House, host_section};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SITE_INFO: &str = "core_webservice_get_site_info";
const USERS: &str = "core_user_get_users";

/// What marks that a guest heard an answer: without it nothing is proven.
const HEARD: &str = "the-parrot-heard-this";

const REST: &str = "/webservice/rest/server.php";
const LOGIN: &str = "/login/token.php";

/// The key of the pseudonyms.
const PSEUDONYM_KEY: &str = "canary-of-the-pseudonyms-0123456789abcdef";

/// A password with everything in it that some writer escapes. Campus takes another, so that this one is refused.
const WRONG_PASSWORD: &str = "canary p/w \"ü\" <b>+1%41</b> &x=\\u0041 ";

/// All that a host can be asked to say.
const EVERYTHING: &str = "trace,yup_oauth2::authenticator=trace,yup_oauth2::service_account=trace,hyper_util::client=trace,\
                          sqlx::query=trace,h2=trace,cranelift_codegen=info,wasmtime=info,regalloc2=info";

/// Makes a house with the parrot in it, and the secrets that every host has.
fn house(canaries: &mut Canaries, peers: &str, grants: &str, settings: &str) -> House {
    let mut house = House::new();
    std::fs::write(house.file("parrot.wasm"), beadle_test_guests::parrot()).expect("a plugin");
    house.set("BEADLE_LOG", EVERYTHING);
    house.set("PSEUDONYM_KEY", PSEUDONYM_KEY);
    canaries.add("the key of the pseudonyms", PSEUDONYM_KEY);
    house.write(
        "schedules.toml",
        format!(
            r#"{host}key = {{ env = "PSEUDONYM_KEY" }}

{peers}

[plugins.parrot]
file = "parrot.wasm"
grants = {{ {grants} }}

[[schedule]]
name = "parrot"
plugin = "parrot"
cron = "0 0 29 2 *"
{settings}
"#,
            host = host_section()
        ),
    );
    house
}

/// Runs the parrot as people do who look for a fault, and returns what came of it.
async fn squawk(house: &House, canaries: &Canaries, what: &str) -> Done {
    let done = house.run(&["-vv", "--log", "json", "run", "parrot"]).await;
    canaries.not_in(what, &done);
    done
}

/// Looks through everything else that a host can be asked for, and through its files.
async fn look_everywhere(house: &House, canaries: &Canaries, but: &[&str]) {
    let runs = house.run(&["runs", "--json", "--number", "100"]).await;
    let newest = runs.json()[0]["id"].to_string();
    canaries.not_in("runs", &runs);
    for command in [
        ["-vv", "show", &newest].as_slice(),
        &["show", &newest, "--json"],
        &["runs"],
        &["-vv", "doctor"],
        &["doctor", "--json"],
        &["-vv", "check"],
        &["-vv", "plugins", "--json"],
        &["-vv", "run", "parrot", "--dry-run"],
        &["run", "parrot", "--dry-run", "--json"],
    ] {
        canaries.not_in(&command.join(" "), &house.run(command).await);
    }
    canaries.not_in_files(house, but);
}

/// Ways to answer with these words that leave the way to the peer open.
fn answers(words: &str) -> Vec<Action> {
    let long = format!("{}{words}", "x".repeat(290));
    // An address escapes some characters by itself and leaves others as they are.
    let mut portal = url::Url::parse("https://portal.school.example/").expect("an address");
    portal.set_path(words);
    let mut answers = vec![
        Action::json(200, json!({ HEARD: words }).to_string()),
        Action::json(200, format!("\u{feff}{}", json!({ HEARD: words }))),
        // As it comes, so that what is escaped stays escaped.
        Action::json(200, format!("{{\"{HEARD}\": \"{}\"}}", words.replace(['"', '\n'], " "))),
        Action::html(200, format!("<html><input name=\"password\" value=\"{words}\"></html>")),
        Action::html(200, format!("<br />\n<b>Warning</b>: undefined {words}\n[]")),
        Action::redirect(portal),
    ];
    for message in [words, &long] {
        answers.extend([
            Action::json(
                200,
                json!({ "exception": words, "errorcode": "broken", "message": message, "debuginfo": words })
                    .to_string(),
            ),
            Action::json(200, json!({ "exception": "Error", "errorcode": message, "message": "" }).to_string()),
            Action::json(200, json!({ "error": message, "errorcode": "broken", "stacktrace": words }).to_string()),
        ]);
    }
    answers
}

/// Ways to answer after which the peer is left alone for a while.
fn ends(words: &str) -> Vec<Action> {
    let headers = ["www-authenticate", "set-cookie", "x-debug"].map(|name| (name.to_owned(), words.replace('\n', " ")));
    vec![
        Action::Answer { status: 401, headers: headers.into(), body: words.to_owned().into() },
        Action::html(502, words.to_owned()),
        Action::Garbage,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_and_the_keys_of_its_account_stay_with_the_host() {
    let town = Town::found().await;
    let mut canaries = Canaries::default();
    canaries.add("the token", Account::Full.token());
    let account = town.campus.school().account("wsbeadle").expect("the account of the token").id;
    canaries.add("the private key of the account", format!("campusprivatekey{account:016}"));
    let answers = answers(&canaries.sung());
    let mut functions = vec![SITE_INFO];
    functions.resize(answers.len() + 1, USERS);
    let settings = format!("sites = [\"main\"]\nsettings = {{ functions = {functions:?} }}");
    let peers = format!("[sites.main]\nurl = {:?}\ntoken = {{ env = \"MOODLE_TOKEN\" }}", town.campus.moodle_url);
    let mut house = house(&mut canaries, &peers, &format!("moodle = [{SITE_INFO:?}, {USERS:?}]"), &settings);
    house.set("MOODLE_TOKEN", Account::Full.token());
    for answer in answers {
        town.campus.faults().order(Matcher::function(USERS), Some(1), answer);
    }
    let done = squawk(&house, &canaries, "all answers").await.ok();
    assert!(done.matches(HEARD).count() >= 3, "it heard them: {done}");
    for end in ends(&canaries.sung()) {
        town.campus.faults().order(Matcher::path(REST), None, end);
        squawk(&house, &canaries, "an end").await;
        look_at_doctor(&house, &canaries).await;
        town.campus.faults().clear();
    }
    look_everywhere(&house, &canaries, &[]).await;
}

async fn look_at_doctor(house: &House, canaries: &Canaries) {
    canaries.not_in("doctor", &house.run(&["-vv", "doctor"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_the_tokens_it_fetches_stay_with_the_host() {
    let town = Town::found().await;
    let mut canaries = Canaries::default();
    canaries.add("the password", WRONG_PASSWORD.trim());
    let peers = format!(
        "[sites.main]\nurl = {:?}\nusername = \"manager01\"\npassword = {{ file = \"moodle.password\" }}\nservice = {MOBILE_SERVICE:?}",
        town.campus.moodle_url
    );
    let settings = format!("sites = [\"main\"]\nsettings = {{ functions = [{SITE_INFO:?}, {SITE_INFO:?}] }}");
    let house = house(&mut canaries, &peers, &format!("moodle = [{SITE_INFO:?}]"), &settings);
    house.secret("moodle.password", WRONG_PASSWORD.trim());
    squawk(&house, &canaries, "a wrong password").await;
    for answer in answers(&canaries.sung()).into_iter().skip(3).chain(ends(&canaries.sung())) {
        town.campus.faults().order(LOGIN, None, answer);
        squawk(&house, &canaries, "a login that repeats the password").await;
        town.campus.faults().clear();
    }

    // The right one, with a private token beside the token; the calls after it repeat all three.
    house.secret("moodle.password", PASSWORD);
    let mut canaries = Canaries::default();
    canaries.add("the password", PASSWORD);
    canaries.add("the key of the pseudonyms", PSEUDONYM_KEY);
    canaries.add("the fetched token", "canary0token0fetched0by0password");
    canaries.add("the private token", "canary0private0token0of0the0app0for0pages0of0sixty0four0letters0");
    let given = json!({
        "token": "canary0token0fetched0by0password",
        "privatetoken": "canary0private0token0of0the0app0for0pages0of0sixty0four0letters0",
    });
    town.campus.faults().order(LOGIN, Some(1), Action::json(200, given.to_string()));
    let mut fetched = Canaries::default();
    fetched.add("the fetched token", given["token"].as_str().expect("a text"));
    fetched.add("the private token", given["privatetoken"].as_str().expect("a text"));
    let heard = Action::json(200, json!({ HEARD: fetched.sung() }).to_string());
    town.campus.faults().order(Matcher::function(SITE_INFO), Some(1), heard);
    let refused = json!({ "exception": "x", "errorcode": "broken", "message": canaries.sung() });
    town.campus.faults().order(Matcher::function(SITE_INFO), Some(1), Action::json(200, refused.to_string()));
    let done = squawk(&house, &canaries, "a login").await.ok();
    assert!(done.contains(HEARD), "{done}");
    look_everywhere(&house, &canaries, &["moodle.password"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_accounts_key_and_its_tokens_stay_with_the_host() {
    let town = Town::with_sheets().await;
    let mut canaries = Canaries::default();
    let file = town.sheets().service_account_json();
    let key: serde_json::Value = serde_json::from_str(&file).expect("a key file");
    let line = key["private_key"].as_str().and_then(|key| key.lines().nth(3)).expect("a key of many lines");
    canaries.add("a line of the private key", line);
    let peers = format!(
        "[sheets.presence]\nkind = \"google\"\nspreadsheet = {BOOK:?}\ntab = {TAB:?}\nkey = {{ file = \"account.json\" }}\nendpoint = {:?}",
        town.sheets().base_url
    );
    let grants = "sheets = [\"presence:read\", \"presence:append\"]";
    let house = house(&mut canaries, &peers, grants, "settings = { sheets = [\"presence\"] }");
    house.secret("account.json", &file);
    let mut command = house.command(&["-vv", "--log", "json", "serve"]);
    command.env("BEADLE_LOG", EVERYTHING);
    let mut host = support::host::Host::start(command);
    host.line("serving schedules.toml").await;
    house.run(&["run", "parrot"]).await.ok();
    host.line("delivered").await;
    let faults = &town.sheets().faults;
    let seen = faults.requests_to(Matcher::path("/spreadsheets/"));
    let sent = seen.last().expect("a request").headers["authorization"].to_str().expect("a text");
    let token = sent.trim_start_matches("Bearer ");
    canaries.add("the access token", token);
    let assertion = faults.requests_to("/token")[0].param("assertion").expect("an assertion");

    // What a peer can repeat: what it was sent, and the key, which it knows.
    let mut told = Canaries::default();
    told.add("the access token", token);
    told.add("a line of the private key", line);
    let words = format!("{} {assertion} {}", told.sung(), key["private_key"].as_str().expect("a key"));
    // Repeated whole: by itself nobody could tell a signature from an id.
    canaries.add("the signature of the assertion", assertion.rsplit('.').next().expect("three parts"));
    let refused = json!({ "error": { "code": 403, "message": words, "status": words } }).to_string();
    faults.order(Matcher::path("/spreadsheets/"), None, Action::json(403, refused));
    house.run(&["run", "parrot"]).await;
    host.line("the target is held").await;
    let (_, log) = host.stop().await;
    faults.clear();
    canaries.not_in("serve", &Done { code: None, out: String::new(), err: log });
    look_everywhere(&house, &canaries, &["account.json"]).await;

    // The token endpoint repeats what it was sent, to a process that has sent no token yet.
    let words = format!("{assertion} {}", key["private_key"].as_str().expect("a key"));
    let refused = json!({ "error": words, "error_description": words }).to_string();
    faults.order("/token", None, Action::json(400, refused));
    look_at_doctor(&house, &canaries).await;
    squawk(&house, &canaries, "a refused assertion").await;
    canaries.not_in("runs", &house.run(&["runs", "--json"]).await);
    canaries.not_in_files(&house, &["account.json"]);
}

/// A server that speaks enough of PostgreSQL's protocol to be told the password in clear, and repeats it in its refusal.
async fn repeating_postgres() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Its length, and what it is: a wish for encryption or the start.
                let mut head = [0; 8];
                stream.read_exact(&mut head).await.ok()?;
                if head[4..] == 80_877_103_u32.to_be_bytes() {
                    stream.write_all(b"N").await.ok()?;
                    stream.read_exact(&mut head).await.ok()?;
                }
                let mut rest = vec![0; u32::from_be_bytes(head[..4].try_into().ok()?) as usize - 8];
                stream.read_exact(&mut rest).await.ok()?;
                stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await.ok()?;
                let mut head = [0; 5];
                stream.read_exact(&mut head).await.ok()?;
                let mut password = vec![0; u32::from_be_bytes(head[1..].try_into().ok()?) as usize - 4];
                stream.read_exact(&mut password).await.ok()?;
                let mut told = Canaries::default();
                told.add("the password", String::from_utf8_lossy(&password[..password.len() - 1]));
                let fields = format!("SFATAL\0VFATAL\0C28P01\0M{HEARD} {0}\0D{0}\0H{0}\0\0", told.sung());
                let length = u32::try_from(fields.len() + 4).ok()?;
                stream.write_all(&[b"E".as_slice(), &length.to_be_bytes(), fields.as_bytes()].concat()).await.ok()
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn the_passwords_of_databases_stay_with_the_host() {
    let password = "canary/password:of+the@database";
    let mut canaries = Canaries::default();
    canaries.add("the password", password);
    let mut urls = vec![
        format!("postgres://reader@127.0.0.1:{}/moodle", repeating_postgres().await),
        "mysql://reader@127.0.0.1:9/moodle".to_owned(),
        "postgres://reader@127.0.0.1:9/moodle".to_owned(),
    ];
    let (mariadb, postgres) = (mariadb_or_skip(), postgres_or_skip());
    let maria = mariadb.as_ref().map(|server| server.database());
    let pg = postgres.as_ref().map(|server| server.database());
    if let (Some(server), Some(database)) = (&mariadb, &maria) {
        let name = &database.name;
        let made = server.execute(&format!("CREATE USER '{name}'@'localhost' IDENTIFIED BY 'another'"));
        made.unwrap_or_else(|error| panic!("{error}"));
        urls.push(database.url_as(name, None));
    }
    urls.extend(pg.as_ref().map(|database| database.url_as("nobody_of_that_name", None)));
    let names: Vec<String> = (0..urls.len()).map(|number| format!("db{number}")).collect();
    let peers = names.iter().zip(&urls).map(|(name, url)| {
        format!("[databases.{name}]\nurl = {url:?}\npassword = {{ env = \"DB_PASSWORD\" }}\ntimeout = \"2s\"\n")
    });
    let statements = names.iter().map(|name| format!("[{name:?}, \"SELECT 1\"]")).collect::<Vec<_>>().join(", ");
    let settings = format!("settings = {{ statements = [{statements}] }}");
    let mut house = house(&mut canaries, &peers.collect::<String>(), &format!("db = {names:?}"), &settings);
    house.set("DB_PASSWORD", password);
    let done = squawk(&house, &canaries, "a refused password").await.ok();
    assert!(done.contains(HEARD), "{done}");
    look_everywhere(&house, &canaries, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_the_store_stays_with_the_host() {
    let password = "canary/password:of+the@store";
    let mut canaries = Canaries::default();
    canaries.add("the password", password);
    let mut house = house(&mut canaries, "", "", "");
    house.set("STORE_PASSWORD", password);
    let plain = std::fs::read_to_string(house.file("schedules.toml")).expect("it was written");
    let keep_in = |url: &str| {
        let store = format!("[host]\nstore = {{ url = {url:?}, password = {{ env = \"STORE_PASSWORD\" }} }}\n");
        house.write("schedules.toml", plain.replacen("[host]\n", &store, 1));
    };
    for (url, said) in [
        (format!("postgres://keeper@127.0.0.1:{}/beadle", repeating_postgres().await), HEARD),
        ("postgres://keeper@127.0.0.1:9/beadle".to_owned(), "127.0.0.1:9"),
    ] {
        keep_in(&url);
        for command in [&["run", "parrot"][..], &["serve"], &["runs"], &["show", "1"], &["doctor"], &["check"]] {
            let told = [&["-vv", "--log", "json"], command].concat();
            let done = house.run(&told).await;
            canaries.not_in(&command.join(" "), &done);
            match command[0] {
                "run" => {
                    let complaint = done.failed(4);
                    assert!(complaint.contains(said), "{complaint}");
                }
                // It looks at everything else all the same.
                "doctor" => {
                    let found = (
                        done.code,
                        done.out.contains("bad   store postgres://keeper@"),
                        done.out.contains("schedule parrot"),
                    );
                    assert_eq!(found, (Some(1), true, true), "{}", done.out);
                }
                _ => {}
            }
        }
    }
    let Some(server) = postgres_or_skip() else { return };
    let database = server.database();
    let keeper = format!("keeper_of_{}", database.name);
    for sql in [
        format!("CREATE ROLE {keeper} LOGIN PASSWORD '{password}'"),
        format!("ALTER DATABASE {} OWNER TO {keeper}", database.name),
    ] {
        server.execute(&sql).unwrap_or_else(|error| panic!("{error}"));
    }
    keep_in(&database.url_as(&keeper, None));
    squawk(&house, &canaries, "a store with a password").await.ok();
    look_everywhere(&house, &canaries, &[]).await;
}
