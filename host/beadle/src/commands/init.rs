//! `beadle init`: a first schedules.toml.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use beadle_config::init::{Questions, from_environment, render};

use crate::cli::Init;
use crate::exit::{Code, Exit};
use crate::terminal::{print, say};
use crate::world::env;

pub(crate) fn init(asked: &Init) -> Result<(), Exit> {
    if asked.file.exists() && !asked.force {
        let message = format!("{} is there already; --force replaces it", asked.file.display());
        return Err(Exit::new(Code::Failed, message));
    }
    let found = from_environment(&env);
    if !found.used.is_empty() {
        say(format!("Taken from the environment: {}.", found.used.join(", ")));
    }
    for line in &found.notes {
        say(line);
    }
    let answers = if asked.no_questions {
        found.answers
    } else if std::io::stdin().is_terminal() {
        interview(Questions::new(found.answers))?
    } else {
        let message =
            "nobody is at the terminal to answer questions; --no-questions takes everything from the environment";
        return Err(Exit::new(Code::Failed, message));
    };
    write(&asked.file, &render(&answers))?;
    say(format!(
        "Wrote {}. Next: `beadle check`, then `beadle doctor`, then `beadle run online --dry-run`.",
        asked.file.display()
    ));
    Ok(())
}

fn interview(mut questions: Questions) -> Result<beadle_config::init::Answers, Exit> {
    let mut lines = std::io::stdin().lock().lines();
    while let Some(question) = questions.question() {
        print(|out| {
            writeln!(out, "{}", question.prompt)?;
            if !question.help.is_empty() {
                writeln!(out, "  {}", question.help)?;
            }
            if let Some(usual) = &question.default {
                write!(out, "  [{usual}] ")?;
            } else {
                write!(out, "  ")?;
            }
            Ok(())
        });
        let Some(line) = lines.next() else {
            return Err(Exit::new(Code::Failed, "the answers ended before the questions; nothing was written"));
        };
        if let Err(problem) = questions.answer(line?.trim()) {
            say(format!("  {problem}"));
        }
    }
    Ok(questions.finish())
}

/// Writes the file whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), Exit> {
    let failed = |error: std::io::Error| Exit::new(Code::Failed, format!("{}: {error}", path.display()));
    let temporary = path.with_extension("toml.new");
    let mut file = std::fs::File::create(&temporary).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&temporary, path).map_err(failed)
}
