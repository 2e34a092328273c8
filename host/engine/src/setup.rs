//! A configuration with everything in it opened and loaded.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use beadle_artifacts::Content;
use beadle_chat::{Chats, Console};
use beadle_config::{Code, Config, Schedule};
use beadle_db::Databases;
use beadle_egress::{Egress, Redactor};
use beadle_files::Folder;
use beadle_moodle::Site;
use beadle_plan::{
    Clock, Deliver, Delivered, Effect, EffectId, Outcome, PluginName, Preview, QueuedEffect, ScheduleName, SiteName,
    Target,
};
use beadle_sandbox::{
    Audience, Checkpoint, Configured, Context, Mapper, Plugin, PseudonymKey, Role, Sandbox, Services,
};
use beadle_sheets::Sheets;
use beadle_store::{Artifacts, Catalog, Lease, Ledger, Messages, Outbox, Store, Tabs};

use crate::problem::SetupProblem;
use secrets::Secrets;

mod peers;
mod secrets;

/// Returns a plugin that comes with the host.
pub type Builtins = fn(&str) -> Option<&'static [u8]>;

/// Where the simulated school is, when a configuration uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampusPeers {
    /// Its Moodle.
    pub moodle_url: String,
    /// A token for it.
    pub token: String,
    /// The address of the same account's calendar export.
    pub calendar: String,
    /// Its database.
    pub database: PathBuf,
}

/// What a setup is made from, beside the configuration.
pub struct Inputs<'a> {
    /// The environment.
    pub env: &'a beadle_config::Env<'a>,
    /// The sandbox.
    pub sandbox: &'a Sandbox,
    /// The plugins that come with the host.
    pub builtins: Builtins,
    /// The simulated school, if it runs.
    pub campus: Option<&'a CampusPeers>,
    /// The store: what was observed, what delivery knows of tabs, tokens.
    pub store: Arc<dyn Store>,
    /// Where content is kept.
    pub content: Content,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The key of all pseudonyms.
    pub key: PseudonymKey,
    /// The way to other services.
    pub egress: &'a Egress,
    /// Told every secret that is read, so that none stands in the log.
    pub redactor: &'a Redactor,
    /// Where channels on the terminal are written to.
    pub console: Console,
    /// The setup before this one, whose sites go on with their tokens and their health.
    pub before: Option<&'a Setup>,
}

/// A plugin, loaded and configured.
struct Loaded {
    plugin: Plugin,
    configured: Arc<Configured>,
}

/// A configuration with everything in it opened and loaded.
pub struct Setup {
    config: Config,
    /// Where each schedule stands in the configuration.
    places: HashMap<ScheduleName, usize>,
    plugins: BTreeMap<PluginName, Loaded>,
    sites: BTreeMap<SiteName, OpenSite>,
    sheets: Arc<Sheets>,
    chats: Arc<Chats>,
    databases: Arc<Databases>,
    services: Services,
    store: Arc<dyn Store>,
    secrets: Secrets,
}

/// A site in use.
struct OpenSite {
    configured: beadle_config::Site,
    site: Arc<Site>,
}

impl Setup {
    /// Opens and loads everything that a configuration names. Nothing is sent anywhere yet.
    ///
    /// # Errors
    /// Everything that keeps it from being used.
    pub async fn new(config: Config, inputs: Inputs<'_>) -> Result<Self, Vec<SetupProblem>> {
        #[cfg(feature = "kill-points")]
        let inputs = Inputs { store: crate::kill_points::watched(inputs.store), ..inputs };
        let (mut problems, mut secrets) = (Vec::new(), Secrets::default());
        let sites = peers::sites(&config, &inputs, &mut secrets, &mut problems);
        let databases = Arc::new(peers::databases(&config, &inputs, &mut secrets, &mut problems));
        let sheets = Arc::new(peers::sheets(&config, &inputs, &mut secrets, &mut problems).await);
        let chats = Arc::new(peers::chats(&config, &inputs, &mut secrets, &mut problems));
        let services = Services {
            clock: Arc::clone(&inputs.clock),
            ledger: Arc::clone(&inputs.store) as Arc<dyn Ledger>,
            catalog: Arc::clone(&inputs.store) as Arc<dyn Catalog>,
            artifacts: Arc::clone(&inputs.store) as Arc<dyn Artifacts>,
            content: Some(inputs.content.clone()),
            site: None,
            databases: Arc::clone(&databases),
            sheets: Arc::clone(&sheets),
            chats: Arc::clone(&chats),
            egress: Some(inputs.egress.clone()),
            key: Some(inputs.key.clone()),
        };
        let mut loaded = BTreeMap::new();
        for (name, plugin) in &config.plugins {
            match load(name, plugin, &inputs).await {
                Ok(plugin) => {
                    loaded.insert(name.clone(), plugin);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let mut plugins = BTreeMap::new();
        for name in loaded.keys() {
            match configure(name, &config, &loaded, &inputs, &services, &mut Vec::new()) {
                Ok(configured) => {
                    problems.extend(check(name, &config, &loaded[name], &configured));
                    plugins.insert(name.clone(), Loaded { plugin: loaded[name].clone(), configured });
                }
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(config.schedules.iter().filter_map(|schedule| {
            let plugin = loaded.get(&schedule.plugin)?;
            wrong_schedule(schedule, plugin)
        }));
        problems.dedup();
        if !problems.is_empty() {
            return Err(problems);
        }
        let places = config.schedules.iter().enumerate().map(|(at, schedule)| (schedule.name.clone(), at)).collect();
        let store = inputs.store;
        Ok(Self { config, places, plugins, sites, sheets, chats, databases, services, store, secrets })
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns a schedule by its full name. Some installations have thousands.
    pub(crate) fn schedule(&self, name: &ScheduleName) -> Option<&Schedule> {
        self.places.get(name).map(|&at| &self.config.schedules[at])
    }

    /// Names the secrets that are others than before although the configuration names them in the same way: `sheets.presence.key`.
    pub fn replaced(&self, before: &Self) -> Vec<String> {
        self.secrets.replaced(&before.secrets)
    }

    /// Returns a plugin and what the operator decided for it.
    pub fn plugin(&self, name: &PluginName) -> Option<(&Plugin, &Configured)> {
        self.plugins.get(name).map(|loaded| (&loaded.plugin, &*loaded.configured))
    }

    /// Returns a site.
    pub fn site(&self, name: &SiteName) -> Option<&Arc<Site>> {
        self.sites.get(name).map(|open| &open.site)
    }

    /// Returns the databases.
    pub fn databases(&self) -> &Databases {
        &self.databases
    }

    /// Returns the sheets.
    pub fn sheets(&self) -> &Sheets {
        &self.sheets
    }

    /// Returns where content is kept.
    pub(crate) fn content(&self) -> Option<&Content> {
        self.services.content.as_ref()
    }

    /// Returns the chats.
    pub fn chats(&self) -> &Chats {
        &self.chats
    }

    /// Returns what delivers to this setup's targets.
    pub fn deliver(&self, lease: Lease) -> impl Deliver + use<> {
        let outbox = || Arc::clone(&self.store) as Arc<dyn Outbox>;
        let (tabs, messages) = (Arc::clone(&self.store) as Arc<dyn Tabs>, Arc::clone(&self.store) as Arc<dyn Messages>);
        let clock = || Arc::clone(&self.services.clock);
        Everywhere {
            sheets: beadle_sheets::Delivery::new(Arc::clone(&self.sheets), tabs, outbox(), clock(), lease.term),
            chats: beadle_chat::Delivery::new(Arc::clone(&self.chats), messages, outbox(), clock()),
        }
    }

    pub(crate) fn digest(&self, plugin: &PluginName) -> &str {
        self.plugins.get(plugin).map_or("", |loaded| loaded.plugin.digest())
    }

    /// Runs a schedule's plugin once.
    pub(crate) async fn run(
        &self,
        schedule: &Schedule,
        context: Context,
        audience: Arc<dyn Audience>,
        checkpoint: Option<Arc<dyn Checkpoint>>,
        stop: impl Future<Output = String>,
    ) -> Outcome {
        let loaded = &self.plugins[&schedule.plugin];
        let site = schedule.site.as_ref().and_then(|site| self.site(site)).cloned();
        let services = Services { site, ..self.services.clone() };
        loaded.plugin.run(&loaded.configured, &services, context, audience, checkpoint, stop).await
    }
}

/// Delivers to every kind of target.
struct Everywhere {
    sheets: beadle_sheets::Delivery,
    chats: beadle_chat::Delivery,
}

impl Everywhere {
    fn of(&self, target: &Target) -> &dyn Deliver {
        match target {
            Target::Sheet(_) => &self.sheets,
            Target::Chat(_) => &self.chats,
        }
    }
}

#[async_trait]
impl Deliver for Everywhere {
    fn batch(&self, target: &Target) -> usize {
        self.of(target).batch(target)
    }

    async fn deliver(&self, target: &Target, effects: &[QueuedEffect]) -> Vec<(EffectId, Delivered)> {
        self.of(target).deliver(target, effects).await
    }

    async fn preview(&self, target: &Target, effects: &[Effect]) -> Preview {
        self.of(target).preview(target, effects).await
    }
}

async fn load(name: &PluginName, plugin: &beadle_config::Plugin, inputs: &Inputs<'_>) -> Result<Plugin, SetupProblem> {
    let problem = |key: &str, message: String| SetupProblem::new(&["plugins", name.as_str(), key], message);
    let folder = match &plugin.folder {
        Some(path) => Some(open_folder(path).map_err(|message| problem("folder", message))?),
        None => None,
    };
    match &plugin.code {
        Code::Builtin(builtin) => {
            let source = (inputs.builtins)(builtin)
                .ok_or_else(|| problem("builtin", format!("no plugin {builtin:?} comes with this host")))?;
            inputs.sandbox.load(source, folder).await.map_err(|error| problem("builtin", error.to_string()))
        }
        Code::File(path) => {
            inputs.sandbox.load_file(path, folder).await.map_err(|error| problem("file", error.to_string()))
        }
    }
}

fn open_folder(path: &Path) -> Result<Arc<Folder>, String> {
    Folder::open(path).map(Arc::new).map_err(|error| error.to_string())
}

/// Decides what a plugin gets, its mapper first.
fn configure(
    name: &PluginName,
    config: &Config,
    loaded: &BTreeMap<PluginName, Plugin>,
    inputs: &Inputs<'_>,
    services: &Services,
    above: &mut Vec<PluginName>,
) -> Result<Arc<Configured>, SetupProblem> {
    let problem = |key: &str, message: String| SetupProblem::new(&["plugins", name.as_str(), key], message);
    let plugin = &config.plugins[name];
    let way = beadle_http::way(name.as_str(), &plugin.grants, inputs.egress)
        .map_err(|error| problem("grants", error.to_string()))?;
    let mapper = match &plugin.mapper {
        None => None,
        Some(mapper) if above.contains(mapper) || mapper == name => {
            return Err(problem("mapper", format!("{mapper} and {name} would ask each other in a circle")));
        }
        // A mapper that could not be loaded has a problem of its own.
        Some(mapper) if !loaded.contains_key(mapper) => None,
        Some(mapper) => {
            above.push(name.clone());
            let configured = configure(mapper, config, loaded, inputs, services, above)?;
            above.pop();
            let settings = serde_json::Value::Object(config.plugins[mapper].settings.clone()).to_string();
            let made = Mapper::new(loaded[mapper].clone(), configured, services.clone(), settings);
            Some(Arc::new(made.ok_or_else(|| {
                problem("mapper", format!("plugin {mapper} is no mapper: it does not turn addresses into rooms"))
            })?))
        }
    };
    Ok(Arc::new(Configured {
        name: name.clone(),
        grants: plugin.grants.clone(),
        limits: plugin.limits.clone(),
        collections: loaded[name].description().collections.iter().map(|one| one.name.clone()).collect(),
        way,
        mapper,
    }))
}

/// Compares what a plugin asks for with what it is granted, and its settings with its schema.
fn check(name: &PluginName, config: &Config, plugin: &Plugin, configured: &Configured) -> Vec<SetupProblem> {
    let mut problems: Vec<SetupProblem> = plugin
        .description()
        .missing(name.as_str(), &configured.grants, configured.mapper.is_some())
        .into_iter()
        .map(|problem| SetupProblem::new(&["plugins", name.as_str(), "grants"], problem.to_string()))
        .collect();
    if plugin.roles().contains(&Role::Mapper) {
        let settings = serde_json::Value::Object(config.plugins[name].settings.clone());
        let wrong = plugin.description().wrong_settings(&settings);
        problems.extend(
            wrong
                .into_iter()
                .map(|problem| SetupProblem::new(&["plugins", name.as_str(), "settings"], problem.to_string())),
        );
    }
    problems
}

/// Says what is wrong with a schedule's plugin or settings.
fn wrong_schedule(schedule: &Schedule, plugin: &Plugin) -> Option<SetupProblem> {
    let path = |key: &'static str| ["schedule", schedule.base.as_str(), key];
    if !plugin.roles().contains(&Role::Collector) {
        let message = format!("plugin {} is no collector, so it cannot run on a schedule", schedule.plugin);
        return Some(SetupProblem::new(&path("plugin"), message));
    }
    let wrong = plugin.description().wrong_settings(&schedule.settings);
    let message = wrong.first()?.to_string();
    Some(SetupProblem::new(&path("settings"), message))
}
