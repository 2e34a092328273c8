//! Formulas, as far as they must be seen to run: arithmetic on numbers. Everything else answers an error code, never a text, so that a
//! row which was taken for a formula by mistake shows.

/// Evaluates what stands behind `=`; the error is the code that the cell shows.
pub(super) fn evaluate(text: &str) -> Result<f64, &'static str> {
    let mut parser = Parser { rest: text.as_bytes(), depth: 0 };
    let value = parser.sum()?;
    parser.space();
    match parser.rest.first() {
        None if value.is_finite() => Ok(value),
        None => Err("#NUM!"),
        Some(_) => Err("#ERROR!"),
    }
}

/// Nesting beyond this is refused: a cell's text is foreign and must not end the process.
const MAX_DEPTH: usize = 64;

struct Parser<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, any: &[u8]) -> Option<u8> {
        self.space();
        let (first, rest) = self.rest.split_first()?;
        any.contains(first).then(|| {
            self.rest = rest;
            *first
        })
    }

    fn sum(&mut self) -> Result<f64, &'static str> {
        let mut value = self.product()?;
        while let Some(sign) = self.take(b"+-") {
            let next = self.product()?;
            value += if sign == b'+' { next } else { -next };
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<f64, &'static str> {
        let mut value = self.factor()?;
        while let Some(sign) = self.take(b"*/") {
            let next = self.factor()?;
            if sign == b'/' && next == 0.0 {
                return Err("#DIV/0!");
            }
            value = if sign == b'*' { value * next } else { value / next };
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<f64, &'static str> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("#ERROR!");
        }
        let value = if let Some(sign) = self.take(b"+-") {
            self.factor().map(|v| if sign == b'-' { -v } else { v })
        } else if self.take(b"(").is_some() {
            let value = self.sum()?;
            self.take(b")").map(|_| value).ok_or("#ERROR!")
        } else {
            self.literal()
        };
        self.depth -= 1;
        value
    }

    fn literal(&mut self) -> Result<f64, &'static str> {
        self.space();
        let end = self.rest.iter().position(|b| !b.is_ascii_digit() && *b != b'.').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        if digits.is_empty() {
            return Err(if rest.first().is_some_and(u8::is_ascii_alphabetic) { "#NAME?" } else { "#ERROR!" });
        }
        self.rest = rest;
        std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or("#ERROR!")
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn reckons_and_fails_visibly() {
        for (text, want) in [
            ("4/2", Ok(2.0)),
            (" 1 / 1024", Ok(0.000_976_562_5)),
            ("2*(3+-1)-1", Ok(3.0)),
            ("1/0", Err("#DIV/0!")),
            ("IMPORTXML(1)", Err("#NAME?")),
            ("1+", Err("#ERROR!")),
            ("1 2", Err("#ERROR!")),
            ("", Err("#ERROR!")),
        ] {
            assert_eq!(evaluate(text), want, "{text}");
        }
        assert_eq!(evaluate(&"(".repeat(100_000)), Err("#ERROR!"));
    }
}
