//! What stands for something else as a whole: mentions, times, addresses, code.

/// Returns whether a text is an address that becomes a link.
pub(super) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

/// Returns what is read for `<inner>`, or nothing if those are only characters.
pub(super) fn angle(inner: &str) -> Option<String> {
    let number = |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned());
    if is_address(inner) {
        return Some(inner.to_owned());
    }
    if let Some(id) = inner.strip_prefix("@&").and_then(number) {
        return Some(format!("@role:{id}"));
    }
    if let Some(id) = inner.strip_prefix("@!").or_else(|| inner.strip_prefix('@')).and_then(number) {
        return Some(format!("@user:{id}"));
    }
    if let Some(id) = inner.strip_prefix('#').and_then(number) {
        return Some(format!("#channel:{id}"));
    }
    if let Some(time) = inner.strip_prefix("t:") {
        let (unix, style) = time.split_once(':').unwrap_or((time, "f"));
        number(unix.trim_start_matches('-'))?;
        return ["t", "T", "d", "D", "f", "F", "s", "S", "R"].contains(&style).then(|| format!("⟨{inner}⟩"));
    }
    if let Some(emoji) = inner.strip_prefix("a:").or_else(|| inner.strip_prefix(':')) {
        let (name, id) = emoji.split_once(':')?;
        number(id)?;
        let named = name.len() >= 2 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        return named.then(|| format!(":{name}:"));
    }
    if let Some(command) = inner.strip_prefix('/') {
        let (name, id) = command.rsplit_once(':')?;
        number(id)?;
        return (!name.is_empty()).then(|| format!("/{name}"));
    }
    let place = inner.strip_prefix("id:")?;
    ["customize", "browse", "guide", "home", "linked-roles"].contains(&place).then(|| format!("⟨id:{place}⟩"))
}

/// Returns what a block of code shows: without the name of a language on the first line.
pub(super) fn block(inner: &str) -> &str {
    let language = |line: &str| line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.#_".contains(&b));
    match inner.split_once('\n') {
        Some((first, rest)) if language(first) && !rest.trim().is_empty() => rest.trim_end_matches('\n'),
        _ => inner,
    }
}

/// Returns what a span of code shows: a space beside a backtick at its edge is not part of it.
pub(super) fn span(inner: &str) -> &str {
    let text = inner.strip_prefix(' ').filter(|rest| rest.starts_with('`')).unwrap_or(inner);
    text.strip_suffix(' ').filter(|rest| rest.ends_with('`')).unwrap_or(text)
}
