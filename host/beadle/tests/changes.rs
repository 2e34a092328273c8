//! Changes in courses, from Moodle to the list that people read, through the whole program: what is told of each edit, and what of none.

mod support;

use beadle_campus::faults::{Action, Matcher};
use beadle_campus::moodle::{Account, Condition};
use beadle_campus::school::conferences::Calendar;
use beadle_campus::school::courses::{Assignment, Coursework, Kind, Module};
use beadle_campus::school::{Plan, School, system_clock};
use beadle_campus::{Campus, Options};
use support::term::Term;
use support::{House, host_section};

#[tokio::test(flavor = "multi_thread")]
async fn each_edit_is_told_once_by_what_it_means() {
    let term = Term::begin().await;
    assert_eq!(term.run("contents").await, "no courses are known yet: have a schedule collect \"courses\" first");
    let first = term.pass().await;
    assert!(first.iter().all(|said| said.contains(": nothing changed")), "{first:#?}");
    assert!(first[..2].iter().all(|said| said.ends_with(" at a first look")), "{first:#?}");
    let changes = term.changes("c0").await;
    let rows = changes["changes"].as_array().expect("a list");
    assert!(rows.len() > 60, "{}", rows.len());
    assert!(rows.iter().all(|row| row["change_kind"] == "new" && row["baseline"] == true), "{changes:#}");
    assert!(term.house.run(&["changes"]).await.ok().starts_with("Nothing that matters has changed"));

    let before = term.cursor().await;
    let again = term.pass().await;
    assert!(again.iter().all(|said| said.ends_with(": nothing changed")), "{again:#?}");
    assert_eq!(term.cursor().await, before, "a pass that finds nothing new writes nothing");
    term.campus.moodle().coursework().purge_caches();
    term.pass().await;
    assert_eq!(term.cursor().await, before, "pictures have other addresses, and nobody cares");

    let hand = term.campus.moodle().coursework();
    let (essays, quizzes, pages) = (term.modules("assign"), term.modules("quiz"), term.modules("page"));
    hand.move_due(essays[0].0, Some(1_800_000_000));
    hand.move_closing(quizzes[0].0, Some(1_800_000_000));
    hand.rename(pages[0].0, "Another welcome");
    hand.hide(essays[1].0);
    let section = hand.book().courses.values().next().expect("a course").sections[1].id;
    hand.rename_section(section, "Waves and tides");
    let course = *hand.book().courses.keys().next().expect("a course");
    let added = hand.add(course, Module::new(Kind::Assign(Assignment::default()), "Late addition"));
    let added = term.modules("assign").into_iter().find(|(cm, _)| *cm == added).expect("it is there").1;
    term.pass().await;
    let mut expected = vec![
        format!("{} deadline_changed", essays[0].1),
        format!("{} deadline_changed", quizzes[0].1),
        format!("{} content_changed", pages[0].1),
        format!("{} removed", essays[1].1),
        format!("section/{section} content_changed"),
        format!("{added} new"),
    ];
    expected.sort();
    assert_eq!(term.told(&before).await, expected);
    // People are told what of the content it is.
    let list = term.house.run(&["changes", "--since", &before, "--collection", "items"]).await.ok();
    assert!(list.contains("title: ") && list.contains("→ Waves and tides"), "{list}");

    let after = term.cursor().await;
    let me = term.campus.school().account("wsbeadle").expect("the account of the host").id;
    let graded = |cm: i64| hand.book().modules().any(|(_, module)| module.cm == cm && module.highest().is_some());
    let graded = essays[2..].iter().find(|(cm, _)| graded(*cm)).expect("an essay with points");
    hand.grade(graded.0, me, 2, 17.5, "<p>Well <b>done</b>.</p>");
    let forum = term.modules("forum")[0].0;
    let discussion = hand.announce(forum, 2, "Another hall", "<p>The exam is in hall 4 on 2030-02-01.</p>");
    term.pass().await;
    let told = term.told(&after).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.contains(&format!("{} grade_added", graded.1)), "{told:#?}");
    let announced = told.iter().find_map(|told| told.strip_suffix(" new")).expect("it is announced").to_owned();
    let edited = term.cursor().await;
    hand.edit_post(discussion, "<p>The exam is in hall 5 on 2030-02-02.</p>");
    term.pass().await;
    assert_eq!(term.told(&edited).await, [format!("{announced} exam_changed")]);

    let after = term.cursor().await;
    hand.show(essays[1].0);
    hand.move_due(essays[0].0, None);
    term.pass().await;
    let mut expected = vec![format!("{} restored", essays[1].1), format!("{} deadline_removed", essays[0].1)];
    expected.sort();
    assert_eq!(term.told(&after).await, expected);
    let listed = term.house.run(&["changes", "--since", &after]).await.ok();
    assert!(listed.contains("assignment ") && listed.contains("deadline_removed"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_stays_as_it_was() {
    let term = Term::begin().await;
    term.pass().await;
    let before = term.cursor().await;
    // One course answers with an error, as Moodle does: with HTTP 200.
    let faults = term.campus.faults();
    let envelope = r#"{"exception":"moodle_exception","errorcode":"errorcoursecontextnotvalid","message":"hidden"}"#;
    faults.order(Matcher::function("core_course_get_contents"), Some(1), Action::json(200, envelope));
    let said = term.pass().await;
    assert!(said[1].ends_with("nothing changed, 1 could not be read"), "{said:#?}");
    assert_eq!(term.cursor().await, before);
    // A hidden course is one change; what is in it stays as it was seen last.
    let hidden = term.campus.school().courses()[0].id;
    term.campus.moodle().conferences().hide_course(hidden);
    let said = term.pass().await;
    assert!(said[0].contains("1 removed"), "{said:#?}");
    assert_eq!(term.told(&before).await, [format!("course/{hidden} removed")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_is_told_where_web_services_are_off() {
    let school = School::new(&Plan::everybody_online(8, 0)).with_calendar(Calendar::default());
    let school = school.with_coursework(&Coursework { courses: 3, modules: 20, ..Coursework::default() });
    let campus = Campus::start(Options::of(school).on(system_clock())).await.expect("a campus");
    let moodle = campus.moodle();
    moodle.set(Condition::WebServicesDisabled, true);
    let hand = moodle.coursework();
    let now = jiff::Timestamp::now().as_second();
    let course = *hand.book().courses.keys().next().expect("a course");
    let essay = |name: &str, day: i64| {
        let kind = Kind::Assign(Assignment { due: Some(now + day * 86_400), ..Assignment::default() });
        hand.add(course, Module::new(kind, name))
    };
    let [moved, deleted, _] = [essay("Q&A, in short", 10), essay("To be dropped", 20), essay("Far", 30)];
    let event = |cm: i64| {
        let book = hand.book();
        let (_, module) = book.modules().find(|(_, module)| module.cm == cm).expect("it is there");
        format!("event/{}", module.events[1])
    };
    let (moved_event, deleted_event) = (event(moved), event(deleted));

    let house = House::new();
    let address = moodle.calendar_address(Account::Full);
    house.secret("moodle.calendar", &address);
    house.write(
        "schedules.toml",
        format!(
            "{}\n[sites.main]\nurl = {:?}\ncalendar = {{ file = \"moodle.calendar\" }}\n\n[plugins.changes]\nbuiltin = \
             \"change-detector\"\ngrants = {{ catalog = [\"observe\", \"read\"], moodle = [\"calendar-export\"] }}\n\n[[schedule]]\nname = \
             \"moodle_calendar\"\nplugin = \"changes\"\nsites = [\"main\"]\ncron = \"0 0 29 2 *\"\nsettings = {{ collect = \"calendar\", \
             source = \"ical\" }}\n",
            host_section(),
            campus.moodle_url
        ),
    );
    let term = Term { campus, house };
    let first = term.run("calendar").await;
    assert!(first.contains(" in 1 scopes: nothing changed, ") && first.ends_with(" at a first look"), "{first}");
    let before = term.cursor().await;
    let again = term.run("calendar").await;
    assert!(again.ends_with(": nothing changed"), "{again}");
    let listed = term.changes("c0").await.to_string();
    assert!(listed.contains("Q&A, in short is due"), "{listed}");

    let hand = term.campus.moodle().coursework();
    hand.move_due(moved, Some(now + 12 * 86_400));
    hand.delete(deleted);
    term.run("calendar").await;
    let mut expected = vec![format!("{moved_event} schedule_changed"), format!("{deleted_event} removed")];
    expected.sort();
    assert_eq!(term.told(&before).await, expected);

    let after = term.cursor().await;
    term.campus.moodle().refuse_calendar_addresses();
    let out = term.house.run(&["run", "moodle_calendar"]).await;
    let said = format!("{}{}", out.out, out.err);
    let token = address.split_once("authtoken=").expect("a token").1.split('&').next().expect("a token");
    assert!(said.contains("Import or export calendars") && !said.contains(token), "{said}");
    assert_eq!(term.cursor().await, after, "nothing is gone because it cannot be read");
}
