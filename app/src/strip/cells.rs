//! Rows of cells in numbered columns, one row a node. Raft's are the logs.
//!
//! A cell's number and tint are its term; how it is drawn says how far it got here: dashed where it is only in memory, a
//! thin outline where it is written, an outline where it is durable, filled where this node knows that it is committed,
//! with a corner mark where it is applied. Of long rows the newest columns are shown; what scrolled away is a drag, a wheel
//! or an arrow key away, and only what is in sight is painted.

use std::ops::RangeInclusive;

use eframe::egui::{
    Align2, CornerRadius, EventFilter, Key, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, epaint::RectShape, pos2, vec2,
};
use sim::ActorId;
use sim::view::{Cell, CellState, Row};

use super::Shown;
use crate::action::{Action, Selection};
use crate::canvas::ink;
use crate::canvas::labels::{Labels, Style};
use crate::paint::{Paint, shortened};
use crate::theme::{self, Size, Weight, space};

/// How the rows are looked at.
#[derive(Default)]
pub(super) struct Cells {
    /// How many columns the newest one is away from the right edge.
    back: f32,
    scroll: f32,
}

/// A cell with the gap after it, and the narrowest it becomes.
const CELL_WIDTH: [f32; 2] = [66.0, 52.0];
const CELL_GAP: f32 = 4.0;
/// A row: least and most.
const ROW: [f32; 2] = [16.0, 19.0];
/// The line of column numbers.
const HEAD: f32 = 14.0;

/// How tall rows want to be, without the strip's head.
pub fn height(rows: &[Row]) -> f32 {
    HEAD + 18.0 * rows.len() as f32 + 6.0
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
struct Grid {
    /// Where cells are.
    room: Rect,
    /// Where names end.
    names: f32,
    cell: f32,
    row: f32,
    /// The first and last column in sight.
    columns: RangeInclusive<u64>,
    /// Where the first column in sight begins.
    left: f32,
    top: f32,
}

/// First and last column there are.
fn extent(rows: &[Row]) -> Option<(u64, u64)> {
    let ends = |row: &Row| Some((row.cells.first()?.column.min(row.first), row.cells.last()?.column));
    let mut all = rows.iter().filter_map(ends);
    let (mut first, mut last) = all.next()?;
    for (low, high) in all {
        (first, last) = (first.min(low), last.max(high));
    }
    Some((first, last))
}

impl Grid {
    fn new(rect: Rect, rows: &[Row], back: f32, scroll: f32) -> Self {
        let gutter = (rect.width() * 0.09).clamp(42.0, 54.0);
        let names = rect.left() + gutter;
        let room = Rect::from_min_max(
            pos2(names + 14.0, (rect.top() + HEAD).min(rect.bottom())),
            pos2((rect.right() - 10.0).max(names + 15.0), (rect.bottom() - 4.0).max(rect.top() + HEAD)),
        );
        let cell = if room.width() < 420.0 { CELL_WIDTH[1] } else { CELL_WIDTH[0] };
        let row = (room.height() / rows.len().max(1) as f32).clamp(ROW[0], ROW[1]);
        let fitting = (room.width() / cell).floor().max(1.0) as u64;
        let (first, last) = extent(rows).unwrap_or((1, 0));
        // Room for one to come, so that the next entry does not push everything.
        let newest = (last + 1).saturating_sub(back.max(0.0) as u64).max(first);
        let start = (newest + 1).saturating_sub(fitting).max(first);
        let end = start.saturating_add(fitting.saturating_sub(1));
        Self { room, names, cell, row, columns: start..=end, left: room.left(), top: room.top() - scroll }
    }

    fn x(&self, column: u64) -> f32 {
        self.left + column.saturating_sub(*self.columns.start()) as f32 * self.cell
    }

    fn rect(&self, row: usize, column: u64) -> Rect {
        let corner = pos2(self.x(column), self.top + row as f32 * self.row);
        Rect::from_min_size(corner, vec2(self.cell - CELL_GAP, self.row - 2.0))
    }

    fn at(&self, pos: Pos2) -> Option<(usize, u64)> {
        if !self.room.contains(pos) {
            return None;
        }
        let row = ((pos.y - self.top) / self.row).floor();
        let column = ((pos.x - self.left) / self.cell).floor();
        (row >= 0.0 && column >= 0.0).then(|| (row as usize, self.columns.start() + column as u64))
    }

    /// How far back one may scroll.
    fn most_back(&self, rows: &[Row]) -> f32 {
        let Some((first, last)) = extent(rows) else { return 0.0 };
        let shown = self.columns.end() - self.columns.start() + 1;
        (last + 2).saturating_sub(first).saturating_sub(shown) as f32
    }
}

/// The cells of a row that are in sight.
fn visible<'a>(row: &'a Row, columns: &RangeInclusive<u64>) -> &'a [Cell] {
    let start = row.cells.partition_point(|cell| cell.column < *columns.start());
    let end = row.cells.partition_point(|cell| cell.column <= *columns.end());
    row.cells.get(start..end).unwrap_or_default()
}

impl Cells {
    /// Paints, and asks for what was pressed.
    #[expect(clippy::too_many_arguments, reason = "the strip hands over its room, its labels and its list")]
    pub fn show(
        &mut self,
        ui: &mut Ui,
        labels: &mut Labels,
        rect: Rect,
        response: &Response,
        rows: &[Row],
        shown: &Shown<'_>,
        actions: &mut Vec<Action>,
    ) {
        self.look(ui, rows, rect, response);
        let grid = Grid::new(rect, rows, self.back, self.scroll);
        let mut paint = Paint::new(ui.painter_at(rect), theme::palette(ui), labels);
        numbers_ui(&mut paint, rect, &grid);
        paint.clip(Rect::from_min_max(pos2(rect.left(), grid.room.top()), rect.max));
        for (index, row) in rows.iter().enumerate() {
            row_ui(&mut paint, &grid, index, row, shown.selection.has(row.actor));
        }
        paint.flush();
        for (index, row) in rows.iter().enumerate() {
            row_named(ui, &grid, index, row, shown, actions);
        }
        let at = response.interact_pointer_pos();
        if let Some((index, _)) = at.filter(|_| response.clicked()).and_then(|at| grid.at(at))
            && let Some(row) = rows.get(index)
        {
            actions.push(Action::Select(Selection::Actor(row.actor)));
        }
        let pointed = ui.input(|input| input.pointer.hover_pos()).and_then(|at| grid.at(at));
        if let Some((row, column)) = pointed.and_then(|(row, column)| Some((rows.get(row)?, column))) {
            let words = said(row, column, shown.version_word);
            if let Some(words) = words {
                response.clone().on_hover_text_at_pointer(words);
            }
        }
    }

    fn look(&mut self, ui: &Ui, rows: &[Row], rect: Rect, response: &Response) {
        let grid = Grid::new(rect, rows, self.back, self.scroll);
        if response.dragged() {
            self.back += response.drag_delta().x / grid.cell;
            self.scroll -= response.drag_delta().y;
        }
        if response.contains_pointer() {
            let scroll = ui.input(|input| input.smooth_scroll_delta());
            let tall = grid.row * rows.len() as f32 > grid.room.height() + 1.0;
            if tall {
                self.scroll -= scroll.y;
            }
            self.back += (scroll.x + if tall { 0.0 } else { scroll.y }) / grid.cell;
        }
        if response.has_focus() {
            let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
            self.back += ui.input(|input| {
                let pressed = |key| f32::from(u8::from(input.key_pressed(key)));
                pressed(Key::ArrowLeft) - pressed(Key::ArrowRight)
            });
        }
        self.back = self.back.clamp(0.0, grid.most_back(rows).max(0.0));
        let most = (grid.row * rows.len() as f32 - grid.room.height()).max(0.0);
        self.scroll = self.scroll.clamp(0.0, most);
    }
}

/// The numbers above the columns.
fn numbers_ui(paint: &mut Paint<'_>, rect: Rect, grid: &Grid) {
    let faint = paint.palette.faint;
    for column in grid.columns.clone() {
        let at = pos2(grid.x(column) + (grid.cell - CELL_GAP) / 2.0, rect.top() + 6.0);
        if at.x < grid.room.right() {
            let style = Style::values(Size::Small);
            paint.text(at, Align2::CENTER_CENTER, style, &column.to_string(), faint);
        }
    }
}

fn row_ui(paint: &mut Paint<'_>, grid: &Grid, index: usize, row: &Row, selected: bool) {
    let middle = grid.rect(index, *grid.columns.start()).center().y;
    if middle < grid.room.top() - grid.row || middle > grid.room.bottom() + grid.row {
        return;
    }
    let palette = paint.palette;
    paint.row_name(pos2(grid.names, middle), &row.actor.to_string(), selected, f32::INFINITY);
    if row.first > *grid.columns.start() {
        // Before the first entry lies the snapshot.
        let right = grid.x(row.first.min(*grid.columns.end() + 1)) - CELL_GAP;
        let half = (grid.row - 2.0) / 2.0;
        let rect = Rect::from_min_max(pos2(grid.left, middle - half), pos2(right, middle + half));
        paint.fill(rect, 3, palette.raised);
        let words = if rect.width() > 60.0 { "snapshot" } else { "…" };
        let style = Style::words(Size::Small, Weight::Regular);
        paint.text(rect.center(), Align2::CENTER_CENTER, style, words, palette.soft);
    }
    for cell in visible(row, &grid.columns) {
        let rect = ink::crisp(grid.rect(index, cell.column), paint.painter.pixels_per_point());
        cell_ui(paint, rect, cell);
    }
}

fn cell_ui(paint: &mut Paint<'_>, rect: Rect, cell: &Cell) {
    let palette = paint.palette;
    let round = CornerRadius::same(3);
    let line = palette.term_line(cell.version);
    let outline = |width: f32| {
        RectShape::new(rect, round, palette.canvas, Stroke::new(width, line), StrokeKind::Inside)
    };
    let ink_colour = match cell.state {
        CellState::Committed | CellState::Applied => {
            paint.fill(rect, 3, palette.term(cell.version));
            palette.term_ink
        }
        CellState::Durable => {
            paint.shapes.push(outline(space::LINE).into());
            palette.text
        }
        CellState::Written => {
            paint.shapes.push(outline(space::HAIRLINE * 0.6).into());
            palette.soft
        }
        CellState::Volatile => {
            paint.dashed(rect, Stroke::new(space::HAIRLINE, line));
            palette.soft
        }
        CellState::Snapshot => {
            paint.fill(rect, 3, palette.raised);
            palette.soft
        }
    };
    if cell.state == CellState::Applied {
        // A notch in the lower right corner: the state machine has it.
        let (corner, size) = (rect.right_bottom(), 5.0);
        let notch = vec![corner, corner - vec2(size, 0.0), corner - vec2(0.0, size)];
        paint.shapes.push(Shape::convex_polygon(notch, palette.term_ink, Stroke::NONE));
    }
    let style = Style::values(Size::Small);
    let at = rect.left_center() + vec2(7.0, 0.0);
    let used = paint.text(at, Align2::LEFT_CENTER, style, &cell.version.to_string(), ink_colour);
    let rest =
        Rect::from_min_max(pos2(used.right() + 4.0, rect.top()), pos2(rect.right() - 3.0, rect.bottom()));
    let width = paint.width(style, &cell.text);
    if width <= rest.width() {
        paint.text(rest.center(), Align2::CENTER_CENTER, style, &cell.text, ink_colour);
    } else {
        let letter = width / cell.text.chars().count().max(1) as f32;
        let short = shortened(&cell.text, (rest.width() / letter).floor() as usize);
        paint.text(rest.left_center(), Align2::LEFT_CENTER, style, &short, ink_colour);
    }
}

/// What is said of a place in a row.
fn said(row: &Row, column: u64, version_word: &str) -> Option<String> {
    let cell = row.cells.binary_search_by_key(&column, |cell| cell.column).ok();
    match cell.and_then(|at| row.cells.get(at)) {
        Some(cell) => Some(explained(row.actor, cell, version_word)),
        None if column < row.first => Some(format!("entry {column}: folded into {}'s snapshot", row.actor)),
        None => None,
    }
}

/// How far an entry got, in words.
fn state_words(state: CellState) -> &'static str {
    match state {
        CellState::Volatile => "only in memory here: a crash loses it",
        CellState::Written => "written here, not durable yet",
        CellState::Durable => "durable here, not known to be committed",
        CellState::Committed => "known here to be committed",
        CellState::Applied => "committed, and applied to the state here",
        CellState::Snapshot => "folded into a snapshot here",
    }
}

/// A cell in a sentence: `n2, entry 4 of term 2, milk: durable here, not known to be committed`.
fn explained(actor: ActorId, cell: &Cell, version_word: &str) -> String {
    let Cell { column, version, text, state } = cell;
    let text = if text.is_empty() { String::new() } else { format!(", {text}") };
    format!("{actor}, entry {column} of {version_word} {version}{text}: {}", state_words(*state))
}

/// Each row is a line of a table for a screen reader.
fn row_named(
    ui: &mut Ui,
    grid: &Grid,
    index: usize,
    row: &Row,
    shown: &Shown<'_>,
    actions: &mut Vec<Action>,
) {
    let line = grid.rect(index, *grid.columns.start());
    let rect = Rect::from_min_max(pos2(grid.names - 34.0, line.top()), pos2(grid.names + 4.0, line.bottom()));
    if !grid.room.y_range().expand(2.0).contains(rect.center().y) {
        return;
    }
    let response = ui.interact(rect, ui.scope_id().with(("row", row.actor)), Sense::click());
    let selected = shown.selection.has(row.actor);
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, selected, format!("{} of {}", shown.strip.title, row.actor))
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        let cells =
            visible(row, &grid.columns).iter().map(|cell| explained(row.actor, cell, shown.version_word));
        node.set_description(cells.collect::<Vec<_>>().join("; "));
    });
    if response.has_focus() {
        ui.painter().rect_stroke(rect, CornerRadius::same(3), theme::focus_ring(ui), StrokeKind::Outside);
    }
    if response.clicked() {
        actions.push(Action::Select(Selection::Actor(row.actor)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample;
    use sim::view::Strip;

    const RECT: Rect = Rect { min: pos2(0.0, 30.0), max: pos2(703.0, 140.0) };

    fn desk() -> Strip {
        sample::desk().0.strips.remove(0)
    }

    #[test]
    fn the_newest_columns_are_in_sight() {
        let long = sample::long_strip(5, 10_000);
        let grid = Grid::new(RECT, long.rows(), 0.0, 0.0);
        assert!(grid.columns.contains(&10_000) && !grid.columns.contains(&9_000), "{:?}", grid.columns);
        let back = Grid::new(RECT, long.rows(), grid.most_back(long.rows()), 0.0);
        assert_eq!(*back.columns.start(), 4, "{:?}", back.columns);
        assert_eq!(*Grid::new(RECT, desk().rows(), 0.0, 0.0).columns.start(), 1);
        assert_eq!(Grid::new(RECT, &[], 3.0, 0.0).most_back(&[]), 0.0);
    }

    #[test]
    fn only_what_is_in_sight_is_looked_at() {
        let long = sample::long_strip(1, 100_000);
        let grid = Grid::new(RECT, long.rows(), 500.0, 0.0);
        let cells = visible(&long.rows()[0], &grid.columns);
        assert!(cells.len() <= 12 && cells.iter().all(|cell| grid.columns.contains(&cell.column)));
    }

    #[test]
    fn a_point_finds_its_cell() {
        let grid = Grid::new(RECT, desk().rows(), 0.0, 0.0);
        for (row, column) in [(0, 1), (4, 5), (2, 3)] {
            assert_eq!(grid.at(grid.rect(row, column).center()), Some((row, column)));
        }
        assert_eq!(grid.at(pos2(1.0, 1.0)), None);
    }

    #[test]
    fn a_cell_explains_itself() {
        let strip = desk();
        let cell = strip.rows()[1].cells.last().unwrap();
        let words = explained(strip.rows()[1].actor, cell, "term");
        assert_eq!(words, "n2, entry 5 of term 2, salt: durable here, not known to be committed");
    }
}
