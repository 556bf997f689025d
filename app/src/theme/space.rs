//! Distances, radii and line widths, in points. The grid is four.

/// A quarter of a row: between things that belong together.
pub const TIGHT: f32 = 4.0;
/// Between neighbours.
pub const GAP: f32 = 8.0;
/// Between groups, and inside a card.
pub const WIDE: f32 = 16.0;
/// Between parts of a panel.
pub const PART: f32 = 24.0;
/// Around the contents of a side panel.
pub const PANEL_MARGIN: i8 = 16;

/// The top line's height.
pub const TOP_LINE: f32 = 44.0;
/// A row of a list.
pub const ROW: f32 = 26.0;
/// A control under a mouse.
pub const CONTROL: f32 = 30.0;
/// A control under a finger. Nothing one can touch is under 40.
pub const TOUCH: f32 = 44.0;
/// The first screen's one button.
pub const CONTROL_LARGE: f32 = 44.0;

/// The corner of a control.
pub const CONTROL_RADIUS: u8 = 6;
/// The corner of a card.
pub const CARD_RADIUS: u8 = 10;

/// A hairline.
pub const HAIRLINE: f32 = 1.0;
/// A line that means something.
pub const LINE: f32 = 1.5;
/// A leader's ring, the ring of what is selected or in focus.
pub const RING: f32 = 2.5;
/// A thicker ring, on discs of thirty points and more.
pub const RING_LARGE: f32 = 3.5;

/// A small icon, inside a line of text.
pub const ICON_SMALL: f32 = 14.0;
/// An icon.
pub const ICON: f32 = 16.0;
/// An icon that is itself the control.
pub const ICON_LARGE: f32 = 20.0;

/// As wide as a column of text should be.
pub const TEXT_WIDTH: f32 = 288.0;
/// The inspector's width.
pub const INSPECTOR_WIDTH: f32 = 288.0;
