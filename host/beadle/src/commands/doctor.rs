//! `beadle doctor`: tries each connection, changing nothing, and says what to fix.

use std::sync::Arc;
use std::time::Instant as Timer;

use anstyle::AnsiColor;
use beadle_config::{Mode, Schedule};
use beadle_egress::Redactor;
use beadle_engine::{Setup, dry_run};
use beadle_moodle::Site;
use beadle_plan::{Clock, Deliver as _, Instant, LogLevel, SystemClock, Target};
use beadle_sandbox::NoAudience;
use beadle_store::{DueTarget, Lease, Place, Store};
use serde::Serialize;

use crate::cli::{Common, Form};
use crate::exit::{Code, Exit};
use crate::instant;
use crate::terminal::{paint, plain, say, say_json};
use crate::world::{self, Wanted, World};

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
    let store = world::store_to_read(&config, &redactor).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wanted = Wanted {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        redactor,
        writes: false,
        connects: true,
        speed: 1.0,
    };
    let world = World::new(&config, wanted).await?;
    let setup = world.setup(config.clone(), None).await?;
    let mut findings = vec![of_store(&place, &*store, clock.now()).await];
    for name in config.sites.keys() {
        if let Some(site) = setup.site(name) {
            findings.extend(of_site(site).await);
        }
    }
    for name in setup.databases().names() {
        findings.extend(of_database(&setup, name).await);
    }
    let waiting = store.targets().await?;
    for name in config.sheets.keys() {
        findings.push(of_sheet(&setup, &Target::Sheet(name.clone()), &waiting).await);
    }
    for schedule in config.schedules.iter().filter(|schedule| schedule.mode != Mode::Off) {
        findings.extend(of_schedule(&setup, schedule, clock.now()).await);
    }
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

/// Tries a schedule dry: what its plugin finds missing, it says itself.
async fn of_schedule(setup: &Setup, schedule: &Schedule, now: Instant) -> Vec<Finding> {
    let what = format!("schedule {}", schedule.name);
    let dry = dry_run(setup, schedule, now, Arc::new(NoAudience)).await;
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

async fn of_site(site: &Site) -> Vec<Finding> {
    let what = format!("site {}", site.name());
    let began = Timer::now();
    let answer = site.call("core_webservice_get_site_info", "{}").await;
    let mut findings = match answer {
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
            vec![Finding::new(&what, Standing::Good, seen)]
        }
        Err(failure) => vec![Finding::new(&what, Standing::Bad, failure.to_string())],
    };
    if site.exposed() {
        let advice = "the token travels over plain http; give the site an https address";
        findings.push(Finding::new(what, Standing::Look, advice));
    }
    findings
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

/// One line for a sheet: it is not good while its rows are held, even if it can be read.
async fn of_sheet(setup: &Setup, target: &Target, waiting: &[DueTarget]) -> Finding {
    let preview = setup.deliver(Lease { term: 0 }).preview(target, &[]).await;
    let due = waiting.iter().find(|due| due.target == *target);
    let rows = due.map(|due| format!("{} rows wait", due.waiting));
    let (standing, text) = match (preview.problem, due) {
        (Some(problem), _) => {
            (Standing::Bad, [Some(problem), rows].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        (None, None) => (Standing::Good, format!("new rows would go to {}", preview.place)),
        (None, Some(due)) => {
            let why = due.cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}"));
            let advice = due.advice.as_ref().map_or_else(String::new, |advice| format!("; {advice}"));
            let said = format!("{} rows wait{why}{advice}", due.waiting);
            match due.state {
                Some(_) => (
                    Standing::Bad,
                    format!("{said}; it can be read now, and the next try, or a start, tells whether they go"),
                ),
                None => (Standing::Look, format!("{said}; they go to {}", preview.place)),
            }
        }
    };
    Finding::new(target.to_string(), standing, text)
}
