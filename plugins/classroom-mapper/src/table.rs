//! The table, made flat: nested stretches become neighbours, so that one binary search answers.

use beadle_sdk::Error;
use beadle_sdk::classrooms::Place;

use crate::rooms::Entry;

/// Where the narrowest stretch that holds an address decides.
#[derive(Debug)]
pub(crate) struct Table {
    v4: Flat<u32>,
    v6: Flat<u128>,
    places: Vec<Place>,
}

/// Boundaries: from each start on, up to the next, the same place holds, or none.
#[derive(Debug)]
struct Flat<N> {
    starts: Vec<N>,
    places: Vec<Option<u32>>,
}

impl Table {
    /// Makes a table.
    ///
    /// # Errors
    /// Two entries that claim the same addresses without one being narrower.
    pub(crate) fn new(entries: Vec<Entry>) -> Result<Self, Error> {
        let mut order: Vec<u32> = (0..).take(entries.len()).collect();
        let entry = |index: u32| &entries[index as usize];
        order.sort_by_key(|&index| {
            let span = entry(index).span;
            (span.v6, span.first, std::cmp::Reverse(span.last), index)
        });
        let (v4, v6): (Vec<u32>, Vec<u32>) = order.into_iter().partition(|&index| !entry(index).span.v6);
        let (v4, v6) = (flatten(&entries, &v4)?, flatten(&entries, &v6)?);
        // The end of IPv4 has no next address: a boundary there would not fit, and nothing is asked beyond it.
        let v4 = v4.into_iter().filter_map(|(start, place)| Some((u32::try_from(start).ok()?, place)));
        Ok(Self {
            v4: v4.collect(),
            v6: v6.into_iter().collect(),
            places: entries.into_iter().map(|entry| Place { name: entry.name, room: entry.room }).collect(),
        })
    }

    /// Whether nothing stands in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns the place of an IPv4 address.
    pub(crate) fn v4(&self, address: u32) -> Option<&Place> {
        self.v4.at(address).map(|place| &self.places[place as usize])
    }

    /// Returns the place of an IPv6 address.
    pub(crate) fn v6(&self, address: u128) -> Option<&Place> {
        self.v6.at(address).map(|place| &self.places[place as usize])
    }
}

impl<N: Ord> Flat<N> {
    fn at(&self, address: N) -> Option<u32> {
        let next = self.starts.partition_point(|start| *start <= address);
        self.places[next.checked_sub(1)?]
    }
}

impl<N> FromIterator<(N, Option<u32>)> for Flat<N> {
    fn from_iter<I: IntoIterator<Item = (N, Option<u32>)>>(boundaries: I) -> Self {
        let (starts, places) = boundaries.into_iter().unzip();
        Self { starts, places }
    }
}

/// Makes boundaries of entries that are sorted by their first address, the wider ones first.
fn flatten(entries: &[Entry], order: &[u32]) -> Result<Vec<(u128, Option<u32>)>, Error> {
    let mut boundaries: Vec<(u128, Option<u32>)> = Vec::with_capacity(order.len() * 2);
    let mut boundary = |start: u128, place: Option<u32>| match boundaries.last_mut() {
        Some(last) if last.0 == start => last.1 = place,
        _ => boundaries.push((start, place)),
    };
    // The entries that hold the present address, the narrowest last.
    let mut open: Vec<u32> = Vec::new();
    for &index in order {
        let entry = &entries[index as usize];
        while let Some(&inner) = open.last() {
            let inner = &entries[inner as usize];
            if inner.span.last >= entry.span.first {
                break;
            }
            open.pop();
            boundary(inner.span.last + 1, open.last().copied());
        }
        if let Some(outer) = open.last().map(|&outer| &entries[outer as usize]) {
            if outer.span == entry.span {
                return Err(clash(outer, entry, "say the same addresses; keep one of them"));
            }
            if outer.span.last < entry.span.last {
                return Err(clash(outer, entry, "overlap, and neither lies inside the other; split one of them"));
            }
        }
        boundary(entry.span.first, Some(index));
        open.push(index);
    }
    while let Some(inner) = open.pop() {
        if let Some(next) = entries[inner as usize].span.last.checked_add(1) {
            boundary(next, open.last().copied());
        }
    }
    Ok(boundaries)
}

fn clash(one: &Entry, two: &Entry, what: &str) -> Error {
    Error::Invalid(format!("{} ({}) and {} ({}) {what}", one.origin, one.name, two.origin, two.name))
}
