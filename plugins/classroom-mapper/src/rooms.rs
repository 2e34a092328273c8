//! `rooms.csv` and `rooms.toml`, as `docs/rooms.md` describes them. People write them in spreadsheets and editors, so each problem
//! names the file and the line.

use beadle_sdk::Error;
use serde::Deserialize;
use toml::Spanned;

use crate::span::Span;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The addresses.
    pub(crate) span: Span,
    /// What people call the place.
    pub(crate) name: String,
    /// Whether it is a room.
    pub(crate) room: bool,
    /// Where it is written: `rooms.csv line 4`.
    pub(crate) origin: String,
}

/// One line as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    name: String,
    network: Option<String>,
    range: Option<String>,
    address: Option<String>,
    room: Option<bool>,
}

impl Row {
    /// Reads the line. `origin` is where it stands.
    pub(crate) fn entry(&self, origin: String) -> Result<Entry, Error> {
        let span = match (&self.network, &self.range, &self.address) {
            (Some(text), None, None) => Span::network(text),
            (None, Some(text), None) => Span::range(text),
            (None, None, Some(text)) => Span::address(text),
            _ => Err("one of network, range and address must be there, and only one".to_owned()),
        };
        let name = self.name.trim();
        let problem = |problem: String| Error::Invalid(format!("{origin}: {problem}"));
        let span = span.map_err(problem)?;
        if name.is_empty() {
            return Err(problem("the name is empty".to_owned()));
        }
        Ok(Entry { span, name: name.to_owned(), room: self.room.unwrap_or(true), origin })
    }
}

/// The columns of `rooms.csv`.
const COLUMNS: [&str; 6] = ["name", "network", "range", "address", "room", "note"];

/// Reads `rooms.csv`: a header, then a place a line. Commas, or semicolons as some spreadsheets write them; `#` begins a remark.
pub(crate) fn csv(file: &str, text: &str) -> Result<Vec<Entry>, Error> {
    let header = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let origin = format!("{file} line {}", line_of(text, 0));
    let columns = header_columns(file, &origin, reader.headers().map_err(|error| unreadable(file, &error))?)?;
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(file, &error))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let origin = format!("{file} line {}", line_of(text, record.position().map_or(0, csv::Position::byte)));
        if record.len() > columns.len() {
            return Err(Error::Invalid(format!(
                "{origin}: there are {} cells under {} columns; put quotes around a name with a {:?} in it",
                record.len(),
                columns.len(),
                char::from(delimiter),
            )));
        }
        entries.push(
            csv_row(&columns, &record).map_err(|text| Error::Invalid(format!("{origin}: {text}")))?.entry(origin)?,
        );
    }
    Ok(entries)
}

fn header_columns(file: &str, origin: &str, header: &csv::StringRecord) -> Result<Vec<&'static str>, Error> {
    let mut columns: Vec<&'static str> = Vec::with_capacity(header.len());
    for name in header {
        let Some(&column) = COLUMNS.iter().find(|column| column.eq_ignore_ascii_case(name)) else {
            let known = COLUMNS.join(", ");
            return Err(Error::Invalid(format!("{origin}: there is no column {name:?}; the columns are {known}")));
        };
        if columns.contains(&column) {
            return Err(Error::Invalid(format!("{origin}: the column {column} stands twice")));
        }
        columns.push(column);
    }
    if !columns.contains(&"name") || !["network", "range", "address"].iter().any(|column| columns.contains(column)) {
        let example = "name,network";
        return Err(Error::Invalid(format!(
            "{file}: the first line must name the columns: name and one of network, range and address, as in {example}"
        )));
    }
    Ok(columns)
}

fn csv_row(columns: &[&str], record: &csv::StringRecord) -> Result<Row, String> {
    let mut row = Row::default();
    for (&column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        match column {
            "name" => row.name = cell.to_owned(),
            "network" => row.network = Some(cell.to_owned()),
            "range" => row.range = Some(cell.to_owned()),
            "address" => row.address = Some(cell.to_owned()),
            "room" => {
                row.room = Some(match cell.to_ascii_lowercase().as_str() {
                    "yes" | "true" | "1" => true,
                    "no" | "false" | "0" => false,
                    _ => return Err(format!("{cell:?} in the column room; write yes or no")),
                });
            }
            _ => {}
        }
    }
    Ok(row)
}

/// Returns the line of the record that follows an offset. The reader counts from where it began to look, before remarks and empty
/// lines.
fn line_of(text: &str, offset: u64) -> usize {
    let (before, rest) = text.split_at_checked(usize::try_from(offset).unwrap_or(usize::MAX)).unwrap_or((text, ""));
    let skipped = rest.lines().take_while(|line| line.trim().is_empty() || line.starts_with('#')).count();
    before.bytes().filter(|&byte| byte == b'\n').count() + skipped + 1
}

fn unreadable(file: &str, error: &csv::Error) -> Error {
    let line = error.position().map_or(String::new(), |position| format!(" line {}", position.line()));
    Error::Invalid(format!("{file}{line}: {error}"))
}

/// `rooms.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    room: Vec<Spanned<Row>>,
}

/// Reads `rooms.toml`: a `[[room]]` for each place.
pub(crate) fn toml(file: &str, text: &str) -> Result<Vec<Entry>, Error> {
    let line = |offset: usize| text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1;
    let document: Document = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(String::new(), |span| format!(" line {}", line(span.start)));
        Error::Invalid(format!("{file}{at}: {}", error.message()))
    })?;
    document.room.iter().map(|row| row.get_ref().entry(format!("{file} line {}", line(row.span().start)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entries: &[Entry]) -> Vec<(&str, &str)> {
        entries.iter().map(|entry| (entry.name.as_str(), entry.origin.as_str())).collect()
    }

    #[test]
    fn a_table_from_a_spreadsheet_reads() {
        let text = "Name;Network;Range;Address;Room;Note\n# ground floor\nLab 1;10.0.1.0/24;;;;\n\n\"Lab 2; north\";;10.0.0.10-10.0.0.40;;yes;blue\nVPN;;;10.9.9.9;no\n";
        let entries = csv("rooms.csv", text).expect("it reads");
        assert_eq!(
            names(&entries),
            [("Lab 1", "rooms.csv line 3"), ("Lab 2; north", "rooms.csv line 5"), ("VPN", "rooms.csv line 6")]
        );
        assert_eq!(entries.iter().map(|entry| entry.room).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn problems_of_a_csv_table_name_file_and_line() {
        for (text, problem) in [
            (
                "name,netwrk\nLab,10.0.0.0/8\n",
                "rooms.csv line 1: there is no column \"netwrk\"; the columns are name, network, range, address, room, note",
            ),
            (
                "network\n10.0.0.0/8\n",
                "rooms.csv: the first line must name the columns: name and one of network, range and address, as in name,network",
            ),
            (
                "",
                "rooms.csv: the first line must name the columns: name and one of network, range and address, as in name,network",
            ),
            ("name,name,network\n", "rooms.csv line 1: the column name stands twice"),
            ("# rooms of the north wing\n\nname,name,network\n", "rooms.csv line 3: the column name stands twice"),
            (
                "name,network\nLab 1,10.0.1.0/24\nLab 2,10.0.2.0/40\n",
                "rooms.csv line 3: \"10.0.2.0/40\" is not a network; write it as 10.0.1.0/24",
            ),
            ("name,network\n,10.0.1.0/24\n", "rooms.csv line 2: the name is empty"),
            (
                "name,network\nLab 1\n",
                "rooms.csv line 2: one of network, range and address must be there, and only one",
            ),
            (
                "name,network\nLab 1, north,10.0.1.0/24\n",
                "rooms.csv line 2: there are 3 cells under 2 columns; put quotes around a name with a ',' in it",
            ),
            (
                "name,network,room\nLab 1,10.0.1.0/24,maybe\n",
                "rooms.csv line 2: \"maybe\" in the column room; write yes or no",
            ),
        ] {
            assert_eq!(csv("rooms.csv", text).expect_err(text).to_string(), problem);
        }
    }

    #[test]
    fn toml_reads_and_its_problems_name_the_line() {
        let text = "[[room]]\nname = \"Lab 1\"\nnetwork = \"10.0.1.0/24\"\n\n[[room]]\nname = \"VPN\"\naddress = \"10.9.9.9\"\nroom = false\n";
        let entries = toml("rooms.toml", text).expect("it reads");
        assert_eq!(names(&entries), [("Lab 1", "rooms.toml line 1"), ("VPN", "rooms.toml line 5")]);
        let problem = |text: &str| toml("rooms.toml", text).expect_err(text).to_string();
        assert_eq!(
            problem("[[room]]\nname = \"Lab\"\nadress = \"10.0.0.1\"\n"),
            "rooms.toml line 3: unknown field `adress`, expected one of `name`, `network`, `range`, `address`, `room`"
        );
        assert_eq!(problem("[[room]]\naddress = \"10.0.0.1\"\n"), "rooms.toml line 1: missing field `name`");
        assert_eq!(
            problem("\n[[room]]\nname = \"Lab\"\naddress = \"lab\"\n"),
            "rooms.toml line 2: \"lab\" is not an address"
        );
        assert!(problem("[[room]]\nname = Lab\n").starts_with("rooms.toml line 2: "));
    }
}
