//! Writes answers as a `schedules.toml` that a person will read and change.

use std::fmt::Write as _;

use super::{Answers, SheetAnswer};
use crate::values::{duration_text, quoted};

/// Writes a `schedules.toml`, which loads without error where the secrets that it names are there.
pub fn render(answers: &Answers) -> String {
    [
        head().to_owned(),
        host(answers),
        site(answers),
        database(answers),
        sheet(answers),
        rooms(answers),
        plugin(answers),
        schedule(answers),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join("\n")
}

fn head() -> &'static str {
    "\
# What this Beadle watches, where it writes, and when. `beadle check` says what is wrong with this file;
# a running host takes over each edit by itself.
#
# Passwords and tokens never stand here. Write where they are: { env = \"NAME\" } or { file = \"PATH\" }.
"
}

fn host(answers: &Answers) -> String {
    let mut text = String::from("[host]\nstore = \"sqlite:beadle.db\"\n");
    if let Some(zone) = &answers.timezone {
        let _ = writeln!(text, "timezone = {}", quoted(zone));
    }
    if let Some(language) = &answers.language {
        let _ = writeln!(text, "language = {}", quoted(language));
    }
    text
}

fn site(answers: &Answers) -> String {
    match &answers.site {
        Some(site) => format!("[sites.main]\nurl = {}\ntoken = {}\n", quoted(&site.url), site.token),
        None => "# The simulated school; its days last twelve minutes.\n[campus]\nday = \"12m\"\n\n[sites.main]\nurl = \"campus:\"\n".into(),
    }
}

fn database(answers: &Answers) -> String {
    match (&answers.site, &answers.database) {
        (None, _) => "[databases.moodle]\nurl = \"campus:\"\n".to_owned(),
        (Some(_), None) => String::new(),
        (Some(_), Some(database)) => {
            let mut text = String::from("# A user that may only SELECT is enough.\n[databases.moodle]\n");
            let _ = writeln!(text, "url = {}", quoted(&database.url));
            if let Some(password) = &database.password {
                let _ = writeln!(text, "password = {password}");
            }
            let _ = writeln!(text, "prefix = {}", quoted(&database.prefix));
            text
        }
    }
}

fn sheet(answers: &Answers) -> String {
    match &answers.sheet {
        SheetAnswer::Csv { file } => format!("[sheets.presence]\nkind = \"csv\"\nfile = {}\n", quoted(file)),
        SheetAnswer::Google { spreadsheet, tab, key } => format!(
            "# Share the spreadsheet with the service account's address, as editor.\n[sheets.presence]\nkind = \"google\"\n\
             spreadsheet = {}\ntab = {}\nkey = {key}\n",
            quoted(spreadsheet),
            quoted(tab)
        ),
    }
}

fn rooms(answers: &Answers) -> String {
    let mut text = String::from(
        "# Which address is which room.\n[plugins.rooms]\nbuiltin = \"classroom-mapper\"\n\n[plugins.rooms.settings]\n",
    );
    if answers.site.is_some() {
        text.push_str(
            "rule = \"last-segment\"          # 192.168.1.45 is Classroom 45\nlabel = \"Classroom {}\"\n\
             # rule = \"table\"\n# rooms = [\n#     { network = \"10.1.2.0/24\", name = \"Lab 1\" },\n\
             #     { range = \"10.1.3.10-10.1.3.25\", name = \"Lab 2\" },\n# ]\n",
        );
        return text;
    }
    text.push_str("rule = \"table\"\nproxies = [\"192.0.2.10\"]\nrooms = [\n");
    let classrooms = (1..=8).map(|octet| (octet, format!("\"Room {}\"", 100 + octet)));
    // The wireless network is everywhere, so it is a label and no room.
    let others = [(240, "\"Library\""), (241, "\"Staff room\""), (242, "\"Wireless\", room = false")];
    for (octet, name) in classrooms.chain(others.map(|(octet, name)| (octet, name.to_owned()))) {
        let _ = writeln!(text, "    {{ network = \"10.20.{octet}.0/24\", name = {name} }},");
        let _ = writeln!(text, "    {{ network = \"2001:db8:{octet:x}::/64\", name = {name} }},");
    }
    text.push_str("]\n");
    text
}

fn plugin(answers: &Answers) -> String {
    let mut text = String::from(
        "# Who is online, in which room. What a plugin may do is what is granted here, and nothing else.\n\
         [plugins.online]\nbuiltin = \"online-users\"\nmapper = \"rooms\"\n\n[plugins.online.grants]\n\
         moodle = [\"core_enrol_get_enrolled_users\", \"core_user_get_users\"]\n",
    );
    if has_database(answers) {
        text.push_str("db = [\"moodle\"]\n");
    }
    text.push_str("sheets = [\"presence:append\"]\n");
    text
}

fn schedule(answers: &Answers) -> String {
    let mut text = String::from("[[schedule]]\nname = \"online\"\nplugin = \"online\"\nsites = [\"main\"]\n");
    let _ = writeln!(text, "every = {}", quoted(&duration_text(answers.every)));
    text.push_str("mode = \"live\"                   # or \"dry-run\": shows every plan and writes nothing\n\n[schedule.settings]\n");
    let _ = writeln!(text, "window = {}", quoted(&duration_text(answers.window)));
    text.push_str("session-gap = \"30m\"             # who was away for so long arrives anew\n");
    text.push_str("once = \"session\"                # a row for each arrival; or \"day\", or \"ever\"\n");
    if has_database(answers) {
        text.push_str("database = \"moodle\"\n");
    }
    text.push_str("sheet = \"presence\"\n");
    text.push_str(
        "identity = \"keyed\"              # \"seed\" continues a sheet with the old eight-digit pseudonyms\n",
    );
    text
}

fn has_database(answers: &Answers) -> bool {
    answers.site.is_none() || answers.database.is_some()
}
