//! A service account: its key, its connection, its quota. Sheets that use the same key share one.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beadle_plan::{Clock, Instant};
use google_sheets4::Sheets as SheetsHub;
use google_sheets4::api::Scope;
use google_sheets4::common::Body;
use google_sheets4::yup_oauth2::{CustomHyperClientBuilder, ServiceAccountAuthenticator, ServiceAccountKey};
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::call::{Kind, refused_token};
use super::secrets::Tokens;
use crate::settings::SetupError;
use crate::table::Trouble;

/// Where the service lives.
const SERVICE: &str = "https://sheets.googleapis.com/";

/// Requests a minute and kind: the service allows an account 60 in each minute of the clock. A burst of 10 and 50 a minute after it
/// stay below that, wherever the minute begins.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(50).unwrap();
const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How long a request may take. The service itself gives up after 180 s, but a run waits 30 s for a host call.
const TIMEOUT: Duration = Duration::from_secs(25);

/// How long a connection is kept unused. The service ends idle ones after minutes; a request that meets such an end is in doubt.
const IDLE: Duration = Duration::from_secs(45);

/// How a Google spreadsheet is reached.
#[derive(Debug, Clone)]
pub struct GoogleSettings {
    /// The spreadsheet's id, as in its address.
    pub spreadsheet: String,
    /// The tab's title.
    pub tab: String,
    /// The service account's key file, as JSON text.
    pub key: SecretString,
    /// Where the service lives, if not where Google runs it. Plain HTTP only on loopback.
    pub base_url: Option<Url>,
    /// How long a request may take; `None` is 25 s.
    pub timeout: Option<Duration>,
}

pub(super) type Connector = HttpsConnector<HttpConnector>;
/// The client of `google-sheets4`.
pub(super) type Hub = SheetsHub<Connector>;
type Limiter = RateLimiter<NotKeyed, InMemoryState, HostClock, NoOpMiddleware<Duration>>;

/// The time that has passed on the host's clock, as the limiter asks for it. A clock that is set back only stands still for a moment:
/// by its own time the limiter would wait until the clock has caught up.
#[derive(Debug, Clone)]
struct HostClock {
    clock: Arc<dyn Clock>,
    /// When it was looked at last, and how much had passed by then.
    seen: Arc<Mutex<(Instant, Duration)>>,
}

impl HostClock {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Arc::new(Mutex::new((clock.now(), Duration::ZERO)));
        Self { clock, seen }
    }
}

impl GovernorClock for HostClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let passed = seen.1 + now.since(seen.0);
        *seen = (now, passed);
        passed
    }
}

/// A service account in use.
pub(crate) struct Account {
    email: String,
    hub: Hub,
    tokens: Tokens,
    clock: HostClock,
    reads: Limiter,
    writes: Limiter,
    timeout: Duration,
}

impl Account {
    async fn open(
        settings: &GoogleSettings,
        key: ServiceAccountKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let token_uri =
            Url::parse(&key.token_uri).map_err(|_| SetupError::Key("its token_uri is no address".into()))?;
        let mut base = settings.base_url.as_ref().map_or_else(|| SERVICE.to_owned(), Url::to_string);
        if !base.ends_with('/') {
            base.push('/');
        }
        let service = Url::parse(&base).map_err(|_| SetupError::Address(base.clone()))?;
        for address in [&token_uri, &service] {
            if address.scheme() != "https" && !loopback(address) {
                return Err(SetupError::Address(address.to_string()));
            }
        }
        let connector = connector(loopback(&token_uri) && loopback(&service))?;
        let email = key.client_email.clone();
        let private = key.clone();
        let auth = ServiceAccountAuthenticator::with_client(
            key,
            CustomHyperClientBuilder::from(Client::builder(TokioExecutor::new()).build(connector.clone())),
        );
        // What is wrong inside a key is said without the parser's words, which could quote it.
        let auth = auth.build().await.map_err(|_| SetupError::Key("its private_key does not read".into()))?;
        let tokens = Tokens::new(auth, &private);
        // A request is sent again by this client only where its connection had ended before a byte of it was written.
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build::<_, Body>(connector);
        let mut hub = SheetsHub::new(client, tokens.clone());
        hub.base_url(base.clone());
        hub.root_url(base);
        hub.user_agent(concat!("beadle/", env!("CARGO_PKG_VERSION")).to_owned());
        let clock = HostClock::new(clock);
        let limiter =
            || RateLimiter::direct_with_clock(Quota::per_minute(PER_MINUTE).allow_burst(BURST), clock.clone());
        Ok(Self {
            email,
            hub,
            tokens,
            reads: limiter(),
            writes: limiter(),
            clock,
            timeout: settings.timeout.unwrap_or(TIMEOUT),
        })
    }

    pub(super) fn email(&self) -> &str {
        &self.email
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns what knows the account's secrets.
    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Counts a request, or says how long to wait with it.
    pub(super) fn take(&self, kind: Kind) -> Result<(), Trouble> {
        let limiter = match kind {
            Kind::Read => &self.reads,
            Kind::Write => &self.writes,
        };
        limiter.check().map_err(|wait| Trouble::Busy {
            cause: format!("{} makes no more than {PER_MINUTE} requests a minute", self.email),
            wait: Some(wait.wait_time_from(self.clock.now())),
        })
    }

    /// Gets a new token in place of one that was refused.
    pub(super) async fn renew(&self) -> Result<(), Trouble> {
        let scopes = [Scope::Spreadsheet.as_ref()];
        match tokio::time::timeout(self.timeout, self.tokens.renew(&scopes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(refused_token(&error, &self.email)),
            Err(_) => {
                Err(Trouble::busy(format!("no token for {} within {} s", self.email, self.timeout.as_secs_f32())))
            }
        }
    }
}

/// The accounts in use, by address and service.
#[derive(Default)]
pub(crate) struct Accounts(HashMap<(String, Option<Url>), Arc<Account>>);

impl Accounts {
    /// Opens the account of a key, or returns it where a sheet before used it.
    pub(crate) async fn open(
        &mut self,
        settings: &GoogleSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<Account>, SetupError> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if settings.spreadsheet.is_empty() || !settings.spreadsheet.chars().all(good) {
            return Err(SetupError::Spreadsheet(settings.spreadsheet.clone()));
        }
        if settings.tab.is_empty() {
            return Err(SetupError::Tab);
        }
        // The parser's message could quote the key.
        let key: ServiceAccountKey = serde_json::from_str(settings.key.expose_secret())
            .map_err(|_| SetupError::Key("it is not the JSON file that the cloud console makes".into()))?;
        let name = (key.client_email.clone(), settings.base_url.clone());
        if let Some(account) = self.0.get(&name) {
            return Ok(Arc::clone(account));
        }
        let account = Arc::new(Account::open(settings, key, Arc::clone(clock)).await?);
        self.0.insert(name, Arc::clone(&account));
        Ok(account)
    }
}

fn loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Makes the connector. One that only serves loopback needs no certificates, which a small machine may not have.
fn connector(local: bool) -> Result<Connector, SetupError> {
    let provider = rustls::crypto::ring::default_provider();
    if local {
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError::Tls(error.to_string()))?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        return Ok(HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build());
    }
    let builder = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| SetupError::Tls(error.to_string()))?;
    Ok(builder.https_only().enable_all_versions().build())
}
