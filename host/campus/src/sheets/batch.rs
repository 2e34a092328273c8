//! `batchUpdate`: several requests, all of them or none.

use serde_json::{Map, Value, json};

use super::book::Book;
use super::refusal::Refusal;
use super::tab::Tab;
use super::{cells, metadata};

/// One request of a batch: its place, its kind and its fields.
pub(super) struct Request<'a> {
    pub(super) index: usize,
    pub(super) kind: &'a str,
    pub(super) fields: &'a Value,
}

impl Request<'_> {
    pub(super) fn refuse(&self, why: &str) -> Refusal {
        Refusal::request(self.index, self.kind, why)
    }

    /// Finds the tab that an id at `path` names; a missing id is 0.
    pub(super) fn tab(&self, book: &Book, id: &Value) -> Result<usize, Refusal> {
        let id = id.as_i64().unwrap_or(0);
        book.tab_with(id).ok_or_else(|| self.refuse(&format!("No sheet with id: {id}")))
    }
}

/// Carries out a batch on a copy and takes it over only if every request went through.
pub(super) fn update(book: &mut Book, body: &Value) -> Result<Value, Refusal> {
    let requests = body["requests"].as_array().filter(|list| !list.is_empty());
    let requests = requests.ok_or_else(|| Refusal::invalid("Must specify at least one request."))?;
    let mut draft = book.clone();
    let mut replies = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        let Some((kind, fields)) = request.as_object().and_then(|o| o.iter().next()) else {
            return Err(Refusal::invalid(format!("Invalid requests[{index}]: No request set.")));
        };
        replies.push(one(&mut draft, &Request { index, kind, fields })?);
    }
    draft.check_size()?;
    *book = draft;
    Ok(json!({ "spreadsheetId": book.id, "replies": replies }))
}

fn one(book: &mut Book, request: &Request<'_>) -> Result<Value, Refusal> {
    match request.kind {
        "addSheet" => return add_sheet(book, request),
        "deleteSheet" => delete_sheet(book, request)?,
        "updateSheetProperties" => update_properties(book, request)?,
        "appendCells" => cells::append(book, request)?,
        "updateCells" => cells::update(book, request)?,
        "insertDimension" => cells::insert_dimension(book, request)?,
        "deleteDimension" => cells::delete_dimension(book, request)?,
        "setBasicFilter" => cells::set_filter(book, request)?,
        "clearBasicFilter" => {
            let tab = request.tab(book, &request.fields["sheetId"])?;
            book.tabs[tab].filter = None;
        }
        "setDataValidation" => {
            let tab = request.tab(book, &request.fields["range"]["sheetId"])?;
            book.tabs[tab].validations.push(request.fields.clone());
        }
        "createDeveloperMetadata" => return metadata::create(book, request),
        "deleteDeveloperMetadata" => return metadata::delete(book, request),
        other => return Err(Refusal::unsupported(&format!("the request {other}"))),
    }
    Ok(Value::Object(Map::new()))
}

fn add_sheet(book: &mut Book, request: &Request<'_>) -> Result<Value, Refusal> {
    let wanted = &request.fields["properties"];
    let title = match wanted["title"].as_str() {
        Some(title) => title.to_owned(),
        None => (1..).map(|n| format!("Sheet{n}")).find(|title| book.tab_named(title).is_none()).unwrap_or_default(),
    };
    check_title(book, request, &title, None)?;
    let id = match wanted["sheetId"].as_i64() {
        Some(id) if book.tab_with(id).is_some() => {
            return Err(request.refuse(&format!("A sheet with the ID {id} already exists.")));
        }
        Some(id) => id,
        None => book.fresh_id(),
    };
    let (rows, columns) = grid(request, &wanted["gridProperties"], (1000, 26))?;
    let mut tab = Tab::new(id, &title, rows, columns);
    tab.hidden = wanted["hidden"].as_bool().unwrap_or(false);
    let index = position(&wanted["index"], book.tabs.len());
    book.tabs.insert(index, tab);
    Ok(json!({ "addSheet": { "properties": book.tabs[index].properties(index) } }))
}

fn delete_sheet(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let tab = request.tab(book, &request.fields["sheetId"])?;
    if book.tabs.iter().enumerate().all(|(i, other)| i == tab || other.hidden) {
        return Err(request.refuse("You can't remove all the visible sheets in a document."));
    }
    book.tabs.remove(tab);
    Ok(())
}

fn update_properties(book: &mut Book, request: &Request<'_>) -> Result<(), Refusal> {
    let wanted = &request.fields["properties"];
    let tab = request.tab(book, &wanted["sheetId"])?;
    let fields = request.fields["fields"].as_str().unwrap_or_default();
    if fields.is_empty() {
        return Err(request.refuse("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"));
    }
    let has = |name: &str| fields == "*" || fields.split(',').any(|f| f.trim().replace('.', "/").starts_with(name));
    if has("title") {
        let title = wanted["title"].as_str().unwrap_or_default().to_owned();
        check_title(book, request, &title, Some(tab))?;
        book.tabs[tab].title = title;
    }
    if has("hidden") {
        let hidden = wanted["hidden"].as_bool().unwrap_or(false);
        if hidden && book.tabs.iter().enumerate().all(|(i, other)| i == tab || other.hidden) {
            return Err(request.refuse("You can't hide all the sheets in a document."));
        }
        book.tabs[tab].hidden = hidden;
    }
    if has("gridProperties") {
        let now = (book.tabs[tab].rows, book.tabs[tab].columns);
        let (rows, columns) = grid(request, &wanted["gridProperties"], now)?;
        book.tabs[tab].resize(rows, columns);
    }
    if has("index") {
        let moved = book.tabs.remove(tab);
        let index = position(&wanted["index"], book.tabs.len());
        book.tabs.insert(index, moved);
    }
    Ok(())
}

fn check_title(book: &Book, request: &Request<'_>, title: &str, own: Option<usize>) -> Result<(), Refusal> {
    if title.is_empty() {
        return Err(request.refuse("The sheet name cannot be empty."));
    }
    let same = book.tabs.iter().position(|tab| tab.title.to_lowercase() == title.to_lowercase());
    match same {
        Some(tab) if Some(tab) != own => {
            Err(request
                .refuse(&format!("A sheet with the name \"{title}\" already exists. Please enter another name.")))
        }
        _ => Ok(()),
    }
}

fn grid(request: &Request<'_>, wanted: &Value, default: (usize, usize)) -> Result<(usize, usize), Refusal> {
    let side = |name: &str, default: usize| match &wanted[name] {
        Value::Null => Ok(default),
        value => value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n > 0)
            .ok_or_else(|| request.refuse(&format!("{name} must be at least 1"))),
    };
    Ok((side("rowCount", default.0)?, side("columnCount", default.1)?))
}

fn position(index: &Value, last: usize) -> usize {
    index.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(last).min(last)
}
