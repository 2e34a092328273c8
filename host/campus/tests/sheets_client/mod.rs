//! A plain client for the tests: own assertion, own requests, nothing of the house's code.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beadle_campus::sheets::Sheets;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};

/// The scope that everything here needs.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets";

/// An authorised client.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// Signs an assertion for a key file as google-auth does.
pub(crate) fn assertion(key: &Value, change: impl FnOnce(&mut Value)) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut claims = json!({
        "iss": key["client_email"], "scope": SCOPE, "aud": "https://oauth2.googleapis.com/token", "iat": now, "exp": now + 3600,
    });
    change(&mut claims);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(&claims));
    let private = RsaPrivateKey::from_pkcs8_pem(key["private_key"].as_str().expect("a key")).expect("PKCS 8");
    let signature = SigningKey::<Sha256>::new(private).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// Exchanges an assertion.
pub(crate) async fn exchange(http: &reqwest::Client, sheets: &Sheets, assertion: &str) -> (u16, Value) {
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    let answer = http.post(&sheets.token_url).form(&form).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Makes the bare HTTP client.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

impl Client {
    /// Makes a client of the first service account.
    pub(crate) async fn new(sheets: &Sheets) -> Self {
        Self::with_key(sheets, &sheets.service_account_json(), |_| ()).await
    }

    /// Makes a client of a key file, with changed claims.
    pub(crate) async fn with_key(sheets: &Sheets, key: &str, change: impl FnOnce(&mut Value)) -> Self {
        let http = http();
        let key: Value = serde_json::from_str(key).expect("a key file is JSON");
        let (status, body) = exchange(&http, sheets, &assertion(&key, change)).await;
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().expect("a token").to_owned();
        Self { http, base: sheets.base_url.clone(), token }
    }

    /// Sends a request; the path is sent as it stands. A body that is no JSON comes back as a text.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.try_call(method, path, body).await.expect("an answer")
    }

    /// Sends a request that may be lost.
    pub(crate) async fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), reqwest::Error> {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}
