//! Looks at the configuration and everything it names, and says when something is another.
//!
//! Looked at, and not told by the system: the store usually lies in the same folder, and the system reports each page that is written
//! there, which took a sixth of the CPU time of a short run. A few files are looked at in some microseconds; and there is nothing to be lost
//! where a folder was replaced, or lies on a share that reports nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use beadle_config::{Account, Code, Config, SecretRef, Sheet, SitePeer};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often, at least, an edit that was refused is tried again: it may become right by a file that the last good one does not name.
const AGAIN: Duration = Duration::from_secs(5);

/// How long the files must stay the same before an edit counts: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// The share of its time that looking may take, where a folder holds many files: one in so many.
const SHARE: u32 = 200;

/// How many parts a path may have; a folder with a link to itself has no end.
const DEEPEST: usize = 64;

/// Watches files and folders.
pub(crate) struct Watcher {
    /// The files and folders that are named, and how they looked.
    named: Vec<PathBuf>,
    seen: Looks,
}

/// How files look from outside: an edit changes one of these.
type Looks = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl Watcher {
    /// Begins to watch what a configuration names.
    pub(crate) fn new(file: &Path, config: &Config) -> Self {
        let named = named(file, config);
        let seen = looks(&named);
        Self { named, seen }
    }

    /// Watches what the configuration names now.
    pub(crate) fn follow(&mut self, file: &Path, config: &Config) {
        // How they look is not taken over here: what was edited while the last edit was taken over has still to be seen.
        self.named = named(file, config);
    }

    /// Waits until something that is named has changed and it is quiet again; `tries_again` also where nothing has, for some seconds.
    pub(crate) async fn changed(&mut self, tries_again: bool) {
        let (began, mut pause) = (Instant::now(), LOOK);
        loop {
            tokio::time::sleep(pause).await;
            let look = Instant::now();
            let mut now = looks(&self.named);
            pause = LOOK.max(look.elapsed() * SHARE);
            if now == self.seen {
                if tries_again && began.elapsed() >= AGAIN {
                    return;
                }
                continue;
            }
            loop {
                tokio::time::sleep(QUIET).await;
                let next = looks(&self.named);
                if next == now {
                    break;
                }
                now = next;
            }
            self.seen = now;
            return;
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
