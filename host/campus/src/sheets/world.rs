//! What stands behind the routes: spreadsheets, accounts, tokens, quota.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::book::{Book, Role};
use super::quota::{Exceeded, Kind, Quota};
use super::refusal::Refusal;
use super::token::{self, Claim, TOKEN_SECONDS};

/// Number of the simulated project, as in quota messages.
pub(super) const PROJECT: u64 = 123_456_789_012;

/// The whole service's state.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) books: BTreeMap<String, Book>,
    pub(super) accounts: BTreeSet<String>,
    pub(super) quota: Quota,
    /// Whether the project has not switched the API on.
    pub(super) disabled: bool,
    pub(super) tokens: BTreeMap<String, Grant>,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    email: String,
    scopes: Vec<String>,
    until_ms: i64,
}

impl World {
    /// Hands out a token.
    pub(super) fn issue(&mut self, claim: Claim, now_ms: i64) -> Value {
        self.tokens.retain(|_, grant| grant.until_ms > now_ms);
        let token = format!("ya29.c.b0Aa{}", hex::encode(rand::random::<[u8; 32]>()));
        let grant = Grant { email: claim.email, scopes: claim.scopes, until_ms: now_ms + TOKEN_SECONDS * 1000 };
        self.tokens.insert(token.clone(), grant);
        json!({ "access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer" })
    }

    /// Lets a caller in, in the service's order: token, API, scope, quota, existence, share list.
    pub(super) fn enter(
        &mut self,
        bearer: Option<&str>,
        now_ms: i64,
        kind: Kind,
        id: &str,
    ) -> Result<&mut Book, Refusal> {
        let grant = bearer.and_then(|token| self.tokens.get(token)).filter(|grant| grant.until_ms > now_ms);
        let grant = grant.ok_or_else(Refusal::unauthenticated)?;
        if self.disabled {
            return Err(Refusal::disabled(PROJECT));
        }
        if !token::allows(&grant.scopes, kind == Kind::Write) {
            return Err(Refusal::scope());
        }
        if let Err(exceeded) = self.quota.take(now_ms, &grant.email, kind) {
            return Err(Refusal::quota(kind.name(), exceeded == Exceeded::User, PROJECT));
        }
        let book = self.books.get_mut(id).ok_or_else(Refusal::missing)?;
        let needed = if kind == Kind::Write { Role::Writer } else { Role::Reader };
        match book.shares.get(&grant.email) {
            Some(role) if *role >= needed => Ok(book),
            _ => Err(Refusal::forbidden()),
        }
    }
}
