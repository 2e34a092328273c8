//! A sheet in a local file: CSV, for those who want no cloud, and for trying things out.
//!
//! Three dangers are met here. A process can be killed in the middle of a write, and the half line must not be taken for a row; but a
//! file that a person saved without a final line end must lose nothing. Other programs write the same file: it is locked while rows
//! are appended, and rows that went into a file which was replaced in that moment are looked for in the new one. And spreadsheet
//! programs run cells that look like formulas, so such cells, which may come from a stranger's display name, are written with an
//! apostrophe before them.

mod system;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use csv::{ReaderBuilder, Terminator, WriterBuilder};

use crate::formula::{armed, disarmed};
use crate::table::{Head, Standing, Table, Trouble};
use system::{beside, refused, stands_at, sync_folder};

/// What some spreadsheet programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A CSV file.
#[derive(Debug)]
pub(crate) struct Local {
    path: PathBuf,
}

impl Local {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Does file work away from the threads that wait for the network.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let path = self.path.clone();
        match tokio::task::spawn_blocking(move || work(&path)).await {
            Ok(result) => result,
            Err(_) => Err(Trouble::Unknown { cause: format!("writing {} was broken off", self.name()) }),
        }
    }
}

#[async_trait]
impl Table for Local {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn place(&self, row: usize) -> String {
        let file = self.path.file_name().unwrap_or(self.path.as_os_str());
        format!("{}:{row}", file.to_string_lossy())
    }

    /// A local write has happened or has not by the time it can be looked for.
    fn settles_within(&self) -> Duration {
        Duration::ZERO
    }

    async fn head(&self) -> Result<Head, Trouble> {
        self.work(|path| {
            let Some(bytes) = load(path)? else { return Ok(Head::Missing { instead: Vec::new() }) };
            let mut records = records(path, &bytes)?.into_iter();
            Ok(match records.next() {
                None => Head::Bare { empty: true },
                Some((1, header)) if header.iter().any(|cell| !cell.is_empty()) => Head::Header(header),
                Some(first) => Head::Bare { empty: first.1.iter().all(String::is_empty) && records.next().is_none() },
            })
        })
        .await
    }

    async fn rows(&self, header: &[String], places: &[usize]) -> Result<Vec<Standing>, Trouble> {
        let (header, places) = (header.to_vec(), places.to_vec());
        self.work(move |path| {
            let bytes = load(path)?.unwrap_or_default();
            let mut records = records(path, &bytes)?.into_iter();
            if records.next().is_none_or(|(_, now)| now != header) {
                return Err(Trouble::busy(format!("the header of {} was just being changed", path.display())));
            }
            let cells =
                |record: Vec<String>| places.iter().map(|p| record.get(*p).cloned().unwrap_or_default()).collect();
            Ok(records.map(|(number, record)| Standing { number, cells: cells(record) }).collect())
        })
        .await
    }

    async fn create(&self, columns: &[String]) -> Result<(), Trouble> {
        let line = columns.to_vec();
        self.work(move |path| {
            let bytes = encode(&[line], false)?;
            if load(path)?.is_some_and(|there| !there.iter().all(u8::is_ascii_whitespace)) {
                return Err(Trouble::busy(format!("{} was just made by somebody else", path.display())));
            }
            // Beside it and renamed, so that no one ever sees half a header.
            let fresh = beside(path);
            let made = File::create(&fresh).and_then(|mut file| {
                file.write_all(&bytes)?;
                file.sync_all()
            });
            made.and_then(|()| fs::rename(&fresh, path)).map_err(|error| {
                let _ = fs::remove_file(&fresh);
                refused(path, &error)
            })?;
            sync_folder(path);
            Ok(())
        })
        .await
    }

    async fn append(&self, lines: &[Vec<String>]) -> Result<Option<usize>, Trouble> {
        let lines = lines.to_vec();
        self.work(move |path| append(path, &lines)).await
    }

    async fn mend(&self, lines: &[Vec<String>]) -> Result<(), Trouble> {
        let lines = lines.to_vec();
        self.work(move |path| mend(path, &lines)).await
    }

    async fn read(&self) -> Result<Vec<Vec<String>>, Trouble> {
        self.work(|path| {
            let bytes = load(path)?.unwrap_or_default();
            let mut rows: Vec<Vec<String>> = Vec::new();
            for (number, mut record) in records(path, &bytes)? {
                record.truncate(record.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1));
                rows.resize(number.max(rows.len() + 1) - 1, Vec::new());
                rows.push(record);
            }
            rows.truncate(rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1));
            Ok(rows)
        })
        .await
    }
}

/// Reads the file; `None` where there is none.
fn load(path: &Path) -> Result<Option<Vec<u8>>, Trouble> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(path, &error)),
    }
}

/// Parses the file into records, each with the number of the row in which it stands as a spreadsheet program counts; cells come back
/// as they were before they were disarmed.
fn records(path: &Path, bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, Trouble> {
    let text = std::str::from_utf8(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)).map_err(|_| {
        Trouble::held(
            format!("{} is not UTF-8", path.display()),
            "save it as CSV in UTF-8, with commas between the cells",
        )
    })?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut found, mut number) = (Vec::new(), 0);
    for record in reader.records() {
        let record =
            record.map_err(|error| Trouble::held(format!("{} is no CSV: {error}", path.display()), "mend the file"))?;
        // The parser leaves empty lines out, but a record's position is before them; people count them.
        let begins = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let (before, behind) = text.split_at_checked(begins).unwrap_or((text, ""));
        // Of a line end of two characters the second still lies ahead.
        let behind = if before.ends_with('\r') { behind.strip_prefix('\n').unwrap_or(behind) } else { behind };
        number += 1 + empty_lines(behind);
        found.push((number, record.iter().map(|cell| armed(cell).to_owned()).collect()));
    }
    Ok(found)
}

/// Counts the empty lines with which a text begins.
fn empty_lines(mut text: &str) -> usize {
    let mut count = 0;
    while let Some(rest) = text.strip_prefix("\r\n").or_else(|| text.strip_prefix(['\n', '\r'])) {
        text = rest;
        count += 1;
    }
    count
}

/// Writes lines behind what stands there, in one write, and waits until they are on the disk.
fn append(path: &Path, lines: &[Vec<String>]) -> Result<Option<usize>, Trouble> {
    let before = load(path)?.unwrap_or_default();
    let row = records(path, &before)?.last().map_or(1, |(number, _)| number + 1);
    let windows = before.split_inclusive(|b| *b == b'\n').next().is_some_and(|first| first.ends_with(b"\r\n"));
    let mut bytes = Vec::new();
    if before.last().is_some_and(|last| *last != b'\n') {
        bytes.extend_from_slice(if windows { b"\r\n" } else { b"\n" });
    }
    bytes.extend(encode(lines, windows)?);
    let mut file = OpenOptions::new().append(true).open(path).map_err(|error| refused(path, &error))?;
    // Given back when the file is closed. Where the system knows no locks, there is nobody to keep out.
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(Trouble::busy(format!("{} is locked by another program", path.display())));
    }
    if file.metadata().map_err(|error| refused(path, &error))?.len() != before.len() as u64 {
        return Err(Trouble::busy(format!("{} was just being changed", path.display())));
    }
    let written = file.write_all(&bytes).and_then(|()| file.sync_data());
    let Err(error) = written else {
        return if stands_at(&file, path) {
            Ok(Some(row))
        } else {
            Err(Trouble::Unknown { cause: format!("{} was replaced while rows were appended to it", path.display()) })
        };
    };
    // A full disk may have taken half of it: all or none.
    let undone = file.set_len(before.len() as u64).and_then(|()| file.sync_data());
    Err(match undone {
        Ok(()) => refused(path, &error),
        Err(_) => Trouble::Unknown { cause: format!("writing {} failed half-way: {error}", path.display()) },
    })
}

/// Cuts the last line off where it has no end and is the beginning of one of the lines that were being written. Any other last line
/// is a person's.
fn mend(path: &Path, lines: &[Vec<String>]) -> Result<(), Trouble> {
    let Some(bytes) = load(path)? else { return Ok(()) };
    for line in lines {
        let encoded = encode(std::slice::from_ref(line), false)?;
        let whole = encoded.len() - 1;
        // The longest beginning first: a line may hold line ends in its cells.
        for length in (1..whole).rev() {
            let Some(at) = bytes.len().checked_sub(length) else { continue };
            if bytes[at..] == encoded[..length] && (at == 0 || bytes[at - 1] == b'\n') {
                tracing::warn!(file = %path.display(), bytes = length, "cutting away a line that was never finished");
                let file = OpenOptions::new().write(true).open(path).map_err(|error| refused(path, &error))?;
                return file.set_len(at as u64).and_then(|()| file.sync_all()).map_err(|error| refused(path, &error));
            }
        }
    }
    Ok(())
}

fn encode(lines: &[Vec<String>], windows: bool) -> Result<Vec<u8>, Trouble> {
    let terminator = if windows { Terminator::CRLF } else { Terminator::Any(b'\n') };
    let mut writer = WriterBuilder::new().flexible(true).terminator(terminator).from_writer(Vec::new());
    for line in lines {
        let cells = line.iter().map(|cell| disarmed(cell));
        let cells: Vec<_> = cells.collect();
        writer
            .write_record(cells.iter().map(|cell| cell.as_bytes()))
            .map_err(|error| Trouble::Invalid { cause: format!("the row cannot be written as CSV: {error}") })?;
    }
    writer
        .into_inner()
        .map_err(|error| Trouble::Invalid { cause: format!("the rows cannot be written as CSV: {error}") })
}
