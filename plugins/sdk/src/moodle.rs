//! Web service functions of the run's site, typed, and its calendar export.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bindings::imports::beadle::moodle::moodle as wit;
use crate::error::Error;

/// One call of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Call(wit::Request);

impl Call {
    /// Makes a call from the function's name and its parameters, a map or struct.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the parameters cannot be written as JSON.
    pub fn new(function: &str, arguments: &impl Serialize) -> Result<Self, Error> {
        let arguments = serde_json::to_string(arguments)
            .map_err(|error| Error::Invalid(format!("cannot write the parameters of {function}: {error}")))?;
        Ok(Self(wit::Request { function: function.to_owned(), arguments }))
    }

    /// Calls it and returns the answer's JSON text, for those who read it without copying.
    ///
    /// # Errors
    /// Whatever the host or the site says.
    pub fn text(&self) -> Result<String, Error> {
        Ok(wit::call(&self.0)?)
    }
}

/// Calls one function.
///
/// # Errors
/// Whatever the host or the site says; [`Error::Invalid`] where the answer does not fit the type.
pub fn call<T: DeserializeOwned>(function: &str, arguments: &impl Serialize) -> Result<T, Error> {
    read(function, &Call::new(function, arguments)?.text()?)
}

/// Returns how many seconds the site's clock is ahead of the host's, less than 0 where it is behind; 0 where they agree, or before the
/// site has said. It is known after the first answer. Times in answers are by the site's clock.
pub fn clock_ahead() -> i64 {
    wit::clock_ahead().unwrap_or(0)
}

/// Returns the site's calendar export, iCalendar text as the site sent it. It is there where web services are off.
///
/// # Errors
/// [`Error::Denied`] where it is not granted or the site has no address of it; [`Error::Unavailable`] where the site does not take that
/// address, or is away.
pub fn calendar_export() -> Result<String, Error> {
    Ok(wit::calendar_export()?)
}

/// Calls several functions at once. Answers stand in the order of the calls; one that fails leaves the others standing.
pub fn call_many<T: DeserializeOwned>(calls: Vec<Call>) -> Vec<Result<T, Error>> {
    let calls: Vec<wit::Request> = calls.into_iter().map(|call| call.0).collect();
    let answers = wit::call_many(&calls);
    calls.iter().zip(answers).map(|(call, answer)| read(&call.function, &answer?)).collect()
}

/// Calls a function page by page, until a page is not full. `arguments` gets the number of the page's first item. `page` gets the
/// JSON text of each answer and returns how many items are in it, or 0 where it knew them all: a site that does not know pages says
/// the same again and again.
///
/// # Errors
/// Whatever the host, the site or `page` says.
pub fn pages<A: Serialize>(
    function: &str,
    size: usize,
    mut arguments: impl FnMut(usize) -> A,
    mut page: impl FnMut(&str) -> Result<usize, Error>,
) -> Result<(), Error> {
    each_page(size, |from| page(&Call::new(function, &arguments(from))?.text()?))
}

/// Goes on while pages are exactly full. More than a full page is a site that does not know pages: everything is there already.
fn each_page(size: usize, mut fetch: impl FnMut(usize) -> Result<usize, Error>) -> Result<(), Error> {
    let mut from = 0;
    while fetch(from)? == size && size > 0 {
        from += size;
    }
    Ok(())
}

/// Reads an answer. Its text stays out of the message: it may carry people's data.
///
/// # Errors
/// [`Error::Invalid`] where the answer does not fit the type.
pub fn read<'a, T: serde::Deserialize<'a>>(function: &str, answer: &'a str) -> Result<T, Error> {
    serde_json::from_str(answer).map_err(|error| Error::unreadable(&format!("the answer of {function}"), &error))
}

/// A function and its parameters.
pub type Question = (&'static str, Value);

/// Whom to ask: the run's own site, or for tests one that answers as they want.
pub trait Site {
    /// Asks several questions at once. Answers are JSON, in the order of the questions.
    fn ask(&mut self, questions: Vec<Question>) -> Vec<Result<String, Error>>;

    /// Returns the calendar export. A site that only answers questions has none.
    ///
    /// # Errors
    /// Whatever the host or the site says.
    fn calendar_export(&mut self) -> Result<String, Error> {
        nothing()
    }

    /// Returns how many seconds the site's clock is ahead of the host's.
    fn ahead(&self) -> i64;
}

/// The run's own site.
#[derive(Debug)]
pub struct Live;

impl Site for Live {
    fn ask(&mut self, questions: Vec<Question>) -> Vec<Result<String, Error>> {
        let calls = questions.iter().map(|(function, arguments)| Call::new(function, arguments)).collect();
        match calls {
            Ok(calls) => call_many::<Box<RawValue>>(calls)
                .into_iter()
                .map(|answer| answer.map(|text| Box::<str>::from(text).into_string()))
                .collect(),
            Err(error) => questions.iter().map(|_| Err(Error::clone(&error))).collect(),
        }
    }

    fn calendar_export(&mut self) -> Result<String, Error> {
        calendar_export()
    }

    fn ahead(&self) -> i64 {
        clock_ahead()
    }
}

/// Asks one question.
///
/// # Errors
/// Whatever the host or the site says.
pub fn one(site: &mut dyn Site, question: Question) -> Result<String, Error> {
    site.ask(vec![question]).pop().unwrap_or_else(nothing)
}

/// What a question comes to that the host has not answered.
///
/// # Errors
/// Always.
pub fn nothing() -> Result<String, Error> {
    Err(Error::Unavailable("the host gave no answer".to_owned()))
}

/// Adds to the parameters of a call what makes Moodle write names that are kept in several languages in one.
pub fn in_one_language(mut arguments: Value, language: &str) -> Value {
    arguments["moodlewssettingfilter"] = true.into();
    arguments["moodlewssettinglang"] = language.into();
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn firsts(size: usize, pages: &[usize]) -> Vec<usize> {
        let mut asked = Vec::new();
        each_page(size, |from| {
            asked.push(from);
            Ok(pages[asked.len() - 1])
        })
        .expect("no page fails");
        asked
    }

    #[test]
    fn pages_end_with_the_first_that_is_not_full() {
        assert_eq!(firsts(500, &[12]), [0]);
        assert_eq!(firsts(500, &[500, 500, 3]), [0, 500, 1000]);
        assert_eq!(firsts(500, &[500, 0]), [0, 500]);
    }

    #[test]
    fn a_site_without_pages_is_asked_once_or_twice_and_never_for_ever() {
        assert_eq!(firsts(500, &[3044]), [0], "more than asked for: that was everything");
        assert_eq!(firsts(500, &[500, 0]), [0, 500], "the same again: nothing new in it");
    }

    #[test]
    fn an_unreadable_answer_is_named_by_its_function_only() {
        let error = read::<Vec<u64>>("core_fn", r#"[1, "Ada"]"#).expect_err("a text is no number");
        let Error::Invalid(text) = error else { panic!("{error:?}") };
        assert!(text.starts_with("cannot read the answer of core_fn: "), "{text}");
    }
}
