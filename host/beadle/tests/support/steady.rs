//! What differs from run to run, taken out of what people read, so that the rest can be compared word for word.

/// Puts `DATE` and `TIME` for instants, `…` for durations and numbers of processes, and takes trailing blanks and the lines of
/// tables away.
pub(crate) fn steady(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.trim_end().split(' ').map(word).collect();
        words.join(" ")
    });
    lines.filter(|line| !line.chars().all(|c| "─═ ".contains(c)) || line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Puts single blanks for many, as between the columns of a table.
pub(crate) fn narrow(text: &str) -> String {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

fn word(word: &str) -> String {
    let bare = word.trim_end_matches([',', ';', ':', ')']);
    let shape: String = bare.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let tail = &word[bare.len()..];
    match shape.as_str() {
        "0000-00-00" => format!("DATE{tail}"),
        "00:00:00" => format!("TIME{tail}"),
        _ if is_fraction(&shape) => format!("…{tail}"),
        _ => word.to_owned(),
    }
}

/// Whether a word is a number with one digit behind the point, as durations in milliseconds are written.
fn is_fraction(shape: &str) -> bool {
    shape
        .split_once('.')
        .is_some_and(|(whole, part)| !whole.is_empty() && whole.bytes().all(|digit| digit == b'0') && part == "0")
}
