//! How aspects differ: between two looks, and over a stretch of the log.

use crate::{Aspect, AspectDifference};

/// Returns the aspects that differ between two looks, the weightiest first. One that was made by another normaliser is taken over
/// silently.
pub(crate) fn differences(before: &[Aspect], after: &[Aspect]) -> Vec<AspectDifference> {
    over(&[before, after])
}

/// Returns the aspects that differ over a stretch of the log, the weightiest first. The stretch is cut where an aspect's shape changes,
/// and the aspect differs if it differs between the ends of any piece; one that is absent at both ends of the stretch does not.
pub(crate) fn over(points: &[&[Aspect]]) -> Vec<AspectDifference> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let differing = by_weight(first, last).into_iter().filter_map(|name| {
        let course: Vec<Option<&Aspect>> = points.iter().map(|aspects| find(aspects, name)).collect();
        let value = |aspect: Option<&Aspect>| aspect.map(|aspect| aspect.value.clone());
        differs(&course).then(|| AspectDifference {
            name: name.to_owned(),
            before: value(find(first, name)),
            after: value(find(last, name)),
        })
    });
    differing.collect()
}

fn find<'a>(aspects: &'a [Aspect], name: &str) -> Option<&'a Aspect> {
    aspects.iter().find(|aspect| aspect.name == name)
}

/// Returns the names at both ends in the order of their weight: as they stand now, with those that are gone before whatever they once
/// outweighed.
fn by_weight<'a>(before: &'a [Aspect], after: &'a [Aspect]) -> Vec<&'a str> {
    let mut names: Vec<&str> = after.iter().map(|aspect| aspect.name.as_str()).collect();
    for (place, gone) in before.iter().enumerate().filter(|(_, aspect)| find(after, &aspect.name).is_none()) {
        let lighter = before[place + 1..].iter().find_map(|aspect| names.iter().position(|name| *name == aspect.name));
        names.insert(lighter.unwrap_or(names.len()), &gone.name);
    }
    names
}

/// Tells whether an aspect differs over its course.
fn differs(course: &[Option<&Aspect>]) -> bool {
    let value = |aspect: Option<&Aspect>| aspect.map(|aspect| aspect.value.clone());
    let (mut began, mut ended, mut shape) = (None, None, None);
    for (place, aspect) in course.iter().copied().enumerate() {
        let other = aspect.is_some_and(|aspect| shape.is_some_and(|shape| shape != aspect.shape));
        if other && value(began) != value(ended) {
            return true;
        }
        if place == 0 || other {
            began = aspect;
        }
        ended = aspect;
        shape = aspect.map(|aspect| aspect.shape).or(shape);
    }
    value(began) != value(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aspects(text: &str) -> Vec<Aspect> {
        let aspect = |word: &str| {
            let (name, rest) = word.split_once('=').expect("name=value/shape");
            let (value, shape) = rest.split_once('/').unwrap_or((rest, "1"));
            Aspect { name: name.into(), value: value.into(), shape: shape.parse().expect("a number") }
        };
        text.split_whitespace().map(aspect).collect()
    }

    fn told(points: &[&str]) -> Vec<String> {
        let points: Vec<Vec<Aspect>> = points.iter().map(|text| aspects(text)).collect();
        let points: Vec<&[Aspect]> = points.iter().map(Vec::as_slice).collect();
        let end = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        over(&points).into_iter().map(|one| format!("{} {}>{}", one.name, end(one.before), end(one.after))).collect()
    }

    #[test]
    fn the_weightiest_comes_first_even_when_it_is_gone() {
        assert_eq!(told(&["deadline=1 content=a", "content=b"]), ["deadline 1>-", "content a>b"]);
        assert_eq!(told(&["content=a", "deadline=1 content=b"]), ["deadline ->1", "content a>b"]);
        assert_eq!(told(&["a=1 b=1 c=1", "c=2"]), ["a 1>-", "b 1>-", "c 1>2"]);
        assert_eq!(told(&["a=1 b=1", ""]), ["a 1>-", "b 1>-"]);
    }

    #[test]
    fn what_went_and_came_back_does_not_differ() {
        assert!(told(&["deadline=1", "deadline=2", "deadline=1"]).is_empty());
        assert!(told(&["", "deadline=1", ""]).is_empty());
        assert!(told(&["deadline=1", "", "deadline=1"]).is_empty());
    }

    #[test]
    fn values_of_different_shapes_are_never_compared() {
        assert!(told(&["room=A/1", "room=a/2"]).is_empty());
        assert!(told(&["room=A/1", "room=A/1", "room=a/2", "room=a/2"]).is_empty());
        assert_eq!(told(&["room=A/1", "room=a/2", "room=b/2"]), ["room A>b"]);
        assert_eq!(told(&["room=A/1", "room=B/1", "room=b/2"]), ["room A>b"]);
        assert_eq!(told(&["room=A/1", "", "room=b/2"]), ["room A>b"], "it was taken away in between");
        assert_eq!(told(&["room=A/1", "room=a/2", ""]), ["room A>-"]);
        assert!(told(&["", "room=A/1", "room=a/2", ""]).is_empty());
        assert_eq!(told(&["room=A/1 seat=1", "room=a/2 seat=2"]), ["seat 1>2"]);
    }
}
