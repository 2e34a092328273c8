//! Service accounts and the exchange of a signed assertion for an access token.
//!
//! Clients differ in what they sign (padding, audience, a null subject); the signature is therefore checked over the bytes as they came.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rsa::sha2::Sha256;
use rsa::signature::Verifier as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

/// Life of an access token, in seconds, as it is answered.
pub(super) const TOKEN_SECONDS: i64 = 3599;

/// The audience that google-auth always signs, whatever the key's `token_uri` says.
const GOOGLE_AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// Bits of the key; ring, the signing side, takes no fewer.
const KEY_BITS: usize = 2048;

/// Padding or none: yup-oauth2 sends it, google-auth does not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key of all simulated accounts. Making one takes most of a second, so a process makes one.
pub(super) struct Key {
    pem: String,
    public: RsaPublicKey,
}

/// Returns the process's key.
pub(super) fn key() -> Result<&'static Key, std::io::Error> {
    static KEY: OnceLock<Result<Key, String>> = OnceLock::new();
    let made = KEY.get_or_init(|| {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, KEY_BITS).map_err(|e| e.to_string())?;
        let pem = private.to_pkcs8_pem(LineEnding::LF).map_err(|e| e.to_string())?;
        Ok(Key { pem: pem.as_str().to_owned(), public: private.to_public_key() })
    });
    made.as_ref().map_err(|e| std::io::Error::other(format!("no key for the simulated service account: {e}")))
}

/// Returns the key file of an account, as the cloud console hands it out.
pub(super) fn key_file(key: &Key, email: &str, token_uri: &str) -> String {
    let project = email.split(['@', '.']).nth(1).unwrap_or("simulated-school");
    json!({
        "type": "service_account",
        "project_id": project,
        "private_key_id": "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e",
        "private_key": key.pem,
        "client_email": email,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{email}"),
        "universe_domain": "googleapis.com",
    })
    .to_string()
}

/// What a good assertion claims.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) email: String,
    pub(super) scopes: Vec<String>,
}

/// A refused exchange: `error` and `error_description`, always with status 400.
pub(super) fn refusal(error: &str, description: &str) -> Value {
    json!({ "error": error, "error_description": description })
}

/// Checks the form of a token request.
pub(super) fn check(key: &Key, form: &[u8], token_uri: &str, known: impl Fn(&str) -> bool) -> Result<Claim, Value> {
    let field = |name: &str| {
        url::form_urlencoded::parse(form)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let grant = field("grant_type");
    if grant != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        return Err(refusal("unsupported_grant_type", &format!("Invalid grant_type: {grant}")));
    }
    let assertion = field("assertion");
    let malformed = || refusal("invalid_grant", "Invalid JWT: Failed to decode assertion.");
    let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let json = |part: &str| LENIENT.decode(part).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let header = json(header).ok_or_else(malformed)?;
    let claims = json(claims).ok_or_else(malformed)?;
    let email = claims["iss"].as_str().unwrap_or_default();
    if !known(email) {
        return Err(refusal("invalid_grant", "Invalid grant: account not found"));
    }
    let signature = LENIENT.decode(signature).ok().and_then(|bytes| Signature::try_from(bytes.as_slice()).ok());
    let verified = signature.is_some_and(|signature| {
        VerifyingKey::<Sha256>::new(key.public.clone()).verify(signed.as_bytes(), &signature).is_ok()
    });
    if header["alg"] != "RS256" || !verified {
        return Err(refusal("invalid_grant", "Invalid JWT Signature."));
    }
    if claims["aud"] != token_uri && claims["aud"] != GOOGLE_AUDIENCE {
        return Err(refusal("invalid_grant", "Invalid JWT: Failed audience check."));
    }
    check_times(&claims)?;
    let scopes: Vec<String> =
        claims["scope"].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() {
        return Err(refusal("invalid_scope", "Empty or missing scope not allowed."));
    }
    Ok(Claim { email: email.to_owned(), scopes })
}

/// Checks `iat` and `exp` against the machine's clock, not the campus's: clients sign with the machine's, and a campus on another
/// clock must not lock them out.
fn check_times(claims: &Value) -> Result<(), Value> {
    /// Seconds that the two clocks may differ.
    const LEEWAY: i64 = 300;
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
    let good = match (claims["iat"].as_i64(), claims["exp"].as_i64()) {
        (Some(iat), Some(exp)) => {
            exp > iat && exp - iat <= 3600 && iat <= now.saturating_add(LEEWAY) && exp >= now.saturating_sub(LEEWAY)
        }
        _ => false,
    };
    if good {
        return Ok(());
    }
    Err(refusal(
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in \
         the JWT claim.",
    ))
}

/// Returns whether one of the scopes lets a request through; `write` says that it changes something.
pub(super) fn allows(scopes: &[String], write: bool) -> bool {
    const ROOT: &str = "https://www.googleapis.com/auth/";
    scopes.iter().filter_map(|scope| scope.strip_prefix(ROOT)).any(|scope| match scope {
        "spreadsheets" | "drive" | "drive.file" => true,
        "spreadsheets.readonly" | "drive.readonly" => !write,
        _ => false,
    })
}
