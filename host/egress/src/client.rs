//! The clients underneath, and one exchange with a limit on its answer.

use std::sync::{Arc, OnceLock};

use crate::error::EgressError;
use crate::guarded::Guarded;
use crate::message::Answer;
use crate::names::{Dial, Guard, Names, SystemNames};
use crate::origin::Policy;
use crate::settings::Settings;
use bytes::{Bytes, BytesMut};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls_platform_verifier::BuilderVerifierExt as _;

/// All ways out of the host. Made once; cheap to clone.
#[derive(Clone)]
pub struct Egress {
    pub(crate) clients: Arc<Clients>,
    pub(crate) settings: Arc<Settings>,
}

/// One client for each set of addresses it may dial, so that a connection kept for one is never used for another.
pub(crate) struct Clients {
    pub(crate) public: reqwest::Client,
    pub(crate) private: reqwest::Client,
    pub(crate) any: reqwest::Client,
}

impl Egress {
    /// Makes the clients with the machine's own resolver.
    ///
    /// # Errors
    /// When encryption cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, EgressError> {
        Self::with_names(settings, Arc::new(SystemNames))
    }

    /// Makes the clients with another resolver.
    ///
    /// # Errors
    /// When encryption cannot be set up.
    pub fn with_names(settings: Settings, names: Arc<dyn Names>) -> Result<Self, EgressError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Two threads may arrive here together; the second finds the first one's provider, which is the same.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let tls = tls().map_err(|error| EgressError::Invalid(format!("encryption cannot be set up: {error}")))?;
        let client = |dial| {
            // What one client resumes was not begun by another, as with connections.
            let mut own = tls.clone();
            own.resumption = Resumption::default();
            let mut builder = reqwest::Client::builder()
                .tls_backend_preconfigured(own)
                .dns_resolver(Guard { names: Arc::clone(&names), dial })
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .user_agent(&settings.user_agent)
                .connect_timeout(settings.connect);
            // The host's own peers have a time of their own for everything, and may be silent for most of it.
            if dial != Dial::Any {
                builder = builder.read_timeout(settings.read);
            }
            builder.build().map_err(|error| {
                EgressError::Invalid(format!("the HTTP client cannot be set up: {}", error.without_url()))
            })
        };
        let clients =
            Clients { public: client(Dial::Public)?, private: client(Dial::Private)?, any: client(Dial::Any)? };
        Ok(Self { clients: Arc::new(clients), settings: Arc::new(settings) })
    }

    /// Returns a way out for one plugin, under its policy.
    pub fn guarded(&self, policy: impl Policy + 'static) -> Guarded {
        Guarded::new(self.clone(), Arc::new(policy))
    }

    /// Returns the limits.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the same clients with another limit on the size of answers, and on the time for everything.
    #[must_use]
    pub fn limited(&self, body: usize, total: std::time::Duration) -> Self {
        let settings = Settings { body, total, ..(*self.settings).clone() };
        Self { clients: Arc::clone(&self.clients), settings: Arc::new(settings) }
    }
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Egress").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Returns how connections are encrypted, and whom this machine trusts. Reading that takes longer than anything else at a start, so
/// that it is done once for all clients of the process.
fn tls() -> Result<ClientConfig, rustls::Error> {
    static TLS: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(read) = TLS.get() {
        return Ok(read.clone());
    }
    let mut tls = ClientConfig::builder().with_platform_verifier()?.with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TLS.get_or_init(|| tls).clone())
}

/// Sends a request and returns the head of the answer.
pub(crate) async fn head(
    client: &reqwest::Client,
    request: reqwest::Request,
    route: &str,
) -> Result<reqwest::Response, EgressError> {
    client.execute(request).await.map_err(|error| EgressError::from_client(route, error))
}

/// Reads an answer to its end, or to the limit.
pub(crate) async fn read(mut response: reqwest::Response, route: &str, limit: usize) -> Result<Answer, EgressError> {
    let too_large = || EgressError::TooLarge { route: route.to_owned(), limit };
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| EgressError::from_client(route, error))? {
        if body.len() + piece.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    let mut headers = std::mem::take(response.headers_mut());
    // Lines of the connection say nothing about a body that has been read.
    for name in [http::header::TRANSFER_ENCODING, http::header::CONNECTION] {
        headers.remove(name);
    }
    let (url, status) = (response.url().clone(), response.status());
    Ok(Answer { url, status, headers, body: Bytes::from(body) })
}

/// Holds everything to the total time.
pub(crate) async fn in_time<T>(
    settings: &Settings,
    route: &str,
    work: impl Future<Output = Result<T, EgressError>>,
) -> Result<T, EgressError> {
    tokio::time::timeout(settings.total, work).await.unwrap_or_else(|_| {
        let problem = format!("no whole answer within {} s", settings.total.as_secs_f32());
        Err(EgressError::Unavailable { route: route.to_owned(), problem, sent: true })
    })
}
