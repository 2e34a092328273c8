//! The spreadsheet service beyond the recordings: who gets in, quotas, appends, batches, faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use beadle_campus::faults::Action;
use beadle_campus::sheets::{Role, Sheets};
use serde_json::{Value, json};

mod sheets_client;
use sheets_client::{Client, assertion, exchange, http};

const NOW: i64 = 1_795_198_024_000;

async fn start() -> Sheets {
    let sheets = Sheets::start(Arc::new(|| NOW)).await.expect("loopback");
    sheets.create("book", &[(sheets.email(), Role::Writer)]);
    sheets
}

/// Appends rows to the tab's anchor, as the host does.
async fn append(client: &Client, options: &str, rows: Value) -> (u16, Value) {
    let path = format!("/v4/spreadsheets/book/values/Sheet1%21A1:append?valueInputOption=RAW{options}");
    client.call("POST", &path, Some(&json!({ "values": rows }))).await
}

fn error(status: u16, body: &Value) -> (u16, &str, &str) {
    (
        status,
        body["error"]["status"].as_str().unwrap_or_default(),
        body["error"]["message"].as_str().unwrap_or_default(),
    )
}

#[tokio::test]
async fn exchanges_only_what_is_rightly_signed() {
    let sheets = start().await;
    let http = http();
    let key: Value = serde_json::from_str(&sheets.service_account_json()).expect("JSON");
    let good = assertion(&key, |_| ());
    let mut forged = good.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.pop();
    forged.push('x');
    forged.push(last);
    let own_audience = assertion(&key, |claims| claims["aud"] = key["token_uri"].clone());
    let null_subject = assertion(&key, |claims| claims["sub"] = Value::Null);
    for accepted in [&good, &own_audience, &null_subject] {
        let (status, body) = exchange(&http, &sheets, accepted).await;
        assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(3599), &json!("Bearer")));
    }
    for (refused, name, part) in [
        (forged, "invalid_grant", "Invalid JWT Signature."),
        (assertion(&key, |c| c["iss"] = json!("nobody@x.example")), "invalid_grant", "account not found"),
        (assertion(&key, |c| c["aud"] = json!("https://x.example")), "invalid_grant", "audience"),
        (assertion(&key, |c| c["exp"] = json!(c["iat"].as_u64().unwrap_or(0) + 7200)), "invalid_grant", "short-lived"),
        (assertion(&key, |c| c["scope"] = json!("")), "invalid_scope", "scope"),
        ("a.b".to_owned(), "invalid_grant", "decode"),
    ] {
        let (status, body) = exchange(&http, &sheets, &refused).await;
        assert_eq!((status, body["error"].as_str()), (400, Some(name)), "{body}");
        assert!(body["error_description"].as_str().is_some_and(|text| text.contains(part)), "{body}");
    }
}

#[tokio::test]
async fn lets_in_by_token_scope_and_share_list() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    let read = "/v4/spreadsheets/book/values/Sheet1";
    assert_eq!(client.call("GET", read, None).await.0, 200);
    sheets.share("book", sheets.email(), Role::Reader);
    assert_eq!(client.call("GET", read, None).await.0, 200);
    let (status, body) = append(&client, "", json!([["a"]])).await;
    assert_eq!(error(status, &body), (403, "PERMISSION_DENIED", "The caller does not have permission"));
    sheets.unshare("book", sheets.email());
    assert_eq!(client.call("GET", read, None).await.0, 403);
    let (status, body) = client.call("GET", "/v4/spreadsheets/other/values/Sheet1", None).await;
    assert_eq!(error(status, &body), (404, "NOT_FOUND", "Requested entity was not found."));

    sheets.share("book", sheets.email(), Role::Writer);
    let key = sheets.service_account_json();
    let readonly =
        Client::with_key(&sheets, &key, |claims| claims["scope"] = json!(format!("{}.readonly", sheets_client::SCOPE)))
            .await;
    assert_eq!(readonly.call("GET", read, None).await.0, 200);
    let (status, body) = append(&readonly, "", json!([["a"]])).await;
    assert_eq!((status, &body["error"]["details"][0]["reason"]), (403, &json!("ACCESS_TOKEN_SCOPE_INSUFFICIENT")));

    sheets.disable_api(true);
    let (_, body) = client.call("GET", read, None).await;
    assert_eq!(body["error"]["details"][0]["reason"], "SERVICE_DISABLED");
    sheets.disable_api(false);
    sheets.revoke_tokens();
    let (status, body) = client.call("GET", read, None).await;
    assert_eq!(error(status, &body).1, "UNAUTHENTICATED");
}

#[tokio::test]
async fn tokens_end_and_quotas_refill_by_the_given_clock() {
    let clock = Arc::new(AtomicI64::new(NOW - NOW % 60_000));
    let now = Arc::clone(&clock);
    let sheets = Sheets::start(Arc::new(move || now.load(Ordering::SeqCst))).await.expect("loopback");
    sheets.create("book", &[(sheets.email(), Role::Writer)]);
    let client = Client::new(&sheets).await;
    for _ in 0..60 {
        assert_eq!(append(&client, "", json!([["a"]])).await.0, 200);
    }
    let (status, body) = append(&client, "", json!([["b"]])).await;
    assert_eq!(error(status, &body).1, "RESOURCE_EXHAUSTED");
    assert_eq!(body["error"]["details"][0]["metadata"]["quota_limit"], "WriteRequestsPerMinutePerUser");
    assert_eq!(client.call("GET", "/v4/spreadsheets/book", None).await.0, 200);
    assert_eq!(sheets.cells("book", "Sheet1").len(), 60);
    clock.fetch_add(60_000, Ordering::SeqCst);
    assert_eq!(append(&client, "", json!([["b"]])).await.0, 200);
    clock.fetch_add(3_600_000, Ordering::SeqCst);
    assert_eq!(append(&client, "", json!([["c"]])).await.0, 401);
}

#[tokio::test]
async fn overwrite_runs_over_what_stands_below_and_insert_does_not() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    append(&client, "", json!([["key"], ["k1"]])).await;
    sheets.set_cell("book", "Sheet1", 3, 0, "note");
    let (_, body) = append(&client, "&insertDataOption=INSERT_ROWS", json!([["k2"], ["k3"]])).await;
    assert_eq!(body["tableRange"], "Sheet1!A1:A2");
    assert_eq!(body["updates"]["updatedRange"], "Sheet1!A3:A4");
    assert_eq!(sheets.cells("book", "Sheet1").concat(), ["key", "k1", "k2", "k3", "note"]);
    let (_, body) = append(&client, "", json!([["k4"]])).await;
    assert_eq!(body["tableRange"], "Sheet1!A1:A4");
    assert_eq!(sheets.cells("book", "Sheet1").concat(), ["key", "k1", "k2", "k3", "k4", "note"]);
    let (_, body) = client.call("GET", "/v4/spreadsheets/book", None).await;
    assert_eq!(body["sheets"][0]["properties"]["gridProperties"]["rowCount"], 1002);
}

#[tokio::test]
async fn wrong_use_is_refused_or_shows() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    let post = |path: &'static str, body: Value| {
        let client = &client;
        async move { client.call("POST", &format!("/v4/spreadsheets/book/values/{path}"), Some(&body)).await }
    };
    let rows = json!({ "values": [["00123456", "=1+1", true]] });
    let (status, body) = post("Sheet1%21A1:append", rows.clone()).await;
    assert_eq!(error(status, &body).2, "'valueInputOption' is required but not specified");
    let (status, body) = post("nope%21A1:append?valueInputOption=RAW", rows.clone()).await;
    assert_eq!(error(status, &body).2, "Unable to parse range: nope!A1");
    let (status, body) =
        post("Sheet1%21A1:append?valueInputOption=RAW", json!({ "values": [["a", { "b": 1 }]] })).await;
    assert_eq!(error(status, &body).1, "INVALID_ARGUMENT");
    assert!(sheets.cells("book", "Sheet1").is_empty(), "a refused append must leave nothing behind");
    post("Sheet1%21A1:append?valueInputOption=USER_ENTERED", rows.clone()).await;
    post("Sheet1%21A1:append?valueInputOption=RAW", rows).await;
    assert_eq!(sheets.cells("book", "Sheet1"), [["123456", "2", "TRUE"], ["00123456", "=1+1", "TRUE"]]);
    let (status, body) = client.call("GET", "/v4/spreadsheets/book/values/Sheet1%21A1%3AA1001", None).await;
    assert_eq!(status, 400);
    assert!(error(status, &body).2.contains("exceeds grid limits"));
}

#[tokio::test]
async fn a_batch_goes_through_whole_or_not_at_all() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    let append_once = json!({ "requests": [
        { "appendCells": { "sheetId": 0, "fields": "userEnteredValue",
            "rows": [{ "values": [{ "userEnteredValue": { "stringValue": "=k1" } }, { "userEnteredValue": { "numberValue": 2 } }] }] } },
        { "createDeveloperMetadata": { "developerMetadata": {
            "metadataId": 7, "metadataKey": "beadle", "visibility": "PROJECT", "location": { "spreadsheet": true } } } },
    ] });
    let path = "/v4/spreadsheets/book:batchUpdate";
    let (status, body) = client.call("POST", path, Some(&append_once)).await;
    assert_eq!((status, &body["replies"][0]), (200, &json!({})));
    assert_eq!(
        body["replies"][1]["createDeveloperMetadata"]["developerMetadata"]["location"]["locationType"],
        "SPREADSHEET"
    );
    let (status, body) = client.call("POST", path, Some(&append_once)).await;
    assert!(
        status == 400 && error(status, &body).2.starts_with("Invalid requests[1].createDeveloperMetadata"),
        "{body}"
    );
    assert_eq!(sheets.cells("book", "Sheet1"), [["=k1", "2"]]);
    let delete = json!({ "requests": [{ "deleteDeveloperMetadata": { "dataFilter": { "developerMetadataLookup": { "metadataId": 7 } } } }] });
    let (_, body) = client.call("POST", path, Some(&delete)).await;
    assert_eq!(body["replies"][0]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"][0]["metadataId"], 7);
    assert!(sheets.metadata_ids("book").is_empty());
    let twice = json!({ "requests": [{ "addSheet": { "properties": { "title": "Online" } } }, { "addSheet": { "properties": { "title": "online" } } }] });
    let (status, body) = client.call("POST", path, Some(&twice)).await;
    assert_eq!(
        error(status, &body).2,
        "Invalid requests[1].addSheet: A sheet with the name \"online\" already exists. Please enter another name."
    );
    assert_eq!(sheets.tabs("book"), ["Sheet1"]);
}

#[tokio::test]
async fn a_full_spreadsheet_takes_no_more_rows() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    sheets.fill("book", "Sheet1");
    let (status, body) = append(&client, "&insertDataOption=INSERT_ROWS", json!([["a"]])).await;
    assert!(status == 400 && error(status, &body).2.contains("10000000 cells"), "{body}");
    assert!(sheets.cells("book", "Sheet1").is_empty());
}

#[tokio::test]
async fn an_append_can_be_applied_and_its_answer_lost() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    sheets.faults.order(":append", Some(1), Action::ApplyThenDrop);
    let path = "/v4/spreadsheets/book/values/Sheet1%21A1:append?valueInputOption=RAW";
    let lost = client.try_call("POST", path, Some(&json!({ "values": [["k1"]] }))).await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(sheets.cells("book", "Sheet1"), [["k1"]]);
    assert_eq!(sheets.faults.count(":append"), 1);
}

#[tokio::test]
async fn people_edit_beside_the_api() {
    let sheets = start().await;
    let client = Client::new(&sheets).await;
    append(&client, "", json!([["key", "n"], ["b", "1"], ["a", "2"], ["c", "3"]])).await;
    sheets.sort("book", "Sheet1", 0);
    sheets.delete_row("book", "Sheet1", 3);
    sheets.insert_column("book", "Sheet1", 1);
    sheets.rename_tab("book", "Sheet1", "it's");
    assert_eq!(sheets.cells("book", "it's"), [vec!["key", "", "n"], vec!["a", "", "2"], vec!["b", "", "1"]]);
    let (_, body) =
        client.call("GET", "/v4/spreadsheets/book/values/'it''s'%21A2%3AA?majorDimension=COLUMNS", None).await;
    assert_eq!((&body["range"], &body["values"]), (&json!("'it''s'!A2:A999"), &json!([["a", "b"]])));
}
