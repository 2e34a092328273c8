//! What differs from run to run, taken out of what people read, so that the rest can be compared word for word.

/// Puts `DATE`, `TIME` and `VERSION` for those, and `…` for measured durations, numbers of processes and digests.
pub(crate) fn steady(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The same, with single blanks for many and without the lines of tables: how wide a table is depends on what is taken out.
pub(crate) fn narrow(text: &str) -> String {
    let lines = text.lines().filter(|line| line.is_empty() || !line.chars().all(|c| "─═ ".contains(c)));
    lines.map(|one| line(&one.split_whitespace().collect::<Vec<_>>().join(" "))).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    let mut before = "";
    let mut words: Vec<String> = Vec::new();
    for one in line.trim_end().split(' ') {
        let unit = one.strip_prefix("ms").filter(|tail| tail.len() <= 1);
        match (words.last_mut().filter(|last| *last == "…"), unit) {
            // On a busy machine it is seconds, without this word.
            (Some(last), Some(tail)) => last.push_str(tail),
            _ if matches!(before, "process" | "digest") => words.push("…".to_owned()),
            _ => words.push(word(one)),
        }
        before = one;
    }
    words.join(" ")
}

fn word(word: &str) -> String {
    let bare = word.trim_end_matches([',', ';', ':', ')']);
    let shape: String = bare.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let tail = &word[bare.len()..];
    let numbers = || shape.split('.').all(|part| !part.is_empty() && part.bytes().all(|digit| digit == b'0'));
    match (shape.as_str(), shape.matches('.').count()) {
        ("0000-00-00", _) => format!("DATE{tail}"),
        ("00:00:00", _) => format!("TIME{tail}"),
        ("0s" | "00s", _) => format!("…{tail}"),
        (_, 2) if numbers() => format!("VERSION{tail}"),
        (_, 1) if numbers() => format!("…{tail}"),
        _ => word.to_owned(),
    }
}
