//! The form of the file as data: each section's keys with type, default and meaning.
//!
//! One table per section drives everything that could otherwise drift apart: which keys the reader accepts, the JSON schema that
//! editors complete from, and the reference in `docs/schedules.md`.

/// A section: a table of the file.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its name as it is written: `[sites.NAME]`.
    pub(crate) title: &'static str,
    /// What it is for.
    pub(crate) doc: &'static str,
    /// Its keys.
    pub(crate) keys: &'static [Key],
    /// Keys of which exactly one must stand.
    pub(crate) one_of: &'static [&'static str],
    /// Keys that people look for here and that belong elsewhere, or come later.
    pub(crate) elsewhere: &'static [Elsewhere],
}

/// A key that does not belong into a section although somebody might well write it there.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) key: &'static str,
    /// The key of this section that is meant, so that it is not reported missing as well.
    pub(crate) meant: Option<&'static str>,
    pub(crate) why: &'static str,
    pub(crate) fix: &'static str,
}

/// A key of a section.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// The default, as the reference words it.
    pub(crate) default: Option<&'static str>,
    /// A value as it is written in the file.
    pub(crate) example: &'static str,
    pub(crate) doc: &'static str,
}

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number in a range, both ends included.
    Whole(u64, u64),
    /// A number above zero.
    Number,
    /// `true` or `false`.
    Flag,
    /// `"30s"`.
    Duration,
    /// `"64MiB"` or a whole number of bytes.
    Size,
    /// `{ env = "X" }` or `{ file = "…" }`.
    Secret,
    /// A list of texts.
    Texts,
    /// A table with these keys.
    Table(&'static Shape),
    /// A text, or a table with these keys.
    TextOr(&'static Shape),
    /// Tables by name.
    Named(&'static Shape),
    /// `[[…]]`, one table each.
    List(&'static Shape),
    /// A table of which the plugin knows the keys.
    Free,
}

impl Key {
    /// Starts the description of an optional key. The example is a value as it is written in the file.
    pub(crate) const fn new(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Self {
        Self { name, kind, required: false, default: None, example, doc }
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
}

impl Shape {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Kind {
    /// Says what the value is, for messages: "it takes …".
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Text => "a text in quotes".to_owned(),
            Self::Choice(words) => words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "),
            Self::Whole(0, u64::MAX) => "a whole number".to_owned(),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number => "a number above zero".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Duration => "a duration in quotes, such as \"30s\", \"5m\" or \"1h30m\"".to_owned(),
            Self::Size => "a size, such as \"64MiB\"".to_owned(),
            Self::Secret => "{ env = \"NAME\" } or { file = \"PATH\" }".to_owned(),
            Self::Texts => "a list of texts, such as [\"a\", \"b\"]".to_owned(),
            Self::Table(_) | Self::Free => "a table, { … }".to_owned(),
            Self::TextOr(_) => "a text in quotes or a table, { … }".to_owned(),
            Self::Named(_) => "tables by name".to_owned(),
            Self::List(_) => "a list of tables".to_owned(),
        }
    }
}
