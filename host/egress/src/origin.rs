//! What may be asked: origins, and the policy that is put before every hop.

use std::fmt;
use std::str::FromStr;

use http::Method;
use url::{Host, Url};

use crate::error::EgressError;

/// A scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    host: Host,
    port: u16,
}

impl Origin {
    /// Returns the origin of an `http` or `https` address.
    ///
    /// # Errors
    /// Refuses other schemes and addresses without a host.
    pub fn of(url: &Url) -> Result<Self, EgressError> {
        let problem = || EgressError::Invalid("only http and https addresses with a host can be asked for".to_owned());
        if !matches!(url.scheme(), "http" | "https") {
            return Err(problem());
        }
        let host = url.host().ok_or_else(problem)?.to_owned();
        let port = url.port_or_known_default().ok_or_else(problem)?;
        Ok(Self { scheme: url.scheme().to_owned(), host, port })
    }

    /// Returns `https` or `http`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns host and port for messages, the port where it is not the scheme's own.
    pub fn authority(&self) -> String {
        match (self.scheme.as_str(), self.port) {
            ("https", 443) | ("http", 80) => self.host.to_string(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

impl FromStr for Origin {
    type Err = EgressError;

    /// Reads `https://api.school.example` or `http://10.1.2.3:8080`, with nothing behind it.
    fn from_str(text: &str) -> Result<Self, EgressError> {
        let wrong = |problem: &str| {
            EgressError::Invalid(format!("{text:?} is no origin: {problem}; write \"https://api.school.example\""))
        };
        let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::Invalid("an origin carries no user name or password".to_owned()));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("nothing may stand behind the host"));
        }
        Self::of(&url).map_err(|_| wrong("it must begin with https:// or http://"))
    }
}

/// Whether a policy lifts the block on private addresses for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lift {
    /// Only public addresses.
    Public,
    /// The operator granted this host and port as private.
    Private,
}

/// A policy said no; the text says what would allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// What one plugin may ask for. It is asked again for every hop of a redirect.
pub trait Policy: Send + Sync {
    /// Decides about one request. Pure: the same question has the same answer.
    ///
    /// # Errors
    /// Returns what would allow the request.
    fn check(&self, method: &Method, url: &Url) -> Result<Lift, Refusal>;
}

/// The simplest policy: GET and HEAD on a list of origins.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    granted: Vec<(Origin, Lift)>,
}

impl Origins {
    /// Grants public origins.
    ///
    /// # Errors
    /// Returns the first text that is no origin.
    pub fn public<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, EgressError> {
        Self::of(origins, Lift::Public)
    }

    /// Grants origins whose addresses may be private, each for its host and port only.
    ///
    /// # Errors
    /// Returns the first text that is no origin.
    pub fn private<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, EgressError> {
        Self::of(origins, Lift::Private)
    }

    fn of<'a>(origins: impl IntoIterator<Item = &'a str>, lift: Lift) -> Result<Self, EgressError> {
        let granted = origins.into_iter().map(|text| Ok((text.parse()?, lift))).collect::<Result<_, EgressError>>()?;
        Ok(Self { granted })
    }
}

impl Policy for Origins {
    fn check(&self, method: &Method, url: &Url) -> Result<Lift, Refusal> {
        let origin = Origin::of(url).map_err(|error| Refusal(error.to_string()))?;
        let lift = self.granted.iter().find(|(granted, _)| *granted == origin).map(|(_, lift)| *lift);
        let lift = lift.ok_or_else(|| Refusal(format!("{origin} is not granted")))?;
        if *method != Method::GET && *method != Method::HEAD {
            return Err(Refusal(format!("{method} on {origin} is not granted")));
        }
        Ok(lift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_do() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        assert_eq!(origin("https://API.school.example"), origin("https://api.school.example:443/"));
        assert_ne!(origin("https://api.school.example"), origin("http://api.school.example"));
        assert_ne!(origin("https://api.school.example"), origin("https://api.school.example:8443"));
        assert_eq!(origin("http://2130706433"), origin("http://127.0.0.1"));
        assert_eq!(origin("http://10.1.2.3:8080").to_string(), "http://10.1.2.3:8080");
        assert_eq!(origin("https://[2001:DB8::1]").to_string(), "https://[2001:db8::1]");
    }

    #[test]
    fn what_is_no_origin() {
        for text in [
            "",
            "api.school.example",
            "ftp://a.example",
            "https://a.example/path",
            "https://a.example?x=1",
            "file:///etc/passwd",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        let message = "https://clerk:hunter2@a.example".parse::<Origin>().unwrap_err().to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn an_empty_grant_grants_nothing() {
        let url = Url::parse("https://api.school.example/").unwrap();
        assert!(Origins::default().check(&Method::GET, &url).is_err());
    }
}
