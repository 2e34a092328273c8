//! The `run` interface: the run itself, and how it speaks to those who watch it.

use beadle_plan::{Instant, LogLevel, Trigger};
use wasmtime::component::{HasSelf, Linker};

use crate::Table;
use crate::check::granted;
use crate::view::View;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/run",
        world: "uses-run",
        imports: { default: async | trappable },
    });
}

use generated::beadle::run::run as wit;

/// Adds the interface to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<View>) -> wasmtime::Result<()> {
    wit::add_to_linker::<View, HasSelf<View>>(linker, |view| view)
}

/// The most texts that one call turns into pseudonyms; a large site has 50,000 accounts.
const MOST_TEXTS: usize = 1_000_000;

/// How many are made at a time before others get their turn: some milliseconds' work.
const AT_A_TIME: usize = 5_000;

impl wit::Host for View {
    async fn context(&mut self) -> wasmtime::Result<wit::Terms> {
        self.stage.call()?;
        let context = &self.watch.context;
        Ok(wit::Terms {
            schedule: context.schedule.to_string(),
            plugin: context.plugin.to_string(),
            site: context.site.as_ref().map(ToString::to_string),
            trigger: match context.trigger {
                Trigger::Time => wit::Trigger::Time,
                Trigger::Manual => wit::Trigger::Manual,
                Trigger::Change => wit::Trigger::Change,
            },
            instant: u64::try_from(context.instant.millis()).unwrap_or(0),
            attempt: context.attempt,
            dry: context.dry,
            settings: context.settings.clone(),
            timezone: context.timezone.clone(),
            language: context.language.clone(),
            granted: granted(&self.configured.grants, self.configured.mapper.is_some()),
            terminal: self.watch.audience.terminal(),
            announce_first: context.announce_first,
        })
    }

    async fn pseudonyms(&mut self, texts: Vec<String>) -> wasmtime::Result<Result<Vec<String>, wit::Error>> {
        self.stage.call()?;
        let Some(key) = &self.services.key else {
            return Ok(Err(wit::Error::Denied("there are no pseudonyms here".into())));
        };
        if texts.len() > MOST_TEXTS {
            return Ok(Err(wit::Error::Invalid(format!("more than {MOST_TEXTS} texts in one call"))));
        }
        self.stage.respond(texts.len() * 16)?;
        let site = self.watch.context.site.as_ref().map_or("", |site| site.as_str());
        let mut pseudonyms = Vec::with_capacity(texts.len());
        for some in texts.chunks(AT_A_TIME) {
            pseudonyms.extend(some.iter().map(|text| key.pseudonym(site, text)));
            tokio::task::yield_now().await;
        }
        Ok(Ok(pseudonyms))
    }

    async fn checkpoint(&mut self) -> wasmtime::Result<Result<(), wit::Error>> {
        self.stage.call()?;
        match self.watch.checkpoint.clone() {
            Some(checkpoint) => {
                let plan = self.stage.take_plan();
                // What was staged is out of the plugin's hands now: if it cannot be committed, the run must not go on.
                checkpoint.commit(plan).await.map_err(wasmtime::Error::msg)?;
                self.ledger.forget();
                self.catalog.forget();
            }
            None => self.put_aside()?,
        }
        Ok(Ok(()))
    }

    async fn wake_at(&mut self, at: u64) -> wasmtime::Result<Result<(), wit::Error>> {
        self.stage.call()?;
        let at = Instant::from_millis(i64::try_from(at).unwrap_or(i64::MAX));
        let asked = self.stage.wake(at, self.services.clock.now());
        Ok(asked.map_err(|refused| wit::Error::Invalid(refused.to_string())))
    }

    async fn progress(&mut self, done: u64, total: Option<u64>, what: String) -> wasmtime::Result<()> {
        self.stage.call()?;
        self.watch.audience.progress(&self.watch.context, done, total, &what);
        Ok(())
    }

    async fn show(&mut self, table: wit::Table) -> wasmtime::Result<()> {
        self.stage.call()?;
        if self.watch.audience.terminal() {
            let table = Table { title: table.title, columns: table.columns, rows: table.rows, notes: table.notes };
            self.watch.audience.show(&self.watch.context, table);
        }
        Ok(())
    }

    async fn log(&mut self, level: wit::Level, message: String) -> wasmtime::Result<()> {
        self.stage.call()?;
        let level = match level {
            wit::Level::Debug => LogLevel::Debug,
            wit::Level::Info => LogLevel::Info,
            wit::Level::Warn => LogLevel::Warn,
            wit::Level::Error => LogLevel::Error,
        };
        self.stage.log(self.services.clock.now(), level, &message);
        Ok(())
    }
}
