//! Reading back what a bot sent: pages of a channel, searched for a message whose request was lost.

use std::time::Duration;

use beadle_plan::Instant;
use http::Method;
use serde_json::Value;

use super::{Discord, NONCE, foreign};
use crate::channel::{Act, Draft, Trouble};

/// The first millisecond of Discord's ids.
const EPOCH: i64 = 1_420_070_400_000;

/// How far the service's clock may lie from ours.
const CLOCKS: Duration = Duration::from_secs(60);

/// How long after its first request a message may have been made: while its nonce is known the request is repeated, and the last of
/// those may take its time.
const LATEST: Duration = Duration::from_secs(NONCE.as_secs() + 60);

/// The messages of one page, the most that the service gives.
const PAGE: usize = 100;

/// How long to wait where the service's pace allows no further page.
const PAUSE: Duration = Duration::from_secs(1);

/// Returns the first id of an instant.
fn id_at(at: Instant) -> u64 {
    u64::try_from(at.millis() - EPOCH).unwrap_or(0) << 22
}

fn text<'a>(message: &'a Value, name: &str) -> &'a str {
    message[name].as_str().unwrap_or_default()
}

impl Discord {
    /// Returns the ids of messages that may be this one, sent at `since` or somewhat later, the likeliest first.
    pub(super) async fn read_back(&self, draft: Draft<'_>, since: Instant) -> Result<Vec<String>, Trouble> {
        let me = self.me().await?;
        let (mut after, last) = (id_at(since - CLOCKS), id_at(since + LATEST + CLOCKS));
        let mut found = Vec::new();
        loop {
            let path = format!("{}?limit={PAGE}&after={after}", self.messages);
            let page = self.send(Act::Look, "read messages", Method::GET, &path, None).await?;
            let page = page.as_array().ok_or_else(foreign)?;
            let own = page.iter().filter(|message| message["author"]["id"] == me);
            found.extend(own.filter_map(|message| match text(message, "nonce") {
                // After a while the service does not show it any more.
                "" => (text(message, "content") == draft.text).then(|| (1, text(message, "id").to_owned())),
                nonce => (nonce == draft.nonce).then(|| (0, text(message, "id").to_owned())),
            }));
            // Pages hold the messages next to where they begin.
            let newest = page.iter().filter_map(|message| text(message, "id").parse::<u64>().ok()).max();
            match newest.filter(|newest| page.len() >= PAGE && (after + 1..last).contains(newest)) {
                Some(newest) => after = newest,
                None => break,
            }
            self.api.turn(Act::Look).map_err(|_| Trouble::Busy {
                cause: "the channel has more messages than the pace allows to read at once".to_owned(),
                wait: Some(PAUSE),
            })?;
        }
        found.sort();
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }
}
