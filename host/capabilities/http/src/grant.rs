//! What a plugin may ask for: a pure decision.

use beadle_egress::{Lift, Origin, Policy, Refusal};
use beadle_plan::Denial;
use http::Method;
use url::Url;

/// The `http` grants of one plugin, read.
///
/// A line is `[private] [METHOD] ADDRESS`. Without a method it grants GET and HEAD. A path that ends in `/` grants everything below
/// it, and no path is `/`; any other path grants that one address, whatever its query. `private` allows addresses inside the
/// school's own network, for that host and port only.
#[derive(Clone, Debug)]
pub struct HttpGrants {
    plugin: String,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    method: Option<Method>,
    origin: Origin,
    path: String,
    lift: Lift,
}

/// A line that is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "under [plugins.{plugin}]: http grant {line:?}: {problem}; write \"https://api.school.example\" or \"POST https://search.school.example/query\""
)]
pub struct GrantError {
    /// The plugin's name.
    pub plugin: String,
    /// The line.
    pub line: String,
    /// What is wrong with it.
    pub problem: String,
}

impl HttpGrants {
    /// Reads the lines of a plugin's `grants.http`.
    ///
    /// # Errors
    /// Returns the first line that is no grant.
    pub fn parse(plugin: &str, lines: &[String]) -> Result<Self, GrantError> {
        let read = |line: &String| {
            rule(line).map_err(|problem| GrantError { plugin: plugin.to_owned(), line: line.clone(), problem })
        };
        Ok(Self { plugin: plugin.to_owned(), rules: lines.iter().map(read).collect::<Result<_, _>>()? })
    }

    /// Decides about one request, and whether it may go to a private address.
    ///
    /// # Errors
    /// Returns the line that would allow it.
    pub fn may_send(&self, method: &Method, url: &Url) -> Result<Lift, Denial> {
        let Ok(origin) = Origin::of(url) else {
            return Err(Denial::never("only http and https addresses can be asked for"));
        };
        let read = *method == Method::GET || *method == Method::HEAD;
        let matching = self.rules.iter().filter(|rule| {
            let method_fits = rule.method.as_ref().map_or(read, |granted| granted == method);
            method_fits && rule.origin == origin && rule.covers(url.path())
        });
        // Where several lines match, the widest decides, as if each stood alone.
        let mut lifts = matching.map(|rule| rule.lift);
        let Some(first) = lifts.next() else {
            // The path stands in the line only where the operator has to decide about it; a query may hold what is nobody's business.
            let (what, line) = match read {
                true => (format!("{origin}"), format!("{origin}")),
                false => (format!("{method} {origin}{}", url.path()), format!("{method} {origin}{}", url.path())),
            };
            return Err(Denial::grant(
                &self.plugin,
                format!("plugin {} may not ask for {what}", self.plugin),
                "http",
                &line,
            ));
        };
        Ok(if first == Lift::Private || lifts.any(|lift| lift == Lift::Private) { Lift::Private } else { Lift::Public })
    }

    /// Returns the denial for an address inside the school's own network, with the line that would allow it.
    pub(crate) fn private(plugin: &str, origin: &str, blocked: &beadle_egress::Blocked) -> Denial {
        if !blocked.liftable {
            return Denial::never(blocked.to_string());
        }
        let what = format!("{} is at {}: {}", blocked.host, blocked.address, blocked.why);
        Denial::grant(plugin, what, "http", &format!("private {origin}"))
    }
}

impl Policy for HttpGrants {
    fn check(&self, method: &Method, url: &Url) -> Result<Lift, Refusal> {
        self.may_send(method, url).map_err(|denial| Refusal(denial.to_string()))
    }
}

impl Rule {
    fn covers(&self, path: &str) -> bool {
        if self.path.ends_with('/') { path.starts_with(&self.path) } else { path == self.path }
    }
}

fn rule(line: &str) -> Result<Rule, String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let lift = if words.first() == Some(&"private") {
        words.remove(0);
        Lift::Private
    } else {
        Lift::Public
    };
    let (method, address) = match words.as_slice() {
        [address] => (None, *address),
        [method, address] => {
            let upper = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
            let known = Method::from_bytes(method.as_bytes()).ok().filter(|_| upper);
            (Some(known.ok_or_else(|| format!("{method:?} is no method in upper case"))?), *address)
        }
        _ => return Err("it is neither an address nor a method and an address".to_owned()),
    };
    if address.contains('*') {
        return Err("a star does not stand for anything; name each host".to_owned());
    }
    let url = Url::parse(address).map_err(|error| format!("{address:?} is no address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address carries no user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a grant ends at the path".to_owned());
    }
    let origin = Origin::of(&url).map_err(|error| error.to_string())?;
    Ok(Rule { method, origin, path: url.path().to_owned(), lift })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(lines: &[&str], request: &str) -> Result<Lift, Denial> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let (method, url) = request.split_once(' ').unwrap();
        let grants = HttpGrants::parse("rooms", &lines).unwrap();
        grants.may_send(&Method::from_bytes(method.as_bytes()).unwrap(), &Url::parse(url).unwrap())
    }

    #[test]
    fn an_empty_grant_grants_nothing() {
        let denial = may(&[], "GET https://api.school.example/secret/path?key=x").unwrap_err().to_string();
        assert!(denial.contains(r#"http = ["https://api.school.example"]"#), "{denial}");
        assert!(!denial.contains("secret") && !denial.contains("key="), "{denial}");
    }

    #[test]
    fn table() {
        let lines = [
            "https://api.school.example",
            "https://files.school.example/public/",
            "https://status.school.example/health",
            "POST https://search.school.example/query",
            "private http://printer.school.example:631",
        ];
        for (request, lift) in [
            ("GET https://api.school.example/", Some(Lift::Public)),
            ("HEAD https://api.school.example:443/a?b=c", Some(Lift::Public)),
            ("GET http://api.school.example/", None),
            ("GET https://api.school.example:8443/", None),
            ("GET https://api.school.example.evil.example/", None),
            ("GET https://sub.api.school.example/", None),
            ("POST https://api.school.example/", None),
            ("DELETE https://api.school.example/", None),
            ("OPTIONS https://api.school.example/", None),
            ("GET https://files.school.example/public/a/b", Some(Lift::Public)),
            ("GET https://files.school.example/public", None),
            ("GET https://files.school.example/public/../private", None),
            ("GET https://files.school.example/public/%2e%2e/private", None),
            ("GET https://status.school.example/health?verbose", Some(Lift::Public)),
            ("GET https://status.school.example/health/all", None),
            ("POST https://search.school.example/query?page=2", Some(Lift::Public)),
            ("POST https://search.school.example/other", None),
            // A method that is granted does not grant the others.
            ("GET https://search.school.example/query", None),
            ("GET http://printer.school.example:631/jobs", Some(Lift::Private)),
            ("GET http://printer.school.example/jobs", None),
        ] {
            assert_eq!(may(&lines, request).ok(), lift, "{request}");
        }
        let denial = may(&lines, "PUT https://search.school.example/query?x=SECRET").unwrap_err().to_string();
        assert!(denial.contains(r#"http = ["PUT https://search.school.example/query"]"#), "{denial}");
    }

    #[test]
    fn what_is_no_grant() {
        for (line, part) in [
            ("", "neither an address"),
            ("api.school.example", "no address"),
            ("https://*.school.example", "a star"),
            ("post https://search.school.example/", "upper case"),
            ("ftp://files.school.example", "only http and https"),
            ("https://a.example/?q=1", "ends at the path"),
            ("GET POST https://a.example", "neither an address"),
        ] {
            let message = HttpGrants::parse("rooms", &[line.to_owned()]).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("[plugins.rooms]"), "{line}: {message}");
        }
        let message = HttpGrants::parse("rooms", &["https://clerk:hunter2@a.example".to_owned()]).unwrap_err();
        assert!(message.problem.contains("user name"));
    }
}
