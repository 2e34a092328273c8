//! `beadle outbox`: what waits to be delivered, and what an operator decides about it.

use std::sync::Arc;
use std::time::Duration;

use beadle_config::Config;
use beadle_egress::Redactor;
use beadle_engine::{Answer, Request};
use beadle_plan::{Clock, EffectId, SystemClock, Target};
use beadle_store::{EffectDetail, EffectFilter, EffectState, EffectView, NewLease, Store, StoreError};
use jiff::tz::TimeZone;

use super::ask::ask;
use super::{serve, show};
use crate::cli::{Common, Outbox, OutboxCommand, OutboxList};
use crate::exit::{Code, Exit};
use crate::terminal::{plain, say, say_json, table};
use crate::{instant, world};

/// How long the running host may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn outbox(common: &Common, redactor: Redactor, asked: Outbox) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    match asked.command.unwrap_or(OutboxCommand::List(asked.list)) {
        OutboxCommand::List(list) => {
            let store = world::store_to_read(&config, &redactor).await?;
            print_list(&config, &*store, &list).await
        }
        OutboxCommand::Show { effect, form } => {
            let store = world::store_to_read(&config, &redactor).await?;
            let detail = store.effect(EffectId(effect)).await?.ok_or_else(|| unknown(effect))?;
            if form.json { say_json(&detail) } else { print_one(&config, &detail) }
        }
        OutboxCommand::Retry { what } => {
            let request = match what.parse::<i64>() {
                Ok(effect) => Request::Retry { effect: EffectId(effect) },
                Err(_) => {
                    let store = world::store_to_read(&config, &redactor).await?;
                    Request::Free { target: self::target(&config, &*store, &what).await? }
                }
            };
            decide(&config, &redactor, &request).await
        }
        OutboxCommand::Drop { effect } => {
            decide(&config, &redactor, &Request::GiveUp { effect: EffectId(effect) }).await
        }
    }
}

fn unknown(effect: i64) -> Exit {
    let message = format!(
        "there is no effect {effect}; `beadle outbox list --all` lists them, old ones are removed after host.keep"
    );
    Exit::new(Code::NotFound, message)
}

/// Reads a target, and says which there are where there is none of this name.
async fn target(config: &Config, store: &dyn Store, text: &str) -> Result<Target, Exit> {
    let sheets = config.sheets.keys().map(|name| Target::Sheet(name.clone()));
    let mut known: Vec<Target> = sheets.chain(config.chats.keys().map(|name| Target::Chat(name.clone()))).collect();
    // What was taken out of the configuration may still have something that waits.
    for due in store.targets().await? {
        if !known.contains(&due.target) {
            known.push(due.target);
        }
    }
    let is_meant = |one: &&Target| {
        let whole = one.to_string();
        // The name alone will do where it means one thing.
        whole == text || whole.split_once(':').is_some_and(|(_, name)| name == text)
    };
    match &known.iter().filter(is_meant).collect::<Vec<_>>()[..] {
        [one] => Ok((*one).clone()),
        _ => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            let message =
                format!("{text:?} is neither an effect's number nor a target; there are: {}", known.join(", "));
            Err(Exit::new(Code::NotFound, message))
        }
    }
}

async fn print_list(config: &Config, store: &dyn Store, asked: &OutboxList) -> Result<(), Exit> {
    let target = match &asked.target {
        Some(text) => Some(target(config, store, text).await?),
        None => None,
    };
    let effects = store.effects(&EffectFilter { target, settled: asked.all, limit: asked.number }).await?;
    if asked.form.json {
        return say_json(&effects);
    }
    if effects.is_empty() {
        say(if asked.all { "The outbox is empty." } else { "Nothing waits; --all lists what was delivered." });
        return Ok(());
    }
    let zone = &config.host.timezone;
    let mut made = table(["effect", "target", "key", "state", "tries", "next try", "where, or why not"]);
    for one in &effects {
        made.add_row([
            one.id.to_string(),
            one.target.clone(),
            plain(&one.key),
            show::effect_state(one),
            one.attempts.to_string(),
            next(one, zone),
            plain(&why(one)),
        ]);
    }
    say(made.to_string());
    if effects.len() == asked.number as usize {
        say(format!("The newest {} are listed; -n lists more.", effects.len()));
    }
    Ok(())
}

fn next(effect: &EffectView, zone: &TimeZone) -> String {
    effect.next_at.map_or_else(String::new, |at| instant::show(at, zone))
}

/// Returns where an effect stands, or why it does not.
pub(super) fn why(effect: &EffectView) -> String {
    let kept = effect.kept.as_ref().map(|kept| match &kept.advice {
        Some(advice) => format!("{}; {advice}", kept.cause),
        None => kept.cause.clone(),
    });
    let parts = [effect.place.clone(), effect.cause.clone().filter(|_| kept.is_none()), kept];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn print_one(config: &Config, detail: &EffectDetail) -> Result<(), Exit> {
    let (effect, zone) = (&detail.effect, &config.host.timezone);
    say(format!("effect {} · {} · {} · {}", effect.id, effect.target, plain(&effect.key), show::effect_state(effect)));
    if let Some(run) = effect.run {
        say(format!("  staged by run {run}, number {} of its firing", effect.number));
    }
    say(format!("  since {}, tried {} times", instant::show(effect.created_at, zone), effect.attempts));
    if let Some(next) = effect.next_at {
        say(format!("  next try {}", instant::show(next, zone)));
    }
    if let Some(until) = effect.until {
        say(format!("  too late after {}", instant::show(until, zone)));
    }
    if let Some(at) = effect.settled_at {
        say(format!("  settled {}", instant::show(at, zone)));
    }
    let why = why(effect);
    if !why.is_empty() {
        say(format!("  {}", plain(&why)));
    }
    say("what shall stand");
    let body = serde_json::to_string_pretty(&detail.body)?;
    for line in body.lines() {
        say(format!("  {}", plain(line)));
    }
    for part in &detail.stands {
        say(format!("what stands, as {}", plain(&part.id)));
        for line in part.text.lines() {
            say(format!("  {}", plain(line)));
        }
    }
    Ok(())
}

/// Has a decision carried out: by the host that works on the store, or here where there is none.
async fn decide(config: &Config, redactor: &Redactor, request: &Request) -> Result<(), Exit> {
    let place = world::place(config, redactor)?;
    let store = place.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let holder = serve::holder("outbox", &place);
    let wanted = NewLease { holder: &holder, now: clock.now(), lasts: config.host.lease };
    let answer = match store.take_lease(wanted).await {
        Ok(lease) => {
            let answer = request.decide(&*store, clock.now()).await;
            store.release_lease(lease).await?;
            answer?
        }
        Err(StoreError::InUse { .. }) => ask(&*store, &*clock, request, PATIENCE, "beadle outbox").await?,
        Err(error) => return Err(error.into()),
    };
    store.close().await;
    tell(request, &answer)
}

fn tell(request: &Request, answer: &Answer) -> Result<(), Exit> {
    let failed = |message: String| Err(Exit::new(Code::Failed, message));
    match (request, answer) {
        (Request::Free { target }, _) => say(format!("{target} is tried at once, or at the next start.")),
        (Request::Retry { effect } | Request::GiveUp { effect }, Answer::Was { state: None }) => {
            return Err(unknown(effect.0));
        }
        (Request::Retry { effect }, Answer::Was { state: Some(state) }) => match state {
            state if state.can_be_retried() => say(format!("Effect {effect} was {state} and is tried again.")),
            state if state.waits() => say(format!("Effect {effect} waits already; its target is tried at once.")),
            EffectState::Superseded => {
                return failed(format!(
                    "effect {effect} is not tried again: something else was said under its key later"
                ));
            }
            state => return failed(format!("effect {effect} is {state}: there is nothing to try again")),
        },
        (Request::GiveUp { effect }, Answer::Was { state: Some(state) }) => match state {
            state if state.can_be_given_up() => say(format!("Effect {effect} was {state} and is given up.")),
            EffectState::Sending => {
                return failed(format!("effect {effect} is being sent just now; look again in a moment"));
            }
            state => return failed(format!("effect {effect} is {state}: there is nothing to give up")),
        },
        _ => {
            return Err(Exit::new(
                Code::Internal,
                "the running host answered something else; is it of another version?",
            ));
        }
    }
    Ok(())
}
