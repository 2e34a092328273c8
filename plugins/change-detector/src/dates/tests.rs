use beadle_sdk::catalog::Moment;
use beadle_sdk::jiff::Timestamp;
use beadle_sdk::jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn told_of(text: &str, about: Option<Date>) -> Vec<String> {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let reader = Reader { languages: &[Language::En, Language::Es, Language::De], zone: &zone };
    let when = |fact: &Fact| match fact.when.clone().expect("a date has a moment") {
        Moment::Day(day) => day,
        Moment::At(millis) => {
            let at = Timestamp::from_millisecond(i64::try_from(millis).expect("small")).expect("an instant");
            at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
        }
    };
    facts(text, about, &reader).iter().map(|fact| format!("{} {}", fact.kind, when(fact))).collect()
}

fn told(text: &str) -> Vec<String> {
    told_of(text, Some(date(2026, 9, 1)))
}

#[test]
fn dates_are_read_as_people_write_them() {
    for (text, expected) in [
        ("Entrega: 15/11/2026 23:59", "due_at 2026-11-15 23:59"),
        ("La entrega es el 3 de noviembre a las 10:00", "due_at 2026-11-03 10:00"),
        ("Primer parcial: 3 de octubre de 2026", "exam_at 2026-10-03"),
        ("Read this first – exam on 2027-02-01", "exam_at 2027-02-01"),
        ("The essay is due on 1 December 2026.", "due_at 2026-12-01"),
        ("Midterm: December 1st, 2026 at 10:30", "exam_at 2026-12-01 10:30"),
        ("Deadline Nov. 3, 5 pm", "due_at 2026-11-03 17:00"),
        ("Klausur am 1. Dezember 2026 um 10 Uhr", "exam_at 2026-12-01 10:00"),
        ("Abgabe bis 1.12. um 12:00", "due_at 2026-12-01 12:00"),
        ("Die Vorlesung am 1.12.26 entfällt", "class_session_at 2026-12-01"),
        ("Founded on 2026-01-02", "date_mention 2026-01-02"),
        ("clase 4/11", "class_session_at 2026-11-04"),
    ] {
        assert_eq!(told(text), [expected], "{text}");
    }
}

#[test]
fn what_only_looks_like_a_date_is_none() {
    for text in [
        "3/4 of the points",
        "pages 1-12",
        "chapter 1.12",
        "version 1.12.3",
        "31/2/2026",
        "exam 45/13",
        "2026-13-01",
        "https://school.example/2026-12-01/page",
        "room 12/3b",
        "may 4 be enough",
        "10:30",
        "1/2/3/4",
        "exam 1-12",
        "ISBN 978-3-16-148410-0",
    ] {
        assert!(told(text).is_empty(), "{text}: {:?}", told(text));
    }
}

#[test]
fn a_year_that_is_not_written_goes_by_the_text() {
    let exam = "Exam on 3 February";
    assert_eq!(told_of(exam, Some(date(2026, 12, 10))), ["exam_at 2027-02-03"], "it rolls over");
    assert_eq!(told_of(exam, Some(date(2027, 2, 20))), ["exam_at 2027-02-03"], "it has just passed");
    assert!(told_of(exam, None).is_empty(), "nobody knows");
    assert_eq!(told_of("Exam on 29 February", Some(date(2027, 9, 1))), ["exam_at 2028-02-29"]);
    assert!(told_of("Exam on 29 February", Some(date(2026, 9, 1))).is_empty());
}

#[test]
fn the_nearest_word_says_what_it_is_about() {
    assert_eq!(
        told("Parcial: 3/10/2026, entrega del informe: 10/10/2026"),
        ["exam_at 2026-10-03", "due_at 2026-10-10"]
    );
    assert_eq!(told("Exam\n3/10/2026"), ["date_mention 2026-10-03"], "another line is another matter");
    assert_eq!(told("The latest test is 3/10/2026; latest"), ["exam_at 2026-10-03"]);
}

#[test]
fn a_date_that_is_said_twice_is_one() {
    assert_eq!(told("Due 1/12/2026.\nDue: 1 December 2026").len(), 1);
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[ -~äöüñé\n]{0,200}", about in proptest::option::of(1i16..12)) {
        let about = about.map(|month| date(2026, i8::try_from(month).expect("small"), 1));
        for fact in told_of(&text, about) {
            prop_assert!(!fact.is_empty());
        }
    }

    #[test]
    fn any_line_of_numbers_is_read(text in "(exam|due|clase)? ?[0-9]{1,2}[-/. ][0-9a-zA-Z]{1,9}[-/. ,]{0,2}[0-9]{0,4}( at | um )?[0-9:]{0,5}") {
        told(&text);
    }
}
