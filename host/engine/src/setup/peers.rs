//! The peers that a configuration names, opened: sites, databases, sheets, chats.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use beadle_chat::Chats;
use beadle_config::{Account, Config, DatabaseServer, SecretRef, Sheet, SitePeer, Store};
use beadle_db::Databases;
use beadle_egress::Secret;
use beadle_moodle::{CalendarAddress, NoKeeper, Reread, Site, SiteError, SiteSettings};
use beadle_plan::{ChatName, SheetName, SiteName};
use beadle_sheets::{GoogleSettings, Sheets};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::secrets::Secrets;
use super::{CampusPeers, Inputs, OpenSite};
use crate::problem::SetupProblem;

/// Reads a secret again.
type Again = Arc<dyn Fn() -> Option<Secret> + Send + Sync>;

/// A part of an address of so many characters is no word of it.
const LONG: usize = 24;

/// The simulated school has this prefix before its tables, as a Moodle has by default.
const CAMPUS_PREFIX: &str = "mdl_";

fn campus<'a>(inputs: &Inputs<'a>, path: &[&str]) -> Result<&'a CampusPeers, SetupProblem> {
    inputs.campus.ok_or_else(|| {
        SetupProblem::new(path, "the simulated school does not run in this command; try `beadle serve` or `beadle run`")
    })
}

/// Opens the sites. One that is configured as before goes on as it is, with its token and its health.
pub(super) fn sites(
    config: &Config,
    inputs: &Inputs<'_>,
    secrets: &mut Secrets,
    problems: &mut Vec<SetupProblem>,
) -> BTreeMap<SiteName, OpenSite> {
    let mut sites = BTreeMap::new();
    for (name, configured) in &config.sites {
        let named = secrets_of(name, configured);
        let read = |secrets: &mut Secrets, named: &Option<Named<'_>>| {
            named.as_ref().map(|(path, secret)| secrets.read(path, secret, inputs)).transpose()
        };
        let (account, calendar) = match (read(secrets, &named[0]), read(secrets, &named[1])) {
            (Ok(account), Ok(calendar)) => (account, calendar),
            (account, calendar) => {
                problems.extend(account.err().into_iter().chain(calendar.err()));
                continue;
            }
        };
        if let Some(setup) = inputs.before
            && let Some(before) = setup.sites.get(name)
            && before.configured == *configured
            && named.iter().flatten().all(|(path, _)| secrets.same(&setup.secrets, path))
        {
            let site = Arc::clone(&before.site);
            sites.insert(name.clone(), OpenSite { configured: configured.clone(), site });
            continue;
        }
        match open_site(name, configured, account, calendar, inputs) {
            Ok(site) => {
                let site = Arc::new(site);
                sites.insert(name.clone(), OpenSite { configured: configured.clone(), site });
            }
            Err(problem) => problems.push(problem),
        }
    }
    sites
}

/// Opens the databases; nothing is connected before the first statement.
pub(super) fn databases(
    config: &Config,
    inputs: &Inputs<'_>,
    secrets: &mut Secrets,
    problems: &mut Vec<SetupProblem>,
) -> Databases {
    let mut opened = Vec::new();
    for (name, configured) in &config.databases {
        let path = ["databases", name.as_str()];
        let (url, prefix) = match &configured.server {
            DatabaseServer::Campus => match campus(inputs, &path) {
                Ok(campus) => (format!("sqlite:{}", campus.database.display()), CAMPUS_PREFIX.to_owned()),
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
            DatabaseServer::Postgres(url) if is_database_of_store(config, url) => {
                let message = "this is the host's own store; no plugin may read it";
                problems.push(SetupProblem::new(&["databases", name, "url"], message));
                continue;
            }
            DatabaseServer::MySql(url) | DatabaseServer::Postgres(url) => (url.to_string(), configured.prefix.clone()),
            DatabaseServer::Sqlite(file) if is_store(config, file) => {
                let message = "this is the host's own store; no plugin may read it";
                problems.push(SetupProblem::new(&["databases", name, "url"], message));
                continue;
            }
            DatabaseServer::Sqlite(file) => (format!("sqlite:{}", file.display()), configured.prefix.clone()),
        };
        let read = |password| secrets.read(&["databases", name, "password"], password, inputs);
        let password = match configured.password.as_ref().map(read).transpose() {
            Ok(password) => password.inspect(|password| inputs.redactor.register(password)),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let settings = beadle_db::Settings {
            url,
            password,
            reread: configured.password.as_ref().and_then(|password| reread(password, inputs)),
            prefix,
            timeout: configured.timeout,
            rows: configured.rows,
            bytes: usize::try_from(configured.bytes).unwrap_or(usize::MAX),
        };
        opened.push((name.clone(), settings));
    }
    Databases::new(opened).unwrap_or_else(|error| {
        problems.push(SetupProblem::new(&["databases", &error.name], error.error.to_string()));
        Databases::default()
    })
}

/// Tells whether a file is the host's own store, by whatever name.
fn is_store(config: &Config, file: &Path) -> bool {
    let Store::Sqlite(store) = &config.host.store else { return false };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(store) == real(file)
}

/// Tells whether an address is that of the host's own store, for whatever user.
fn is_database_of_store(config: &Config, url: &Url) -> bool {
    let Store::Postgres { url: store, .. } = &config.host.store else { return false };
    let place = |url: &Url| (url.host().map(|host| host.to_owned()), url.port().unwrap_or(5432), url.path().to_owned());
    place(store) == place(url) && store.query() == url.query()
}

/// Opens the sheets; nothing is sent before the first use.
pub(super) async fn sheets(
    config: &Config,
    inputs: &Inputs<'_>,
    secrets: &mut Secrets,
    problems: &mut Vec<SetupProblem>,
) -> Sheets {
    let mut opened: BTreeMap<SheetName, beadle_sheets::Settings> = BTreeMap::new();
    for (name, configured) in &config.sheets {
        let settings = match configured {
            Sheet::Csv { file } => beadle_sheets::Settings::Csv { file: file.clone() },
            Sheet::Google { spreadsheet, tab, key, endpoint } => {
                match secrets.read(&["sheets", name.as_str(), "key"], key, inputs) {
                    Ok(key) => beadle_sheets::Settings::Google(GoogleSettings {
                        spreadsheet: spreadsheet.clone(),
                        tab: tab.clone(),
                        key,
                        base_url: endpoint.clone(),
                        timeout: None,
                    }),
                    Err(problem) => {
                        problems.push(problem);
                        continue;
                    }
                }
            }
        };
        opened.insert(name.clone(), settings);
    }
    match Sheets::open(opened, Arc::clone(&inputs.clock)).await {
        Ok(sheets) => sheets,
        Err((name, error)) => {
            problems.push(SetupProblem::new(&["sheets", name.as_str()], error.to_string()));
            Sheets::default()
        }
    }
}

/// Opens the chats; nothing is sent before the first use.
pub(super) fn chats(
    config: &Config,
    inputs: &Inputs<'_>,
    secrets: &mut Secrets,
    problems: &mut Vec<SetupProblem>,
) -> Chats {
    let mut opened: BTreeMap<ChatName, beadle_chat::Settings> = BTreeMap::new();
    for (name, configured) in &config.chats {
        let secret = match configured.service.secret() {
            None => SecretString::default(),
            Some((key, secret)) => match secrets.read(&["chats", name.as_str(), key], secret, inputs) {
                Ok(secret) => secret,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
        };
        // It is sent without what is around it in its file, so that is what must not be read.
        let secret = SecretString::from(secret.expose_secret().trim());
        inputs.redactor.register(&secret);
        // A webhook's address is told apart into its server and its token, and the token alone is a secret too.
        let parts = secret.expose_secret().split(['/', '?']);
        parts.filter(|part| part.len() >= LONG).for_each(|part| inputs.redactor.register(&part.into()));
        opened.insert(name.clone(), chat(configured, secret));
    }
    Chats::open(opened, inputs.egress, &inputs.clock, &inputs.console).unwrap_or_else(|errors| {
        let problem = |(name, error): (ChatName, beadle_chat::SetupError)| {
            SetupProblem::new(&["chats", name.as_str()], error.to_string())
        };
        problems.extend(errors.into_iter().map(problem));
        Chats::default()
    })
}

fn chat(configured: &beadle_config::Chat, secret: SecretString) -> beadle_chat::Settings {
    use beadle_chat::Service;
    use beadle_config::ChatService;
    beadle_chat::Settings {
        service: match &configured.service {
            ChatService::Discord { channel, .. } => Service::Discord { channel: channel.clone(), token: secret },
            ChatService::DiscordWebhook { .. } => Service::DiscordWebhook { address: secret },
            ChatService::Telegram { chat, .. } => Service::Telegram { chat: chat.clone(), token: secret },
            ChatService::Webhook { url, .. } => Service::Webhook { address: url.clone(), secret },
            ChatService::Console => Service::Console,
            ChatService::File { file } => Service::File { file: file.clone() },
        },
        endpoint: configured.endpoint.clone(),
        ping: configured.ping.clone(),
        ping_text: configured.ping_text.clone(),
        fallbacks: configured.fallbacks,
    }
}

/// Where the configuration names a secret, and the reference to it.
type Named<'a> = ([&'a str; 3], &'a SecretRef);

/// Returns the secrets of a site: of its account, and the address of its calendar.
fn secrets_of<'a>(name: &'a SiteName, configured: &'a beadle_config::Site) -> [Option<Named<'a>>; 2] {
    let SitePeer::Moodle { account, calendar, .. } = &configured.peer else { return [None, None] };
    let of_account = account.as_ref().map(|account| match account {
        Account::Token(token) => (["sites", name.as_str(), "token"], token),
        Account::Password { password, .. } => (["sites", name.as_str(), "password"], password),
    });
    [of_account, calendar.as_ref().map(|calendar| (["sites", name.as_str(), "calendar"], calendar))]
}

fn open_site(
    name: &SiteName,
    configured: &beadle_config::Site,
    secret: Option<SecretString>,
    calendar: Option<SecretString>,
    inputs: &Inputs<'_>,
) -> Result<Site, SetupProblem> {
    let problem = |key: &str, message: String| SetupProblem::new(&["sites", name.as_str(), key], message);
    let secret = secret.unwrap_or_default();
    let again = |reference: &SecretRef| reread(reference, inputs).map_or_else(Reread::default, Reread::by);
    let (url, account, reread, calendar) = match &configured.peer {
        SitePeer::Campus => {
            let campus = campus(inputs, &["sites", name.as_str(), "url"])?;
            let account = beadle_moodle::Account::Token(campus.token.clone().into());
            let calendar = CalendarAddress { address: campus.calendar.clone().into(), reread: Reread::default() };
            (campus.moodle_url.clone(), account, Reread::default(), Some(calendar))
        }
        SitePeer::Moodle { url, account, calendar: reference } => {
            inputs.redactor.register(&secret);
            let (account, reread) = match account {
                None => (beadle_moodle::Account::Nobody, Reread::default()),
                Some(Account::Token(token)) => (beadle_moodle::Account::Token(secret), again(token)),
                Some(Account::Password { username, password, service }) => {
                    let (username, service) = (username.clone(), service.clone());
                    (beadle_moodle::Account::Login { username, password: secret, service }, again(password))
                }
            };
            let calendar = calendar
                .zip(reference.as_ref())
                .map(|(address, reference)| CalendarAddress { address, reread: again(reference) });
            (url.to_string(), account, reread, calendar)
        }
    };
    let url = url.parse().map_err(|error| problem("url", format!("{url:?} is no address: {error}")))?;
    let settings = SiteSettings {
        name: name.to_string(),
        url,
        account,
        reread,
        calendar,
        clock: Arc::clone(&inputs.clock),
        concurrency: configured.concurrency,
        rate: configured.rate,
        timeout: configured.timeout,
        answer_limit: usize::try_from(configured.answer_limit).unwrap_or(usize::MAX),
    };
    // A fetched token is kept in memory only: a secret has no place in the store, and a login at each start costs a site little.
    Site::new(settings, inputs.egress, Arc::new(NoKeeper), inputs.redactor.clone()).map_err(|error| match error {
        SiteError::Url(error) => problem("url", error.to_string()),
        SiteError::Calendar(message) => problem("calendar", message),
    })
}

/// Returns how a secret is read again. The environment of a process stays as it is; a file may have been replaced.
fn reread(reference: &SecretRef, inputs: &Inputs<'_>) -> Option<Again> {
    let (file, redactor) = (reference.clone(), inputs.redactor.clone());
    matches!(file, SecretRef::File(_))
        .then(|| Arc::new(move || file.resolve(&|_| None).ok().inspect(|secret| redactor.register(secret))) as Again)
}
