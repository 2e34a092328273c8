//! `beadle check`: the configuration and everything it names, without connecting anywhere.

use std::sync::Arc;

use beadle_egress::Redactor;
use beadle_plan::{Clock, SystemClock};
use beadle_store::SqliteStore;

use crate::cli::{Common, Form};
use crate::exit::{Code, Exit};
use crate::terminal::{self, say, say_json};
use crate::world::{self, Wanted, World};

pub(crate) async fn check(common: &Common, redactor: Redactor, form: &Form) -> Result<(), Exit> {
    let (config, warnings) = match world::read(common) {
        Ok(read) => read,
        Err(errors) if form.json => {
            say_json(&errors.problems())?;
            return Err(Exit::silent(Code::Configuration));
        }
        Err(errors) => return Err(Exit::new(Code::Configuration, errors)),
    };
    let store = Arc::new(SqliteStore::in_memory().await?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wanted = Wanted { store, clock, redactor, writes: false, connects: false, speed: 1.0 };
    let world = World::new(&config, wanted).await?;
    let problems = match world.setup_or_problems(config.clone(), None).await {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    let as_config = |problem: &beadle_engine::SetupProblem| {
        let path: Vec<&str> = problem.path.iter().map(String::as_str).collect();
        config.problem(&path, problem.message.clone(), None)
    };
    if form.json {
        let all: Vec<_> = warnings.iter().cloned().chain(problems.iter().map(as_config)).collect();
        say_json(&all)?;
    } else {
        for warning in &warnings {
            terminal::complain(&warning.to_string());
        }
        if !problems.is_empty() {
            return Err(Exit::new(Code::Configuration, world::render(&config, &problems)));
        }
        say(format!(
            "{} is right: {} schedules, {} plugins, {} sites, {} sheets, {} chats.",
            if common.demo { "the demonstration".to_owned() } else { common.config.display().to_string() },
            config.schedules.len(),
            config.plugins.len(),
            config.sites.len(),
            config.sheets.len(),
            config.chats.len()
        ));
        say("Nothing was connected to; `beadle doctor` tries that.");
    }
    if problems.is_empty() { Ok(()) } else { Err(Exit::silent(Code::Configuration)) }
}
