//! What a service calls markup, and how it counts.

use beadle_plan::{Instant, Look};

/// How a service writes and counts.
///
/// Counting must be additive: what is written in a row counts as much as its pieces do.
pub(crate) trait Dialect: Send + Sync {
    /// Writes a character so that it is shown as itself, wherever on a line it comes to stand. `before` and `after` are what stands
    /// around it, and `None` and the empty text where that is not known.
    fn letter(&self, before: Option<char>, letter: char, after: &str, out: &mut String);

    /// Returns what stands before and after words of a look; both empty where the service has no such look.
    fn fences(&self, look: Look) -> (&'static str, &'static str);

    /// Whether a character may stand between the fences of a look.
    fn carries(&self, _look: Look, _letter: char) -> bool {
        true
    }

    /// Returns a link that shows `text`, already written in the dialect; none where an address cannot be hidden behind this text.
    fn link(&self, text: &str, written: &str, url: &str) -> Option<String>;

    /// Returns an address as a link that shows itself.
    fn address(&self, url: &str) -> String;

    /// Returns markup that shows how far off an instant is, counted by the reader's device; none where the service has none.
    fn distance(&self, at: Instant) -> Option<String>;

    /// Returns the most that [`count`](Self::count) may say of one text; none for no limit.
    fn limit(&self) -> Option<usize>;

    /// Returns the length of markup of this dialect, in the units of the service.
    fn count(&self, markup: &str) -> usize;

    /// Returns how many looks and links one text may have; none for no limit.
    fn most_marks(&self) -> Option<usize> {
        None
    }
}
