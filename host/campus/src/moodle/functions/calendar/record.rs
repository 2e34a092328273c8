//! One event as the view functions show it: much larger than its row.

use serde::Serialize;

/// The answer.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    pub(super) event: View<'a>,
    pub(super) warnings: Vec<()>,
}

/// An event. The order of the fields is the order of the keys in the recorded answers.
#[derive(Serialize)]
pub(super) struct View<'a> {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) description: &'a str,
    pub(super) descriptionformat: i64,
    pub(super) location: &'a str,
    pub(super) categoryid: Option<i64>,
    pub(super) groupid: Option<i64>,
    pub(super) userid: Option<i64>,
    pub(super) repeatid: Option<i64>,
    pub(super) eventcount: Option<i64>,
    pub(super) component: Option<String>,
    pub(super) modulename: &'static str,
    pub(super) activityname: String,
    pub(super) activitystr: &'static str,
    pub(super) instance: Option<i64>,
    pub(super) eventtype: &'static str,
    pub(super) timestart: i64,
    pub(super) timeduration: i64,
    pub(super) timesort: i64,
    pub(super) timeusermidnight: i64,
    pub(super) visible: i64,
    pub(super) timemodified: i64,
    pub(super) overdue: bool,
    pub(super) icon: Icon,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<InCategory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) course: Option<InCourse>,
    pub(super) subscription: Subscription,
    pub(super) canedit: bool,
    pub(super) candelete: bool,
    pub(super) deleteurl: String,
    pub(super) editurl: String,
    pub(super) viewurl: String,
    pub(super) formattedtime: String,
    pub(super) formattedlocation: &'a str,
    pub(super) isactionevent: bool,
    pub(super) iscourseevent: bool,
    pub(super) iscategoryevent: bool,
    pub(super) groupname: Option<String>,
    pub(super) normalisedeventtype: &'static str,
    pub(super) normalisedeventtypetext: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<Action>,
    pub(super) purpose: &'static str,
    pub(super) branded: bool,
    pub(super) url: String,
}

/// The picture beside it.
#[derive(Serialize)]
pub(super) struct Icon {
    pub(super) key: String,
    pub(super) component: &'static str,
    pub(super) alttext: String,
    pub(super) iconurl: String,
    pub(super) iconclass: &'static str,
}

/// Its category, repeated whole.
#[derive(Serialize)]
pub(super) struct InCategory {
    pub(super) id: i64,
    pub(super) name: &'static str,
    pub(super) idnumber: &'static str,
    pub(super) parent: i64,
    pub(super) coursecount: usize,
    pub(super) visible: i64,
    pub(super) timemodified: i64,
    pub(super) depth: i64,
    pub(super) nestedname: String,
    pub(super) url: String,
}

/// Its course, repeated whole.
#[derive(Serialize)]
pub(super) struct InCourse {
    pub(super) id: i64,
    pub(super) fullname: String,
    pub(super) shortname: String,
    pub(super) idnumber: &'static str,
    pub(super) summary: &'static str,
    pub(super) summaryformat: i64,
    pub(super) startdate: i64,
    pub(super) enddate: i64,
    pub(super) visible: bool,
    pub(super) showactivitydates: bool,
    pub(super) showcompletionconditions: bool,
    pub(super) pdfexportfont: &'static str,
    pub(super) fullnamedisplay: String,
    pub(super) viewurl: String,
    pub(super) courseimage: &'static str,
    pub(super) progress: i64,
    pub(super) hasprogress: bool,
    pub(super) isfavourite: bool,
    pub(super) hidden: bool,
    pub(super) showshortname: bool,
    pub(super) coursecategory: &'static str,
}

/// Where it was imported from.
#[derive(Serialize)]
pub(super) struct Subscription {
    pub(super) displayeventsource: bool,
}

/// What can be done about it now.
#[derive(Serialize)]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) url: String,
    pub(super) itemcount: i64,
    pub(super) actionable: bool,
    pub(super) showitemcount: bool,
}
