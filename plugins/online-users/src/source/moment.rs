//! When a poll looks, and how far back: by the host's clock, which need not be the site's.

use beadle_sdk::jiff::SignedDuration;
use beadle_sdk::{Error, warn};

use super::Person;

/// So many seconds into the future are no wonder: a site may have several servers, and none of their clocks is exact.
const NO_WONDER: i64 = 120;

/// A poll's instant and how far back it looks, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: i64,
    pub(crate) window: i64,
}

impl Moment {
    /// Returns after which instant somebody has to have been active.
    pub(crate) fn since(self) -> i64 {
        self.now - self.window
    }

    /// Tells whether an instant is still to come.
    pub(crate) fn is_to_come(self, instant: i64) -> bool {
        instant > self.now + NO_WONDER
    }

    /// Leaves out those who were active at a time still to come. A clock that was ahead once and is set right leaves such times behind
    /// until they have passed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where there is nobody else: that is a clock which is ahead now, and who is here cannot be told.
    pub(crate) fn without_those_to_come(self, people: Vec<Person>) -> Result<Vec<Person>, Error> {
        let (to_come, present): (Vec<Person>, Vec<Person>) =
            people.into_iter().partition(|person| self.is_to_come(person.last_access));
        let Some(latest) = to_come.iter().map(|person| person.last_access).max() else { return Ok(present) };
        let (count, ahead) = (to_come.len(), SignedDuration::from_secs(latest - self.now));
        if present.is_empty() {
            return Err(Error::Unavailable(format!(
                "everybody who was active ({count}) was so at a time still to come, by up to {ahead:#}: the site's clock is ahead of \
                 this machine's; set the one that is wrong"
            )));
        }
        warn!(
            "{count} accounts were active at a time still to come, by up to {ahead:#}, and are left out until then: a clock of the site \
             is or was ahead"
        );
        Ok(present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Moment = Moment { now: 1_000_000, window: 300 };

    fn at(instants: &[i64]) -> Result<Vec<i64>, Error> {
        let people = instants.iter().map(|&last_access| Person { last_access, ..Person::default() }).collect();
        MOMENT.without_those_to_come(people).map(|left| left.iter().map(|person| person.last_access).collect())
    }

    #[test]
    fn a_clock_a_little_ahead_is_no_wonder() {
        assert_eq!(at(&[]), Ok(vec![]));
        assert_eq!(at(&[999_900, 1_000_060, 1_000_120]), Ok(vec![999_900, 1_000_060, 1_000_120]));
    }

    #[test]
    fn nobody_but_people_of_tomorrow_is_a_wrong_clock_and_not_an_empty_school() {
        let Err(Error::Unavailable(text)) = at(&[1_086_400, 1_000_121]) else { panic!("it cannot be told") };
        assert!(text.contains("(2)") && text.contains("24h"), "{text}");
    }
}
