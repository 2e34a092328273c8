//! What changed about a record between a reader's cursor and the head: computed, never stored, so that whoever reads later is told less
//! and never something else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aspects::over;
use crate::{Aspect, AspectDifference};

/// A record as one change left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The change's number in the log.
    pub number: i64,
    /// Whether the record stands.
    pub stands: bool,
    /// Whether it was seen at the first look at its scope, which is no news.
    pub baseline: bool,
    /// What of it mattered; of one that is gone, what mattered when it went.
    pub aspects: Vec<Aspect>,
    /// The same as later normalisers tell it, where one took over while this was the newest version.
    pub retold: Option<Vec<Aspect>>,
}

impl Version {
    /// Returns what of it matters in the words of the newest normaliser.
    pub fn told(&self) -> &[Aspect] {
        self.retold.as_deref().unwrap_or(&self.aspects)
    }
}

/// In which way an aspect differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// It has another value.
    Changed,
    /// It was not there before.
    Added,
    /// It is no longer there.
    Removed,
}

/// What kind of change it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It never stood up to the cursor, and stands at the head.
    New,
    /// It stood at the cursor, and is gone at the head.
    Removed,
    /// It stands at the head, stood at the cursor or before, and was gone at it or since.
    Restored,
    /// The weightiest aspect that differs, and in which way.
    Aspect(String, Way),
    /// Nothing that matters differs.
    RefreshOnly,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.pad("new"),
            Self::Removed => f.pad("removed"),
            Self::Restored => f.pad("restored"),
            Self::Aspect(name, Way::Changed) => f.pad(&format!("{name}_changed")),
            Self::Aspect(name, Way::Added) => f.pad(&format!("{name}_added")),
            Self::Aspect(name, Way::Removed) => f.pad(&format!("{name}_removed")),
            Self::RefreshOnly => f.pad("refresh_only"),
        }
    }
}

/// What changed about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// All aspects that differ, the weightiest first.
    pub aspects: Vec<AspectDifference>,
    /// Whether it is new only because its scope was looked at for the first time.
    pub baseline: bool,
}

impl Judgement {
    /// Whether the change matters to anybody.
    pub fn is_meaningful(&self) -> bool {
        !self.baseline && self.kind != ChangeKind::RefreshOnly
    }
}

/// Judges what changed since a reader's cursor. `versions` are those of one record from the one that stood at the cursor, if there was
/// any, to the head, the oldest first. Returns nothing where nothing changed, and where it came and went since.
pub fn judge(versions: &[Version], cursor: i64) -> Option<Judgement> {
    let (known, since) = versions.split_at(versions.partition_point(|version| version.number <= cursor));
    let (before, first, head) = (known.last(), since.first()?, since.last()?);
    let differing = || {
        let begun = before.map_or(&[][..], Version::told);
        let told = since.iter().flat_map(|version| [version.aspects.as_slice(), version.told()]);
        over(&std::iter::once(begun).chain(told).collect::<Vec<_>>())
    };
    let (kind, aspects) = match before {
        None if head.stands => (ChangeKind::New, differing()),
        Some(before) if before.stands && !head.stands => (ChangeKind::Removed, Vec::new()),
        Some(before) if head.stands => {
            let aspects = differing();
            let stood = before.stands && since.iter().all(|version| version.stands);
            let kind = match aspects.first() {
                _ if !stood => ChangeKind::Restored,
                Some(weightiest) => ChangeKind::Aspect(weightiest.name.clone(), way(weightiest)),
                None => ChangeKind::RefreshOnly,
            };
            (kind, aspects)
        }
        // It came and went since, or had gone before.
        None | Some(_) => return None,
    };
    Some(Judgement { baseline: kind == ChangeKind::New && first.baseline, kind, aspects })
}

fn way(difference: &AspectDifference) -> Way {
    match (&difference.before, &difference.after) {
        (None, _) => Way::Added,
        (_, None) => Way::Removed,
        (Some(_), Some(_)) => Way::Changed,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Makes the versions numbered from 1 on: `-` is gone, `deadline=1/2` an aspect with its shape.
    fn versions(texts: &[&str]) -> Vec<Version> {
        let version = |(at, text): (usize, &&str)| {
            let aspects = text.split_whitespace().filter_map(|word| {
                let (name, rest) = word.split_once('=')?;
                let (value, shape) = rest.split_once('/').unwrap_or((rest, "1"));
                Some(Aspect { name: name.into(), value: value.into(), shape: shape.parse().expect("a number") })
            });
            Version {
                number: at as i64 + 1,
                stands: !text.starts_with('-'),
                baseline: false,
                aspects: aspects.collect(),
                retold: None,
            }
        };
        texts.iter().enumerate().map(version).collect()
    }

    fn told(texts: &[&str], cursor: i64) -> String {
        judge(&versions(texts), cursor).map_or("nothing".into(), |judgement| judgement.kind.to_string())
    }

    #[test]
    fn the_weightiest_aspect_that_differs_names_the_kind() {
        assert_eq!(told(&["deadline=1 content=a", "deadline=2 content=b"], 1), "deadline_changed");
        assert_eq!(told(&["deadline=1 content=a", "content=b"], 1), "deadline_removed");
        assert_eq!(told(&["content=a", "deadline=1 content=a"], 1), "deadline_added");
        assert_eq!(told(&["content=a", "content=b"], 1), "content_changed");
        assert_eq!(told(&["content=a", "content=a"], 1), "refresh_only");
        let both = judge(&versions(&["deadline=1 content=a", "deadline=2 content=b"]), 1).expect("it changed");
        assert_eq!(both.aspects.len(), 2, "all that differ are listed");
    }

    #[test]
    fn what_happened_in_between_is_told_by_its_ends() {
        assert_eq!(told(&["deadline=1", "deadline=2", "deadline=1"], 1), "refresh_only");
        assert_eq!(
            told(&["deadline=1 content=a", "deadline=2 content=a", "deadline=2 content=b"], 1),
            "deadline_changed"
        );
        assert_eq!(told(&["deadline=1", "deadline=2"], 0), "new");
        assert_eq!(told(&["deadline=1", "- deadline=1"], 0), "nothing");
        assert_eq!(told(&["deadline=1", "- deadline=1"], 1), "removed");
        assert_eq!(told(&["deadline=1", "- deadline=1", "deadline=1"], 1), "restored");
        assert_eq!(told(&["deadline=1", "- deadline=1", "deadline=2"], 2), "restored");
        assert_eq!(told(&["- deadline=1", "deadline=1", "- deadline=1"], 1), "nothing");
        assert_eq!(told(&["deadline=1"], 1), "nothing");
    }

    #[test]
    fn a_better_normaliser_is_no_change_wherever_the_reader_stands() {
        let mut versions = versions(&["room=A", "room=b/2"]);
        versions[0].retold = Some(vec![Aspect { name: "room".into(), value: "a".into(), shape: 2 }]);
        assert_eq!(judge(&versions, 1).expect("it changed").kind.to_string(), "room_changed");
        versions[1].aspects[0].value = "a".into();
        assert_eq!(judge(&versions, 1).expect("it was refreshed").kind, ChangeKind::RefreshOnly);
        assert_eq!(judge(&versions[..1], 1), None);
    }

    #[test]
    fn a_baseline_is_no_news() {
        let mut versions = versions(&["deadline=1", "deadline=2"]);
        versions[0].baseline = true;
        let judgement = judge(&versions, 0).expect("it is new");
        assert_eq!((judgement.kind.clone(), judgement.baseline), (ChangeKind::New, true));
        assert!(!judgement.is_meaningful());
        assert!(judge(&versions, 1).expect("it changed").is_meaningful());
    }

    proptest! {
        /// Whoever reads at every change is told of every difference that one who reads once is told of, and a reader at the head of
        /// nothing.
        #[test]
        fn reading_seldom_tells_less(
            texts in proptest::collection::vec(("[-+]", proptest::option::of("[12]"), "[ab]"), 1..6), cursor in 0i64..6,
        ) {
            let texts: Vec<String> = texts.into_iter().map(|(stands, deadline, content)| {
                let deadline = deadline.map_or(String::new(), |value| format!("deadline={value} "));
                format!("{stands} {deadline}content={content}")
            }).collect();
            let mut versions = versions(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            versions[0].stands = true;
            let head = versions.len() as i64;
            prop_assert_eq!(judge(&versions, head), None);
            let once = judge(&versions, cursor.min(head));
            let each: Vec<Judgement> =
                (cursor..head).filter_map(|at| judge(&versions[..=at as usize], at)).collect();
            let differing = |judgement: &Judgement| judgement.aspects.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
            if let Some(once) = once.filter(|once| !matches!(once.kind, ChangeKind::New | ChangeKind::Restored)) {
                for name in differing(&once) {
                    prop_assert!(each.iter().any(|one| differing(one).contains(&name)), "{:?}", each);
                }
            }
        }
    }
}
