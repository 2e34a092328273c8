//! The ways in which one character of a secret may be written in a text that quotes it.
//!
//! A peer that repeats what it was sent does so inside of something: an address, a JSON string, a page. Each escapes other
//! characters, some escape more than they must, and the client's own parsers escape once more. So no list of encoded forms is whole,
//! and a secret is looked for character by character instead.

/// Tells whether what is escaped at `at` may be a character of a secret; a glance that clears nearly all escapes.
pub(super) fn may_be_of(text: &str, at: usize, secret: &str) -> bool {
    let rest = &text.as_bytes()[at..];
    let byte = match rest {
        [b'%', high, low, ..] => match (char::from(*high).to_digit(16), char::from(*low).to_digit(16)) {
            (Some(high), Some(low)) => (high * 16 + low) as u8,
            _ => return false,
        },
        // Numbers of characters, and letters that stand for others, are read in full.
        [b'\\', letter, ..] if !letter.is_ascii_alphanumeric() && letter.is_ascii() => *letter,
        [b'&', b'a', b'm', ..] => b'&',
        [b'&', b'l', ..] => b'<',
        [b'&', b'g', ..] => b'>',
        [b'&', b'q', ..] => b'"',
        [b'&', b'a', ..] => b'\'',
        _ => return true,
    };
    memchr::memchr(byte, secret.as_bytes()).is_some()
}

/// Returns where a secret ends that begins at `start`, in whatever way each of its characters is written there.
pub(super) fn end(text: &str, start: usize, secret: &str) -> Option<usize> {
    let mut at = start;
    for (index, wanted) in secret.char_indices() {
        let mut ways = after(text, at, wanted);
        match (ways.next(), ways.next()) {
            (None, _) => return None,
            (Some(one), None) => at = one,
            (Some(_), Some(_)) => return fork(text, at, &secret[index..]),
        }
    }
    Some(at)
}

/// The same where a character may be read in two ways: only where the secret itself has characters that escapes are made of.
fn fork(text: &str, start: usize, secret: &str) -> Option<usize> {
    let mut places = vec![start];
    for wanted in secret.chars() {
        let mut next: Vec<usize> = places.iter().flat_map(|&at| after(text, at, wanted)).collect();
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return None;
        }
        places = next;
    }
    places.pop()
}

/// Returns the places after a character, for each way in which it may stand at `at`.
fn after(text: &str, at: usize, wanted: char) -> impl Iterator<Item = usize> {
    let rest = &text[at..];
    let plain = rest.starts_with(wanted).then(|| wanted.len_utf8());
    let form = (wanted == ' ' && rest.starts_with('+')).then_some(1);
    let escaped = match rest.as_bytes().first() {
        Some(b'%') => percent(rest, wanted),
        Some(b'\\') => backslash(rest, wanted),
        Some(b'&') => entity(rest, wanted),
        _ => None,
    };
    [plain, form, escaped].into_iter().flatten().map(move |length| at + length)
}

/// `%C3%BC`
fn percent(rest: &str, wanted: char) -> Option<usize> {
    let mut bytes = [0; 4];
    let wanted = wanted.encode_utf8(&mut bytes).as_bytes();
    let all = wanted.iter().enumerate().all(|(index, byte)| {
        let digits = rest.get(index * 3..index * 3 + 3).and_then(|piece| piece.strip_prefix('%'));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) == Some(*byte)
    });
    all.then_some(wanted.len() * 3)
}

/// `\"`, `\/`, `\n`, `\u00fc`, `\ud83d\udd11`, `\u{fc}`
fn backslash(rest: &str, wanted: char) -> Option<usize> {
    let short = match rest[1..].chars().next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '0' => '\0',
        'u' => return unicode(rest, wanted),
        other => other,
    };
    (short == wanted).then_some(1 + rest[1..].chars().next()?.len_utf8())
}

fn unicode(rest: &str, wanted: char) -> Option<usize> {
    if let Some(digits) = rest.strip_prefix("\\u{") {
        let digits = &digits[..digits.find('}')?];
        let same = u32::from_str_radix(digits, 16).ok() == Some(u32::from(wanted));
        return same.then_some(4 + digits.len());
    }
    let mut units = [0; 2];
    let units = wanted.encode_utf16(&mut units);
    let all = units.iter().enumerate().all(|(index, unit)| {
        let digits = rest.get(index * 6..index * 6 + 6).and_then(|piece| piece.strip_prefix("\\u"));
        digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) == Some(*unit)
    });
    all.then_some(units.len() * 6)
}

/// `&amp;`, `&#38;`, `&#x26;`
fn entity(rest: &str, wanted: char) -> Option<usize> {
    // No entity that stands for one of these characters is longer.
    let end = rest.bytes().take(12).position(|byte| byte == b';')?;
    let name = &rest[1..end];
    let found = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let hexadecimal = digits.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            char::from_u32(hexadecimal.unwrap_or_else(|| digits.parse()).ok()?)?
        }
    };
    (found == wanted).then_some(end + 1)
}
