//! What must not be repeated: the account's key, the tokens that were made with it, and the signed assertions they were made from.
//!
//! A service, or a proxy before it, may put what it was sent into its refusal, and refusals are stored and shown. The client gets
//! tokens by itself and hands them to nobody, so they are learnt here on their way through.

use std::borrow::Cow;

use beadle_egress::{REDACTED, Redactor};
use google_sheets4::common::GetToken;
use google_sheets4::yup_oauth2::authenticator::Authenticator;
use google_sheets4::yup_oauth2::{Error, ServiceAccountKey};

use super::account::Connector;
use crate::table::Trouble;

/// The client's source of tokens, watched.
#[derive(Clone)]
pub(super) struct Tokens {
    auth: Authenticator<Connector>,
    redactor: Redactor,
}

impl Tokens {
    pub(super) fn new(auth: Authenticator<Connector>, key: &ServiceAccountKey) -> Self {
        let redactor = Redactor::new();
        // Line by line, which finds the whole as well; its last line may be too short to be anybody's secret.
        for line in key.private_key.lines().filter(|line| line.len() >= 32 && !line.starts_with("-----")) {
            redactor.register(&line.into());
        }
        Self { auth, redactor }
    }

    /// Gets a new token in place of one that was refused.
    pub(super) async fn renew(&self, scopes: &[&str]) -> Result<(), Error> {
        let token = self.auth.force_refreshed_token(scopes).await?;
        self.learn(token.token());
        Ok(())
    }

    /// Takes what must not be repeated out of a trouble's texts.
    pub(super) fn clean(&self, trouble: Trouble) -> Trouble {
        trouble.map_text(|text| self.clean_text(text))
    }

    /// Takes it out of anything else that the service said.
    pub(super) fn clean_text(&self, text: &str) -> String {
        without_assertions(&self.redactor.redact(text)).into_owned()
    }

    fn learn(&self, token: Option<&str>) {
        if let Some(token) = token {
            self.redactor.register(&token.into());
        }
    }
}

impl GetToken for Tokens {
    fn get_token<'a>(
        &'a self,
        scopes: &'a [&str],
    ) -> std::pin::Pin<
        Box<dyn Future<Output = Result<Option<String>, Box<dyn std::error::Error + Send + Sync>>> + Send + 'a>,
    > {
        Box::pin(async move {
            let token = self.auth.token(scopes).await?;
            self.learn(token.token());
            Ok(token.token().map(str::to_owned))
        })
    }
}

/// Replaces signed assertions: three parts in base64 with periods between, the first of which begins as every JSON object does.
fn without_assertions(text: &str) -> Cow<'_, str> {
    if !text.contains("eyJ") {
        return Cow::Borrowed(text);
    }
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=' | '+');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let end = rest[start..].find(|c: char| !part(c)).map_or(rest.len(), |end| start + end);
        clean.push_str(&rest[..start]);
        clean.push_str(REDACTED);
        rest = &rest[end..];
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_are_known_by_their_form() {
        let assertion = "eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJib3QifQ.c2ln-bmF0_dXJl";
        for (text, expected) in [
            (format!("invalid_grant: {assertion}"), "invalid_grant: [secret]"),
            (format!("assertion={assertion}&scope=x {assertion}"), "assertion=[secret]&scope=x [secret]"),
            (assertion[..30].to_owned(), "[secret]"),
            ("Invalid JWT Signature.".to_owned(), "Invalid JWT Signature."),
        ] {
            assert_eq!(without_assertions(&text), expected);
        }
    }
}
