//! What sections, modules and discussions are called; some names break programs that take a name for plain text.

/// Names of sections after the general one.
pub(super) const SECTIONS: [&str; 6] = [
    "Kinematics",
    "Energy & work",
    "<span lang=\"en\" class=\"multilang\">Revision</span><span lang=\"de\" class=\"multilang\">Wiederholung</span>",
    "New section",
    "Повторение",
    "Projects <optional>",
];

/// Names of assignments.
pub(super) const ASSIGNMENTS: [&str; 6] = [
    "Homework: sheet",
    "<span lang=\"en\" class=\"multilang\">Essay</span><span lang=\"de\" class=\"multilang\">Aufsatz</span>",
    "Lab report & \"protocol\"",
    "Herbarium <ten plants>",
    "Reading diary",
    "Übungsblatt",
];

/// Names of quizzes.
pub(super) const QUIZZES: [&str; 4] = ["Quiz: vectors", "Cell quiz &amp; more", "Контрольная", "Check: 3 < 5?"];

/// Names of forums that are not for announcements.
pub(super) const FORUMS: [&str; 3] = ["Questions & answers", "Lounge", "Projektgruppen"];

/// Names of pages.
pub(super) const PAGES: [&str; 4] = ["How to hand in", "Formulary", "Safety in the lab & workshop", "Literaturliste"];

/// Names of links.
pub(super) const URLS: [&str; 3] = ["Simulation", "Museum's archive", "Atlas <online>"];

/// Names of files, their media types and extensions.
pub(super) const FILES: [(&str, &str, &str); 4] = [
    ("Lecture notes", "application/pdf", "pdf"),
    ("Aufgaben – Kräfte", "application/pdf", "pdf"),
    ("Measurements", "text/csv", "csv"),
    ("Reading", "text/plain", "txt"),
];

/// Texts of labels.
pub(super) const LABELS: [&str; 3] = ["Read this first", "Exam: bring a pencil", "Bitte beachten"];

/// Subjects and messages of discussions.
pub(super) const POSTS: [(&str, &str); 5] = [
    ("Room has changed", "<p>We meet in <b>Hall 3</b>.</p>"),
    ("Exam & revision", "<p>Bring your notes &amp; a calculator.</p>"),
    ("Is g = 9.81?", "<p>Or 10?</p>"),
    ("Ausflug am Freitag", "<p>Treffpunkt: Tor 2, 8&nbsp;Uhr.</p>"),
    ("@everyone <b>read</b> this", "<p>&lt;@&amp;1&gt; [link](https://example.test)</p>"),
];
