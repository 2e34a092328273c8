//! One Moodle and the account used on it.

mod export;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beadle_egress::{Egress, EgressError, ExposeSecret, Pace, Redactor, Service, ServiceRequest};
use beadle_plan::{Clock, SystemClock};
use serde_json::{Map, Value};
use url::Url;

use crate::account::{Account, Reread, TokenHealth, TokenKeeper};
use crate::calendar::{CalendarAddress, Export};
use crate::circuit::Circuit;
use crate::clock::{self, SiteClock};
use crate::encode;
use crate::envelope::{self, Verdict};
use crate::failure::Failure;
use crate::login::{Desk, Token};
use crate::table::scrub;

/// How to reach a site.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// The name under which it is configured.
    pub name: String,
    /// The address of Moodle's front page.
    pub url: Url,
    /// The account.
    pub account: Account,
    /// How its secret is read again, when the site refuses it.
    pub reread: Reread,
    /// The address of the calendar export, where there is one.
    pub calendar: Option<CalendarAddress>,
    /// The host's clock, with which the site's is compared.
    pub clock: Arc<dyn Clock>,
    /// How many calls may be under way at once. 2: more gain little on the server's side.
    pub concurrency: usize,
    /// How many calls may start in a second, if there is such a limit.
    pub rate: Option<f64>,
    /// How long one call may take.
    pub timeout: Duration,
    /// How many bytes one answer may have.
    pub answer_limit: usize,
}

impl SiteSettings {
    /// Returns the usual settings for a site.
    pub fn new(name: impl Into<String>, url: Url, account: Account) -> Self {
        Self {
            name: name.into(),
            url,
            account,
            reread: Reread::default(),
            calendar: None,
            clock: Arc::new(SystemClock),
            concurrency: 2,
            rate: None,
            timeout: Duration::from_secs(30),
            answer_limit: 64 << 20,
        }
    }
}

/// One Moodle and the account used on it. Lives as long as the host; all runs of a site share it, and with it the site's pace.
pub struct Site {
    name: String,
    service: Service,
    desk: Desk,
    export: Option<Export>,
    circuit: Circuit,
    clock: SiteClock,
    redactor: Redactor,
    /// Functions that this token may not call: their `accessexception` is no sign of a token that expires.
    closed: Mutex<HashSet<(u64, String)>>,
}

/// Why a site cannot be made of its settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// The address is not one of a site.
    #[error(transparent)]
    Url(#[from] EgressError),
    /// The address of the calendar is none of this site's export; the text says why and shows nothing of it.
    #[error("{0}")]
    Calendar(String),
}

impl Site {
    /// Makes a site. Nothing is asked yet.
    ///
    /// # Errors
    /// When the address is not one of a site, or that of the calendar none of this site's.
    pub fn new(
        settings: SiteSettings,
        egress: &Egress,
        keeper: Arc<dyn TokenKeeper>,
        redactor: Redactor,
    ) -> Result<Self, SiteError> {
        let SiteSettings { name, url, account, reread, calendar, clock, concurrency, rate, timeout, answer_limit } =
            settings;
        let service = Service::new(&egress.limited(answer_limit, timeout), &url, Pace::new(concurrency, rate))?;
        let desk = Desk::new(account, reread, keeper, redactor.clone());
        let export = calendar.map(|calendar| Export::new(calendar, &url, redactor.clone())).transpose();
        let export = export.map_err(SiteError::Calendar)?;
        let (circuit, clock) = (Circuit::default(), SiteClock::new(clock));
        Ok(Self { name, service, desk, export, circuit, clock, redactor, closed: Mutex::default() })
    }

    /// Returns the name under which the site is configured.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns host and port, for messages.
    pub fn host(&self) -> String {
        self.service.host()
    }

    /// Whether the token travels openly: plain `http` to another machine.
    pub fn exposed(&self) -> bool {
        self.service.exposed()
    }

    /// Returns what is known of the token.
    pub fn token_health(&self) -> TokenHealth {
        match self.desk.health() {
            TokenHealth::Refused(why) => TokenHealth::Refused(self.redactor.redact(&why).into_owned()),
            health => health,
        }
    }

    /// Returns how many seconds the site's clock is ahead of the host's, by its last answer: 0 where they agree to a minute, none where
    /// it has not said.
    pub fn clock_ahead(&self) -> Option<i64> {
        self.clock.ahead()
    }

    /// Calls a function with its arguments, a JSON object, and returns the site's JSON.
    ///
    /// What may be called is decided by [`crate::grant`], before. Secrets that the site adds for its own app
    /// (`userprivateaccesskey`) are left out of the answer.
    ///
    /// # Errors
    /// See [`Failure`]; no text shows a token or password.
    pub async fn call(&self, function: &str, arguments: &str) -> Result<String, Failure> {
        let arguments = encode::read(arguments).map_err(Failure::Invalid)?;
        self.call_with(function, &arguments).await
    }

    /// Calls a function with arguments that are read already.
    pub(crate) async fn call_with(&self, function: &str, arguments: &Map<String, Value>) -> Result<String, Failure> {
        let pairs = encode::pairs(arguments).map_err(Failure::Invalid)?;
        let answer = self.attempt(function, &pairs).await;
        let learn = |key: &str| self.desk.learn(&key.into());
        match answer.and_then(|text| scrub(function, arguments, text, learn)) {
            Ok(text) => Ok(self.desk.without_keys(text)),
            // The site's own words may repeat what it was sent.
            Err(failure) => {
                let host = self.service.host();
                let failure = failure.map_text(|text| self.redactor.redact(text).into_owned());
                tracing::debug!(site = %self.name, %host, %function, %failure, "call failed");
                Err(match failure {
                    Failure::Unavailable(why) => Failure::Unavailable(format!("site {}: {why}", self.name)),
                    other => other,
                })
            }
        }
    }

    async fn attempt(&self, function: &str, pairs: &[(String, String)]) -> Result<String, Failure> {
        if self.desk.is_nobodys() {
            return Err(Failure::Denied(format!(
                "site {name} has no account for web services; under [sites.{name}] write: token = {{ env = \"MOODLE_TOKEN\" }}",
                name = self.name
            )));
        }
        self.circuit.check().map_err(Failure::Unavailable)?;
        let mut token = self.desk.token(&self.service, &self.circuit).await?;
        let mut verdict = self.send(function, pairs, &token).await;
        if let Verdict::AccessDenied(_) = verdict
            && !self.is_closed(&token, function)
        {
            // A token that has just expired says so once, as if the function were closed to it, and is gone afterwards.
            verdict = self.send(function, pairs, &token).await;
            if let Verdict::AccessDenied(_) = verdict {
                self.close(&token, function);
            }
        }
        if let Verdict::TokenRefused(_) = verdict {
            token = self.desk.renew(&token, &self.service, &self.circuit).await?;
            verdict = self.send(function, pairs, &token).await;
            if let Verdict::TokenRefused(_) = verdict {
                return Err(self.desk.refused_at_once(&token, &self.circuit).await);
            }
        }
        if let (Verdict::Good(_), TokenHealth::Refused(_)) = (&verdict, self.desk.health()) {
            self.desk.proved().await;
        }
        self.conclude(verdict)
    }

    /// Turns what the site said last into the call's result.
    fn conclude(&self, verdict: Verdict) -> Result<String, Failure> {
        match verdict {
            Verdict::Good(text) => {
                self.desk.good();
                Ok(text)
            }
            Verdict::AccessDenied(message) => Err(Failure::Refused { code: "accessexception".to_owned(), message }),
            Verdict::AccountRefused(message) => {
                let why = format!("the site refuses the host's account: {message}");
                self.desk.account_refused(&why);
                Err(Failure::Unavailable(why))
            }
            Verdict::Away { why, .. } => Err(Failure::Unavailable(why)),
            Verdict::TokenRefused(_) => Err(Failure::Unavailable("the site refuses the host's token".to_owned())),
            Verdict::Failed(failure) => Err(failure),
        }
    }

    /// Sends one request, and tells the circuit how it went.
    async fn send(&self, function: &str, pairs: &[(String, String)], token: &Token) -> Verdict {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("wstoken", token.value.expose_secret())
            .append_pair("wsfunction", function)
            .append_pair("moodlewsrestformat", "json")
            .extend_pairs(pairs)
            .finish();
        let sent = self.clock.here();
        let answer =
            match self.service.send(ServiceRequest::form("web service", "webservice/rest/server.php", form)).await {
                Ok(answer) => answer,
                Err(EgressError::Unavailable { problem, .. }) => {
                    self.circuit.away(&problem, None);
                    return Verdict::Failed(Failure::Unavailable(problem));
                }
                Err(error @ EgressError::TooLarge { .. }) => {
                    return Verdict::Failed(Failure::Invalid(format!(
                        "{error}; ask for less at a time, or raise answer-limit under [sites.{}]",
                        self.name
                    )));
                }
                Err(error) => return Verdict::Failed(Failure::Invalid(error.to_string())),
            };
        let date = clock::date(&answer);
        let verdict = envelope::read(answer, &self.redactor);
        match &verdict {
            Verdict::Away { why, wait } => self.circuit.away(why, *wait),
            // What comes of it, the desk says, once it has looked for another token.
            Verdict::TokenRefused(_) => {}
            // Moodle itself answered, be it with "no": the way to it is free.
            _ => self.circuit.good(),
        }
        if let (Verdict::Good(_), Some(date)) = (&verdict, date) {
            self.clock.heard(&self.name, date, sent);
        }
        verdict
    }

    fn is_closed(&self, token: &Token, function: &str) -> bool {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.contains(&(token.number, function.to_owned()))
    }

    fn close(&self, token: &Token, function: &str) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        // What was closed to earlier tokens is of no more use.
        closed.retain(|(number, _)| *number == token.number);
        closed.insert((token.number, function.to_owned()));
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("name", &self.name).field("host", &self.service.host()).finish_non_exhaustive()
    }
}
