//! From what stands to what shall stand, one step at a time. Pure.

use beadle_store::Part;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Change the message at this place.
    Edit(usize),
    /// Remove the last message.
    Delete(usize),
    /// Send one more, for this place.
    Post(usize),
}

/// Returns what to do next; nothing where all is as it shall be.
pub(crate) fn next(stands: &[Part], wanted: &[String]) -> Option<Step> {
    if let Some(place) = stands.iter().zip(wanted).position(|(part, text)| part.text != *text) {
        return Some(Step::Edit(place));
    }
    match stands.len() {
        all if all > wanted.len() => Some(Step::Delete(all - 1)),
        all if all < wanted.len() => Some(Step::Post(all)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beadle_plan::Instant;

    #[test]
    fn every_way_leads_to_what_is_wanted() {
        let texts = |list: &str| list.chars().map(|one| one.to_string()).collect::<Vec<_>>();
        for (before, after, steps) in
            [("", "ab", 2), ("a", "a", 0), ("a", "b", 1), ("abc", "x", 3), ("ab", "abc", 1), ("ab", "", 2)]
        {
            let part = |text: String| Part { id: "1".into(), text, sent: Instant::from_millis(0) };
            let mut stands: Vec<Part> = texts(before).into_iter().map(part).collect();
            let (wanted, mut taken) = (texts(after), 0);
            while let Some(step) = next(&stands, &wanted) {
                taken += 1;
                match step {
                    Step::Edit(place) => stands[place].text = wanted[place].clone(),
                    Step::Delete(place) => drop(stands.remove(place)),
                    Step::Post(place) => stands.push(part(wanted[place].clone())),
                }
            }
            assert_eq!((stands.len(), taken), (wanted.len(), steps), "{before:?} to {after:?}");
        }
    }
}
