//! The catalog: the host's own collection of what a Moodle holds. Courses are items like assignments and announcements.
//!
//! Plugins tell what they **sighted** of each item, scope by scope; several sources tell of one item, each what it knows. The item that
//! stands is made from them, field by field ([`Item::derive`]), and it is the item whose changes are logged.

mod derive;
mod missing;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};

pub use derive::{Item, Sighted};
pub use missing::{Known, Sifted, Standpoint, sift};

use crate::{Instant, Losses, Range};

/// Who tells of an item, the most trusted first: what one knows, those behind it are not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The web service of the activity itself: assignments, quizzes, forums.
    Service,
    /// The contents of a course.
    Contents,
    /// The gradebook, which mirrors activities.
    Gradebook,
    /// The calendar, which mirrors dates of activities.
    Calendar,
    /// Text in which somebody wrote about it.
    Text,
}

impl Source {
    /// All of them, the most trusted first.
    pub const ALL: [Self; 5] = [Self::Service, Self::Contents, Self::Gradebook, Self::Calendar, Self::Text];

    /// Whether an item is gone when this source drops it. A mirror only stops telling of it.
    pub fn is_primary(self) -> bool {
        matches!(self, Self::Service | Self::Contents)
    }

    /// Returns the word under which the store keeps it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Contents => "contents",
            Self::Gradebook => "gradebook",
            Self::Calendar => "calendar",
            Self::Text => "text",
        }
    }

    /// Returns the source of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.word() == word)
    }
}

/// When something happens: at an instant, or on a day whose hour nobody told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// At an instant.
    At(Instant),
    /// On a day.
    Day(Date),
}

impl Moment {
    /// Returns its first instant; of a day its first, UTC.
    pub fn begins(self) -> Instant {
        match self {
            Self::At(at) => at,
            Self::Day(day) => day
                .to_zoned(TimeZone::UTC)
                .map_or(Instant::from_millis(i64::MAX), |midnight| midnight.timestamp().into()),
        }
    }
}

/// How far somebody has come with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// Nobody tells.
    Unknown,
    /// It is still to be done.
    Incomplete,
    /// It is done.
    Completed,
}

/// Whether a person should look at the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// No need.
    None,
    /// Keep an eye on it.
    Watch,
    /// What it holds could not be read.
    NeedsReview,
}

/// Whether a person should look at the original, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Review {
    /// Whether.
    pub state: ReviewState,
    /// Why, in a word: `high_risk_schedule_document`.
    pub reason: Option<String>,
}

/// Something that an item's text or dates say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is about: `due_at`, `exam_at`, `class_session_at`, `date_mention`.
    pub kind: String,
    /// When that is.
    pub when: Option<Moment>,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How sure its extractor is, from 0 to 1.
    pub confidence: f32,
    /// Who found it: `module_dates`, `deterministic_text_dates`.
    pub extractor: String,
    /// The words in which it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
}

/// An aspect as one source knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SightedAspect {
    /// Its name.
    pub name: String,
    /// Its value in a canonical form; none where the source knows that there is none.
    pub value: Option<String>,
    /// The number of the normaliser that made the value.
    pub shape: u32,
}

/// What one source knows of an item. A field that is absent it knows nothing of; one that is `Some(None)` it knows to be empty, and
/// nobody behind it is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fields {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub body: Option<Option<String>>,
    /// Where people look at it.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub url: Option<Option<String>>,
    /// When it was published.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Option<Moment>>,
    /// When it begins or opens.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Option<Moment>>,
    /// When it is due or closes.
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Option<Moment>>,
    /// How far the account has come with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<Completion>,
    /// Whether a person should look at the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// Reads a field that is there: `null` is something told.
fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What was sighted of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// What identifies the item on its site: `assign/7`, `discussion/55`.
    #[serde(skip)]
    pub key: String,
    /// What it is: `assignment`, `announcement`, `course`.
    pub kind: String,
    /// The key of its course; none of what belongs to the whole site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<String>,
    /// What is known of it.
    #[serde(flatten)]
    pub fields: Fields,
    /// What its text or dates say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// What else the source tells, worth keeping but not comparing: a JSON object.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, serde_json::Value>,
    /// What of it matters, as far as this source knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aspects: Vec<SightedAspect>,
    /// By which one that vanishes and one that appears in the same scope are taken for the same, where the source renews its keys.
    #[serde(skip)]
    pub likeness: Option<String>,
    /// What of the scope it belongs to, so that a part that could not be read can be named.
    #[serde(skip)]
    pub group: Option<String>,
    /// When it happens, for scopes that carry a time range.
    #[serde(skip)]
    pub at: Option<Instant>,
}

impl Sighting {
    /// Returns what the store keeps of it: JSON.
    pub fn value(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What was sighted of one item, ready to be compared and kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The sighting.
    pub sighting: Sighting,
    /// What the store keeps of it.
    pub value: String,
    /// A digest of that, in hex digits.
    pub digest: String,
}

impl From<Sighting> for Kept {
    fn from(sighting: Sighting) -> Self {
        let value = sighting.value();
        let mut digest = Sha256::new();
        digest.update(&value);
        for beside in [&sighting.likeness, &sighting.group] {
            digest.update([0]);
            digest.update(beside.as_deref().unwrap_or_default());
        }
        digest.update(sighting.at.map_or(i64::MIN, Instant::millis).to_be_bytes());
        // Half of it: nobody gains anything from two sightings that look alike.
        let digest = hex::encode(&digest.finalize()[..16]);
        Self { sighting, value, digest }
    }
}

/// Everything that was sighted in one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Sightings {
    /// The scope: `contents/4`. What stands before the first `/` is its part.
    pub scope: String,
    /// The key of the course it is about; none of what belongs to the whole site.
    pub course: Option<String>,
    /// Who tells.
    pub source: Source,
    /// Whether all of the scope was looked at; otherwise nothing is missed.
    pub complete: bool,
    /// Groups that could not be read: nothing of them is missed.
    pub unsure: Vec<String>,
    /// The range of time that was looked at; what lies outside is not missed.
    pub range: Option<Range>,
    /// What an absence means.
    pub losses: Losses,
    /// What was sighted.
    pub items: Vec<Kept>,
}

impl Sightings {
    /// Returns the part of the scope: what one kind of look at a course is called. The first look at a part of a course is its baseline.
    pub fn part(&self) -> &str {
        self.scope.split_once('/').map_or(&self.scope, |(part, _)| part)
    }

    /// Returns a digest of all that was sighted, in whatever order.
    pub fn digest(&self) -> String {
        let mut items: Vec<(&str, &str)> =
            self.items.iter().map(|item| (item.sighting.key.as_str(), item.digest.as_str())).collect();
        items.sort_unstable();
        let mut digest = Sha256::new();
        for (key, item) in items {
            digest.update((key.len() as u64).to_be_bytes());
            digest.update(key);
            digest.update(item);
        }
        hex::encode(&digest.finalize()[..16])
    }
}
