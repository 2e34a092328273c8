//! The discussions of all forums, by their first posts.

use beadle_sdk::catalog::{self, Sighting, Source};
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::moodle::{self, Site, nothing};
use beadle_sdk::{Error, html};
use serde::Deserialize;
use serde_json::json;

use super::{DISCUSSIONS, FORUMS, Looked, Wanted, by_course, course_key, hear_all};
use crate::item::{Told, tell};
use crate::lenient;

/// The forums of how many courses are asked for at once; the host asks as many of them side by side as the site allows.
const AT_ONCE: usize = 10;

/// The kind of forum in which teachers announce things.
const NEWS: &str = "news";

#[derive(Deserialize)]
struct Forum {
    #[serde(deserialize_with = "lenient::number")]
    id: u64,
    #[serde(deserialize_with = "lenient::number")]
    course: u64,
    #[serde(default, rename = "type", deserialize_with = "lenient::text")]
    what: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::list")]
    discussions: Vec<Discussion>,
}

/// A discussion by its first post. Pictures, counts of what is unread and who may do what move all the time and are not read.
#[derive(Deserialize)]
struct Discussion {
    /// The number of the discussion; `id` is that of its first post.
    #[serde(deserialize_with = "lenient::number")]
    discussion: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    subject: String,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    message: String,
    #[serde(default, deserialize_with = "lenient::instant")]
    created: Option<i64>,
    #[serde(default, deserialize_with = "lenient::instant")]
    modified: Option<i64>,
    #[serde(default, deserialize_with = "lenient::truth")]
    pinned: bool,
}

pub(super) fn look(site: &mut dyn Site, wanted: &mut Wanted<'_>) -> Result<Looked, Error> {
    let question = |courses: &[u64]| (FORUMS, wanted.in_one_language(json!({ "courseids": courses })));
    let (forums, _) = hear_all::<Vec<Forum>>(site, wanted, question)?;
    let forums = forums.into_iter().flatten();
    let all = wanted.courses.len();
    let forums = by_course(wanted.ids(), forums.map(|forum| (forum.course, forum)).collect());
    let forums: Vec<(u64, Vec<Forum>)> = forums.into_iter().collect();
    let mut looked = Looked::default();
    for (chunk, courses) in forums.chunks(AT_ONCE).enumerate() {
        (wanted.progress)("courses", chunk * AT_ONCE, all);
        let question = |forum: &Forum| (DISCUSSIONS, wanted.in_one_language(json!({ "forumid": forum.id })));
        let asked = courses.iter().flat_map(|(_, forums)| forums);
        let mut answers = site.ask(asked.map(question).collect()).into_iter();
        for (course, forums) in courses {
            one_course(*course, forums, &mut answers, wanted, &mut looked);
        }
        (wanted.take)(&mut looked)?;
    }
    (wanted.progress)("courses", all, all);
    Ok(looked)
}

/// Reads the answers about the forums of a course. Where none of them could be read there is nothing to tell.
fn one_course(
    course: u64,
    forums: &[Forum],
    answers: &mut impl Iterator<Item = Result<String, Error>>,
    wanted: &Wanted<'_>,
    looked: &mut Looked,
) {
    let name = format!("forums/{course}");
    let (mut items, mut unsure, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for forum in forums {
        let read = answers.next().unwrap_or_else(nothing).and_then(|text| {
            let answer = moodle::read::<Answer>(DISCUSSIONS, &text)?;
            let told: Result<Vec<Sighting>, Error> =
                answer.discussions.iter().map(|one| sighting(one, forum, wanted)).collect();
            Ok((told?, text))
        });
        match read {
            Ok((told, text)) => {
                items.extend(told);
                texts.push(text);
            }
            Err(error) => {
                unsure.push(group(forum));
                looked.failures.push((format!("the discussions of forum {}", forum.id), error));
            }
        }
    }
    if !forums.is_empty() && unsure.len() == forums.len() {
        return;
    }
    if !texts.is_empty() {
        looked.answered(DISCUSSIONS, texts, vec![name.clone()]);
    }
    let mut scope = catalog::sightings(name, Source::Service, items);
    scope.course = Some(course_key(course));
    scope.unsure = unsure;
    looked.read.push(course);
    looked.scopes.push(scope);
}

/// Returns the group of a forum's discussions.
fn group(forum: &Forum) -> String {
    format!("forum/{}", forum.id)
}

fn sighting(one: &Discussion, forum: &Forum, wanted: &Wanted<'_>) -> Result<Sighting, Error> {
    let kind = if forum.what == NEWS { "announcement" } else { "forum_discussion" };
    let title = html::plain(if one.subject.is_empty() { &one.name } else { &one.subject });
    let body = html::lines(&one.message);
    let facts = wanted.facts(&title, &body, one.created.or(wanted.begins(forum.course)));
    let url = wanted.address(forum.course, &format!("mod/forum/discuss.php?d={}", one.discussion));
    let told = Told { title, body: Some(body), url: Some(url), facts, ..Told::default() };
    let published = one.created.and_then(|seconds| Timestamp::from_second(seconds).ok()).map(catalog::at);
    let sighting = Sighting::new(format!("discussion/{}", one.discussion), kind)
        .course(course_key(forum.course))
        .group(group(forum))
        .published(published);
    tell(sighting, told).details(&json!({ "forum": forum.id, "modified": one.modified, "pinned": one.pinned }))
}
