//! The person at the terminal: what is printed, in which colour, how wide.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use beadle_sandbox::{Audience, Context, Table};
use comfy_table::{Cell, ContentArrangement, LineStyle, TableStyle};

/// Writes to standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = io::stdout().lock();
    let _ = write(&mut out).and_then(|()| out.flush());
}

/// Prints a line.
pub(crate) fn say(text: impl AsRef<str>) {
    print(|out| writeln!(out, "{}", text.as_ref()));
}

/// Prints JSON, indented for people who look at it.
pub(crate) fn say_json(value: &impl serde::Serialize) -> Result<(), crate::exit::Exit> {
    let text = serde_json::to_string_pretty(value)?;
    say(text);
    Ok(())
}

/// Prints what went wrong to standard error.
pub(crate) fn complain(text: &str) {
    let mut out = io::stderr().lock();
    let _ = if text.starts_with("error:") || text.starts_with("warning:") {
        writeln!(out, "{text}")
    } else {
        writeln!(out, "error: {text}")
    };
}

/// Whether a person sees standard output.
pub(crate) fn watched() -> bool {
    io::stdout().is_terminal()
}

/// Wraps text in a colour where a person sees it and wants colour.
pub(crate) fn paint(text: impl std::fmt::Display, colour: AnsiColor) -> String {
    if watched() && std::env::var_os("NO_COLOR").is_none() {
        let style = Style::new().fg_color(Some(colour.into()));
        format!("{style}{text}{style:#}")
    } else {
        text.to_string()
    }
}

/// Makes a table as wide as the terminal.
pub(crate) fn table<'a>(columns: impl IntoIterator<Item = &'a str>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table
        // One line below the heads; lines between rows would show half as many people on a screen.
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(columns.into_iter().map(Cell::new));
    // A terminal that does not know how wide it is would get a column of letters.
    if table.width() == Some(0) {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

/// Prints what becomes of a message in a channel on the terminal.
pub(crate) fn message(text: &str) {
    let mut lines = text.lines();
    print(|out| {
        writeln!(out, "\n{}", paint(plain(lines.next().unwrap_or_default()), AnsiColor::Cyan))?;
        lines.try_for_each(|line| writeln!(out, "{}", plain(line)))
    });
}

/// Takes control characters out of what came from elsewhere: a name must not move the cursor or colour the screen.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Shows what runs have for the person at the terminal, and nothing where there is none.
pub(crate) struct Screen {
    /// Whether a run's tables are wanted at all: not beside JSON.
    pub(crate) tables: bool,
}

impl Audience for Screen {
    fn terminal(&self) -> bool {
        self.tables && watched()
    }

    fn show(&self, _: &Context, shown: Table) {
        let mut made = table(shown.columns.iter().map(String::as_str));
        for row in &shown.rows {
            made.add_row(row.iter().map(|cell| Cell::new(plain(cell))));
        }
        print(|out| {
            writeln!(out, "\n{}", paint(plain(&shown.title), AnsiColor::Cyan))?;
            if !shown.rows.is_empty() {
                writeln!(out, "{made}")?;
            }
            for note in &shown.notes {
                writeln!(out, "{}", plain(note))?;
            }
            Ok(())
        });
    }

    fn progress(&self, context: &Context, done: u64, total: Option<u64>, what: &str) {
        let total = total.map_or_else(String::new, |total| format!(" of {total}"));
        tracing::debug!(schedule = %context.schedule, "{done}{total} {what}");
    }
}
