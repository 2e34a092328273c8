//! What a guest says to people, cut to what people read. It is stored with the run and shown, whatever its length.

use beadle_plan::Summary;

/// The longest sentence, in bytes.
const SENTENCE: usize = 2_000;

/// The longest name of a count.
const NAME: usize = 100;

/// The most counts.
const COUNTS: usize = 100;

/// Cuts a text where it is longer than a screen.
pub(crate) fn sentence(text: String) -> String {
    cut(text, SENTENCE)
}

/// Cuts a summary.
pub(crate) fn summary(mut counts: Vec<(String, u64)>, text: String) -> Summary {
    counts.truncate(COUNTS);
    Summary {
        counts: counts.into_iter().map(|(name, count)| (cut(name, NAME), count)).collect(),
        sentence: sentence(text),
    }
}

fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(sentence("all is well".into()), "all is well");
        let cut = sentence(format!("x{}", "ä".repeat(SENTENCE)));
        assert!(cut.len() <= SENTENCE + 3 && cut.ends_with("ä…"), "{}", cut.len());
        let many = summary((0..1_000).map(|n| ("n".repeat(1_000), n)).collect(), String::new());
        assert_eq!((many.counts.len(), many.counts[0].0.chars().count()), (COUNTS, NAME + 1));
    }
}
