//! The dry run: what delivering messages would do, found out by reading only.

use beadle_plan::{Body, ChatName, Effect, Preview, PreviewMessage, Previewed, Target};
use beadle_store::{Messages, Part};

use crate::Chats;
use crate::deliver::not_configured;
use crate::render::{Plain, render};

/// Says which messages stand, and which would.
pub(crate) async fn preview(chats: &Chats, messages: &dyn Messages, name: &ChatName, effects: &[Effect]) -> Preview {
    let target = Target::Chat(name.clone());
    let chat = chats.get(name);
    let keys: Vec<&str> = effects.iter().map(|effect| effect.key.as_str()).collect();
    let (standing, mut problem) = match messages.parts(&target, &keys).await {
        Ok(standing) => (standing, None),
        Err(error) => (vec![Vec::new(); keys.len()], Some(error.to_string())),
    };
    let said = match messages.are_said(effects).await {
        Ok(said) => said,
        Err(error) => {
            problem = Some(error.to_string());
            vec![false; keys.len()]
        }
    };
    let place = match chat {
        Some(chat) => chat.channel.name(),
        None => {
            let (cause, advice) = not_configured(name);
            problem = Some(format!("{cause}; {advice}"));
            format!("chat {name}")
        }
    };
    let shown = effects.iter().zip(standing).zip(said).map(|((effect, parts), said)| {
        let after = match (&effect.body, chat) {
            (Body::Message(post), Some(chat)) => {
                let mention = chat.mention().filter(|_| post.message.ping);
                render(&post.message, chat.channel.dialect(), mention.as_deref())
            }
            (Body::Message(post), None) => render(&post.message, &Plain { limit: None }, None),
            (Body::NoMessage | Body::Row(_), _) => Vec::new(),
        };
        let (at, until) = effect.body.period();
        let before = parts.into_iter().map(|part: Part| part.text).collect();
        PreviewMessage { key: effect.key.clone(), said, before, after, at, until }
    });
    Preview { target, place, problem, what: Previewed::Messages { messages: shown.collect() } }
}
