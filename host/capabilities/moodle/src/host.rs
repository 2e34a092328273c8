//! The contract's functions, on a view of one run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Timer;

use beadle_plan::{Grants, Stage};
use futures::StreamExt;
use serde_json::{Map, Value};
use wasmtime::component::{HasData, Linker};

use crate::batch::{self, BATCH};
use crate::encode;
use crate::failure::Failure;
use crate::grant::{CALENDAR_EXPORT, may_call, may_read_calendar};
use crate::site::Site;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../../wit/moodle",
        world: "uses-moodle",
        imports: { default: async | trappable },
    });
}

use generated::beadle::moodle::moodle as wit;

/// How many calls of one list are begun at a time.
const AT_A_TIME: usize = 16;

/// The site as one run sees it.
pub struct MoodleView<'a> {
    /// The plugin's name.
    pub plugin: &'a str,
    /// What is granted.
    pub grants: &'a Grants,
    /// The run's site; none for plugins without one.
    pub site: Option<&'a Site>,
    /// Where calls are counted and reads noted; it knows whether the run is dry.
    pub stage: &'a mut Stage,
}

struct HasMoodle<T>(std::marker::PhantomData<T>);

impl<T: 'static> HasData for HasMoodle<T> {
    type Data<'a> = MoodleView<'a>;
}

/// Adds the interface to a linker; `view` borrows a run's view from the store's data.
///
/// # Errors
/// When the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MoodleView<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, HasMoodle<T>>(linker, view)
}

/// Decides about a call before anything is sent, and reads its arguments.
fn admit(plugin: &str, grants: &Grants, dry: bool, call: &wit::Request) -> Result<Map<String, Value>, Failure> {
    let denied =
        |function: &str| may_call(plugin, grants, dry, function).map_err(|denial| Failure::Denied(denial.to_string()));
    if call.function != BATCH {
        denied(&call.function)?;
        return encode::read(&call.arguments).map_err(Failure::Invalid);
    }
    // The batch is only an envelope: it needs no grant of its own, and lends none.
    let arguments = encode::read(&call.arguments).map_err(Failure::Invalid)?;
    for function in batch::functions(&arguments).map_err(Failure::Invalid)? {
        if function == BATCH {
            return Err(Failure::Invalid(format!("{BATCH} may not stand inside itself")));
        }
        denied(function)?;
    }
    Ok(arguments)
}

impl MoodleView<'_> {
    async fn calls(&mut self, calls: &[wit::Request]) -> wasmtime::Result<Vec<Result<String, wit::Error>>> {
        for _ in calls {
            self.stage.call()?;
        }
        let (plugin, grants, site, dry) = (self.plugin, self.grants, self.site, self.stage.dry());
        // What comes in is held here until all of it is there: no more of it than the run may be answered with.
        let left = &AtomicUsize::new(self.stage.limits().responses);
        let sent = calls.iter().map(|call| async move {
            let began = Timer::now();
            let result = match (admit(plugin, grants, dry, call), site) {
                (Err(failure), _) => Err(failure),
                (Ok(_), None) => Err(siteless(plugin)),
                (Ok(_), _) if left.load(Ordering::Relaxed) == 0 => {
                    Err(Failure::Unavailable("not asked: the answers before it are too large".to_owned()))
                }
                (Ok(arguments), Some(site)) => site.call_with(&call.function, &arguments).await,
            };
            let size = result.as_ref().map_or(0, String::len);
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(size)));
            (began.elapsed(), result)
        });
        // Collected first: a stream over borrowed closures would not be `Send` for every caller.
        let sent: Vec<_> = sent.collect();
        // How many are under way at a time is the site's own pace, which allows fewer.
        let results: Vec<_> = futures::stream::iter(sent).buffered(AT_A_TIME).collect().await;
        let mut answers = Vec::with_capacity(results.len());
        for (call, (took, result)) in calls.iter().zip(results) {
            let size = result.as_ref().map_or(0, String::len);
            let error = result.as_ref().err().map(ToString::to_string);
            self.stage.read(format!("moodle:{}", printable(&call.function)), took, size as u64, error);
            self.stage.respond(size)?;
            answers.push(result.map_err(write_failure));
        }
        Ok(answers)
    }
}

impl wit::Host for MoodleView<'_> {
    async fn call(&mut self, call: wit::Request) -> wasmtime::Result<Result<String, wit::Error>> {
        let mut answers = self.calls(std::slice::from_ref(&call)).await?;
        let none = || Err(wit::Error::Unavailable("the call came to nothing".to_owned()));
        Ok(answers.pop().unwrap_or_else(none))
    }

    async fn clock_ahead(&mut self) -> wasmtime::Result<Option<i64>> {
        self.stage.call()?;
        Ok(self.site.and_then(Site::clock_ahead))
    }

    async fn calendar_export(&mut self) -> wasmtime::Result<Result<String, wit::Error>> {
        self.stage.call()?;
        let began = Timer::now();
        let result = match (may_read_calendar(self.plugin, self.grants), self.site) {
            (Err(denial), _) => Err(Failure::Denied(denial.to_string())),
            (Ok(()), None) => Err(siteless(self.plugin)),
            (Ok(()), Some(site)) => site.calendar_export().await,
        };
        let size = result.as_ref().map_or(0, String::len);
        let error = result.as_ref().err().map(ToString::to_string);
        self.stage.read(format!("moodle:{CALENDAR_EXPORT}"), began.elapsed(), size as u64, error);
        self.stage.respond(size)?;
        Ok(result.map_err(write_failure))
    }

    async fn call_many(&mut self, calls: Vec<wit::Request>) -> wasmtime::Result<Vec<Result<String, wit::Error>>> {
        self.calls(&calls).await
    }
}

fn siteless(plugin: &str) -> Failure {
    Failure::Denied(format!("plugin {plugin} runs without a site; write sites = [\"…\"] in its [[schedule]]"))
}

/// Cuts what a guest gives as a function's name to what one looks like, for the list of reads.
fn printable(function: &str) -> String {
    function.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').take(80).collect()
}

fn write_failure(failure: Failure) -> wit::Error {
    match failure {
        Failure::Denied(text) => wit::Error::Denied(text),
        Failure::Unavailable(text) => wit::Error::Unavailable(text),
        Failure::Invalid(text) => wit::Error::Invalid(text),
        Failure::Refused { code, message } => wit::Error::Refused(wit::Refusal { code, message }),
    }
}

#[cfg(test)]
mod tests;
