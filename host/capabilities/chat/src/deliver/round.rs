//! One effect on its way.

use std::time::Duration;

use beadle_plan::{Body, Delivered, Doubt, Instant, Message, NoDelete, NoEdit, QueuedEffect, Target};
use beadle_store::Part;
use sha2::{Digest as _, Sha256};

use super::Delivery;
use super::outcome::goes_on;
use crate::channel::{Act, Draft, Once, Trouble};
use crate::render::render;
use crate::settings::Chat;
use crate::step::{Step, next};

/// How long after a request what stands can be believed: one that was lost may still be carried out.
const SETTLES: Duration = Duration::from_secs(15);

/// The most steps for one effect: a message of 16 MiB in the shortest parts that a service has.
const MOST_STEPS: usize = 10_000;

/// What is said of a message that may stand twice.
const TWICE: &str = "the answer to its first request was lost, and it was sent once more: it may stand twice";

/// What is said of a message that was sent again because it was not found.
const UNFOUND: &str = "the answer to its first request was lost, it was not found in the channel, and it was sent again: where the bot may \
                       not read the channel's history it may stand twice";

/// One effect, and what stands under its key.
pub(super) struct Round<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) target: &'a Target,
    pub(super) chat: &'a Chat,
    pub(super) effect: &'a QueuedEffect,
    /// What stands, as far as is known.
    parts: Vec<Part>,
    pub(super) doubt: Option<Doubt>,
    note: Option<String>,
}

/// Ends a round early.
type Way = Result<(), Delivered>;

impl<'a> Round<'a> {
    pub(super) fn new(delivery: &'a Delivery, target: &'a Target, chat: &'a Chat, effect: &'a QueuedEffect) -> Self {
        let note = delivery.take_note(target, effect);
        Self { delivery, target, chat, effect, parts: Vec::new(), doubt: effect.doubt, note }
    }

    /// Makes it so, and says what came of it.
    pub(super) async fn run(mut self) -> Delivered {
        match self.go().await {
            Ok(()) => {
                self.delivery.gets_through(self.target);
                Delivered::Done { place: self.place(), note: self.note }
            }
            Err(outcome) => {
                if let Some(note) = self.note.filter(|_| goes_on(&outcome)) {
                    self.delivery.keep_note(self.target, self.effect, note);
                }
                outcome
            }
        }
    }

    async fn go(&mut self) -> Way {
        let key = [self.effect.effect.key.as_str()];
        let standing = self.delivery.messages.parts(self.target, &key).await;
        self.parts = standing.map_err(|error| self.store(&error))?.pop().unwrap_or_default();
        // What takes a message back has none of its own.
        let nothing = Message::plain("en", "UTC");
        let (message, wanted, until) = match &self.effect.effect.body {
            Body::Message(post) => {
                let mention = self.chat.mention().filter(|_| post.message.ping);
                let texts = render(&post.message, self.chat.channel.dialect(), mention.as_deref());
                (&post.message, texts, post.until)
            }
            Body::NoMessage => (&nothing, Vec::new(), None),
            Body::Row(_) => {
                return Err(Delivered::Invalid { cause: "a chat holds messages, and this is a row".into() });
            }
        };
        // Whatever was under way for another step cannot have sent anything.
        if !matches!(next(&self.parts, &wanted), Some(Step::Post(_))) {
            self.doubt = None;
        }
        for _ in 0..MOST_STEPS {
            let Some(step) = next(&self.parts, &wanted) else { return self.settle(wanted.is_empty()).await };
            if until.is_some_and(|until| until <= self.now()) {
                return self.too_late(message, &wanted, step).await;
            }
            match step {
                Step::Post(place) => self.post(message, &wanted[place], place).await?,
                Step::Edit(place) => self.edit(message, &wanted[place], place).await?,
                Step::Delete(place) => self.delete(place).await?,
            }
        }
        Err(Delivered::Invalid { cause: format!("it takes more than {MOST_STEPS} messages") })
    }

    /// What was taken back ends with its key, also where nothing ever stood.
    async fn settle(&self, gone: bool) -> Way {
        if gone && matches!(self.effect.effect.body, Body::NoMessage) { self.write_down().await } else { Ok(()) }
    }

    /// It is too late. Where a request is in doubt, what it did is looked for, so that it can be taken back one day.
    async fn too_late(&mut self, message: &Message, wanted: &[String], step: Step) -> Way {
        let (Some(doubt), Step::Post(place)) = (self.doubt, step) else { return Err(Delivered::Expired) };
        if self.chat.channel.once() == Once::Nothing || matches!(self.chat.channel.once(), Once::Key { within: None }) {
            return Err(Delivered::Expired);
        }
        let nonce = self.nonce("post", place, "");
        let draft = self.draft(message, &wanted[place], place, &nonce);
        // One of several parts is not the whole.
        let whole = self.look(draft, doubt).await? && next(&self.parts, wanted).is_none();
        if whole { Ok(()) } else { Err(Delivered::Expired) }
    }

    async fn post(&mut self, message: &Message, text: &str, place: usize) -> Way {
        let chat: &'a Chat = self.chat;
        let channel = &chat.channel;
        let nonce = self.nonce("post", place, "");
        let draft = self.draft(message, text, place, &nonce);
        if let Some(doubt) = self.doubt {
            match channel.once() {
                Once::Key { within } if within.is_none_or(|within| self.now().since(doubt.sent) < within) => {}
                Once::Key { .. } | Once::Look => {
                    if self.look(draft, doubt).await? {
                        return Ok(());
                    }
                    self.doubt = None;
                    if channel.once() != Once::Look {
                        self.note = Some(UNFOUND.to_owned());
                    }
                }
                Once::Nothing if doubt.requests > 1 => {
                    let cause = "it was sent twice, and both answers were lost; look whether it stands: `beadle outbox retry` sends it \
                                 again, `beadle outbox drop` leaves it";
                    return Err(Delivered::HeldBack { cause: cause.to_owned() });
                }
                Once::Nothing => self.note = Some(TWICE.to_owned()),
            }
        }
        let (before, now) = (self.doubt, self.now());
        self.take_turn(Act::Post)?;
        let under_way = Doubt::after(before, now);
        self.sending(under_way).await?;
        match channel.post(draft).await {
            Ok(posted) => {
                // Only where the service knew an earlier request again may another text stand than the one that was just sent.
                let stands = posted.text.filter(|_| before.is_some()).unwrap_or_else(|| text.to_owned());
                self.parts.push(Part { id: posted.id, text: stands, sent: under_way.sent });
                self.doubt = Some(under_way);
                self.write_down().await?;
                self.doubt = None;
                Ok(())
            }
            Err(Trouble::Unknown { cause }) => {
                self.doubt = Some(under_way);
                Err(self.unknown(cause))
            }
            Err(trouble) => Err(self.outcome(trouble)),
        }
    }

    /// Looks whether a request in doubt was carried out, and takes note of the message if so.
    async fn look(&mut self, draft: Draft<'_>, doubt: Doubt) -> Result<bool, Delivered> {
        let settled = doubt.sent + SETTLES;
        if self.chat.channel.once() != Once::Look && settled > self.now() {
            return Err(Delivered::Unknown {
                cause: "a request was sent and its answer lost".to_owned(),
                doubt,
                look_at: settled,
            });
        }
        self.take_turn(Act::Look)?;
        let found = self.chat.channel.find(draft, doubt.sent).await.map_err(|trouble| match trouble {
            Trouble::Unknown { cause } => self.unknown(cause),
            other => self.outcome(other),
        })?;
        for id in found {
            // Another key may have said the same.
            let taken = self.delivery.messages.is_known(self.target, &id).await.map_err(|error| self.store(&error))?;
            if !taken {
                self.parts.push(Part { id, text: draft.text.to_owned(), sent: doubt.sent });
                self.write_down().await?;
                self.doubt = None;
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn edit(&mut self, message: &Message, text: &str, place: usize) -> Way {
        self.take_turn(Act::Edit)?;
        self.sending(Doubt::after(None, self.now())).await?;
        let nonce = self.nonce("edit", place, text);
        let id = self.parts[place].id.clone();
        match self.chat.channel.edit(&id, self.draft(message, text, place, &nonce)).await {
            Ok(()) => text.clone_into(&mut self.parts[place].text),
            // Somebody removed it by hand: it is sent anew.
            Err(Trouble::Gone) => drop(self.parts.remove(place)),
            Err(Trouble::CannotEdit { cause }) => match self.chat.fallbacks.no_edit {
                NoEdit::Repost => {
                    self.note = Some(format!("it could not be changed and was sent anew: {cause}"));
                    // By the turn of the change: where both count alike, the change would be tried again with each new turn.
                    return self.take_away(place).await;
                }
                NoEdit::Skip => {
                    self.note = Some(format!("it could not be changed and was left as it was: {cause}"));
                    text.clone_into(&mut self.parts[place].text);
                }
                NoEdit::Hold => {
                    return Err(Delivered::HeldBack { cause: format!("it cannot be changed: {cause} (on-no-edit)") });
                }
            },
            Err(trouble) => return Err(self.harmless(trouble)),
        }
        self.write_down().await
    }

    async fn delete(&mut self, place: usize) -> Way {
        self.take_turn(Act::Delete)?;
        self.take_away(place).await
    }

    async fn take_away(&mut self, place: usize) -> Way {
        self.sending(Doubt::after(None, self.now())).await?;
        let Part { id, text, .. } = self.parts[place].clone();
        match self.chat.channel.delete(&id, &self.nonce("delete", place, &id)).await {
            Ok(()) | Err(Trouble::Gone) => {}
            Err(Trouble::CannotDelete { cause }) => self.strike(&id, &text, place, &cause).await?,
            Err(trouble) => return Err(self.harmless(trouble)),
        }
        self.parts.remove(place);
        self.write_down().await
    }

    /// Strikes a message through that cannot be removed, where the operator wants that and the channel can.
    async fn strike(&mut self, id: &str, text: &str, place: usize, cause: &str) -> Way {
        let struck = match self.chat.fallbacks.no_delete {
            NoDelete::Strike => self.chat.channel.struck(text),
            NoDelete::Keep => None,
        };
        self.note.get_or_insert_with(|| format!("it could not be removed and was left: {cause}"));
        let Some(struck) = struck else { return Ok(()) };
        let (nonce, nothing) = (self.nonce("edit", place, &struck), Message::plain("en", "UTC"));
        let draft = self.draft(&nothing, &struck, place, &nonce);
        match self.chat.channel.edit(id, draft).await {
            Ok(()) => self.note = Some(format!("it could not be removed and was struck through: {cause}")),
            Err(Trouble::Gone | Trouble::CannotEdit { .. } | Trouble::Invalid { .. }) => {}
            Err(trouble) => return Err(self.harmless(trouble)),
        }
        Ok(())
    }

    pub(super) fn now(&self) -> Instant {
        self.delivery.clock.now()
    }

    fn take_turn(&self, act: Act) -> Way {
        self.chat.channel.turn(act).map_err(|until| Delivered::Paced { until, doubt: self.doubt })
    }

    /// Writes down that a request is about to be sent.
    async fn sending(&self, doubt: Doubt) -> Way {
        let taken = self.delivery.outbox.sending(&[self.effect.id], doubt).await;
        match taken.map_err(|error| self.store(&error))?.is_empty() {
            true => Err(Delivered::Withdrawn),
            false => Ok(()),
        }
    }

    /// Writes down what stands by now. Whatever fails here is in doubt: the service has done its part.
    async fn write_down(&self) -> Way {
        let key = &self.effect.effect.key;
        let written = self.delivery.messages.stands(self.target, key, self.effect.id, &self.parts).await;
        written.map_err(|error| match self.doubt {
            Some(_) => self.unknown(error.to_string()),
            None => self.store(&error),
        })
    }

    fn draft<'d>(&self, message: &'d Message, text: &'d str, part: usize, nonce: &'d str) -> Draft<'d>
    where
        'a: 'd,
    {
        let effect: &'a QueuedEffect = self.effect;
        Draft { key: &effect.effect.key, nonce, text, message, part }
    }

    /// Returns what a request is known by: 22 characters that another store's effects do not have.
    fn nonce(&self, what: &str, part: usize, more: &str) -> String {
        use base64::Engine as _;
        let QueuedEffect { id, effect, created_at, .. } = self.effect;
        let text = format!("{}\n{}\n{id}\n{}\n{what}\n{part}\n{more}", self.target, effect.key, created_at.millis());
        let digest = Sha256::digest(text);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16])
    }

    fn place(&self) -> String {
        match &self.parts[..] {
            [] => "removed".to_owned(),
            parts => parts.iter().map(|part| part.id.as_str()).collect::<Vec<_>>().join(", "),
        }
    }
}
