//! `beadle rehearse`: all schedules at work on a private copy, on a clock of your choice; nothing is delivered.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstyle::AnsiColor;
use async_trait::async_trait;
use beadle_egress::Redactor;
use beadle_engine::{Delivery, Engine, Options, Setup};
use beadle_plan::{
    Clock, Deliver, Delivered, Effect, EffectId, Preview, PreviewMessage, PreviewRow, Previewed, QueuedEffect,
    ScaledClock, SystemClock, Target,
};
use beadle_store::{Lease, Part, Place, Store};
use jiff::tz::TimeZone;

use super::{difference, serve};
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
    let scaled = Arc::new(ScaledClock::new(start, asked.speed));
    let clock: Arc<dyn Clock> = Arc::clone(&scaled) as Arc<dyn Clock>;
    logging::follow(Arc::clone(&clock));
    let wanted = Wanted {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        redactor,
        writes: false,
        connects: true,
        speed: asked.speed,
    };
    let mut world = World::new(&config, wanted).await?;
    world.content = world.content.over(folder.path().join("artifacts"));
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
    let printer = Arc::new(Printer {
        setup: Arc::clone(&setup),
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        zone: zone.clone(),
        printed: Mutex::default(),
    });
    let options = Options {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        audience: Arc::new(Screen { tables: false }),
        holder: serve::holder("rehearse", &place),
        delivery: Delivery::Instead(Arc::clone(&printer) as Arc<dyn Deliver>),
        lease: config.host.lease,
    };
    // Loading plugins took a while, which is none of the time that is rehearsed.
    scaled.begin_again();
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
    let printed = printer.printed.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let messages = match printed.messages {
        0 => String::new(),
        all => format!(", and {all} messages would have been sent, changed or removed"),
    };
    terminal::say(format!(
        "rehearsed until {}: {} rows would stand now{messages}",
        instant::show(clock.now().min(end), zone),
        printed.rows.values().map(HashSet::len).sum::<usize>()
    ));
    store.close().await;
    served?;
    Ok(())
}

/// Prints what would be delivered, rows once for each key.
struct Printer {
    setup: Arc<Setup>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
    printed: Mutex<Printed>,
}

/// What was printed so far.
#[derive(Clone, Default)]
struct Printed {
    rows: HashMap<Target, HashSet<String>>,
    messages: usize,
}

/// How many effects are printed together.
const BATCH: usize = 500;

#[async_trait]
impl Deliver for Printer {
    fn batch(&self, target: &Target) -> usize {
        match target {
            Target::Sheet(_) => BATCH,
            Target::Chat(_) => 1,
        }
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        let all: Vec<Effect> = effects.iter().map(|queued| queued.effect.clone()).collect();
        match self.preview(target, &all).await.what {
            Previewed::Rows { rows, .. } => self.rows(target, effects, &rows),
            Previewed::Messages { messages } => self.messages(target, effects, messages).await,
        }
    }

    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview {
        self.setup.deliver(Lease { term: 0 }).preview(target, effects).await
    }
}

impl Printer {
    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints the rows that would be written.
    fn rows(&self, target: &Target, effects: &[QueuedEffect], rows: &[PreviewRow]) -> Vec<(EffectId, Delivered)> {
        let mut printed = self.printed();
        let printed = printed.rows.entry(target.clone()).or_default();
        let row = |(queued, row): (&QueuedEffect, &PreviewRow)| {
            if row.stands || !printed.insert(row.key.clone()) {
                return (queued.id, Delivered::AlreadyThere);
            }
            let cells: Vec<String> = row.cells.iter().map(|cell| plain(cell)).collect();
            say(format!("  {} {target}: {}", paint("+", AnsiColor::Green), cells.join(" | ")));
            (queued.id, Delivered::Done { place: "rehearsed".to_owned(), note: None })
        };
        effects.iter().zip(rows).map(row).collect()
    }

    /// Prints the messages that would be sent, changed or removed, and remembers them in the copy: a later change is shown against them.
    async fn messages(
        &self,
        target: &Target,
        effects: &[QueuedEffect],
        messages: Vec<PreviewMessage>,
    ) -> Vec<(EffectId, Delivered)> {
        let mut outcomes = Vec::with_capacity(effects.len());
        for (queued, message) in effects.iter().zip(messages) {
            if message.before == message.after {
                outcomes.push((queued.id, Delivered::AlreadyThere));
                continue;
            }
            if message.until.is_some_and(|until| until <= self.clock.now()) {
                outcomes.push((queued.id, Delivered::Expired));
                continue;
            }
            say(format!("{target}\n{}", difference::message(&message, &self.zone).trim_end()));
            self.printed().messages += 1;
            let part = |text| Part { id: "rehearsed".to_owned(), text, sent: queued.created_at };
            let parts: Vec<Part> = message.after.into_iter().map(part).collect();
            let stands = self.store.stands(target, &queued.effect.key, queued.id, &parts).await;
            outcomes.push((
                queued.id,
                match stands {
                    Ok(()) => Delivered::Done { place: "rehearsed".to_owned(), note: None },
                    Err(error) => Delivered::Retry { cause: error.to_string(), not_before: None },
                },
            ));
        }
        outcomes
    }
}
