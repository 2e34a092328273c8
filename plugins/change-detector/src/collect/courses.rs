//! The account's courses.

use beadle_sdk::catalog::{self, Completion, Sighting, Source};
use beadle_sdk::moodle::Site;
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::json;

use super::{Home, Looked, OWN_COURSES, Wanted, course_key, hear, home};
use crate::item::{Told, tell};
use crate::lenient;

/// A course. When it was last opened, how far somebody is and how many take part move all the time and are not read.
#[derive(Deserialize)]
struct Course {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    shortname: String,
    #[serde(default, deserialize_with = "lenient::text")]
    fullname: String,
    #[serde(default, deserialize_with = "lenient::text")]
    displayname: String,
    #[serde(default, deserialize_with = "lenient::text")]
    summary: String,
    #[serde(default, deserialize_with = "lenient::instant")]
    startdate: Option<i64>,
    #[serde(default, deserialize_with = "lenient::instant")]
    enddate: Option<i64>,
}

pub(super) fn look(site: &mut dyn Site, wanted: &Wanted<'_>) -> Result<Looked, Error> {
    let home = home(site)?;
    let own = json!({ "userid": home.userid, "returnusercount": false });
    let (courses, text): (Vec<Course>, String) = hear(site, (OWN_COURSES, wanted.in_one_language(own)))?;
    let chosen = |course: &Course| wanted.settings.courses.as_ref().is_none_or(|chosen| chosen.contains(&course.id));
    let sightings: Result<Vec<Sighting>, Error> =
        courses.iter().filter(|course| chosen(course)).map(|course| sighting(course, &home)).collect();
    let scopes = vec![catalog::sightings("courses", Source::Service, sightings?)];
    let mut looked = Looked { scopes, ..Looked::default() };
    looked.answered_all(OWN_COURSES, vec![text]);
    Ok(looked)
}

fn sighting(course: &Course, home: &Home) -> Result<Sighting, Error> {
    let name = if course.fullname.is_empty() { &course.displayname } else { &course.fullname };
    let told = Told {
        title: html::plain(name),
        body: Some(html::lines(&course.summary)),
        url: Some(address(home, course.id)),
        ..Told::default()
    };
    let details = json!({
        "id": course.id,
        "short-name": html::plain(&course.shortname),
        "starts": course.startdate,
        "ends": course.enddate,
    });
    tell(Sighting::new(course_key(course.id), "course").completion(Completion::Unknown), told).details(&details)
}

fn address(home: &Home, course: u64) -> Option<String> {
    let home = home.siteurl.trim_end_matches('/');
    let known = home.starts_with("https://") || home.starts_with("http://");
    known.then(|| format!("{home}/course/view.php?id={course}"))
}
