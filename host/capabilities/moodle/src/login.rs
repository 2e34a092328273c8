//! Fetches and renews the token. One login at a time, one per refused token, and a growing pause after a refused login: sites lock
//! accounts that fail too often, and log every failure.

use std::borrow::Cow;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use beadle_egress::{ExposeSecret as _, Redactor, Secret, Service, ServiceRequest};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::account::{Account, Reread, TokenHealth, TokenKeeper};
use crate::circuit::Circuit;
use crate::envelope::{self, Verdict};
use crate::failure::Failure;

/// The first pause after a refused login; it doubles. Moodle's lock-out counts failures within 30 minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// The longest pause: an operator who mends the password without telling the host waits so long at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// A token, and which one it is: who saw it refused says so by its number, so that ten calls refused together renew once.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) number: u64,
    pub(crate) value: Secret,
}

/// Hands out the token.
pub(crate) struct Desk {
    account: Account,
    reread: Reread,
    keeper: Arc<dyn TokenKeeper>,
    redactor: Redactor,
    /// Knows what the site gave out, and only that.
    keys: Redactor,
    // Held during a login: whoever comes meanwhile waits and finds the result.
    state: Mutex<State>,
    health: StdMutex<TokenHealth>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    last_number: u64,
    loaded: bool,
    refusals: u32,
    pause: Option<(Instant, String)>,
    /// The password tried last.
    tried: Option<Secret>,
}

impl Desk {
    pub(crate) fn new(account: Account, reread: Reread, keeper: Arc<dyn TokenKeeper>, redactor: Redactor) -> Self {
        if let Account::Login { password, .. } = &account {
            redactor.register(password);
        }
        let (keys, state, health) = (Redactor::new(), Mutex::default(), StdMutex::new(TokenHealth::Untried));
        let desk = Self { account, reread, keeper, redactor, keys, state, health };
        if let Account::Token(token) = &desk.account {
            desk.learn(token);
        }
        desk
    }

    /// Whether there is no account at all.
    pub(crate) fn is_nobodys(&self) -> bool {
        matches!(self.account, Account::Nobody)
    }

    /// Remembers a token or a key that the site gave out.
    pub(crate) fn learn(&self, key: &Secret) {
        self.keys.register(key);
        self.redactor.register(key);
    }

    /// Takes everything that the site gave out from an answer of it. A password is no part of that: one that is an ordinary word would
    /// spoil what people wrote, and the site is never sent it beside a call.
    pub(crate) fn without_keys(&self, answer: String) -> String {
        match self.keys.redact(&answer) {
            Cow::Owned(clean) => clean,
            Cow::Borrowed(_) => answer,
        }
    }

    /// Returns what is known of the token.
    pub(crate) fn health(&self) -> TokenHealth {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the site took the token.
    pub(crate) fn good(&self) {
        self.set_health(TokenHealth::Good);
    }

    /// Notes that the site refuses the account.
    pub(crate) fn account_refused(&self, why: &str) {
        self.set_health(TokenHealth::Refused(why.to_owned()));
    }

    /// Returns the token, and logs in if there is none.
    pub(crate) async fn token(&self, service: &Service, circuit: &Circuit) -> Result<Token, Failure> {
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token {
            return Ok(token.clone());
        }
        self.fetch(&mut state, service, circuit).await
    }

    /// Returns another token than the one that was refused.
    pub(crate) async fn renew(&self, refused: &Token, service: &Service, circuit: &Circuit) -> Result<Token, Failure> {
        let mut state = self.state.lock().await;
        match &state.token {
            Some(token) if token.number != refused.number => return Ok(token.clone()),
            Some(_) if matches!(self.account, Account::Login { .. }) => {
                state.token = None;
                self.keeper.forget().await;
            }
            _ => {}
        }
        if let Account::Token(_) = self.account {
            // The operator may have put another one into its file meanwhile.
            let other = self.reread.read().filter(|other| !same(other, &refused.value));
            return match other {
                Some(other) => Ok(self.hand_out(&mut state, other)),
                None => Err(self.token_refused(circuit)),
            };
        }
        self.fetch(&mut state, service, circuit).await
    }

    /// Notes that the site refuses the token that the operator gave. It is shown again now and then: it may have been the site's mistake.
    fn token_refused(&self, circuit: &Circuit) -> Failure {
        let why = "the site refuses the host's token: it was deleted, has expired, or belongs to another site; make a new one and \
                   put it where `token` says"
            .to_owned();
        self.set_health(TokenHealth::Refused(why.clone()));
        circuit.away(&why, None);
        Failure::Unavailable(why)
    }

    /// Notes that a token was refused although it had just been fetched, so that it is not fetched again and again.
    pub(crate) async fn refused_at_once(&self, token: &Token, circuit: &Circuit) -> Failure {
        if let Account::Token(_) = self.account {
            return self.token_refused(circuit);
        }
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|standing| standing.number == token.number) {
            state.token = None;
            self.keeper.forget().await;
            let why = "the site refuses the token that it has just given out".to_owned();
            self.pause(&mut state, why);
        }
        paused(&state).unwrap_or_else(|| Failure::Unavailable("the site refuses the host's token".to_owned()))
    }

    async fn fetch(&self, state: &mut State, service: &Service, circuit: &Circuit) -> Result<Token, Failure> {
        let (username, password, wanted) = match &self.account {
            Account::Nobody => return Err(Failure::Denied("there is no account for web services".to_owned())),
            Account::Token(token) => return Ok(self.hand_out(state, token.clone())),
            Account::Login { username, password, service } => (username, password, service),
        };
        if !state.loaded {
            state.loaded = true;
            if let Some(token) = self.keeper.load().await {
                return Ok(self.hand_out(state, token));
            }
        }
        let again = self.reread.read();
        let other = again.as_ref().zip(state.tried.as_ref()).is_some_and(|(again, tried)| !same(again, tried));
        // The pause is for the password that was refused; another one is tried at once.
        if let Some(failure) = paused(state).filter(|_| !other) {
            return Err(failure);
        }
        let password = again.unwrap_or_else(|| password.clone());
        self.redactor.register(&password);
        state.tried = Some(password.clone());
        match self.log_in(username, &password, wanted, service).await {
            Ok(token) => {
                self.keeper.keep(&token).await;
                Ok(self.hand_out(state, token))
            }
            Err(Refusal::Account(why)) => {
                self.pause(state, why);
                Err(paused(state).unwrap_or_else(|| Failure::Unavailable("the site refuses the login".to_owned())))
            }
            Err(Refusal::Away { why, wait }) => {
                circuit.away(&why, wait);
                Err(Failure::Unavailable(why))
            }
        }
    }

    fn hand_out(&self, state: &mut State, value: Secret) -> Token {
        self.learn(&value);
        state.last_number += 1;
        let token = Token { number: state.last_number, value };
        state.token = Some(token.clone());
        token
    }

    async fn log_in(
        &self,
        username: &str,
        password: &Secret,
        wanted: &str,
        service: &Service,
    ) -> Result<Secret, Refusal> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("username", username)
            .append_pair("password", password.expose_secret())
            .append_pair("service", wanted)
            .finish();
        let answer = service
            .send(ServiceRequest::form("login", "login/token.php", form))
            .await
            .map_err(|error| Refusal::Away { why: error.to_string(), wait: None })?;
        let refused = |code: &str, message: &str| {
            Refusal::Account(format!("the site refuses the login of {username}: {message} ({code}){}", advice(code)))
        };
        match envelope::read(answer, &self.redactor) {
            Verdict::Good(text) => {
                // The whole answer stays out of every message: it may hold a token.
                let given = serde_json::from_str::<Given>(&text).ok();
                if let Some(private) = given.as_ref().and_then(|given| given.privatetoken.clone()) {
                    self.learn(&private.into());
                }
                let found = given.map(|given| given.token);
                let well = |token: &String| {
                    (8..=256).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
                };
                match found.filter(well) {
                    Some(token) => Ok(token.into()),
                    None => {
                        Err(Refusal::Away { why: "the site's login answered without a token".to_owned(), wait: None })
                    }
                }
            }
            Verdict::Away { why, wait } => Err(Refusal::Away { why, wait }),
            Verdict::Failed(Failure::Refused { code, message }) => Err(refused(&code, &message)),
            Verdict::Failed(other) => Err(Refusal::Away { why: other.to_string(), wait: None }),
            Verdict::TokenRefused(message) | Verdict::AccessDenied(message) | Verdict::AccountRefused(message) => {
                Err(refused("accessexception", &message))
            }
        }
    }

    fn pause(&self, state: &mut State, why: String) {
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(state.refusals.min(8))).min(LONGEST_PAUSE);
        state.refusals = state.refusals.saturating_add(1);
        self.set_health(TokenHealth::Refused(why.clone()));
        state.pause = Some((Instant::now() + pause, why));
    }

    /// Notes that a fetched token serves, so that the next refusal starts with the short pause again.
    pub(crate) async fn proved(&self) {
        let mut state = self.state.lock().await;
        state.refusals = 0;
        state.pause = None;
    }

    fn set_health(&self, health: TokenHealth) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

/// Why there is no token.
enum Refusal {
    /// The account is wrong: the operator has to do something.
    Account(String),
    /// The site is away.
    Away { why: String, wait: Option<Duration> },
}

#[derive(Deserialize)]
struct Given {
    token: String,
    /// The app's, for logging in to pages; of no use here, and a secret all the same.
    privatetoken: Option<String>,
}

fn same(one: &Secret, other: &Secret) -> bool {
    one.expose_secret() == other.expose_secret()
}

fn paused(state: &State) -> Option<Failure> {
    let (until, why) = state.pause.as_ref()?;
    let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
    let minutes = left.as_secs().div_ceil(60);
    Some(Failure::Unavailable(format!("{why}; the next login is tried in {minutes} min")))
}

fn advice(code: &str) -> &'static str {
    match code {
        "invalidlogin" => "; check `username` and `password`, and whether the account is suspended",
        "servicenotavailable" => "; check `service`: it is the service's short name, and must be enabled",
        "usernotallowed" => "; add the account to the service's authorised users, or choose another `service`",
        "enablewsdescription" => "; switch on web services on the site",
        "forcepasswordchangenotice" => "; log in once with a browser and change the password",
        "sitepolicynotagreed" => "; log in once with a browser and agree to the site's policy",
        "restoredaccountresetpassword" | "usernotconfirmed" => "; finish the account with a browser first",
        _ => "",
    }
}
