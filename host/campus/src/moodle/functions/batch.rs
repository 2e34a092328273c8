//! `tool_mobile_call_external_functions`: several calls in one, which stops at the first that fails.

use serde::Serialize;
use serde_json::Value;

use super::super::params::Params;
use super::super::{Fail, write};
use super::{Caller, take};

#[derive(Serialize)]
struct Answer {
    responses: Vec<Response>,
}

#[derive(Serialize)]
struct Response {
    error: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<String>,
}

#[derive(Serialize)]
struct Refused {
    errorcode: &'static str,
    module: &'static str,
}

#[derive(Serialize)]
struct Failed<'a> {
    message: &'a str,
    errorcode: &'a str,
    link: String,
    moreinfourl: String,
}

const REQUEST: [&str; 6] = ["function", "arguments", "settingraw", "settingfilter", "settingfileurl", "settinglang"];

pub(super) fn call(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["requests"])?;
    let Some(requests) = take::structures(params, "requests")? else {
        return Err(Fail::parameter("Missing required key in single structure: requests"));
    };
    for request in &requests {
        take::only(request, &REQUEST)?;
        take::text(request, "function")?;
    }
    let mut responses = Vec::new();
    for request in requests {
        let function = take::text(request, "function")?;
        let response = one(caller, function, request.text("arguments").unwrap_or("{}"));
        let failed = response.error;
        responses.push(response);
        if failed {
            break;
        }
    }
    Ok(write::json(&Answer { responses }))
}

fn one(caller: &Caller<'_>, function: &str, arguments: &str) -> Response {
    if !caller.functions().any(|allowed| allowed == function) {
        let refused = Refused { errorcode: "accessexception", module: "webservice" };
        return Response { error: true, data: None, exception: Some(write::json(&refused)) };
    }
    // What is no JSON counts as no arguments at all.
    let arguments: Value = serde_json::from_str(arguments).unwrap_or(Value::Null);
    match caller.call(function, &Params::from_json(&arguments)) {
        Ok(data) => Response { error: false, data: Some(data), exception: None },
        Err(fail) => {
            let failed = Failed {
                message: &fail.message,
                errorcode: &fail.errorcode,
                link: format!("{}/", caller.moodle.url()),
                moreinfourl: format!("https://docs.moodle.org/500/en/error/{}/{}", fail.module, fail.errorcode),
            };
            Response { error: true, data: None, exception: Some(write::json(&failed)) }
        }
    }
}
