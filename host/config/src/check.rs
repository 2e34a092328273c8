//! What can be said only when the whole file is known: do the parts fit together?

mod chats;
mod conference_watcher;
mod online_users;

use crate::config::Config;
use crate::reader::Reader;

/// Reports parts that do not fit together.
pub(crate) fn all(reader: &Reader<'_>, config: &Config) {
    if config.schedules.is_empty() && !reader.has_errors() {
        let message = "nothing is scheduled: the file has no [[schedule]]".to_owned();
        let fix = "write: [[schedule]] with name, plugin and every".to_owned();
        reader.whole_file_warning(message, fix);
    }
    // Half-read plugins would only add consequences of mistakes that are said already.
    if !reader.has_errors() {
        online_users::check(reader, config);
        chats::check(reader, config);
        conference_watcher::check(reader, config);
    }
}
