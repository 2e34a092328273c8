use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{Account, Config, ConfigErrors, DatabaseServer, Sheet, SitePeer, Source, Warning};

fn load(folder: &Path, text: String, env: &BTreeMap<&str, String>) -> Result<(Config, Vec<Warning>), ConfigErrors> {
    Config::from_source(&Source::from_text(folder.join("schedules.toml"), text), &|name| env.get(name).cloned())
}

fn seed() -> BTreeMap<&'static str, String> {
    [
        ("MOODLE_URL", "http://localhost/moodle/"),
        ("TOKEN", "0123456789abcdef0123456789abcdef"),
        ("INTERVAL", "10"),
        ("ONLINE_WINDOW", "300"),
        ("DB_HOST", "db.school.example"),
        ("DB_PORT", "3307"),
        ("DB_NAME", "moodle"),
        ("DB_USER", "rea der"),
        ("DB_PASSWORD", "hunter2"),
        ("DB_PREFIX", "m_"),
        ("SERVICE_ACCOUNT", "account.json"),
        ("SPREADSHEET_ID", "https://docs.google.com/spreadsheets/d/1AbC-_x/edit#gid=0"),
        ("SHEET_NAME", "Who's \"online\"?"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

#[test]
fn every_variable_of_the_script_finds_its_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("account.json"), "{}").unwrap();
    let env = seed();
    let found = from_environment(&|name| env.get(name).cloned());
    // The sheet of before goes on only with two settings: that is said, because nothing else would show it before the first rows.
    let [note] = &found.notes[..] else { panic!("{:?}", found.notes) };
    assert!(note.contains("identity = \"seed\"") && note.contains("once = \"ever\""), "{note}");
    let mut used = found.used.clone();
    used.sort_unstable();
    let mut known: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(used, known);

    let text = render(&found.answers);
    assert!(!text.contains("hunter2") && !text.contains("0123456789abcdef"), "{text}");
    let (config, _) = load(folder.path(), text, &env).unwrap();
    let site = &config.sites[&"main".into()];
    let SitePeer::Moodle { url, account, calendar: None } = &site.peer else { panic!("{site:?}") };
    let expected = Some(Account::Token(SecretRef::Env("TOKEN".into())));
    assert_eq!((url.as_str(), account), ("http://localhost/moodle", &expected));
    let database = &config.databases["moodle"];
    let DatabaseServer::MySql(url) = &database.server else { panic!("{database:?}") };
    assert_eq!(url.as_str(), "mysql://rea%20der@db.school.example:3307/moodle");
    assert_eq!((database.prefix.as_str(), &database.password), ("m_", &Some(SecretRef::Env("DB_PASSWORD".into()))));
    let key = SecretRef::File(folder.path().join("account.json"));
    let expected =
        Sheet::Google { spreadsheet: "1AbC-_x".into(), tab: "Who's \"online\"?".into(), key, endpoint: None };
    assert_eq!(config.sheets[&"presence".into()], expected);
    let schedule = config.schedule(&"online".into()).unwrap();
    assert_eq!(
        format!("{:?}", schedule.timing),
        format!("{:?}", beadle_schedule::Timing::Every("10s".parse().unwrap()))
    );
    assert_eq!(schedule.settings["window"], "5m");
}

#[test]
fn an_empty_environment_is_the_simulated_school() {
    let found = from_environment(&|_| None);
    assert_eq!(found, Found::default());
    let (config, warnings) = load(Path::new(""), render(&found.answers), &BTreeMap::new()).unwrap();
    assert!(config.uses_campus());
    assert_eq!(warnings, vec![]);
    // What is asked for by name is what the shipped file has.
    let (shipped, _) = Config::embedded(&|_| None).unwrap();
    assert_eq!(config.plugins[&"rooms".into()], shipped.plugins[&"rooms".into()]);
    assert_eq!(config.campus, shipped.campus);
}

#[test]
fn what_cannot_be_taken_over_is_said() {
    let mut env = seed();
    for (name, value) in [
        ("MOODLE_URL", "ftp://x"),
        ("INTERVAL", "often"),
        ("DB_PORT", "99999"),
        ("SERVICE_ACCOUNT", "{\"private_key\": \"abc\"}"),
    ] {
        env.insert(name, value.to_owned());
    }
    let found = from_environment(&|name| env.get(name).cloned());
    insta::assert_snapshot!(found.notes.join("\n"), @r#"
    MOODLE_URL is left out: Moodle is reached by https, not ftp
    the database is left out: "99999" is no port
    SERVICE_ACCOUNT is left out: it holds the key itself; put that into a file and name the file
    the service account's key is expected in service-account.json
    to go on with the rows of the older script, write identity = "seed" and once = "ever" under [schedule.settings]; as written now, everybody gets a new pseudonym and new rows
    INTERVAL is left out: "often" is no duration (write a number with its unit); one looks like 30s or 5m
    "#);
    assert!(found.answers.site.is_none() && found.answers.database.is_none());
}

#[test]
fn any_page_of_a_moodle_leads_to_its_front_page() {
    for (page, front) in [
        ("moodle.school.example", "https://moodle.school.example"),
        ("https://moodle.school.example/my", "https://moodle.school.example"),
        ("https://moodle.school.example/my/", "https://moodle.school.example"),
        ("https://moodle.school.example/my/courses.php", "https://moodle.school.example"),
        ("https://school.example/moodle/my/index.php?edit=1#top", "https://school.example/moodle"),
        ("https://school.example/moodle/course/view.php?id=4", "https://school.example/moodle"),
        ("https://school.example/moodle/?redirect=0", "https://school.example/moodle"),
        ("https://school.example/moodle/index.php", "https://school.example/moodle"),
        ("https://school.example/login", "https://school.example"),
        ("https://school.example/course", "https://school.example/course"),
        ("https://school.example/webservice/rest/server.php", "https://school.example"),
        ("https://school.example/mod/forum/view.php?id=3", "https://school.example"),
    ] {
        let mut questions = Questions::new(Answers::default());
        questions.answer(page).unwrap();
        assert_eq!(questions.finish().site.unwrap().url, front, "{page}");
    }
}

#[test]
fn questions_lead_to_a_file_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sa.json"), "{}").unwrap();
    let mut questions = Questions::new(Answers::default());
    let mut answer = |text: &str| questions.answer(text).map(|()| questions.question());
    answer("moodle.school.example/login/index.php").unwrap();
    let refused = answer("0123456789abcdef0123456789abcdef").unwrap_err();
    assert!(refused.contains("where it is, not what it is"), "{refused}");
    answer("MOODLE_TOKEN").unwrap();
    assert!(answer("mysql://reader:secret@db/moodle").unwrap_err().contains("leave it out"));
    for text in ["mariadb://reader@db/moodle", "DB_PASSWORD", "", "1AbC", "", "./sa.json", "20", "", "Europe/Berlin"] {
        assert!(answer(text).unwrap().is_some(), "{text}");
    }
    assert_eq!(answer("de").unwrap(), None);
    let answers = questions.finish();
    let env = [("MOODLE_TOKEN", "x".to_owned()), ("DB_PASSWORD", "y".to_owned())].into();
    let (config, _) = load(folder.path(), render(&answers), &env).unwrap();
    assert_eq!(config.host.language, crate::Language::German);
    assert_eq!(config.host.timezone.iana_name(), Some("Europe/Berlin"));
}

proptest! {
    /// Whatever the old script's variables hold, the file that is made of them loads.
    #[test]
    fn any_environment_gives_a_file_that_loads(
        values in proptest::collection::vec(prop_oneof![
            Just(String::new()), "[ -~]{0,12}", "\\PC{0,8}", "[0-9]{1,6}", "https?://[a-z./:@?#]{1,12}", "[a-z0-9.:\\[\\]/]{1,12}",
        ], 12)
    ) {
        let names = VARIABLES.iter().map(|(name, _)| *name).filter(|name| *name != "SERVICE_ACCOUNT");
        let mut env: BTreeMap<&str, String> = names.zip(values).collect();
        env.insert("TOKEN", "set".to_owned());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("service-account.json"), "{}").unwrap();
        let found = from_environment(&|name| env.get(name).cloned());
        let text = render(&found.answers);
        if let Err(errors) = load(folder.path(), text.clone(), &env) {
            prop_assert!(false, "{errors}\n{env:?}\n{text}");
        }
    }
}
