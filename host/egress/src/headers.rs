//! Which header lines of a caller are sent.

use http::HeaderMap;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, REFERER, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, USER_AGENT,
};

/// Lines of the connection and of the client itself. A caller who sets `Host` could ask a shared server for another site than the one
/// that was granted; one who sets lengths could smuggle a second request.
const OURS: [HeaderName; 11] = [
    ACCEPT_ENCODING,
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    REFERER,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    USER_AGENT,
];

/// Returns the caller's lines without those that are ours.
pub(crate) fn callers(headers: &HeaderMap) -> HeaderMap {
    let named = |name: &str| headers.get_all(CONNECTION).iter().any(|value| lists(value, name));
    let ours = |name: &HeaderName| {
        OURS.contains(name) || name.as_str().starts_with("proxy-") || name == "keep-alive" || named(name.as_str())
    };
    headers.iter().filter(|(name, _)| !ours(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn lists(value: &http::HeaderValue, name: &str) -> bool {
    value.to_str().is_ok_and(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_is_ours() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "other.example"),
            ("content-length", "3"),
            ("transfer-encoding", "chunked"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("proxy-authorization", "Basic x"),
            ("accept", "application/json"),
            ("x-lang", "de"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let sent = callers(&headers);
        let mut names: Vec<_> = sent.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "x-lang"]);
    }
}
