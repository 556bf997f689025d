//! A table: a row a node, a column a key. Row names and the line of columns stay in sight while the rest scrolls.
//!
//! An entry with a version is filled with its tint and begins with its number, as an entry of a log does; how much it
//! stands out is an outline or a mark, so that it is seen without colour.

use std::fmt;

use eframe::egui::{Align2, Rect, Stroke, Vec2, pos2, vec2};
use sim::view::{Entry, Table, TableRow, Tone};

use super::hits::{Hit, What};
use crate::action::Selection;
use crate::canvas::labels::Style;
use crate::paint::Paint;
use crate::theme::{Size, mix, space};

/// A letter of an entry is so wide: the face has one width, six tenths of its size.
const LETTER: f32 = 0.6 * Size::Label.points();
/// A row, and a row under a finger.
const ROW: [f32; 2] = [20.0, 30.0];
/// The line of columns.
const COLUMNS: f32 = 22.0;
/// A column: least and most.
const COLUMN: [f32; 2] = [52.0, 190.0];
/// Between two columns.
const GAP: f32 = 4.0;
/// Around the letters of an entry.
const PADDING: f32 = 7.0;
/// A strip asks for no more rows than this; others scroll.
const ROWS_ASKED: usize = 9;

/// How tall a table wants to be, without the strip's head.
pub fn height(table: &Table) -> f32 {
    COLUMNS + ROW[0] * table.rows.len().clamp(1, ROWS_ASKED) as f32 + 8.0
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Column {
    left: f32,
    width: f32,
    /// Its entries are numbers: their last figures stand under each other.
    numbers: bool,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Grid<'a> {
    table: &'a Table,
    /// Where entries are.
    room: Rect,
    /// Where the line of columns is.
    line: f32,
    /// Where names end.
    names: f32,
    row: f32,
    columns: Vec<Column>,
    /// The left upper corner of the first entry.
    corner: Vec2,
    most: Vec2,
}

/// The letters an entry takes.
fn letters(entry: &Entry) -> usize {
    let version = entry.version.map_or(0, |version| version.to_string().len() + 1);
    entry.text.chars().count() + version
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b' ' | b'%'))
}

impl<'a> Grid<'a> {
    pub fn new(rect: Rect, table: &'a Table, pan: Vec2, finger: bool) -> Self {
        let longest = table.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0) as f32;
        let gutter =
            (rect.width() * 0.09).clamp(42.0, 54.0).max((longest * 7.2 + 14.0).min(rect.width() * 0.34));
        let names = rect.left() + gutter;
        let line = rect.top() + COLUMNS / 2.0;
        let room = Rect::from_min_max(
            pos2(names + 10.0, (rect.top() + COLUMNS).min(rect.bottom())),
            pos2((rect.right() - 10.0).max(names + 11.0), (rect.bottom() - 4.0).max(rect.top() + COLUMNS)),
        );
        let rows = table.rows.len().max(1) as f32;
        let row = if finger { ROW[1] } else { (room.height() / rows).clamp(ROW[0], ROW[0] + 4.0) };
        let mut columns = Vec::with_capacity(table.columns.len());
        let mut left = 0.0;
        for (at, name) in table.columns.iter().enumerate() {
            let entries = || table.rows.iter().filter_map(move |row| row.entries.get(at));
            let most = entries().map(letters).max().unwrap_or(0).max(name.chars().count());
            let width = (most as f32 * LETTER + 2.0 * PADDING).clamp(COLUMN[0], COLUMN[1]);
            let numbers =
                entries().all(|entry| is_number(&entry.text)) && entries().any(|e| !e.text.is_empty());
            columns.push(Column { left, width, numbers });
            left += width + GAP;
        }
        let most = vec2((left - GAP - room.width()).max(0.0), (rows * row - room.height()).max(0.0));
        let pan = pan.clamp(Vec2::ZERO, most);
        Self { table, room, line, names, row, columns, corner: room.min.to_vec2() - pan, most }
    }

    fn row_middle(&self, row: usize) -> f32 {
        self.corner.y + self.row * (row as f32 + 0.5)
    }

    fn entry(&self, row: usize, column: &Column) -> Rect {
        let corner = pos2(self.corner.x + column.left, self.corner.y + self.row * row as f32 + 1.0);
        Rect::from_min_size(corner, vec2(column.width, self.row - 2.0))
    }

    /// The rows in sight.
    fn rows(&self) -> impl Iterator<Item = (usize, &'a TableRow)> {
        let first = ((self.room.top() - self.corner.y) / self.row).floor().max(0.0) as usize;
        let count = (self.room.height() / self.row).ceil() as usize + 1;
        self.table.rows.iter().enumerate().skip(first).take(count)
    }

    /// The columns in sight, each with its name.
    fn columns(&self) -> impl Iterator<Item = (usize, &Column, &'a str)> {
        let names = self.table.columns.iter().map(|name| &**name);
        let all = self.columns.iter().zip(names).enumerate();
        all.map(|(at, (column, name))| (at, column, name)).filter(|(_, column, _)| {
            let left = self.corner.x + column.left;
            left + column.width > self.room.left() && left < self.room.right()
        })
    }

    fn name_rect(&self, row: usize) -> Rect {
        let middle = self.row_middle(row);
        let left = (self.names - 60.0).max(self.names - (self.room.left() - 14.0));
        Rect::from_min_max(
            pos2(left, middle - self.row / 2.0),
            pos2(self.names + 6.0, middle + self.row / 2.0),
        )
    }
}

impl super::Placed for Grid<'_> {
    fn most(&self) -> Vec2 {
        self.most
    }

    fn room(&self) -> Rect {
        Rect::from_min_max(pos2(self.room.left() - 200.0, self.room.top()), self.room.max)
    }

    fn paint(&self, paint: &mut Paint<'_>, selection: &Selection) {
        let outer = paint.painter.clone();
        paint.clip(Rect::from_x_y_ranges(self.room.x_range(), outer.clip_rect().y_range()));
        let style = Style::values(Size::Label);
        for (_, column, name) in self.columns() {
            let left = self.corner.x + column.left;
            let width = column.width - 2.0 * PADDING + 4.0;
            let (at, anchor) = if column.numbers {
                (pos2(left + column.width - PADDING, self.line), Align2::RIGHT_CENTER)
            } else {
                (pos2(left + PADDING, self.line), Align2::LEFT_CENTER)
            };
            paint.fitted(at, anchor, style, name, paint.palette.soft, width);
        }
        paint.flush();
        paint.painter = outer.clone();
        let under = self.room.top() - 1.0;
        let line = Stroke::new(space::HAIRLINE, paint.palette.hairline);
        paint.shapes.push(eframe::egui::Shape::hline(self.names..=self.room.right(), under, line));

        paint.clip(Rect::from_x_y_ranges(outer.clip_rect().x_range(), self.room.y_range()));
        for (at, row) in self.rows() {
            let selected = row.actor.is_some_and(|actor| selection.has(actor));
            let width = self.names - outer.clip_rect().left() - 6.0;
            paint.row_name(pos2(self.names, self.row_middle(at)), &row.name, selected, width);
        }
        // The mark of what leads stands before its entry.
        paint.clip(Rect::from_min_max(self.room.min - vec2(4.0, 0.0), self.room.max));
        for (at, row) in self.rows() {
            for (number, column, _) in self.columns() {
                if let Some(entry) = row.entries.get(number) {
                    let rect = paint.crisp(self.entry(at, column));
                    entry_ui(paint, rect, entry, column.numbers);
                }
            }
        }
        paint.flush();
        paint.painter = outer;
        self.more_ui(paint);
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for (at, row) in self.rows() {
            let what = What::Row(row, &self.table.columns);
            hits.push(Hit { rect: self.name_rect(at), actor: row.actor, what });
        }
        for (at, row) in self.rows() {
            for (number, column, name) in self.columns() {
                let entry = row.entries.get(number).filter(|entry| **entry != Entry::default());
                let Some(entry) = entry else { continue };
                let rect = self.entry(at, column).intersect(self.room);
                hits.push(Hit { rect, actor: None, what: What::Entry(row, name, entry) });
            }
        }
        hits
    }
}

impl Grid<'_> {
    /// A shade at an edge beyond which there is more.
    fn more_ui(&self, paint: &mut Paint<'_>) {
        let palette = paint.palette;
        let stroke = Stroke::new(space::LINE, palette.link);
        let right = self.room.left() - self.corner.x < self.most.x - 0.5;
        let below = self.room.top() - self.corner.y < self.most.y - 0.5;
        let arrow = |tip: eframe::egui::Pos2, way: Vec2| {
            let side = vec2(-way.y, way.x);
            vec![tip - way * 4.0 + side * 4.0, tip, tip - way * 4.0 - side * 4.0]
        };
        if right {
            let tip = pos2(self.room.right() + 6.0, self.line);
            paint.shapes.push(eframe::egui::Shape::line(arrow(tip, vec2(1.0, 0.0)), stroke));
        }
        if below {
            let tip = pos2(self.names - 6.0, self.room.bottom() + 2.0);
            paint.shapes.push(eframe::egui::Shape::line(arrow(tip, vec2(0.0, 1.0)), stroke));
        }
        paint.flush();
    }
}

fn entry_ui(paint: &mut Paint<'_>, rect: Rect, entry: &Entry, numbers: bool) {
    let palette = paint.palette;
    let mut ink = paint.ink(entry.tone);
    if let Some(version) = entry.version {
        let tint = palette.term(version);
        match entry.tone {
            Tone::Faint => {
                paint.outline(
                    rect,
                    3,
                    Stroke::new(space::HAIRLINE, mix(palette.term_line(version), palette.canvas, 90)),
                );
                ink = palette.soft;
            }
            _ => {
                paint.fill(rect, 3, tint);
                ink = palette.term_ink;
            }
        }
    }
    match entry.tone {
        Tone::Leading => {
            // A bar before it: seen beside any fill.
            let bar = Rect::from_min_max(
                pos2(rect.left() - 3.0, rect.top()),
                pos2(rect.left() + 1.0, rect.bottom()),
            );
            paint.fill(bar, 1, palette.leader);
        }
        Tone::Changing => paint.dashed(rect.expand(0.5), Stroke::new(space::LINE, palette.candidate)),
        Tone::Odd => paint.outline(rect.expand(1.0), 4, Stroke::new(space::LINE + 0.3, palette.text)),
        Tone::Plain | Tone::Faint => {}
    }
    let style = Style::values(Size::Label);
    let inner = rect.shrink2(vec2(PADDING, 0.0));
    let mut left = inner.left();
    if let Some(version) = entry.version {
        let at = pos2(left, inner.center().y);
        left = paint.text(at, Align2::LEFT_CENTER, style, &version.to_string(), ink).right() + LETTER;
    }
    let room = inner.right() - left + 4.0;
    if numbers {
        paint.fitted(inner.right_center(), Align2::RIGHT_CENTER, style, &entry.text, ink, room);
    } else {
        paint.fitted(pos2(left, inner.center().y), Align2::LEFT_CENTER, style, &entry.text, ink, room);
    }
}

impl fmt::Display for Grid<'_> {
    /// A line for each row and column in sight.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, column, name) in self.columns() {
            let numbers = if column.numbers { " numbers" } else { "" };
            writeln!(
                f,
                "column {name} at {:.0} wide {:.0}{numbers}",
                self.corner.x + column.left,
                column.width
            )?;
        }
        for (at, row) in self.rows() {
            writeln!(f, "row {} at {:.0}", row.name, self.row_middle(at))?;
        }
        writeln!(f, "more {:.0} {:.0}", self.most.x, self.most.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::strips;
    use sim::view::{Body, Strip};

    const RECT: Rect = Rect { min: pos2(0.0, 30.0), max: pos2(703.0, 150.0) };

    fn table(strip: &Strip) -> &Table {
        let Body::Table(table) = &strip.body else { panic!("a table") };
        table
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let strip = strips::keys();
        let told = Grid::new(RECT, table(&strip), Vec2::ZERO, false).to_string();
        assert!(told.starts_with("column list at 64 wide 55\ncolumn eggs at 123 wide 52\n"), "{told}");
        assert!(told.contains("row n1 at 64\nrow n2 at 87\n") && told.ends_with("more 0 0\n"), "{told}");
    }

    #[test]
    fn numbers_stand_under_each_other() {
        let strip = strips::accounts();
        let told = Grid::new(RECT, table(&strip), Vec2::ZERO, false).to_string();
        assert_eq!(told.matches(" numbers").count(), 3, "{told}");
    }

    #[test]
    fn what_does_not_fit_scrolls_both_ways_and_no_further() {
        let strip = strips::wide_table(30, 40);
        let at = |x: f32, y: f32| Grid::new(RECT, table(&strip), vec2(x, y), false);
        let first = at(0.0, 0.0);
        assert!(first.most.x > 1_000.0 && first.most.y > 400.0, "{:?}", first.most);
        let told = at(1e9, 1e9).to_string();
        assert!(
            told.contains("column key 39 ") && told.contains("row n30 ") && !told.contains("row n1 "),
            "{told}"
        );
        assert!(at(-50.0, -50.0).to_string().contains("column key 0 at 64"));
        let shown = first.to_string();
        assert!(
            shown.matches("column").count() < 12 && shown.matches("row").count() < 8,
            "only what is in sight"
        );
    }

    #[test]
    fn nothing_to_show_is_nothing() {
        let empty = Table::default();
        assert_eq!(Grid::new(RECT, &empty, Vec2::ZERO, false).to_string(), "more 0 0\n");
        let ragged = Table {
            columns: vec!["a".into(), "b".into()],
            rows: vec![TableRow { actor: None, name: "r".into(), entries: vec![Entry::new("1")] }],
        };
        let grid = Grid::new(Rect::from_min_max(RECT.min, RECT.min), &ragged, Vec2::ZERO, true);
        assert!(super::super::Placed::hits(&grid).len() <= 3);
    }
}
