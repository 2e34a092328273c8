//! What a run keeps.

use beadle_sdk::artifacts::{self, Artifact};
use beadle_sdk::{Error, Summary};

use crate::Settings;
use crate::collecting::Outcome;

/// Something to keep of course 4.
pub(crate) fn artifact(name: &str, content: Vec<u8>) -> Artifact {
    let subjects = vec!["contents/4".to_owned(), "contents/5".to_owned()];
    Artifact { subjects, name: name.to_owned(), media_type: "application/json".to_owned(), content }
}

/// Keeps each of `texts` under a name of its own, one of `count` bytes where `how` names it, and reads back what it kept. Where
/// `arguments` are given, they name a content to read.
pub(crate) fn keeps_contents(settings: &Settings) -> Outcome {
    if let Some(digest) = settings.arguments.as_ref().and_then(|asked| asked.as_str()) {
        let read = artifacts::get(digest)?;
        return Ok(Summary::new(String::from_utf8_lossy(&read)));
    }
    let mut wanted: Vec<Artifact> = settings
        .texts
        .iter()
        .map(|text| artifact(&format!("answer/{}", text.len()), text.clone().into_bytes()))
        .collect();
    if !settings.how.is_empty() {
        wanted.push(artifact(&settings.how, vec![b'x'; usize::try_from(settings.count).unwrap_or_default()]));
    }
    let kept: Result<Vec<String>, Error> = artifacts::put(&wanted).into_iter().collect();
    let read: Result<Vec<String>, Error> =
        kept?.iter().map(|digest| Ok(String::from_utf8_lossy(&artifacts::get(digest)?).into_owned())).collect();
    let names: Vec<String> = artifacts::references("contents/4")?.into_iter().map(|one| one.name).collect();
    Ok(Summary::new(format!("{} · refers to: {}", read?.join(" · "), names.join(", "))))
}
