//! Watches the configuration and everything it names, and says when to look again.
//!
//! Folders are watched, not files: editors replace a file by renaming another over it, and a watch on the file would end with it.
//! The store and the sheets usually lie in the same folder, so an event alone means nothing: what is named is looked at, and only
//! what differs from the last look counts. Where the system cannot watch, or has lost a folder that was replaced, it is looked at now
//! and then all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use beadle_config::{Account, Code, Config, SecretRef, Sheet, SitePeer};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// How long it must be quiet before the files are looked at: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// How often the files are looked at without an event.
const LOOK: Duration = Duration::from_secs(30);

/// How many parts a path may have; a folder with a link to itself has no end.
const DEEPEST: usize = 64;

/// Watches folders.
pub(crate) struct Watcher {
    watcher: Option<RecommendedWatcher>,
    events: mpsc::Receiver<()>,
    watched: BTreeSet<(PathBuf, bool)>,
    /// The files and folders that are named, and how they looked.
    named: Vec<PathBuf>,
    seen: Looks,
    /// Whether every event counts.
    heeds_all: bool,
}

/// How files look from outside: an edit changes one of these.
type Looks = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl Watcher {
    /// Begins to watch what a configuration names.
    pub(crate) fn new(file: &Path, config: &Config) -> Self {
        let (sender, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is an event too; only what may have changed something counts.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher
            .inspect_err(|error| {
                tracing::warn!(%error, "files cannot be watched here; they are looked at every {} s", LOOK.as_secs());
            })
            .ok();
        let (named, seen) = (Vec::new(), Looks::new());
        let mut watcher = Self { watcher, events, watched: BTreeSet::new(), named, seen, heeds_all: false };
        watcher.follow(file, config);
        watcher.seen = looks(&watcher.named);
        watcher
    }

    /// Watches what the configuration names now.
    pub(crate) fn follow(&mut self, file: &Path, config: &Config) {
        // How they look is not taken over here: what was edited while the last edit was taken over has still to be seen.
        self.named = named(file, config);
        let wanted = folders(file, config);
        let Some(watcher) = &mut self.watcher else { return };
        for (folder, _) in self.watched.difference(&wanted) {
            let _ = watcher.unwatch(folder);
        }
        for (folder, deep) in wanted.difference(&self.watched) {
            let mode = if *deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            if let Err(error) = watcher.watch(folder, mode) {
                let folder = folder.display();
                tracing::warn!(%folder, %error, "a folder cannot be watched; it is looked at every {} s", LOOK.as_secs());
            }
        }
        self.watched = wanted;
    }

    /// Has every event in the watched folders count, or only what is named. An edit that was refused may become right by a file that
    /// the last good one does not name.
    pub(crate) fn heed_all(&mut self, all: bool) {
        self.heeds_all = all;
    }

    /// Waits until something that is named has changed and it is quiet again.
    pub(crate) async fn changed(&mut self) {
        loop {
            tokio::select! {
                Some(()) = self.events.recv() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            while tokio::time::timeout(QUIET, self.events.recv()).await.is_ok_and(|event| event.is_some()) {}
            let now = looks(&self.named);
            if self.heeds_all || now != self.seen {
                self.seen = now;
                return;
            }
        }
    }
}

/// Returns the files and folders that a configuration names, itself first.
fn named(file: &Path, config: &Config) -> Vec<PathBuf> {
    let mut named = vec![file.to_owned()];
    named.extend(secrets(config));
    for plugin in config.plugins.values() {
        if let Code::File(path) = &plugin.code {
            named.push(path.clone());
        }
        named.extend(plugin.folder.clone());
    }
    named
}

/// Returns the files that hold secrets for the way to others. The host's own key is none of them: with another one people look new.
fn secrets(config: &Config) -> Vec<PathBuf> {
    let of_sites = config.sites.values().flat_map(|site| match &site.peer {
        SitePeer::Campus => [None, None],
        SitePeer::Moodle { account, calendar, .. } => {
            let of_account = account.as_ref().map(|account| match account {
                Account::Token(secret) | Account::Password { password: secret, .. } => secret,
            });
            [of_account, calendar.as_ref()]
        }
    });
    let of_sites = of_sites.flatten();
    let of_databases = config.databases.values().filter_map(|database| database.password.as_ref());
    let of_sheets = config.sheets.values().filter_map(|sheet| match sheet {
        Sheet::Csv { .. } => None,
        Sheet::Google { key, .. } => Some(key),
    });
    let file = |secret: &SecretRef| match secret {
        SecretRef::File(path) => Some(path.clone()),
        SecretRef::Env(_) => None,
    };
    of_sites.chain(of_databases).chain(of_sheets).filter_map(file).collect()
}

/// Looks at files, and at everything in folders.
fn looks(named: &[PathBuf]) -> Looks {
    let mut looks = Looks::new();
    let mut left = named.to_vec();
    while let Some(path) = left.pop() {
        let Ok(found) = std::fs::metadata(&path) else { continue };
        // A link that leads back up is looked at once.
        if looks.contains_key(&path) || path.components().count() > DEEPEST {
            continue;
        }
        if found.is_dir()
            && let Ok(entries) = std::fs::read_dir(&path)
        {
            left.extend(entries.flatten().map(|entry| entry.path()));
        }
        looks.insert(path, (found.modified().ok(), found.len()));
    }
    looks
}

/// Returns the folders to watch, and whether with everything below.
fn folders(file: &Path, config: &Config) -> BTreeSet<(PathBuf, bool)> {
    let parent = |path: &Path| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
    };
    let mut folders = BTreeSet::from([(parent(file), false)]);
    folders.extend(secrets(config).iter().map(|file| (parent(file), false)));
    for plugin in config.plugins.values() {
        if let Code::File(path) = &plugin.code {
            folders.insert((parent(path), false));
        }
        if let Some(folder) = &plugin.folder {
            folders.insert((folder.clone(), true));
        }
    }
    folders
}
