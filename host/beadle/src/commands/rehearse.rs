//! `beadle rehearse`: all schedules at work on a private copy, on a clock of your choice; nothing is delivered.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::AnsiColor;
use async_trait::async_trait;
use beadle_egress::Redactor;
use beadle_engine::{Delivery, Engine, Options, Setup};
use beadle_plan::{
    Body, Clock, Deliver, Delivered, Effect, EffectId, Preview, QueuedEffect, ScaledClock, SystemClock, Target,
};
use beadle_store::{Lease, Place};

use super::serve;
use crate::cli::{Common, Rehearse};
use crate::exit::{Code, Exit};
use crate::terminal::{Screen, paint, plain, say};
use crate::world::{self, Wanted, World};
use crate::{instant, logging, terminal};

pub(crate) async fn rehearse(common: &Common, redactor: Redactor, asked: &Rehearse) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let start = match &asked.from {
        Some(from) => instant::parse(from, &config.host.timezone)?,
        None => SystemClock.now(),
    };
    let lasts = instant::parse_duration(&asked.lasts)?;
    if !(asked.speed.is_finite() && asked.speed > 0.0) {
        return Err(Exit::new(Code::Failed, format!("--speed {} is no speed; 60 is an hour in a minute", asked.speed)));
    }
    let folder = tempfile::Builder::new().prefix("beadle-rehearsal-").tempdir()?;
    let copy = folder.path().join("beadle.db");
    let original = world::store_to_read(&config, &redactor).await?;
    original.copy_to(&copy).await?;
    original.close().await;
    let place = Place::Sqlite(copy);
    let store = place.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::new(start, asked.speed));
    logging::follow(Arc::clone(&clock));
    let wanted = Wanted {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        redactor,
        writes: false,
        connects: true,
        speed: asked.speed,
    };
    let world = World::new(&config, wanted).await?;
    let setup = Arc::new(world.setup(config.clone(), None).await?);
    let zone = &config.host.timezone;
    say(paint(
        format!(
            "rehearsing {} from {} for {} at {} times the speed; nothing is delivered",
            common.config.display(),
            instant::show(start, zone),
            asked.lasts,
            asked.speed
        ),
        AnsiColor::Cyan,
    ));
    let printer = Arc::new(Printer { setup: Arc::clone(&setup), printed: Mutex::default() });
    let options = Options {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        audience: Arc::new(Screen { tables: false }),
        holder: serve::holder("rehearse", &place),
        delivery: Delivery::Instead(Arc::clone(&printer) as Arc<dyn Deliver>),
        lease: config.host.lease,
    };
    let engine = Engine::new(options, setup).await?;
    let serving = engine.serving();
    let end = start + lasts;
    let ending = {
        let (serving, clock, mut stop) = (serving.clone(), Arc::clone(&clock), serve::Stop::listen());
        tokio::spawn(async move {
            tokio::select! {
                () = clock.sleep_until(end) => {}
                () = stop.asked() => {}
            }
            serving.stop();
        })
    };
    let served = engine.serve().await;
    ending.abort();
    let rows: usize = {
        let printed = printer.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.values().map(HashSet::len).sum()
    };
    terminal::say(format!(
        "rehearsed until {}: {rows} rows would stand now",
        instant::show(clock.now().min(end), zone)
    ));
    store.close().await;
    served?;
    Ok(())
}

/// Prints what would be delivered, once for each key.
struct Printer {
    setup: Arc<Setup>,
    printed: Mutex<HashMap<Target, HashSet<String>>>,
}

/// How many effects are printed together.
const BATCH: usize = 500;

#[async_trait]
impl Deliver for Printer {
    fn batch(&self) -> usize {
        BATCH
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        let rows: Vec<Effect> = effects.iter().map(|queued| queued.effect.clone()).collect();
        let preview = self.preview(target, &rows).await;
        let stands: HashSet<&str> = preview.rows.iter().filter(|row| row.stands).map(|row| row.key.as_str()).collect();
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = printed.entry(target.clone()).or_default();
        effects
            .iter()
            .map(|queued| {
                let key = &queued.effect.key;
                if stands.contains(key.as_str()) || !printed.insert(key.clone()) {
                    return (queued.id, Delivered::AlreadyThere);
                }
                let Body::Row(row) = &queued.effect.body;
                let cells: Vec<String> = row.cells.iter().map(|cell| plain(cell)).collect();
                say(format!("  {} {target}: {}", paint("+", AnsiColor::Green), cells.join(" | ")));
                (queued.id, Delivered::Done { place: "rehearsed".to_owned() })
            })
            .collect()
    }

    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview {
        self.setup.deliver(Lease { term: 0 }).preview(target, effects).await
    }
}
