//! The account's own grades, as something of the activities that they are for. Totals are made of the others and are not told.

use beadle_sdk::catalog::{self, Sighting, Source};
use beadle_sdk::moodle::{self, Site, nothing};
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::json;

use super::{Course, GRADES, Home, Looked, Wanted, activity, course_key, home, kind};
use crate::item::{SHAPE, Told, tell};
use crate::lenient;

/// How many courses are asked for at once; the host asks as many of them side by side as the site allows.
const AT_ONCE: usize = 10;

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    usergrades: Vec<Grades>,
}

#[derive(Deserialize)]
struct Grades {
    #[serde(default, deserialize_with = "lenient::number_or_none")]
    userid: Option<u64>,
    #[serde(default, deserialize_with = "lenient::list")]
    gradeitems: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    itemname: String,
    #[serde(default, deserialize_with = "lenient::text")]
    itemtype: String,
    #[serde(default, deserialize_with = "lenient::text")]
    itemmodule: String,
    #[serde(default, deserialize_with = "lenient::number_or_none")]
    iteminstance: Option<u64>,
    #[serde(default, deserialize_with = "lenient::text")]
    gradeformatted: String,
    #[serde(default, deserialize_with = "lenient::text")]
    rangeformatted: String,
    #[serde(default, deserialize_with = "lenient::text")]
    feedback: String,
    #[serde(default, deserialize_with = "lenient::instant")]
    gradedategraded: Option<i64>,
}

pub(super) fn look(site: &mut dyn Site, wanted: &mut Wanted<'_>) -> Result<Looked, Error> {
    let home = home(site)?;
    let mut looked = Looked::default();
    let all = wanted.courses.len();
    for (chunk, courses) in wanted.courses.chunks(AT_ONCE).enumerate() {
        (wanted.progress)("courses", chunk * AT_ONCE, all);
        let question =
            |course: &Course| (GRADES, wanted.in_one_language(json!({ "courseid": course.id, "userid": home.userid })));
        let mut answers = site.ask(courses.iter().map(question).collect()).into_iter();
        for course in courses {
            let answer = answers.next().unwrap_or_else(nothing);
            let read = answer.and_then(|text| {
                let answer = moodle::read::<Answer>(GRADES, &text)?;
                Ok((scope(course, &answer, &home, wanted)?, text))
            });
            match read {
                Ok((scope, text)) => {
                    looked.read.push(course.id);
                    looked.answered(GRADES, vec![text], vec![scope.scope.clone()]);
                    looked.scopes.push(scope);
                }
                Err(error) => looked.failures.push((format!("the grades of course {}", course.id), error)),
            }
        }
        (wanted.take)(&mut looked)?;
    }
    (wanted.progress)("courses", all, all);
    Ok(looked)
}

fn scope(course: &Course, answer: &Answer, home: &Home, wanted: &Wanted<'_>) -> Result<catalog::Sightings, Error> {
    let key = course_key(course.id);
    // A teacher who is not asked about is told of everybody; nobody else's grades are this account's business.
    let own = answer.usergrades.iter().filter(|grades| grades.userid.is_none_or(|user| user == home.userid));
    let items = own
        .flat_map(|grades| &grades.gradeitems)
        .filter(|item| !matches!(item.itemtype.as_str(), "course" | "category"));
    let url = wanted.address(course.id, &format!("grade/report/user/index.php?id={}", course.id));
    let sightings: Result<Vec<Sighting>, Error> = items.map(|item| sighting(item, &key, url.clone())).collect();
    let mut scope = catalog::sightings(format!("grades/{}", course.id), Source::Gradebook, sightings?);
    scope.course = Some(key);
    Ok(scope)
}

/// The longest text of a grade that is compared and shown, in characters.
const LONGEST: usize = 1_000;

fn sighting(item: &Item, course: &str, url: Option<String>) -> Result<Sighting, Error> {
    let title = html::plain(&item.itemname);
    let points = match html::plain(&item.gradeformatted) {
        nothing if nothing.is_empty() || nothing == "-" => String::new(),
        points => format!("{points} ({})", html::plain(&item.rangeformatted)),
    };
    let words = [points, html::plain(&item.feedback)].into_iter().filter(|words| !words.is_empty());
    let grade: String = words.collect::<Vec<_>>().join(": ").chars().take(LONGEST).collect();
    let details = json!({ "grade": grade, "graded": item.gradedategraded });
    let grade = Some(grade).filter(|grade| !grade.is_empty());
    let one = match item.iteminstance.filter(|_| !item.itemmodule.is_empty()) {
        Some(instance) => Sighting::new(activity(&item.itemmodule, instance), kind(&item.itemmodule)).title(title),
        // What a teacher grades without an activity stands for itself.
        None => {
            let title = if title.is_empty() { item.itemtype.clone() } else { title };
            let told = Told { title, url: Some(url), ..Told::default() };
            tell(Sighting::new(format!("grade/{}", item.id), "grade_item"), told)
        }
    };
    one.course(course).aspect("grade", SHAPE, grade).details(&details)
}
