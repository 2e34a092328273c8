//! Taking typed values out of parameters, as strictly as Moodle does.

use super::super::Fail;
use super::super::params::{Node, Params};

/// Refuses every parameter whose name is not in `names`: an unknown one is an error, not an optional extra.
pub(super) fn only(params: &Params, names: &[&str]) -> Result<(), Fail> {
    let unknown: Vec<&str> = params.iter().map(|(name, _)| name).filter(|name| !names.contains(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Fail::parameter(format!("Unexpected keys ({}) detected in parameter array.", unknown.join(", "))))
}

/// Takes a required text.
pub(super) fn text<'a>(params: &'a Params, name: &str) -> Result<&'a str, Fail> {
    match params.get(name) {
        Some(Node::Text(text)) => Ok(text),
        Some(Node::Map(_)) => {
            Err(Fail::parameter(format!("{name} => Scalar type expected, array or object received.")))
        }
        None => Err(Fail::parameter(format!("Missing required key in single structure: {name}"))),
    }
}

/// Takes a required whole number.
pub(super) fn int(params: &Params, name: &str) -> Result<i64, Fail> {
    let text = text(params, name)?;
    text.trim().parse().map_err(|_| {
        Fail::parameter(format!(
            "{name} => Invalid parameter value detected: Invalid external api parameter: the value is \"{text}\", the server was expecting \"int\" type"
        ))
    })
}

/// Takes a text of letters only.
pub(super) fn letters<'a>(params: &'a Params, name: &str) -> Result<&'a str, Fail> {
    let text = text(params, name)?;
    if text.chars().all(|c| c.is_ascii_alphabetic()) {
        return Ok(text);
    }
    Err(Fail::parameter(format!(
        "{name} => Invalid parameter value detected: Invalid external api parameter: the value is \"{text}\", the server was expecting \"alpha\" type"
    )))
}

/// Takes the elements of a list; `None` if it is not there.
pub(super) fn list<'a>(params: &'a Params, name: &str) -> Result<Option<Vec<&'a Node>>, Fail> {
    match params.get(name) {
        None => Ok(None),
        Some(Node::Map(map)) => Ok(Some(map.iter().map(|(_, node)| node).collect())),
        Some(Node::Text(_)) => Err(Fail::parameter(format!("{name} => Only arrays accepted. The bad value is: text"))),
    }
}

/// Takes the elements of a list of structures.
pub(super) fn structures<'a>(params: &'a Params, name: &str) -> Result<Option<Vec<&'a Params>>, Fail> {
    let Some(nodes) = list(params, name)? else { return Ok(None) };
    let structures = nodes.into_iter().map(|node| match node {
        Node::Map(map) => Ok(map),
        Node::Text(_) => Err(Fail::parameter(format!("{name} => Only arrays accepted. The bad value is: text"))),
    });
    structures.collect::<Result<_, _>>().map(Some)
}

/// Reads a number as PHP's cleaning does: what is none is 0.
pub(super) fn lenient(text: &str) -> i64 {
    let text = text.trim();
    let digits = text.char_indices().take_while(|(i, c)| c.is_ascii_digit() || (*i == 0 && *c == '-')).count();
    text[..digits].parse().unwrap_or(0)
}

/// Takes a whole number that need not be there.
pub(super) fn int_or(params: &Params, name: &str, default: i64) -> Result<i64, Fail> {
    if params.get(name).is_some() { int(params, name) } else { Ok(default) }
}

/// Takes a text that need not be there.
pub(super) fn text_or<'a>(params: &'a Params, name: &str, default: &'a str) -> Result<&'a str, Fail> {
    if params.get(name).is_some() { text(params, name) } else { Ok(default) }
}

/// Takes a flag that need not be there: `0` or `1`, never a word.
pub(super) fn flag_or(params: &Params, name: &str, default: bool) -> Result<bool, Fail> {
    match params.get(name) {
        None => Ok(default),
        Some(_) => match text(params, name)? {
            "0" | "" => Ok(false),
            "1" => Ok(true),
            other => Err(Fail::parameter(format!(
                "{name} => Invalid parameter value detected: Invalid external api parameter: the value is \"{other}\", the server was expecting \"bool\" type"
            ))),
        },
    }
}

/// Takes a list of whole numbers; an empty one if it is not there.
pub(super) fn ints(params: &Params, name: &str) -> Result<Vec<i64>, Fail> {
    let Some(nodes) = list(params, name)? else { return Ok(Vec::new()) };
    let numbers = nodes.into_iter().map(|node| match node {
        Node::Text(text) => text.trim().parse().map_err(|_| {
            Fail::parameter(format!(
                "{name} => Invalid parameter value detected: Invalid external api parameter: the value is \"{text}\", the server was expecting \"int\" type"
            ))
        }),
        Node::Map(_) => Err(Fail::parameter(format!("{name} => Scalar type expected, array or object received."))),
    });
    numbers.collect()
}

/// Takes a structure; `None` if it is not there.
pub(super) fn structure<'a>(params: &'a Params, name: &str) -> Result<Option<&'a Params>, Fail> {
    match params.get(name) {
        None => Ok(None),
        Some(Node::Map(map)) => Ok(Some(map)),
        Some(Node::Text(_)) => Err(Fail::parameter(format!("{name} => Only arrays accepted. The bad value is: text"))),
    }
}
