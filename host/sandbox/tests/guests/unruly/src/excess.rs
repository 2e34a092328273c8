//! What a run can say, stage and hand over: too much of it, or what is not its own.

use beadle_sdk::ledger::Losses;
use beadle_sdk::sheets::Take;
use beadle_sdk::{Error, Summary, run, sheets};

use crate::Settings;
use crate::collecting::{LAMPS, Outcome, rows};

/// Finds nothing where much stood, as a plugin does whose source answered an empty list.
pub(crate) fn empties_its_scope(settings: &Settings) -> Outcome {
    let losses = if settings.how == "ordinary" { Losses::Ordinary } else { Losses::Guarded };
    let seen = LAMPS.observe("hall", losses, Vec::new())?;
    let standing = LAMPS.list("hall")?.len() as u64;
    Ok(Summary::new("dark").count("held", seen.held).count("standing", standing))
}

pub(crate) fn stages_a_million_rows(_: &Settings) -> Outcome {
    for thousand in 0..1_000 {
        rows("presence", 1_000, &format!("lamp {thousand} "))?;
    }
    Ok(Summary::new("staged"))
}

pub(crate) fn says_too_much(settings: &Settings) -> Outcome {
    let megabytes = "dark ".repeat((10 << 20) / 5);
    match settings.how.as_str() {
        "error" => Err(Error::Unavailable(megabytes)),
        "counts" => Ok((0..100_000).fold(Summary::new("dark"), |summary, n| summary.count(&format!("lamp {n}"), n))),
        _ => Ok(Summary::new(megabytes)),
    }
}

/// A list of empty texts is small here and three times as large in the host.
pub(crate) fn hands_over_too_much(_: &Settings) -> Outcome {
    let texts = vec![String::new(); 3 << 20];
    Ok(Summary::new(run::pseudonyms(&texts)?.join(" ")))
}

pub(crate) fn names_scopes_without_end(settings: &Settings) -> Outcome {
    let scope = "hall ".repeat(1 << 18);
    if settings.how == "reads" {
        LAMPS.list(&scope)?;
    } else {
        LAMPS.observe(&scope, Losses::Ordinary, Vec::new())?;
    }
    Ok(Summary::new("observed"))
}

/// Appends rows of two cells, both of which are the key.
pub(crate) fn forges_keys(settings: &Settings) -> Outcome {
    let rows: Vec<Vec<String>> = settings.texts.chunks(2).map(<[String]>::to_vec).collect();
    sheets::append(&settings.how, &["Lamp", "State"], &[("Lamp", Take::Whole), ("State", Take::Whole)], &rows)?;
    Ok(Summary::new("forged"))
}
