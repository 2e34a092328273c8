//! What no Moodle does by itself, told by a guest over the interface that the detector uses.

use std::fmt::Write as _;

use beadle_plan::Instant;
use beadle_plan::catalog::Moment;
use beadle_store::Cursor;

use super::host::{Host, Place, schedule};

/// Looks that a guest takes one after the other: what it tells then, each item as TOML.
struct Looks {
    host: Host,
    taken: usize,
}

impl Looks {
    async fn new(place: Place, looks: &[&[&str]]) -> Self {
        let site = place.site.clone();
        let mut text = format!(
            r#"
            [sites.{site}]
            url = "http://127.0.0.1:9"
            token = {{ env = "TOKEN" }}

            [plugins.guest]
            file = "unruly.wasm"
            grants = {{ catalog = ["observe", "read"] }}
            "#
        );
        for (number, items) in looks.iter().enumerate() {
            let _ = writeln!(
                text,
                "[[schedule]]\nname = \"{}\"\nplugin = \"guest\"\nsites = [\"{site}\"]\ncron = \"0 0 29 2 *\"\n\
                 settings = {{ behaviour = \"sights\", texts = [\"contents/4\"], arguments = [{}] }}",
                schedule(&number.to_string(), &site),
                items.join(", ")
            );
        }
        let world = place.world();
        Self { host: place.host(world, &text).await, taken: 0 }
    }

    /// Takes the next look, and returns the cursor of a reader who knew what was there before it.
    async fn next(&mut self) -> Cursor {
        let since = self.host.cursor().await;
        self.host.run(&self.taken.to_string()).await;
        self.taken += 1;
        since
    }

    /// Takes the first look and the second, and returns what they make a reader of the first be told.
    async fn edit(place: Place, before: &[&str], after: &[&str]) -> (Host, Vec<String>) {
        let mut looks = Self::new(place, &[before, after]).await;
        looks.next().await;
        let since = looks.next().await;
        let told = looks.host.told(since).await;
        (looks.host, told)
    }
}

const WELCOME: &str = r#"{ key = "page/1", title = "Welcome" }"#;

pub(super) async fn row_15_published(place: Place) {
    let before = r#"{ key = "assign/7", title = "Essay" }"#;
    let after = r#"{ key = "assign/7", title = "Essay", published = 5000 }"#;
    let (_, told) = Looks::edit(place, &[before], &[after]).await;
    assert_eq!(told, ["assign/7 refresh_only, which matters to nobody"]);
}

/// A calendar that gives its events other numbers every time.
pub(super) async fn row_27_another_number_for_the_same(place: Place) {
    let looks: [&[&str]; 3] = [
        &[r#"{ key = "event/1", title = "Lecture", likeness = "lecture" }"#],
        &[r#"{ key = "event/2", title = "Lecture", likeness = "lecture" }"#],
        &[r#"{ key = "event/3", title = "Lecture", likeness = "lecture", room = "12" }"#],
    ];
    let mut looks = Looks::new(place, &looks).await;
    looks.next().await;
    let since = looks.next().await;
    assert_eq!(looks.host.told(since).await, [""; 0], "nothing of it differs");
    let items = looks.host.items("assignment").await;
    assert_eq!(items.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["event/2"]);
    looks.next().await;
    assert_eq!(looks.host.told(since).await, ["event/3 refresh_only, which matters to nobody"]);
}

pub(super) async fn row_28_another_number_and_something_else(place: Place) {
    let looks: [&[&str]; 5] = [
        &[r#"{ key = "event/0", title = "Lecture", likeness = "lecture" }"#],
        &[r#"{ key = "event/1", title = "Lecture", likeness = "lecture", due = 5000 }"#],
        &[r#"{ key = "event/2", title = "Lecture", likeness = "lecture", due = 5000, starts = 4000 }"#],
        &[r#"{ key = "event/3", title = "Lecture", likeness = "lecture", due = 5000, starts = 4000, watch = true }"#],
        &[
            r#"{ key = "event/4", title = "Lecture", likeness = "lecture", due = 5000, starts = 4000, watch = true, body = "Bring a pen." }"#,
        ],
    ];
    let mut looks = Looks::new(place, &looks).await;
    looks.next().await;
    for told in
        ["event/1 deadline_added", "event/2 schedule_added", "event/3 review_changed", "event/4 content_changed"]
    {
        let since = looks.next().await;
        assert_eq!(looks.host.told(since).await, [told]);
    }
}

/// The reader knows neither: in the look in which the one with a date comes, the other leaves.
pub(super) async fn row_29_the_old_one_goes_as_the_new_one_comes(place: Place) {
    let looks: [&[&str]; 3] = [
        &[WELCOME],
        &[WELCOME, r#"{ key = "event/1", title = "Lecture", likeness = "lecture" }"#],
        &[WELCOME, r#"{ key = "event/2", title = "Lecture", likeness = "lecture", due = 5000 }"#],
    ];
    let mut looks = Looks::new(place, &looks).await;
    looks.next().await;
    let since = looks.next().await;
    looks.next().await;
    assert_eq!(looks.host.told(since).await, ["event/2 new"], "one item, once");
    let due = looks.host.items("assignment").await[0].item.due_at;
    assert_eq!(due, Some(Moment::At(Instant::from_millis(5_000))));
}

/// One of two goes as a third comes: that one is renewed, and the one that stands is left alone.
pub(super) async fn row_31_one_of_two_that_look_alike_is_renewed(place: Place) {
    let news = |number: u32| format!(r#"{{ key = "discussion/{number}", title = "News", likeness = "news" }}"#);
    let (one, two, three) = (news(1), news(2), news(3));
    let looks: [&[&str]; 3] = [&[WELCOME], &[WELCOME, &one, &two], &[WELCOME, &two, &three]];
    let mut looks = Looks::new(place, &looks).await;
    looks.next().await;
    let since = looks.next().await;
    assert_eq!(looks.host.told(since).await, ["discussion/1 new", "discussion/2 new"]);
    let since = looks.next().await;
    assert_eq!(looks.host.told(since).await, [""; 0]);
    assert_eq!(looks.host.items("assignment").await.len(), 3);
}
