//! `beadle plugins`: what each plugin asks for, why, and what it is granted.

use std::sync::Arc;

use anstyle::AnsiColor;
use beadle_egress::Redactor;
use beadle_plan::{Clock, SystemClock};
use beadle_sandbox::{granted, is_granted};
use beadle_store::SqliteStore;

use crate::cli::{Common, Form};
use crate::exit::Exit;
use crate::terminal::{paint, plain, say, say_json};
use crate::world::{self, Wanted, World};

pub(crate) async fn plugins(common: &Common, redactor: Redactor, form: &Form) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let store = Arc::new(SqliteStore::in_memory().await?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wanted = Wanted { store, clock, redactor, writes: false, connects: false, speed: 1.0 };
    let world = World::new(&config, wanted).await?;
    let setup = world.setup(config.clone(), None).await?;
    let mut listed = Vec::new();
    for name in config.plugins.keys() {
        let Some((plugin, configured)) = setup.plugin(name) else { continue };
        let description = plugin.description();
        let roles: Vec<&str> = plugin.roles().iter().map(|role| role.word()).collect();
        let mapper = configured.mapper.is_some();
        let used: Vec<&str> = config
            .schedules
            .iter()
            .filter(|schedule| schedule.plugin == *name)
            .map(|schedule| schedule.name.as_str())
            .collect();
        if form.json {
            listed.push(serde_json::json!({
                "name": name,
                "digest": plugin.digest(),
                "roles": roles,
                "description": description,
                "granted": granted(&configured.grants, mapper),
                "schedules": used,
            }));
            continue;
        }
        let head = format!("{name}: {} {} ({})", description.name, plain(&description.version), roles.join(", "));
        say(paint(head, AnsiColor::Cyan));
        say(format!("  {}", plain(&description.summary)));
        say(format!("  digest {}", &plugin.digest()[..16]));
        for ask in &description.asks {
            let has = if is_granted(ask, &configured.grants, mapper) {
                paint("granted", AnsiColor::Green)
            } else if ask.required {
                paint("missing", AnsiColor::Red)
            } else {
                paint("not granted", AnsiColor::Yellow)
            };
            let what = if ask.what.is_empty() { String::new() } else { format!(" {}", ask.what.join(", ")) };
            let need = if ask.required { "needs" } else { "can use" };
            say(format!("  {need} {}{what}: {has}", ask.capability));
            say(format!("      {}", plain(&ask.why)));
        }
        for collection in &description.collections {
            let readable = if collection.readable { ", others may be granted to read it" } else { "" };
            say(format!("  remembers {}: {}{readable}", collection.name, plain(&collection.about)));
        }
        if !used.is_empty() {
            say(format!("  runs as {}", used.join(", ")));
        }
    }
    if form.json { say_json(&listed) } else { Ok(()) }
}
