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

/// What classes are taught; two of them are HTML where Moodle shows them.
const SUBJECTS: [&str; 8] = [
    "Fundamentals of Physics",
    "Biology & \"Life\"",
    "Modern History",
    "Chemistry <advanced>",
    "Mathematik für alle",
    "Geography",
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
