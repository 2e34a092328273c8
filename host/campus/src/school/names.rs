//! Names of people who do not exist, and some that break programs.

/// First names from several scripts: what is stored, shown and sorted must survive them.
const FIRST: [&str; 32] = [
    "Aria", "Bodo", "Cleo", "Dario", "Émeline", "Falk", "Gitte", "Haruto", "Ilka", "Jörn", "Kaya", "Łukasz", "Mira",
    "Nils", "Ottilie", "Pavel", "Quirin", "Ragna", "Søren", "Tilda", "Ugo", "Veronika", "Wanja", "Xenia", "Yusuf",
    "Zora", "Ada", "Björn", "Chloé", "Dmitri", "Élodie", "Faye",
];

/// Family names; one is an address of a formula, one is markup, one is quoted: all were typed by people somewhere.
const LAST: [&str; 29] = [
    "Quillfeather",
    "Thistlewood",
    "Åkerlund",
    "O'Marrow",
    "Wintergrün",
    "van der Berkel",
    "Sørby",
    "Zieliński",
    "Nightingale-Moss",
    "Fürchtegott",
    "Ñandú",
    "Plumwick",
    "Σταύρου",
    "佐藤",
    "Brambleby",
    "Hollerbusch",
    "De la Torre",
    "Müßiggang",
    "Papierflieger",
    "Tintenfass",
    "Kreidemann",
    "Lindwurm",
    "Rosenhag",
    "Silberzwiebel",
    "Dünenläufer",
    "=SUM(A1:A9)",
    "Quote \"Q\" Mark",
    "Amper & Sand",
    "Emoji 🎓",
];

/// Returns first name and family name of the person with this number; 928 numbers pass before a pair comes again.
pub(super) fn of(number: usize) -> (&'static str, &'static str) {
    (FIRST[number % FIRST.len()], LAST[number % LAST.len()])
}

/// What classes are taught. Two are HTML where Moodle shows them; one, with its entities decoded, notifies and links where a
/// chat takes a name for markup.
const SUBJECTS: [&str; 8] = [
    "Fundamentals of Physics",
    "Biology & \"Life\" <Sciences>",
    "Modern History",
    "Chemistry <advanced>",
    "Mathematik für alle",
    "Geography &lt;@&amp;1&gt; @everyone **maps** [atlas](https://atlas.example.test)",
    "Литература",
    "Music",
];

/// Returns the full name of the course of a class.
pub(super) fn course(class: usize) -> String {
    let subject = SUBJECTS[class % SUBJECTS.len()];
    match class / SUBJECTS.len() {
        0 => subject.to_owned(),
        round => format!("{subject} {}", round + 1),
    }
}

/// Short names of what classes are taught.
const SHORT: [&str; 8] = ["PHY", "BIO", "HIS", "CHE", "MAT", "GEO", "ЛИТ", "MUS"];

/// Returns the short name of the course of a class.
pub(super) fn short(class: usize) -> String {
    format!("{}{}", SHORT[class % SHORT.len()], 101 + class / SHORT.len())
}
