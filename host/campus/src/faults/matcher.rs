//! Which requests an order is for.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, Method};
use bytes::Bytes;

/// One request as the service saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The raw query, without `?`; empty if there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as sent.
    pub body: Bytes,
}

impl Seen {
    /// Returns the first value of a form or query parameter; the body wins, as in PHP's merged parameters.
    pub fn param(&self, name: &str) -> Option<String> {
        self.pairs().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns the Moodle function that was called, if this is such a call.
    pub fn function(&self) -> Option<String> {
        self.param("wsfunction")
    }

    /// Returns the body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        let form = self
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body: &[u8] = if form { &self.body } else { &[] };
        let query = url::form_urlencoded::parse(self.query.as_bytes()).into_owned();
        url::form_urlencoded::parse(body).into_owned().chain(query)
    }
}

type Test = Arc<dyn Fn(&Seen) -> bool + Send + Sync>;

/// A test of requests, and how many that pass it are let through first.
///
/// A string matches a request whose path holds it, or a Moodle call of the function with that very name.
#[derive(Clone)]
pub struct Matcher {
    test: Test,
    spare: u32,
}

impl Matcher {
    /// Matches every request.
    pub fn any() -> Self {
        Self::new(|_| true)
    }

    /// Matches what `test` says.
    pub fn new(test: impl Fn(&Seen) -> bool + Send + Sync + 'static) -> Self {
        Self { test: Arc::new(test), spare: 0 }
    }

    /// Matches requests whose path holds `part`.
    pub fn path(part: impl Into<String>) -> Self {
        let part = part.into();
        Self::new(move |seen| seen.path.contains(&part))
    }

    /// Matches calls of one Moodle function.
    pub fn function(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::new(move |seen| seen.function().as_deref() == Some(name.as_str()))
    }

    /// Matches requests with this method.
    pub fn method(method: Method) -> Self {
        Self::new(move |seen| seen.method == method)
    }

    /// Matches what both match; the count of [`Matcher::after`] is kept from `self`.
    #[must_use]
    pub fn and(self, other: impl Into<Matcher>) -> Self {
        let (first, second) = (self.test, other.into().test);
        Self { test: Arc::new(move |seen| first(seen) && second(seen)), spare: self.spare }
    }

    /// Lets the next `count` matching requests through before the order begins.
    #[must_use]
    pub fn after(mut self, count: u32) -> Self {
        self.spare = count;
        self
    }

    /// Says whether a request passes the test, whatever [`Matcher::after`] says.
    pub fn matches(&self, seen: &Seen) -> bool {
        (self.test)(seen)
    }

    /// Says whether an order hits this request, and counts one that is let through.
    pub(super) fn hits(&mut self, seen: &Seen) -> bool {
        if !self.matches(seen) {
            return false;
        }
        if self.spare > 0 {
            self.spare -= 1;
            return false;
        }
        true
    }
}

impl From<&str> for Matcher {
    fn from(text: &str) -> Self {
        let text = text.to_owned();
        Self::new(move |seen| seen.path.contains(&text) || seen.function().as_deref() == Some(text.as_str()))
    }
}

impl From<String> for Matcher {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Method> for Matcher {
    fn from(method: Method) -> Self {
        Self::method(method)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher").field("after", &self.spare).finish_non_exhaustive()
    }
}
