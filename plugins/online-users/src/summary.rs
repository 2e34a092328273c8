//! What came of a poll, in numbers and one sentence. No names: it is stored and sent.

use beadle_sdk::Summary;

use crate::occupancy::Count;

/// How many rooms the sentence names.
const NAMED: usize = 3;

/// The figures of a poll.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures<'a> {
    /// How many are online, those included who are not listed.
    pub(crate) online: usize,
    /// How many of them chose not to be shown.
    pub(crate) hidden: usize,
    pub(crate) arrived: usize,
    pub(crate) moved: usize,
    pub(crate) left: usize,
    /// The rooms with people in them, the fullest first.
    pub(crate) rooms: &'a [Count],
}

/// Says them.
pub(crate) fn of(figures: &Figures<'_>) -> Summary {
    let mut sentence = format!("{} online", figures.online);
    if figures.hidden > 0 {
        sentence += &format!(" ({} not shown)", figures.hidden);
    }
    if !figures.rooms.is_empty() {
        let word = if figures.rooms.len() == 1 { "room" } else { "rooms" };
        let mut named: Vec<String> =
            figures.rooms.iter().take(NAMED).map(|(name, count)| format!("{name} {count}")).collect();
        if figures.rooms.len() > NAMED {
            named.push("…".to_owned());
        }
        sentence += &format!(" in {} {word} ({})", figures.rooms.len(), named.join(", "));
    }
    for (count, word) in [(figures.arrived, "arrived"), (figures.moved, "moved"), (figures.left, "left")] {
        if count > 0 {
            sentence += &format!(", {count} {word}");
        }
    }
    [
        ("online", figures.online),
        ("hidden", figures.hidden),
        ("arrived", figures.arrived),
        ("moved", figures.moved),
        ("left", figures.left),
        ("rooms", figures.rooms.len()),
    ]
    .into_iter()
    .fold(Summary::new(sentence), |summary, (name, count)| summary.count(name, count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_happened_and_nothing_that_did_not() {
        let rooms: Vec<Count> = [("Lab 1", 8), ("Library", 5), ("Hall", 4), ("Gym", 1)]
            .map(|(name, count)| (name.to_owned(), count))
            .to_vec();
        let figures = Figures { online: 24, hidden: 2, arrived: 3, moved: 1, left: 2, rooms: &rooms };
        let summary = of(&figures);
        assert_eq!(
            summary.sentence,
            "24 online (2 not shown) in 4 rooms (Lab 1 8, Library 5, Hall 4, …), 3 arrived, 1 moved, 2 left"
        );
        let counts: Vec<(&str, u64)> = summary.counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(counts, [("online", 24), ("hidden", 2), ("arrived", 3), ("moved", 1), ("left", 2), ("rooms", 4)]);
        let quiet = Figures { online: 1, hidden: 0, arrived: 0, moved: 0, left: 0, rooms: &rooms[..1] };
        assert_eq!(of(&quiet).sentence, "1 online in 1 room (Lab 1 8)");
        assert_eq!(of(&Figures { online: 0, rooms: &[], ..quiet }).sentence, "0 online");
    }
}
