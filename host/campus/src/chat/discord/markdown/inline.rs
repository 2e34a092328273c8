//! Marks, one position at a time.

use super::tokens;

/// A text under interpretation.
pub(super) struct Reader {
    text: Vec<char>,
    seen: String,
}

impl Reader {
    pub(super) fn new(content: &str) -> Self {
        Self { text: content.chars().collect(), seen: String::new() }
    }

    pub(super) fn read_all(&mut self) {
        self.read(0, self.text.len());
    }

    pub(super) fn finish(self) -> String {
        self.seen
    }

    /// Reads a stretch; marks that it opens are closed inside it or are no marks.
    fn read(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let next = self.line_start(at, to).or_else(|| self.mark(at, to)).unwrap_or_else(|| {
                self.seen.push(self.text[at]);
                at + 1
            });
            at = next;
        }
    }

    /// Reads the mark of a heading, quote, small text or list where a line begins.
    fn line_start(&mut self, at: usize, to: usize) -> Option<usize> {
        if at > 0 && self.text[at - 1] != '\n' {
            return None;
        }
        let indent = self.text[at..to].iter().take_while(|c| **c == ' ').count();
        let mut next = at + indent;
        let bullet = self.stands(next, to, "- ") || self.stands(next, to, "* ");
        if bullet || self.stands(next, to, "> ") {
            next += 2;
        } else if self.stands(next, to, ">>> ") {
            next += 4;
        }
        // What a quote or a bullet holds may begin with a mark of its own.
        let heading = ["### ", "## ", "# ", "-# "].into_iter().find(|form| self.stands(next, to, form));
        next += heading.map_or(0, str::len);
        if next == at + indent {
            return None;
        }
        self.seen.extend(std::iter::repeat_n(' ', indent));
        self.seen.push_str(if bullet { "• " } else { "" });
        Some(next)
    }

    /// Reads one mark, and returns where it ends.
    fn mark(&mut self, at: usize, to: usize) -> Option<usize> {
        match self.text[at] {
            '\\' => self.escape(at, to),
            '`' => self.code(at, to),
            '<' => self.angle(at, to),
            '[' => self.link(at, to),
            'h' => self.address(at, to),
            '*' => self.paired(at, to, "**").or_else(|| self.starred(at, to)),
            '_' => self.paired(at, to, "__").or_else(|| self.underlined(at, to)),
            '~' => self.paired(at, to, "~~"),
            '|' => self.paired(at, to, "||"),
            _ => None,
        }
    }

    /// A backslash before anything but letters, digits and spaces stands for that character.
    fn escape(&mut self, at: usize, to: usize) -> Option<usize> {
        let next = *self.text[..to].get(at + 1)?;
        if next.is_ascii_alphanumeric() || next.is_whitespace() {
            return None;
        }
        self.seen.push(next);
        Some(at + 2)
    }

    /// Code ends with as many backticks as it began with; nothing in it is a mark.
    fn code(&mut self, at: usize, to: usize) -> Option<usize> {
        let run = |from: usize| self.text[from..to].iter().take_while(|c| **c == '`').count();
        let ticks = run(at);
        let mut end = at + ticks;
        while end < to {
            let found = run(end);
            if found == ticks || (ticks >= 3 && found >= 3) {
                let inner: String = self.text[at + ticks..end].iter().collect();
                self.seen.push_str(if ticks >= 3 { tokens::block(&inner) } else { tokens::span(&inner) });
                return Some(end + ticks);
            }
            end += found.max(1);
        }
        None
    }

    /// Mentions, times, emoji of the server, addresses in angle brackets.
    fn angle(&mut self, at: usize, to: usize) -> Option<usize> {
        let end = at + self.text[at..to].iter().position(|c| *c == '>')?;
        let inner: String = self.text[at + 1..end].iter().collect();
        self.seen.push_str(&tokens::angle(&inner)?);
        Some(end + 1)
    }

    /// A link with a text of its own. One whose text looks like an address is none.
    fn link(&mut self, at: usize, to: usize) -> Option<usize> {
        let middle = self.find(at + 1, to, "](")?;
        let end = middle + self.text[middle..to].iter().position(|c| *c == ')')?;
        let text: String = self.text[at + 1..middle].iter().collect();
        let address: String = self.text[middle + 2..end].iter().collect();
        let address = address.trim().trim_start_matches('<').trim_end_matches('>');
        if text.trim().is_empty() || text.contains("://") || text.contains("\n\n") || !tokens::is_address(address) {
            return None;
        }
        let address = address.to_owned();
        self.read(at + 1, middle);
        self.seen.push_str(&format!("⟨{address}⟩"));
        Some(end + 1)
    }

    /// A bare address reaches to the next space, and nothing in it is a mark.
    fn address(&mut self, at: usize, to: usize) -> Option<usize> {
        let stops = |c: &char| c.is_whitespace() || *c == '<';
        let mut end = at + self.text[at..to].iter().take_while(|c| !stops(c)).count();
        while end > at && ".,:;\"')]".contains(self.text[end - 1]) {
            end -= 1;
        }
        let address: String = self.text[at..end].iter().collect();
        if !tokens::is_address(&address) {
            return None;
        }
        self.seen.push_str(&address);
        Some(end)
    }

    /// Text between two marks of two characters.
    fn paired(&mut self, at: usize, to: usize, mark: &str) -> Option<usize> {
        if !self.stands(at, to, mark) {
            return None;
        }
        let mut end = self.find(at + 2, to, mark)?;
        // Of three closing characters the last two close.
        while mark != "||" && self.text[..to].get(end + 2) == mark.chars().next().as_ref() {
            end += 1;
        }
        if end == at + 2 {
            return None;
        }
        self.read(at + 2, end);
        Some(end + 2)
    }

    /// Text between single stars; no space stands beside them on the inside.
    fn starred(&mut self, at: usize, to: usize) -> Option<usize> {
        let first = self.text[..to].get(at + 1)?;
        if first.is_whitespace() || *first == '*' {
            return None;
        }
        let end = self.single(at + 1, to, '*')?;
        if self.text[end - 1].is_whitespace() {
            return None;
        }
        self.read(at + 1, end);
        Some(end + 1)
    }

    /// Text between single underscores that stand at the edge of words.
    fn underlined(&mut self, at: usize, to: usize) -> Option<usize> {
        let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
        if at > 0 && word(self.text.get(at - 1)) {
            return None;
        }
        let end = self.single(at + 1, to, '_')?;
        if end == at + 1 || word(self.text[..to].get(end + 1)) {
            return None;
        }
        self.read(at + 1, end);
        Some(end + 1)
    }

    fn stands(&self, at: usize, to: usize, form: &str) -> bool {
        form.chars().enumerate().all(|(n, c)| at + n < to && self.text[at + n] == c)
    }

    /// Finds where a form stands, past escapes and code.
    fn find(&self, from: usize, to: usize, form: &str) -> Option<usize> {
        let mut at = from;
        while at < to {
            match self.text[at] {
                _ if self.stands(at, to, form) => return Some(at),
                '\\' => at += 2,
                '`' => at = self.past_code(at, to),
                _ => at += 1,
            }
        }
        None
    }

    /// Finds a mark of one character, past pairs of it, escapes and code.
    fn single(&self, from: usize, to: usize, mark: char) -> Option<usize> {
        let mut at = from;
        while at < to {
            match self.text[at] {
                '\\' => at += 2,
                '`' => at = self.past_code(at, to),
                c if c == mark && self.text[..to].get(at + 1) == Some(&mark) => at += 2,
                c if c == mark => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    fn past_code(&self, at: usize, to: usize) -> usize {
        let ticks = self.text[at..to].iter().take_while(|c| **c == '`').count();
        let fence: String = "`".repeat(ticks);
        let mut end = at + ticks;
        while end < to {
            if self.stands(end, to, &fence) && self.text[..to].get(end + ticks) != Some(&'`') {
                return end + ticks;
            }
            end += 1;
        }
        at + ticks
    }
}
