//! The icons: painted, not glyphs, so that none is missing anywhere and all stay crisp.
//!
//! An icon is drawn on a grid of 24 units with a line two units wide; [`paint`] puts it in a square of any
//! size on whole pixels. It is decoration: the control around it carries the name a screen reader says.

mod pen;

use eframe::egui::{Color32, Painter, Pos2, Rect, Response, Sense, Ui, Vec2};

use pen::Pen;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What can be drawn.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Icon { $($(#[$doc])* $name,)* }

        impl Icon {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

icons! {
    /// The program: a ring with a dot, a pothole seen from above.
    Logo,
    /// Leads.
    Crown,
    /// Led, in an older term.
    CrownHollow,
    /// Let the run go on.
    Play,
    /// Hold it.
    Pause,
    /// One event back.
    StepBack,
    /// One event on.
    Step,
    /// To the beginning.
    ToStart,
    /// To the end.
    ToEnd,
    /// Back to the last event that matters.
    PreviousEvent,
    /// On to the next event that matters.
    NextEvent,
    /// A link to this run.
    Link,
    /// Dark or light.
    Theme,
    /// A promise holds: a check in a disc.
    Holds,
    /// A promise is broken: a cross in a disc.
    Broken,
    /// Not decided: a dash in a ring.
    Open,
    /// Search.
    Search,
    /// A menu.
    Menu,
    /// More of the same.
    More,
    /// Opens upwards.
    ChevronUp,
    /// Opens downwards.
    ChevronDown,
    /// Leads back.
    ChevronLeft,
    /// Leads on.
    ChevronRight,
    /// Close, leave out.
    Close,
    /// Done.
    Check,
    /// A moment that is marked.
    Flag,
    /// Undo.
    Undo,
    /// Do again what was undone.
    Redo,
    /// Up.
    ArrowUp,
    /// Down.
    ArrowDown,
    /// Left.
    ArrowLeft,
    /// Right; waiting for.
    ArrowRight,
    /// One more.
    Plus,
    /// One fewer.
    Minus,
    /// Settings.
    Gear,
    /// Copy.
    Copy,
    /// A crash.
    Lightning,
    /// Restart.
    Restart,
    /// By hand.
    Hand,
    /// A cut.
    Scissors,
    /// Slow.
    Snail,
    /// A clock.
    Clock,
    /// A disk.
    Disk,
    /// A branch of the run.
    Branch,
    /// What is this?
    Question,
}

/// Paints an icon of `size` points around `centre`, on whole pixels.
pub fn paint(painter: &Painter, icon: Icon, centre: Pos2, size: f32, colour: Color32) {
    paint_on(painter, icon, centre, size, colour, Color32::TRANSPARENT);
}

/// As [`paint`], with the colour of the ground: [`Icon::Holds`] and [`Icon::Broken`] are discs whose mark
/// shows it.
pub fn paint_on(painter: &Painter, icon: Icon, centre: Pos2, size: f32, colour: Color32, ground: Color32) {
    let pixel = 1.0 / painter.pixels_per_point();
    let whole = |points: f32| (points / pixel).round() * pixel;
    let corner = centre - Vec2::splat(size / 2.0);
    let square = Rect::from_min_size(Pos2::new(whole(corner.x), whole(corner.y)), Vec2::splat(size));
    draw(icon, &Pen::new(painter, square, colour), ground);
}

/// An icon as a part of a line, without a function or a name.
pub fn show(ui: &mut Ui, icon: Icon, size: f32, colour: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::empty());
    paint_on(ui.painter(), icon, rect.center(), size, colour, crate::theme::palette(ui).panel);
    response
}

fn draw(icon: Icon, pen: &Pen<'_>, ground: Color32) {
    match icon {
        Icon::Logo | Icon::Crown | Icon::CrownHollow | Icon::Theme | Icon::Link | Icon::Flag => {
            sign(icon, pen)
        }
        Icon::Play
        | Icon::Pause
        | Icon::StepBack
        | Icon::Step
        | Icon::ToStart
        | Icon::ToEnd
        | Icon::PreviousEvent
        | Icon::NextEvent => playback(icon, pen),
        Icon::Holds | Icon::Broken | Icon::Open => verdict(icon, pen, ground),
        Icon::Lightning
        | Icon::Restart
        | Icon::Hand
        | Icon::Scissors
        | Icon::Snail
        | Icon::Clock
        | Icon::Disk
        | Icon::Branch => fault(icon, pen),
        Icon::Undo | Icon::Redo | Icon::ArrowUp | Icon::ArrowDown | Icon::ArrowLeft | Icon::ArrowRight => {
            arrow(icon, pen);
        }
        _ => common(icon, pen),
    }
}

/// A line's points, seen in the mirror of the vertical middle.
fn mirrored<const N: usize>(points: [[f32; 2]; N]) -> [[f32; 2]; N] {
    points.map(|[x, y]| [pen::GRID - x, y])
}

fn sign(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Logo => {
            pen.wide(1.3).ring([12.0, 12.0], 10.2);
            pen.disc([12.0, 12.0], 3.4);
        }
        Icon::Crown => {
            pen.area(&[[2.0, 13.0], [22.0, 13.0], [22.0, 20.5], [2.0, 20.5]]);
            pen.area(&[[2.0, 5.5], [10.5, 14.0], [10.5, 20.5], [2.0, 20.5]]);
            pen.area(&[[12.0, 2.5], [19.5, 14.0], [19.5, 19.0], [4.5, 19.0], [4.5, 14.0]]);
            pen.area(&[[22.0, 5.5], [22.0, 20.5], [13.5, 20.5], [13.5, 14.0]]);
        }
        Icon::CrownHollow => pen.outline(&[
            [3.0, 6.5],
            [8.2, 11.5],
            [12.0, 4.0],
            [15.8, 11.5],
            [21.0, 6.5],
            [21.0, 19.5],
            [3.0, 19.5],
        ]),
        Icon::Theme => {
            pen.ring([12.0, 12.0], 9.0);
            pen.segment([12.0, 12.0], 9.0, -90, 90);
        }
        Icon::Link => {
            let mut half = vec![[11.7, 5.2], [13.5, 3.5]];
            half.extend(pen::arc_points([17.0, 7.0], 5.0, -135, 45));
            half.extend(pen::arc_points([14.0, 10.0], 5.0, 45, 145));
            pen.line(&half);
            let other: Vec<[f32; 2]> = half.iter().map(|[x, y]| [24.0 - x, 24.0 - y]).collect();
            pen.line(&other);
        }
        _ => {
            pen.line(&[[5.0, 22.0], [5.0, 3.0]]);
            pen.soft_area(&[[5.0, 4.0], [19.0, 4.0], [16.0, 9.0], [19.0, 14.0], [5.0, 14.0]]);
        }
    }
}

fn playback(icon: Icon, pen: &Pen<'_>) {
    const ON: [[f32; 2]; 3] = [[7.0, 4.5], [18.5, 12.0], [7.0, 19.5]];
    const ON_SHORT: [[f32; 2]; 3] = [[6.0, 5.0], [15.5, 12.0], [6.0, 19.0]];
    match icon {
        Icon::Play => pen.soft_area(&[[7.5, 4.0], [19.5, 12.0], [7.5, 20.0]]),
        Icon::Pause => {
            pen.soft_area(&[[6.5, 5.0], [8.5, 5.0], [8.5, 19.0], [6.5, 19.0]]);
            pen.soft_area(&[[15.5, 5.0], [17.5, 5.0], [17.5, 19.0], [15.5, 19.0]]);
        }
        Icon::Step => pen.outline(&ON),
        Icon::StepBack => pen.outline(&mirrored(ON)),
        Icon::ToStart => {
            pen.line(&[[4.0, 4.5], [4.0, 19.5]]);
            pen.outline(&[[19.5, 4.5], [8.5, 12.0], [19.5, 19.5]]);
        }
        Icon::ToEnd => {
            pen.line(&[[20.0, 4.5], [20.0, 19.5]]);
            pen.outline(&[[4.5, 4.5], [15.5, 12.0], [4.5, 19.5]]);
        }
        Icon::NextEvent => {
            pen.outline(&ON_SHORT);
            pen.disc([20.5, 12.0], 2.2);
        }
        _ => {
            pen.outline(&mirrored(ON_SHORT));
            pen.disc([3.5, 12.0], 2.2);
        }
    }
}

fn verdict(icon: Icon, pen: &Pen<'_>, ground: Color32) {
    const CHECK: [[f32; 2]; 3] = [[7.0, 12.5], [10.6, 16.0], [17.0, 8.5]];
    if icon == Icon::Open {
        pen.ring([12.0, 12.0], 10.0);
        pen.wide(1.1).line(&[[7.5, 12.0], [16.5, 12.0]]);
        return;
    }
    pen.disc([12.0, 12.0], 11.0);
    let mark = pen.with(ground).wide(1.2);
    if icon == Icon::Holds {
        mark.line(&CHECK);
    } else {
        mark.line(&[[8.0, 8.0], [16.0, 16.0]]);
        mark.line(&[[16.0, 8.0], [8.0, 16.0]]);
    }
}

fn arrow(icon: Icon, pen: &Pen<'_>) {
    const RIGHT: [[f32; 2]; 3] = [[13.0, 5.5], [19.5, 12.0], [13.0, 18.5]];
    const SHAFT: [[f32; 2]; 2] = [[4.5, 12.0], [19.5, 12.0]];
    let turned = |points: &[[f32; 2]]| -> Vec<[f32; 2]> {
        points
            .iter()
            .map(|[x, y]| match icon {
                Icon::ArrowLeft => [24.0 - x, *y],
                Icon::ArrowDown => [*y, *x],
                Icon::ArrowUp => [*y, 24.0 - x],
                _ => [*x, *y],
            })
            .collect()
    };
    match icon {
        Icon::Undo => {
            pen.line(&[[8.5, 4.0], [3.5, 9.0], [8.5, 14.0]]);
            pen.line(&[[3.5, 9.0], [14.5, 9.0]]);
            pen.arc([14.5, 14.5], 5.5, -90, 90);
            pen.line(&[[14.5, 20.0], [9.0, 20.0]]);
        }
        Icon::Redo => {
            pen.line(&[[15.5, 4.0], [20.5, 9.0], [15.5, 14.0]]);
            pen.line(&[[20.5, 9.0], [9.5, 9.0]]);
            pen.arc([9.5, 14.5], 5.5, 90, 270);
            pen.line(&[[9.5, 20.0], [15.0, 20.0]]);
        }
        _ => {
            pen.line(&turned(&SHAFT));
            pen.line(&turned(&RIGHT));
        }
    }
}

fn fault(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Lightning => {
            pen.area(&[[14.5, 1.5], [14.0, 14.5], [4.0, 14.5]]);
            pen.area(&[[9.5, 22.5], [10.0, 9.5], [20.0, 9.5]]);
            pen.area(&[[9.0, 9.5], [14.3, 9.5], [15.0, 14.5], [9.8, 14.5]]);
        }
        Icon::Restart => {
            pen.arc([11.5, 12.0], 8.5, 20, 315);
            pen.line(&[[17.5, 6.0], [21.5, 9.8]]);
            pen.line(&[[21.5, 3.8], [21.5, 9.8], [15.5, 9.8]]);
        }
        Icon::Hand => {
            let finger = pen.wide(1.25);
            for (x, top) in [(8.2, 6.0), (11.6, 3.5), (15.0, 4.5), (18.4, 7.5)] {
                finger.line(&[[x, top], [x, 14.0]]);
            }
            finger.line(&[[3.8, 11.5], [7.5, 16.5]]);
            pen.soft_area(&[
                [8.0, 13.0],
                [18.6, 13.0],
                [18.6, 16.5],
                [16.0, 21.0],
                [10.5, 21.0],
                [7.0, 16.5],
            ]);
        }
        Icon::Scissors => {
            pen.ring([6.0, 6.0], 3.2);
            pen.ring([6.0, 18.0], 3.2);
            pen.line(&[[8.6, 7.8], [20.5, 17.5]]);
            pen.line(&[[8.6, 16.2], [20.5, 6.5]]);
        }
        Icon::Snail => {
            let mut shell = pen::arc_points([14.5, 12.0], 2.2, 0, 180);
            shell.extend(pen::arc_points([15.0, 12.0], 2.7, 180, 225));
            pen.line(&shell);
            pen.ring([14.5, 11.5], 6.2);
            pen.line(&[[1.8, 8.0], [3.6, 11.0], [3.8, 17.0], [5.6, 20.0], [21.5, 20.0]]);
            pen.line(&[[6.2, 7.5], [3.8, 11.0]]);
        }
        Icon::Clock => {
            pen.ring([12.0, 12.0], 9.5);
            pen.line(&[[12.0, 6.5], [12.0, 12.3], [16.0, 14.5]]);
        }
        Icon::Disk => {
            let ellipse = |top: f32, from: i32, to: i32| -> Vec<[f32; 2]> {
                pen::arc_points([0.0, 0.0], 1.0, from, to)
                    .into_iter()
                    .map(|[x, y]| [12.0 + x * 8.5, top + y * 3.2])
                    .collect()
            };
            pen.line(&ellipse(5.2, 0, 360));
            pen.line(&ellipse(12.0, 0, 180));
            pen.line(&ellipse(18.8, 0, 180));
            pen.line(&[[3.5, 5.2], [3.5, 18.8]]);
            pen.line(&[[20.5, 5.2], [20.5, 18.8]]);
        }
        _ => {
            pen.ring([6.0, 19.0], 2.6);
            pen.ring([6.0, 5.0], 2.6);
            pen.ring([18.0, 7.0], 2.6);
            pen.line(&[[6.0, 7.6], [6.0, 16.4]]);
            pen.line(&[[18.0, 9.6], [17.0, 12.0], [14.0, 13.6], [6.0, 14.6]]);
        }
    }
}

fn common(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Search => {
            pen.ring([10.5, 10.5], 6.8);
            pen.line(&[[15.5, 15.5], [21.0, 21.0]]);
        }
        Icon::Menu => [6.0, 12.0, 18.0].into_iter().for_each(|y| pen.line(&[[3.5, y], [20.5, y]])),
        Icon::More => [5.0, 12.0, 19.0].into_iter().for_each(|x| pen.disc([x, 12.0], 2.0)),
        Icon::ChevronUp => pen.line(&[[5.5, 15.5], [12.0, 9.0], [18.5, 15.5]]),
        Icon::ChevronDown => pen.line(&[[5.5, 8.5], [12.0, 15.0], [18.5, 8.5]]),
        Icon::ChevronLeft => pen.line(&[[15.5, 5.5], [9.0, 12.0], [15.5, 18.5]]),
        Icon::ChevronRight => pen.line(&[[8.5, 5.5], [15.0, 12.0], [8.5, 18.5]]),
        Icon::Close => {
            pen.line(&[[5.5, 5.5], [18.5, 18.5]]);
            pen.line(&[[18.5, 5.5], [5.5, 18.5]]);
        }
        Icon::Check => pen.line(&[[4.5, 12.5], [9.8, 18.0], [19.5, 6.5]]),
        Icon::Plus => {
            pen.line(&[[12.0, 4.5], [12.0, 19.5]]);
            pen.line(&[[4.5, 12.0], [19.5, 12.0]]);
        }
        Icon::Minus => pen.line(&[[4.5, 12.0], [19.5, 12.0]]),
        Icon::Gear => {
            pen.ring([12.0, 12.0], 6.4);
            pen.disc([12.0, 12.0], 2.2);
            for steps in (0..72).step_by(9) {
                let way = pen::direction(steps);
                pen.wide(1.3).line(&[
                    [12.0 + way.x * 7.2, 12.0 + way.y * 7.2],
                    [12.0 + way.x * 9.6, 12.0 + way.y * 9.6],
                ]);
            }
        }
        Icon::Copy => {
            pen.frame([8.5, 8.5], [20.5, 20.5], 2.5);
            pen.line(&[
                [5.5, 15.5],
                [4.5, 15.5],
                [3.5, 14.5],
                [3.5, 4.5],
                [4.5, 3.5],
                [14.5, 3.5],
                [15.5, 4.5],
            ]);
        }
        _ => {
            pen.ring([12.0, 12.0], 9.8);
            pen.arc([12.0, 9.8], 2.9, -170, 80);
            pen.line(&[[12.3, 12.6], [12.0, 13.8]]);
            pen.disc([12.0, 17.2], 1.4);
        }
    }
}
