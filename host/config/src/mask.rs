//! Finds what must not be shown of a file.
//!
//! The threat: the commonest mistake with secrets is to write one in clear, and the message about that mistake, or about another
//! one on the same line, would carry it into terminals, journals and bug reports. The file may be broken when that happens, so
//! this reads the bare text and errs on the side of hiding too much.

use std::ops::Range;

/// Returns the spans of the text that hold, or may hold, a secret: in order, disjoint. Each character is looked at a few times and no
/// more, however the text is made: an editor that saves something odd must not keep the host busy for minutes.
pub(crate) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let headers = secret_headers(text);
    let mut bracketed = 0;
    for (equals, _) in text.match_indices('=') {
        let key = key_before(&text[..equals]);
        let below = headers.partition_point(|header| header.end <= equals);
        let inside =
            headers.get(below).is_some_and(|header| header.contains(&equals)) && !matches!(key, "env" | "file");
        if inside || is_secret_key(key) || key == "file" && is_no_file_name(&text[equals + 1..]) {
            value_after(text, equals + 1, &mut bracketed, &mut spans);
        }
    }
    let mut read = 0;
    for (scheme, _) in text.match_indices("://") {
        // The first address of a word hides whatever a second one in it would.
        if scheme >= read {
            let (hidden, end) = password_in_url(text, scheme + 3);
            spans.extend(hidden);
            read = end;
        }
    }
    spans.extend(tokens_of_services(text));
    merge(spans)
}

/// The longest name of a file that is shown: a longer one may be the secret itself, written in its file's place.
pub(crate) const LONGEST_NAME: usize = 40;

/// Whether the value that begins here is too long for the name of a file.
fn is_no_file_name(text: &str) -> bool {
    let value = text.trim_start_matches([' ', '\t', '"', '\'']);
    value.bytes().take(LONGEST_NAME + 1).take_while(|byte| !b"\"'/\\ \t\r\n}".contains(byte)).count() > LONGEST_NAME
}

/// Finds what chat services give out, at whatever place it stands: the path of a webhook, a bot's token with its number in front.
fn tokens_of_services(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let is_of_token = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    for (at, mark) in text.match_indices("/webhooks/") {
        let start = at + mark.len();
        // What the last one hides is hidden.
        if spans.last().is_some_and(|last: &Range<usize>| last.contains(&start)) {
            continue;
        }
        let rest = &text[start..];
        spans
            .push(start..start + rest.find(|letter: char| !is_of_token(letter) && letter != '/').unwrap_or(rest.len()));
    }
    for (at, _) in text.match_indices(':') {
        let number = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let rest = &text[at + 1..];
        let token = rest.find(|letter: char| !is_of_token(letter)).unwrap_or(rest.len());
        if number >= 6 && token >= 12 {
            spans.push(at + 1..at + 1 + token);
        }
    }
    spans
}

/// Whether a key's name says that its value is a secret, also if it is misspelt.
pub(crate) fn is_secret_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let words = ["token", "secret", "passw", "pwd", "credential", "apikey", "private"];
    words.iter().any(|word| name.contains(word))
        || name == "key"
        // The address of a calendar export holds a token.
        || name == "calendar"
        || name.ends_with("-key")
        // A database's `socket` is two letters away from a secret and none.
        || (name.len() >= 4
            && name != "socket"
            && ["token", "password", "secret"].iter().any(|word| strsim::damerau_levenshtein(&name, word) <= 2))
}

/// Whether a text could be the name of an environment variable, rather than a secret put in its place.
pub(crate) fn is_variable_name(text: &str) -> bool {
    let moodle_token =
        text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    !moodle_token
        && text.len() <= 100
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Returns the stretches under headers such as `[sites.main.token]`.
fn secret_headers(text: &str) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    let (mut position, mut open) = (0, None);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if let Some(header) = trimmed.strip_prefix('[') {
            stretches.extend(open.take().map(|start| start..position));
            let header = header.split(']').next().unwrap_or_default();
            let last = header.rsplit('.').next().unwrap_or_default();
            open = is_secret_key(last.trim_matches(|c: char| "[\"' \t".contains(c))).then_some(position);
        }
        position += line.len();
    }
    stretches.extend(open.map(|start| start..position));
    stretches
}

/// Returns the last part of the key that ends the text.
fn key_before(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\t']).trim_end_matches(['"', '\'']);
    let start = text.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '-' || letter == '_'));
    match start {
        Some(start) => text[start..]
            .trim_start_matches(|letter: char| !(letter.is_alphanumeric() || letter == '-' || letter == '_')),
        None => text,
    }
}

/// Adds the spans of a value that starts after an equals sign: the inside of its strings, or a bare word. `bracketed` is where the last
/// brackets ended: what lies in them was looked through already.
fn value_after(text: &str, equals: usize, bracketed: &mut usize, spans: &mut Vec<Range<usize>>) {
    let start = equals + text[equals..].len() - text[equals..].trim_start_matches([' ', '\t']).len();
    let rest = &text[start..];
    match rest.as_bytes().first() {
        Some(b'"' | b'\'') => spans.push(string_at(text, start).0),
        // A reference stays readable; any other string in its braces is hidden.
        Some(b'{' | b'[') if start < *bracketed => {}
        Some(b'{') => *bracketed = strings_until(text, start, '}', spans),
        Some(b'[') => *bracketed = strings_until(text, start, ']', spans),
        // What lies in the last value is hidden with it.
        _ if spans.last().is_some_and(|last| last.contains(&start)) => {}
        _ => {
            let end = rest.find(|letter: char| letter.is_whitespace() || ",}]#\"'&".contains(letter));
            spans.push(start..start + end.unwrap_or(rest.len()));
        }
    }
}

/// Adds the insides of all strings up to a closing bracket, but for file names and names of variables. Returns where it ended.
fn strings_until(text: &str, start: usize, closing: char, spans: &mut Vec<Range<usize>>) -> usize {
    let mut position = start;
    while let Some(offset) = text[position..].find(['"', '\'', closing]) {
        let found = position + offset;
        if text[found..].starts_with(closing) {
            return found;
        }
        let (inside, end) = string_at(text, found);
        let before = text[..found].trim_end_matches([' ', '\t']);
        let name = before.strip_suffix('=').map(key_before);
        let harmless = match name {
            Some("file") => true,
            Some("env") => is_variable_name(&text[inside.clone()]),
            _ => false,
        };
        // `{ "env" = … }`: a quoted key is no value.
        let quoted_key = matches!(&text[inside.clone()], "env" | "file");
        if !harmless && !quoted_key {
            spans.push(inside);
        }
        position = end;
    }
    text.len()
}

/// Returns the inside of the string that opens at `start`, and where it ends; one that is never closed ends with its line, or with
/// the text where it was meant to span lines.
fn string_at(text: &str, start: usize) -> (Range<usize>, usize) {
    let quote = &text[start..=start];
    let triple = quote.repeat(3);
    let long = text[start..].starts_with(&triple);
    let inside = start + if long { 3 } else { 1 };
    let mut escaped = false;
    for (offset, letter) in text[inside..].char_indices() {
        let position = inside + offset;
        if escaped {
            escaped = false;
        } else if letter == '\\' && quote == "\"" {
            escaped = true;
        } else if long && text[position..].starts_with(&triple) {
            return (inside..position, position + 3);
        } else if !long && text[position..].starts_with(quote) {
            return (inside..position, position + 1);
        }
        if letter == '\n' && !long {
            return (inside..position, position);
        }
    }
    (inside..text.len(), text.len())
}

/// Returns the password of `user:password@host`, which may hold any character but quotes and white space, and where the word ends.
/// Nobody logs in to a web page by its address, so what stands before the `@` of one is hidden whole.
fn password_in_url(text: &str, start: usize) -> (Option<Range<usize>>, usize) {
    let rest = &text[start..];
    let end = rest.find(|letter: char| letter.is_whitespace() || letter == '"' || letter == '\'').unwrap_or(rest.len());
    let rest = &rest[..end];
    let web = ["http://", "https://"].iter().any(|scheme| text[..start].ends_with(scheme));
    let hidden = rest.rfind('@').and_then(|at| {
        let secret = if web { 0 } else { rest[..at].find(':')? + 1 };
        Some(start + secret..start + at)
    });
    (hidden, start + end)
}

fn merge(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| span.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<&str> {
        secrets(text).into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn table() {
        for (text, expected) in [
            ("token = \"s3cret\"", vec!["s3cret"]),
            ("token='s3cret", vec!["s3cret"]),
            ("token = s3cret # why", vec!["s3cret"]),
            ("\"token\" = \"s\\\"3\"", vec!["s\\\"3"]),
            ("sites.main.token = \"s3cret\"", vec!["s3cret"]),
            ("main = { url = \"https://x\", password = \"s3cret\" }", vec!["s3cret"]),
            ("tokn = \"s3cret\"", vec!["s3cret"]),
            ("pasword = \"s3cret\"", vec!["s3cret"]),
            ("api_key = \"s3cret\"", vec!["s3cret"]),
            ("token = { env = \"MOODLE_TOKEN\" }", vec![]),
            ("token = { file = \"token.txt\" }", vec![]),
            ("token = { value = \"s3cret\" }", vec!["s3cret"]),
            ("token = { env = \"s3-cret\" }", vec!["s3-cret"]),
            ("token = { env = \"0123456789abcdef0123456789abcdef\" }", vec!["0123456789abcdef0123456789abcdef"]),
            ("token = [\"a\", \"b\"]", vec!["a", "b"]),
            ("key = \"\"\"\n{ \"private\": 1 }\n\"\"\"\nx = 1", vec!["\n{ \"private\": 1 }\n"]),
            ("key = '''\nnever closed", vec!["\nnever closed"]),
            ("[sites.main.token]\nvalue = \"s3cret\"\n[host]\nx = \"y\"", vec!["s3cret"]),
            ("[sites.main.token]\nenv = \"MOODLE_TOKEN\"", vec![]),
            ("url = \"mysql://reader:s3:c@ret@db/moodle\"", vec!["s3:c@ret"]),
            ("url = \"https://moodle.example/?wstoken=s3cret&x=1\"", vec!["s3cret"]),
            ("url = \"https://s3cret@moodle.example\"", vec!["s3cret"]),
            ("url = \"mysql://reader@db:3306/moodle\"", vec![]),
            ("url = \"mysql://reader@localhost/moodle?socket=%2Frun%2Fmysqld.sock\"", vec![]),
            ("url = \"mysql://a@db/http://s3cret@x\"", vec!["//s3cret"]),
            ("token = { a = { value = \"s3cret\" }, b = \"x\" }", vec!["s3cret"]),
            ("timezone = \"Europe/Berlin\"", vec![]),
        ] {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn spans_are_in_order_and_on_character_boundaries(text in r#"(token|key|[\[\]{}="'é\\ \n#:@/.,a]){0,60}"#) {
            let spans = secrets(&text);
            for span in &spans {
                proptest::prop_assert!(text.get(span.clone()).is_some());
            }
            for pair in spans.windows(2) {
                proptest::prop_assert!(pair[0].end < pair[1].start);
            }
        }
    }
}
