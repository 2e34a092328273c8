//! Parameters in PHP's notation: `criteria[0][key]=email`, as real clients send them.

use serde_json::Value;

/// A parameter: a text, or an ordered map of further ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A value.
    Text(String),
    /// An array, list or not: PHP knows no difference.
    Map(Params),
}

/// Named parameters in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Params {
    entries: Vec<(String, Node)>,
}

impl Params {
    /// Reads query and body; a name in the body replaces the same one in the query.
    pub(super) fn read(query: &str, body: &[u8]) -> Self {
        let mut params = Self::parse(query.as_bytes());
        for (name, node) in Self::parse(body).entries {
            params.set(name, node);
        }
        params
    }

    fn parse(form: &[u8]) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            let (first, rest) = path(&name);
            params.put(&first, &rest, value.into_owned());
        }
        params
    }

    /// Reads a JSON object or list; anything else is no parameters at all, as for Moodle's batch function.
    pub(super) fn from_json(value: &Value) -> Self {
        let entries = match value {
            Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), Node::from_json(value))).collect(),
            Value::Array(list) => {
                list.iter().enumerate().map(|(index, value)| (index.to_string(), Node::from_json(value))).collect()
            }
            _ => Vec::new(),
        };
        Self { entries }
    }

    /// Returns a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.entries.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// Returns a parameter that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Node::Text(text) => Some(text),
            Node::Map(_) => None,
        }
    }

    /// Takes a parameter out.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        let index = self.entries.iter().position(|(key, _)| key == name)?;
        Some(self.entries.remove(index).1)
    }

    /// Returns all parameters.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(name, node)| (name.as_str(), node))
    }

    fn set(&mut self, name: String, node: Node) {
        match self.entries.iter_mut().find(|(key, _)| *key == name) {
            Some(entry) => entry.1 = node,
            None => self.entries.push((name, node)),
        }
    }

    fn put(&mut self, name: &str, rest: &[String], value: String) {
        let name = if name.is_empty() { self.next_index() } else { name.to_owned() };
        let Some((next, rest)) = rest.split_first() else {
            return self.set(name, Node::Text(value));
        };
        if !matches!(self.get(&name), Some(Node::Map(_))) {
            self.set(name.clone(), Node::Map(Self::default()));
        }
        if let Some((_, Node::Map(map))) = self.entries.iter_mut().find(|(key, _)| *key == name) {
            map.put(next, rest, value);
        }
    }

    /// Returns the index that PHP gives to `name[]`.
    fn next_index(&self) -> String {
        let taken = self.entries.iter().filter_map(|(key, _)| key.parse::<u64>().ok()).max();
        taken.map_or(0, |highest| highest.saturating_add(1)).to_string()
    }
}

impl Node {
    fn from_json(value: &Value) -> Self {
        match value {
            Value::Object(_) | Value::Array(_) => Self::Map(Params::from_json(value)),
            Value::String(text) => Self::Text(text.clone()),
            Value::Bool(true) => Self::Text("1".into()),
            Value::Bool(false) => Self::Text("0".into()),
            Value::Null => Self::Text(String::new()),
            Value::Number(number) => Self::Text(number.to_string()),
        }
    }
}

/// Splits `a[b][]` into `a` and `b`, ``.
fn path(name: &str) -> (String, Vec<String>) {
    let Some((first, mut rest)) = name.split_once('[').filter(|(first, _)| !first.is_empty()) else {
        return (name.to_owned(), Vec::new());
    };
    let mut parts = Vec::new();
    while let Some((part, after)) = rest.split_once(']') {
        parts.push(part.to_owned());
        match after.strip_prefix('[') {
            Some(more) => rest = more,
            None => break,
        }
    }
    if parts.is_empty() { (name.to_owned(), parts) } else { (first.to_owned(), parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_become_maps() {
        let params = Params::read(
            "a=1&courseids[]=4",
            b"a=2&criteria[0][key]=email&criteria[0][value]=%25&courseids[]=5&courseids[]=6",
        );
        assert_eq!(params.text("a"), Some("2"));
        let Some(Node::Map(criteria)) = params.get("criteria") else { panic!("criteria: {params:?}") };
        let Some(Node::Map(first)) = criteria.get("0") else { panic!("first: {criteria:?}") };
        assert_eq!((first.text("key"), first.text("value")), (Some("email"), Some("%")));
        let Some(Node::Map(ids)) = params.get("courseids") else { panic!("ids: {params:?}") };
        assert_eq!((ids.text("0"), ids.text("1")), (Some("5"), Some("6")));
    }

    #[test]
    fn what_is_no_array_stays_a_name() {
        let params = Params::read("", b"[0]=a&b[=c&d=e");
        assert_eq!((params.text("[0]"), params.text("b["), params.text("d")), (Some("a"), Some("c"), Some("e")));
    }
}
