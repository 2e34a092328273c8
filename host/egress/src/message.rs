//! Requests and answers, bodies whole.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::error::EgressError;

/// One request of a plugin.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute address.
    pub url: Url,
    /// Header lines; those of the connection are the client's business and left out.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
}

impl Request {
    /// Makes a request without header lines or body.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: None }
    }

    /// Makes a GET request.
    ///
    /// # Errors
    /// Refuses what is no absolute address.
    pub fn get(url: &str) -> Result<Self, EgressError> {
        let url =
            Url::parse(url).map_err(|error| EgressError::Invalid(format!("the address is malformed: {error}")))?;
        Ok(Self::new(Method::GET, url))
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The address that answered, after redirects.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// Header lines, as they are after decompression.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Answer {
    /// Returns the media type without parameters, in lower case; empty where there is none.
    pub fn media_type(&self) -> String {
        let header = self.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        header.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
    }

    /// Returns how long the peer asks to wait, where it does so in seconds.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        let header = self.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
        header.trim().parse().ok().map(std::time::Duration::from_secs)
    }
}
