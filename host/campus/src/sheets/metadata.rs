//! Developer metadata: notes on a spreadsheet with unique numbers.
//!
//! A number can be created once, and a batch goes through whole or not at all; together they let an append be sent twice and applied
//! once.

use serde_json::{Value, json};

use super::batch::Request;
use super::book::Book;
use super::refusal::Refusal;

/// Characters that all keys and values of a spreadsheet may have together.
const MAX_CHARACTERS: usize = 30_000;

/// `createDeveloperMetadata`.
pub(super) fn create(book: &mut Book, request: &Request<'_>) -> Result<Value, Refusal> {
    let mut entry = request.fields["developerMetadata"].clone();
    let key = entry["metadataKey"].as_str().unwrap_or_default();
    if key.is_empty() {
        return Err(request.refuse("Developer metadata must have a key."));
    }
    if !matches!(entry["visibility"].as_str(), Some("DOCUMENT" | "PROJECT")) {
        return Err(request.refuse("Developer metadata must have a visibility."));
    }
    let id = match entry["metadataId"].as_i64() {
        Some(id) if book.metadata.contains_key(&id) => {
            return Err(request.refuse(&format!("Developer metadata with ID {id} already exists.")));
        }
        Some(id) if !(0..=i64::from(i32::MAX)).contains(&id) => {
            return Err(Refusal::field("metadata_id", "TYPE_INT32", &json!(id)));
        }
        Some(id) => id,
        None => book.fresh_id(),
    };
    let location = &entry["location"];
    let kind = if location["spreadsheet"] == true {
        "SPREADSHEET"
    } else if !location["sheetId"].is_null() {
        request.tab(book, &location["sheetId"])?;
        "SHEET"
    } else {
        match location["dimensionRange"]["dimension"].as_str() {
            Some("ROWS") => "ROW",
            Some("COLUMNS") => "COLUMN",
            _ => return Err(request.refuse("Developer metadata must have a location.")),
        }
    };
    let length = |entry: &Value| {
        let part = |name: &str| entry[name].as_str().map_or(0, |text| text.chars().count());
        part("metadataKey") + part("metadataValue")
    };
    if book.metadata.values().map(length).sum::<usize>() + length(&entry) > MAX_CHARACTERS {
        return Err(request.refuse("The developer metadata of this spreadsheet would exceed the storage limit."));
    }
    entry["metadataId"] = json!(id);
    entry["location"]["locationType"] = json!(kind);
    book.metadata.insert(id, entry.clone());
    Ok(json!({ "createDeveloperMetadata": { "developerMetadata": entry } }))
}

/// `deleteDeveloperMetadata`; without a match it deletes nothing and says so.
pub(super) fn delete(book: &mut Book, request: &Request<'_>) -> Result<Value, Refusal> {
    let filter = &request.fields["dataFilter"]["developerMetadataLookup"];
    if !filter.is_object() {
        return Err(request.refuse("A developerMetadataLookup is needed."));
    }
    let doomed: Vec<i64> =
        book.metadata.iter().filter(|(_, entry)| matches(entry, filter)).map(|(id, _)| *id).collect();
    let deleted: Vec<Value> = doomed.iter().filter_map(|id| book.metadata.remove(id)).collect();
    let mut reply = json!({});
    if !deleted.is_empty() {
        reply["deletedDeveloperMetadata"] = json!(deleted);
    }
    Ok(json!({ "deleteDeveloperMetadata": reply }))
}

fn matches(entry: &Value, filter: &Value) -> bool {
    ["metadataId", "metadataKey", "metadataValue", "visibility"]
        .iter()
        .all(|name| filter[*name].is_null() || filter[*name] == entry[*name])
        && (filter["locationType"].is_null() || filter["locationType"] == entry["location"]["locationType"])
}
