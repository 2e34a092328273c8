//! Where an append lands: tables are found by looking at the cells, not by asking anyone.
//!
//! This is the rule that shifts columns in the field: an empty cell in the header splits a table, and an append to the bare tab then
//! continues under the right-hand part. The vectors in the tests are those of the service's guide and of its recorded answers.

use super::a1::Rect;

/// Where an append goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The table which is continued, if one was found in the range.
    pub(super) table: Option<Rect>,
    /// The row of the first new cell.
    pub(super) row: usize,
    /// Its column.
    pub(super) column: usize,
}

/// Returns where rows appended to `range` go: below the last table that the range touches, or at the range's own corner.
pub(super) fn place(filled: &[Vec<bool>], range: Rect) -> Place {
    let table = tables(filled).into_iter().filter(|t| t.meets(&range)).max_by_key(|t| (t.bottom, t.right));
    match table {
        Some(table) => Place { table: Some(table), row: table.bottom + 1, column: table.left },
        None => Place { table: None, row: range.top, column: range.left },
    }
}

/// Returns the tables: blocks of filled cells that touch, also at corners, each grown to the rectangle around it; rectangles that
/// come to touch are one table.
pub(super) fn tables(filled: &[Vec<bool>]) -> Vec<Rect> {
    let mut blocks = blocks(filled);
    // Growing to rectangles can make blocks touch which did not before.
    while let Some((i, j)) = touching(&blocks) {
        let b = blocks.swap_remove(j);
        let a = &mut blocks[i];
        *a = Rect {
            top: a.top.min(b.top),
            left: a.left.min(b.left),
            bottom: a.bottom.max(b.bottom),
            right: a.right.max(b.right),
        };
    }
    blocks
}

fn touching(blocks: &[Rect]) -> Option<(usize, usize)> {
    for (i, a) in blocks.iter().enumerate() {
        let around = Rect {
            top: a.top.saturating_sub(1),
            left: a.left.saturating_sub(1),
            bottom: a.bottom + 1,
            right: a.right + 1,
        };
        if let Some(offset) = blocks[i + 1..].iter().position(|b| around.meets(b)) {
            return Some((i, i + 1 + offset));
        }
    }
    None
}

/// Returns the rectangles around the connected blocks of filled cells.
fn blocks(filled: &[Vec<bool>]) -> Vec<Rect> {
    let mut open: Vec<Vec<bool>> = filled.to_vec();
    let mut found = Vec::new();
    for row in 0..open.len() {
        for column in 0..open[row].len() {
            if !std::mem::take(&mut open[row][column]) {
                continue;
            }
            let mut rect = Rect { top: row, left: column, bottom: row, right: column };
            let mut next = vec![(row, column)];
            while let Some((r, c)) = next.pop() {
                rect.top = rect.top.min(r);
                rect.left = rect.left.min(c);
                rect.bottom = rect.bottom.max(r);
                rect.right = rect.right.max(c);
                for nr in r.saturating_sub(1)..=r + 1 {
                    for nc in c.saturating_sub(1)..=c + 1 {
                        if open.get_mut(nr).and_then(|line| line.get_mut(nc)).is_some_and(std::mem::take) {
                            next.push((nr, nc));
                        }
                    }
                }
            }
            found.push(rect);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::a1::{self, Rect};
    use super::{Place, place};

    fn rect(text: &str) -> Rect {
        a1::parse(text).and_then(|r| r.area).and_then(|a| a.resolve(1000, 26)).expect("a range inside 1000 x 26")
    }

    fn grid(blocks: &[&str]) -> Vec<Vec<bool>> {
        let mut filled = vec![vec![false; 26]; 12];
        for block in blocks {
            let r = rect(block);
            for row in &mut filled[r.top..=r.bottom] {
                row[r.left..=r.right].fill(true);
            }
        }
        filled
    }

    fn at(place: Place) -> String {
        format!("{}{}", a1::column(place.column), place.row + 1)
    }

    #[test]
    fn the_vectors_of_the_guide() {
        let filled = grid(&["A1:C2", "B4:D6"]);
        for (range, want) in [
            ("A1:Z1000", "B7"),
            ("B4", "B7"),
            ("C5:D5", "B7"),
            ("B2:D4", "B7"),
            ("A3:G10", "B7"),
            ("A1", "A3"),
            ("E4", "E4"),
            ("A4", "A4"),
        ] {
            assert_eq!(at(place(&filled, rect(range))), want, "{range}");
        }
    }

    #[test]
    fn an_empty_cell_splits_the_table() {
        let filled = grid(&["A1", "C1"]);
        let bare = place(&filled, rect("A1:Z1000"));
        assert_eq!((at(bare), bare.table), ("C2".to_owned(), Some(rect("C1"))));
        let anchored = place(&filled, rect("A1"));
        assert_eq!((at(anchored), anchored.table), ("A2".to_owned(), Some(rect("A1"))));
    }

    #[test]
    fn a_gap_below_a_full_header_does_not_split() {
        let filled = grid(&["A1:D1", "A2", "C2:D2"]);
        assert_eq!(place(&filled, rect("A1")).table, Some(rect("A1:D2")));
    }

    #[test]
    fn rectangles_that_come_to_touch_are_one_table() {
        let filled = grid(&["A1:A5", "B5:E5", "C3"]);
        assert_eq!(place(&filled, rect("A1")).table, Some(rect("A1:E5")));
    }

    #[test]
    fn nothing_there_means_the_corner_of_the_range() {
        assert_eq!(place(&grid(&[]), rect("A1:Z1000")), Place { table: None, row: 0, column: 0 });
        assert_eq!(place(&[], rect("B3:C9")), Place { table: None, row: 2, column: 1 });
    }
}
