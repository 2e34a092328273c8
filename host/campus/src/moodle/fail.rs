//! Errors as Moodle words them.

use serde::Serialize;

/// An error of a function or of the protocol before it; sent with HTTP 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fail {
    /// The PHP class.
    pub exception: String,
    /// What a client decides on; empty, and then left out, for an error of PHP itself.
    pub errorcode: String,
    /// For people.
    pub message: String,
    /// The reason; shown only by a site with debugging on.
    pub debuginfo: Option<String>,
    /// The component that documents the error, for the batch function's links.
    pub module: &'static str,
}

#[derive(Serialize)]
struct Envelope<'a> {
    exception: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    errorcode: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    debuginfo: Option<&'a str>,
}

impl Fail {
    /// Makes an error of `moodle_exception`'s own class.
    pub fn moodle(errorcode: impl Into<String>, message: impl Into<String>) -> Self {
        Self::of("core\\exception\\moodle_exception", errorcode, message)
    }

    /// Makes an error of any class.
    pub fn of(exception: impl Into<String>, errorcode: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            exception: exception.into(),
            errorcode: errorcode.into(),
            message: message.into(),
            debuginfo: None,
            module: "moodle",
        }
    }

    /// The token is wrong, missing or deleted.
    pub fn invalid_token() -> Self {
        Self::moodle("invalidtoken", "Invalid token - token not found")
    }

    /// The function is not in the token's service, or the service, the address or the expiry date forbid it.
    pub fn access(function: &str) -> Self {
        let mut fail = Self::of("webservice_access_exception", "accessexception", "Access control exception");
        fail.debuginfo = Some(format!("Access to the function {function}() is not allowed."));
        fail.module = "webservice";
        fail
    }

    /// The function, course or thing named does not exist.
    pub fn unknown_record(debuginfo: impl Into<String>) -> Self {
        let mut fail =
            Self::of("dml_missing_record_exception", "invalidrecordunknown", "Can't find data record in database.");
        fail.debuginfo = Some(debuginfo.into());
        fail
    }

    /// A parameter is missing, unknown or of the wrong type.
    pub fn parameter(debuginfo: impl Into<String>) -> Self {
        let mut fail = Self::of(
            "core\\exception\\invalid_parameter_exception",
            "invalidparameter",
            "Invalid parameter value detected",
        );
        fail.debuginfo = Some(debuginfo.into());
        fail.module = "debug";
        fail
    }

    /// The caller lacks a capability, named as people read it.
    pub fn permission(capability: &str) -> Self {
        Self::of(
            "core\\exception\\required_capability_exception",
            "nopermissions",
            format!("Sorry, but you do not currently have permissions to do that ({capability})."),
        )
    }

    /// The caller may not enter the course.
    pub fn course(id: i64) -> Self {
        Self::moodle(
            "errorcoursecontextnotvalid",
            format!(
                "You cannot execute functions in the course context (course id:{id}). The context error message was: Course or activity not accessible."
            ),
        )
    }

    /// A function was called in a way its author ruled out.
    pub fn coding(what: &str) -> Self {
        let mut fail = Self::of(
            "core\\exception\\coding_exception",
            "codingerror",
            format!("Coding error detected, it must be fixed by a programmer: {what}"),
        );
        fail.module = "debug";
        fail
    }

    /// The course or activity cannot be entered: hidden, left, or never joined.
    pub fn login_required() -> Self {
        Self::of("core\\exception\\require_login_exception", "requireloginerror", "Course or activity not accessible.")
    }

    /// The activity is being deleted.
    pub fn deletion_in_progress() -> Self {
        Self::moodle("activityisscheduledfordeletion", "Activity deletion in progress...")
    }

    /// The conference server does not answer.
    pub fn no_conference_server() -> Self {
        Self::moodle(
            "general_error_no_answer",
            "Empty response. Please check the url of the BigBlueButton server AND check to see if the BigBlueButton server is running.",
        )
    }

    /// PHP itself fails in a function: no error code.
    pub fn php(message: &str) -> Self {
        Self::of("Error", "", message)
    }

    /// The token's owner is suspended.
    pub fn suspended(username: &str) -> Self {
        Self::moodle("wsaccessusersuspended", format!("Refused web service access for suspended username: {username}"))
    }

    /// The site is under maintenance.
    pub fn maintenance() -> Self {
        Self::moodle("sitemaintenance", "The site is undergoing maintenance and is currently not available")
    }

    /// Moodle does not reach its database; the message is HTML.
    pub fn database_down() -> Self {
        Self::of("dml_connection_exception", "dbconnectionfailed", DATABASE_DOWN)
    }

    /// Writes the error as JSON, with the reason if `debug`.
    pub fn json(&self, debug: bool) -> String {
        let envelope = Envelope {
            exception: &self.exception,
            errorcode: &self.errorcode,
            message: &self.message,
            debuginfo: self.debuginfo.as_deref().filter(|_| debug),
        };
        super::write::json(&envelope)
    }
}

/// What Moodle says when its database is down.
pub(super) const DATABASE_DOWN: &str = "<p>Error: Database connection failed</p>\n<p>It is possible that the database is overloaded or otherwise not running properly.</p>\n<p>The site administrator should also check that the database details have been correctly specified in config.php</p>";
