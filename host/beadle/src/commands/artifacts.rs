//! `beadle artifacts`: what plugins keep.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anstyle::AnsiColor;
use beadle_artifacts::Content;
use beadle_egress::Redactor;
use beadle_plan::ContentDigest;
use beadle_store::{KeptReference, ReferenceFilter, Store};
use jiff::tz::TimeZone;

use crate::cli::{Artifacts, ArtifactsCommand, ArtifactsList, Common};
use crate::exit::{Code, Exit};
use crate::terminal::{paint, plain, say, say_json, table};
use crate::{instant, world};

/// How many digits of a digest are shown: enough to tell one from all others.
const DIGITS: usize = 12;

pub(crate) async fn artifacts(common: &Common, redactor: &Redactor, asked: Artifacts) -> Result<(), Exit> {
    let config = world::configuration(common)?;
    let content = Content::at(&config.host.artifacts, redactor.clone());
    let list = match asked.command {
        Some(ArtifactsCommand::Show { digest, output }) => return show(&content, &digest, output.as_deref()).await,
        Some(ArtifactsCommand::Verify(form)) => {
            return verify(&*world::store_to_read(&config, redactor).await?, &content, form.json).await;
        }
        Some(ArtifactsCommand::List(list)) => list,
        None => asked.list,
    };
    print_list(&*world::store_to_read(&config, redactor).await?, &list, &config.host.timezone).await
}

async fn print_list(store: &dyn Store, asked: &ArtifactsList, zone: &TimeZone) -> Result<(), Exit> {
    let filter = ReferenceFilter {
        site: asked.site.clone(),
        subject: asked.subject.clone(),
        superseded: asked.all,
        limit: asked.number,
    };
    let kept = store.references(&filter).await?;
    if asked.form.json {
        return say_json(&kept);
    }
    if kept.is_empty() {
        say(match (&asked.subject, &asked.site) {
            (None, None) => {
                "Nothing is kept; a plugin keeps answers and files where it is granted artifacts = [\"put\"]."
                    .to_owned()
            }
            (subject, site) => {
                let of = [subject.as_deref(), site.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
                format!("Nothing is kept of {}; `beadle artifacts` lists all there is.", plain(&of))
            }
        });
        return Ok(());
    }
    let mut made = table(["kept", "site", "of", "name", "size", "content"]);
    for one in &kept {
        let until = one.superseded_at.map(|at| format!("\nuntil {}", instant::show(at, zone))).unwrap_or_default();
        made.add_row([
            format!("{}{until}", instant::show(one.kept_at, zone)),
            plain(&one.site),
            plain(&one.reference.subject),
            plain(&one.reference.name),
            one.reference.size.to_string(),
            one.reference.digest.to_string().chars().take(DIGITS).collect(),
        ]);
    }
    say(made.to_string());
    say("\nTo see one: beadle artifacts show CONTENT");
    Ok(())
}

async fn show(content: &Content, digits: &str, output: Option<&Path>) -> Result<(), Exit> {
    let bytes = content.get(find(content, digits).await?).await.map_err(|error| Exit::new(Code::Failed, error))?;
    if let Some(path) = output {
        let mut file = std::fs::File::create_new(path)
            .map_err(|error| Exit::new(Code::Failed, format!("{} cannot be written: {error}", path.display())))?;
        file.write_all(&bytes)?;
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    if !out.is_terminal() {
        out.write_all(&bytes)?;
        return Ok(());
    }
    // What comes from a site must not steer the terminal.
    match String::from_utf8(bytes) {
        Ok(text) => writeln!(out, "{}", text.lines().map(plain).collect::<Vec<_>>().join("\n"))?,
        Err(_) => return Err(Exit::new(Code::Usage, "this is no text; write it to a file: --output FILE")),
    }
    Ok(())
}

/// Returns the digest that begins with these digits.
async fn find(content: &Content, digits: &str) -> Result<ContentDigest, Exit> {
    if let Ok(digest) = digits.parse() {
        return Ok(digest);
    }
    let digits = digits.to_ascii_lowercase();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Exit::new(Code::Usage, format!("{digits:?} is no digest; `beadle artifacts` lists them")));
    }
    let all = content.digests().await.map_err(|error| Exit::new(Code::Failed, error))?;
    match all.into_iter().filter(|digest| digest.to_string().starts_with(&digits)).collect::<Vec<_>>()[..] {
        [digest] => Ok(digest),
        [] => Err(Exit::new(
            Code::NotFound,
            format!("there is no content {digits}; `beadle artifacts` lists what is kept"),
        )),
        _ => Err(Exit::new(Code::Usage, format!("several contents begin with {digits}; write more digits"))),
    }
}

async fn verify(store: &dyn Store, content: &Content, json: bool) -> Result<(), Exit> {
    let filter = ReferenceFilter { superseded: true, limit: u32::MAX, ..ReferenceFilter::default() };
    let mut kept = store.references(&filter).await?;
    kept.sort_by_key(|one| one.reference.digest);
    kept.dedup_by_key(|one| one.reference.digest);
    let mut wrong: Vec<(&KeptReference, String)> = Vec::new();
    for one in &kept {
        if let Err(error) = content.get(one.reference.digest).await {
            wrong.push((one, error.to_string()));
        }
    }
    if json {
        let wrong: Vec<_> =
            wrong.iter().map(|(one, why)| serde_json::json!({ "reference": one, "why": why })).collect();
        say_json(&serde_json::json!({ "contents": kept.len(), "wrong": wrong }))?;
    } else {
        for (one, why) in &wrong {
            let of = format!("{} {} {}", one.site, one.reference.subject, one.reference.name);
            say(format!("{} {}: {why}", paint("wrong", AnsiColor::Red), plain(&of)));
        }
        say(format!("{} contents, {} of them wrong", kept.len(), wrong.len()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Exit::silent(Code::Failed)) }
}
