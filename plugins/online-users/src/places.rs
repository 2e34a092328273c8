//! Rooms of all listed people, by one question to the mapper.

use std::collections::HashMap;

use beadle_sdk::Error;
use beadle_sdk::classrooms::{self, Place};

use crate::source::Person;

/// Where each listed person is.
pub(crate) struct Places {
    places: Vec<Option<Place>>,
    /// For each person, which of the places.
    index: Vec<Option<usize>>,
}

impl Places {
    /// Asks the mapper, where there is one, for each address once.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the mapper cannot answer: a room is not unknown because of an outage.
    pub(crate) fn of(people: &[Person], mapper: bool) -> Result<Self, Error> {
        Self::by(people, |addresses| if mapper { classrooms::locate(addresses) } else { Ok(Vec::new()) })
    }

    fn by(
        people: &[Person],
        locate: impl FnOnce(&[String]) -> Result<Vec<Option<Place>>, Error>,
    ) -> Result<Self, Error> {
        let mut known: HashMap<&str, usize> = HashMap::with_capacity(people.len());
        let mut addresses: Vec<String> = Vec::new();
        let index = people
            .iter()
            .map(|person| {
                let address = person.address.as_deref()?;
                Some(*known.entry(address).or_insert_with(|| {
                    addresses.push(address.to_owned());
                    addresses.len() - 1
                }))
            })
            .collect();
        let places = if addresses.is_empty() { Vec::new() } else { locate(&addresses)? };
        Ok(Self { places, index })
    }

    /// Returns the place of a person, room or label.
    pub(crate) fn place(&self, person: usize) -> Option<&Place> {
        self.places.get(self.index[person]?)?.as_ref()
    }

    /// Returns the room of a person. A label is not a room.
    pub(crate) fn room(&self, person: usize) -> Option<&str> {
        self.place(person).filter(|place| place.room).map(|place| place.name.as_str())
    }
}

#[cfg(test)]
impl Places {
    /// Gives each person the place of their address, for tests of what is written.
    pub(crate) fn for_test(people: &[Person], place: impl Fn(&str) -> Option<Place>) -> Self {
        Self::by(people, |addresses| Ok(addresses.iter().map(|address| place(address)).collect()))
            .expect("no mapper fails here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_asked_for_once_and_answers_find_their_people() {
        let person =
            |id, address: Option<&str>| Person { id, address: address.map(str::to_owned), ..Person::default() };
        let people =
            [person(1, Some("10.0.0.1")), person(2, None), person(3, Some("10.0.0.2")), person(4, Some("10.0.0.1"))];
        let places = Places::by(&people, |addresses| {
            assert_eq!(addresses, ["10.0.0.1", "10.0.0.2"]);
            Ok(vec![
                Some(Place { name: "Lab 1".to_owned(), room: true }),
                Some(Place { name: "behind a proxy".to_owned(), room: false }),
            ])
        })
        .expect("the mapper answers");
        assert_eq!([0, 1, 2, 3].map(|index| places.room(index)), [Some("Lab 1"), None, None, Some("Lab 1")]);
        assert_eq!(places.place(2).map(|place| place.name.as_str()), Some("behind a proxy"));
    }

    #[test]
    fn a_mapper_that_is_away_is_not_an_unknown_room() {
        let people = [Person { id: 1, address: Some("10.0.0.1".to_owned()), ..Person::default() }];
        let away = Places::by(&people, |_| Err(Error::Unavailable("the mapper is away".to_owned())));
        assert!(matches!(away, Err(Error::Unavailable(_))));
    }
}
