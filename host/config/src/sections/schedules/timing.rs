//! When a schedule is due and when it rests: the words of the file handed to the rules of time.

use beadle_schedule::{Blackout, Cron, CronError, Every, Timing};
use jiff::tz::TimeZone;
use toml::de::DeValue;

use crate::reader::Item;

/// Reads `every` or `cron`.
pub(super) fn read(item: &Item<'_>, zone: &TimeZone) -> Option<Timing> {
    if item.spec.name == "every" {
        if let DeValue::Integer(integer) = item.value.get_ref() {
            item.wrong_type(item.write_text(&format!("{}s", integer.as_str())));
            return None;
        }
        let text = item.text()?;
        return match Every::parse(text) {
            Ok(every) => Some(Timing::Every(every)),
            Err(error) => {
                let seconds = text.trim().parse::<u32>().ok().filter(|seconds| *seconds > 0);
                let fix =
                    seconds.map_or_else(|| item.write_example(), |seconds| item.write_text(&format!("{seconds}s")));
                item.error(format!("bad rhythm for {}: {error}", item.path), fix);
                None
            }
        };
    }
    match Cron::parse(item.text()?) {
        Ok(cron) => Some(Timing::Cron(cron, zone.clone())),
        Err(error) => {
            let fix = match &error {
                CronError::BothDays { either_day, either_weekday, .. } => {
                    format!("{}\nor {}", item.write_text(either_day), item.write_text(either_weekday))
                }
                _ => item.write_example(),
            };
            item.error(format!("bad cron for {}: {error}", item.path), fix);
            None
        }
    }
}

/// Reads the windows in which a schedule rests, and reports each that cannot be read.
pub(super) fn blackout(item: &Item<'_>, zone: &TimeZone) -> Option<Blackout> {
    let items = item.texts()?;
    let texts = || items.iter().filter_map(|item| item.value.get_ref().as_str());
    for (item, text) in items.iter().zip(texts()) {
        if let Err(error) = Blackout::parse([text], zone.clone()) {
            item.error(format!("bad blackout for {}: {error}", item.path), item.write_example());
        }
    }
    Blackout::parse(texts(), zone.clone()).ok()
}
