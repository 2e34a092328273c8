//! `beadle doctor`: tries each connection, changing nothing, and says what to fix.

use std::sync::Arc;
use std::time::Instant as Timer;

use anstyle::AnsiColor;
use beadle_config::{Config, Mode, Schedule, SitePeer};
use beadle_egress::Redactor;
use beadle_engine::{DryRun, Setup, dry_run};
use beadle_moodle::{Failure, Site};
use beadle_plan::{ChatName, Clock, Deliver as _, Effect, Instant, LogLevel, Previewed, SystemClock, Target};
use beadle_sandbox::NoAudience;
use beadle_store::{DueTarget, Lease, Place, SqliteStore, Store, TargetState};
use serde::Serialize;

use crate::cli::{Common, Form};
use crate::exit::{Code, Exit};
use crate::instant;
use crate::terminal::{paint, plain, say, say_json};
use crate::world::{self, Wanted, World};

/// How many rows that wait are looked at.
const LOOKED_AT: usize = 500;

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Good,
    Look,
    Bad,
}

/// What was found of one thing.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    standing: Standing,
    /// What was seen, and what to do about it.
    text: String,
}

impl Finding {
    fn new(what: impl Into<String>, standing: Standing, text: impl Into<String>) -> Self {
        Self { what: what.into(), standing, text: text.into() }
    }
}

pub(crate) async fn doctor(common: &Common, redactor: Redactor, form: &Form) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let place = world::place(&config, &redactor)?;
    // Without the store the rest is looked at all the same.
    let (store, trouble) = match world::store_to_read(&config, &redactor).await {
        Ok(store) => (store, None),
        Err(exit) => (Arc::new(SqliteStore::in_memory().await?) as Arc<dyn Store>, Some(exit.message)),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wanted = Wanted {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        redactor: redactor.clone(),
        writes: false,
        connects: true,
        speed: 1.0,
    };
    let world = World::new(&config, wanted).await?;
    let setup = world.setup(config.clone(), None).await?;
    let mut findings = vec![match trouble {
        Some(trouble) => Finding::new(format!("store {place}"), Standing::Bad, redactor.redact(&trouble)),
        None => of_store(&place, &*store, clock.now()).await,
    }];
    findings.extend(of_artifacts(&config));
    for (name, configured) in &config.sites {
        let Some(site) = setup.site(name) else { continue };
        let (account, calendar) = match &configured.peer {
            SitePeer::Campus => (true, false),
            SitePeer::Moodle { account, calendar, .. } => (account.is_some(), calendar.is_some()),
        };
        if account {
            findings.push(of_account(site).await);
        }
        if calendar {
            findings.push(of_calendar(site).await);
        }
        if site.exposed() {
            let advice = "its secrets travel over plain http; give the site an https address";
            findings.push(Finding::new(format!("site {name}"), Standing::Look, advice));
        }
    }
    for name in setup.databases().names() {
        findings.extend(of_database(&setup, name).await);
    }
    let (mut of_schedules, mut rows) = (Vec::new(), Vec::new());
    for schedule in config.schedules.iter().filter(|schedule| schedule.mode != Mode::Off) {
        let dry = dry_run(&setup, schedule, clock.now(), Arc::new(NoAudience)).await;
        of_schedules.extend(of_schedule(schedule, &dry));
        rows.extend(dry.outcome.plan.effects);
    }
    let waiting = store.targets().await?;
    for name in config.sheets.keys() {
        let target = Target::Sheet(name.clone());
        let mut rows: Vec<Effect> = rows.iter().filter(|effect| effect.target == target).cloned().collect();
        rows.extend(store.queued(&target, LOOKED_AT, clock.now()).await?.into_iter().map(|queued| queued.effect));
        findings.extend(of_sheet(&setup, &target, &rows, &waiting).await);
    }
    for name in config.chats.keys() {
        findings.push(of_chat(&setup, name, &waiting).await);
    }
    findings.extend(waiting.iter().filter(|due| !is_configured(&config, &due.target)).map(of_stray));
    findings.extend(of_schedules);
    store.close().await;
    let worst = findings.iter().map(|finding| finding.standing).max().unwrap_or(Standing::Good);
    if form.json {
        say_json(&findings)?;
    } else {
        for finding in &findings {
            let sign = match finding.standing {
                Standing::Good => paint("good", AnsiColor::Green),
                Standing::Look => paint("look", AnsiColor::Yellow),
                Standing::Bad => paint("bad ", AnsiColor::Red),
            };
            say(format!("{sign}  {}: {}", finding.what, plain(&finding.text)));
        }
    }
    if worst == Standing::Bad { Err(Exit::silent(Code::Failed)) } else { Ok(()) }
}

/// Says how a schedule did that was tried dry: what its plugin finds missing, it says itself.
fn of_schedule(schedule: &Schedule, dry: &DryRun) -> Vec<Finding> {
    let what = format!("schedule {}", schedule.name);
    let mut findings = vec![match &dry.outcome.result {
        Ok(summary) => Finding::new(&what, Standing::Good, format!("tried dry: {}", summary.sentence)),
        Err(failure) => {
            Finding::new(&what, Standing::Bad, format!("tried dry, {}: {}", failure.kind.word(), failure.message))
        }
    }];
    let said = dry.outcome.log.iter().filter(|line| line.level >= LogLevel::Warn);
    findings.extend(said.map(|line| Finding::new(&what, Standing::Look, &line.message)));
    findings
}

/// Says where content is to be kept and cannot be. Nothing is written to find out.
fn of_artifacts(config: &Config) -> Option<Finding> {
    let puts = config.plugins.values().any(|plugin| plugin.grants.artifacts.iter().any(|right| right == "put"));
    let folder = &config.host.artifacts;
    // The nearest of its folders that is there, in which the others are made.
    let there = folder.ancestors().find(|above| above.exists()).filter(|_| puts)?;
    let trouble = match there.metadata() {
        Ok(found) if !found.is_dir() => format!("{} is no folder", there.display()),
        Ok(found) if found.permissions().readonly() => format!("{} cannot be written", there.display()),
        Ok(_) => return None,
        Err(error) => format!("{}: {error}", there.display()),
    };
    let text = format!("{trouble}; what plugins put is not kept (host.artifacts)");
    Some(Finding::new(format!("artifacts {}", folder.display()), Standing::Bad, text))
}

async fn of_store(place: &Place, store: &dyn Store, now: Instant) -> Finding {
    let what = format!("store {place}");
    if matches!(place.open_read_only().await, Ok(None)) {
        return Finding::new(what, Standing::Good, "not there yet; the first start makes it");
    }
    match store.holder(now).await {
        Ok(Some(holder)) => Finding::new(what, Standing::Good, format!("in use by {holder}")),
        Ok(None) => Finding::new(what, Standing::Look, "nobody serves; start `beadle serve`"),
        Err(error) => Finding::new(what, Standing::Bad, error.to_string()),
    }
}

async fn of_account(site: &Site) -> Finding {
    let what = format!("site {}", site.name());
    let began = Timer::now();
    match site.call("core_webservice_get_site_info", "{}").await {
        Ok(answer) => {
            let info: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
            let text = |key: &str| info[key].as_str().unwrap_or("?").to_owned();
            let allowed = info["functions"].as_array().map_or(0, Vec::len);
            let seen = format!(
                "{} (Moodle {}) answers user {} in {}; its token may call {allowed} functions",
                text("sitename"),
                text("release"),
                text("username"),
                instant::took(began.elapsed())
            );
            Finding::new(&what, Standing::Good, seen)
        }
        Err(failure) => refused(&what, &failure),
    }
}

async fn of_calendar(site: &Site) -> Finding {
    let what = format!("site {}", site.name());
    let began = Timer::now();
    match site.calendar_export().await {
        Ok(text) => {
            let events = text.lines().filter(|line| line.eq_ignore_ascii_case("BEGIN:VEVENT")).count();
            let seen =
                format!("its calendar export answers in {} with {events} events", instant::took(began.elapsed()));
            Finding::new(what, Standing::Good, seen)
        }
        Err(failure) => refused(&what, &failure),
    }
}

/// Says why a site does not answer; the text names the site for those who see it alone.
fn refused(what: &str, failure: &Failure) -> Finding {
    let text = failure.to_string();
    Finding::new(what, Standing::Bad, text.strip_prefix(&format!("{what}: ")).unwrap_or(&text))
}

async fn of_database(setup: &Setup, name: &str) -> Vec<Finding> {
    let health = setup.databases().check(name).await;
    let what = format!("database {name}");
    let mut findings = Vec::new();
    match (&health.problem, &health.server) {
        (Some(problem), _) => findings.push(Finding::new(&what, Standing::Bad, problem)),
        (None, server) => {
            let server = server.as_deref().unwrap_or("the server");
            let only = if health.read_only { "the session only reads" } else { "the session may write" };
            let standing = if health.read_only { Standing::Good } else { Standing::Look };
            let seen = format!("{server} answers in {}; {only}", instant::took(health.took));
            findings.push(Finding::new(&what, standing, seen));
        }
    }
    findings.extend(health.warnings.iter().map(|warning| Finding::new(&what, Standing::Look, warning)));
    // The texts name the database for those who see them alone; here the line begins with it.
    let prefix = format!("{what}: ");
    for finding in &mut findings {
        if let Some(text) = finding.text.strip_prefix(&prefix) {
            finding.text = text.to_owned();
        }
    }
    findings
}

fn is_configured(config: &Config, target: &Target) -> bool {
    match target {
        Target::Sheet(name) => config.sheets.contains_key(name),
        Target::Chat(name) => config.chats.contains_key(name),
    }
}

/// Something waits for a target that was taken out of the configuration.
fn of_stray(due: &DueTarget) -> Finding {
    let (section, what) = match &due.target {
        Target::Sheet(name) => (format!("[sheets.{name}]"), "row"),
        Target::Chat(name) => (format!("[chats.{name}]"), "message"),
    };
    let text = format!(
        "{}, but it is not configured; write a section {section}, or give them up with `beadle outbox drop`",
        waits(due.waiting, what)
    );
    Finding::new(due.target.to_string(), Standing::Bad, text)
}

/// Asks a chat's service who would write there. It is not good while its messages are held, even if it answers.
async fn of_chat(setup: &Setup, name: &ChatName, waiting: &[DueTarget]) -> Finding {
    let target = Target::Chat(name.clone());
    let what = target.to_string();
    let held = waiting.iter().find(|due| due.target == target && due.state == Some(TargetState::Held));
    match (setup.chats().check(name).await, held) {
        (None, _) => Finding::new(what, Standing::Bad, "it is not configured"),
        (Some(Err(trouble)), _) => Finding::new(what, Standing::Bad, trouble.text()),
        (Some(Ok(seen)), None) => Finding::new(what, Standing::Good, seen),
        (Some(Ok(seen)), Some(due)) => {
            let cause = due.cause.as_deref().unwrap_or("held");
            let advice = due.advice.as_ref().map_or_else(String::new, |advice| format!("; {advice}"));
            let text = format!(
                "{}: {cause}{advice}; asked just now: {seen}; the next try tells whether they go",
                waits(due.waiting, "message")
            );
            Finding::new(what, Standing::Bad, text)
        }
    }
}

/// Says how many of something wait.
fn waits(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what} waits") } else { format!("{count} {what}s wait") }
}

/// Looks at a sheet as the rows need it that would be written or wait: only they say what columns and what keys it has. It is not good
/// while its rows are held, even if it can be read.
async fn of_sheet(setup: &Setup, target: &Target, rows: &[Effect], waiting: &[DueTarget]) -> Vec<Finding> {
    let preview = setup.deliver(Lease { term: 0 }).preview(target, rows).await;
    let due = waiting.iter().find(|due| due.target == *target);
    let wait = due.map(|due| waits(due.waiting, "row"));
    let (standing, text) = match (preview.problem, due) {
        (Some(problem), _) => {
            (Standing::Bad, [Some(problem), wait].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        (None, None) => (Standing::Good, format!("new rows would go to {}", preview.place)),
        (None, Some(due)) => {
            let why = due.cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}"));
            let advice = due.advice.as_ref().map_or_else(String::new, |advice| format!("; {advice}"));
            let said = format!("{}{why}{advice}", waits(due.waiting, "row"));
            match due.state {
                Some(_) => (
                    Standing::Bad,
                    format!("{said}; it can be read now, and the next try, or a start, tells whether they go"),
                ),
                None => (Standing::Look, format!("{said}; they go to {}", preview.place)),
            }
        }
    };
    let mut findings = vec![Finding::new(target.to_string(), standing, text)];
    let twice = match &preview.what {
        Previewed::Rows { twice, .. } => &twice[..],
        Previewed::Messages { .. } => &[],
    };
    for places in twice {
        let text = format!("a key stands twice, in {places}; delete one of the rows");
        findings.push(Finding::new(target.to_string(), Standing::Look, text));
    }
    findings
}
