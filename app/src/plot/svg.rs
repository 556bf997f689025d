//! A chart as an SVG file: for an article or a slide.

use std::fmt::Write as _;

use eframe::egui::{Color32, Pos2, Rect, Vec2, pos2};

use super::chart::{Chart, LEFT, Placed, Series};
use super::scale::Scale;
use crate::theme::Palette;

/// A line of the legend.
const LINE: f32 = 18.0;
/// A letter of the legend is about so wide.
const LETTER: f32 = 6.4;

/// The file. `size` is that of the axes and all around them; the legend comes below.
pub fn svg(chart: &Chart<'_>, size: Vec2, palette: &Palette) -> String {
    let placed = chart.place(Rect::from_min_size(Pos2::ZERO, size));
    let legend = legend(chart, size, palette);
    let height = size.y + legend.1;
    let mut file = String::new();
    let ground = hex(palette.canvas);
    let _ = writeln!(
        file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {height:.0}\" font-family=\"Inter, Helvetica, \
         sans-serif\" font-size=\"11\" role=\"img\" aria-label=\"{}\">",
        size.x,
        escaped(chart.title)
    );
    let _ = writeln!(file, "<rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>");
    axes(&mut file, chart, &placed, palette);
    for (series, bars) in chart.bars(&placed) {
        let colour = hex(palette.series(series.number));
        let look = if series.published {
            format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\" stroke-dasharray=\"4 3\"")
        } else {
            format!("fill=\"{colour}\"")
        };
        for bar in bars {
            let (left, top, width, height) = (bar.left(), bar.top(), bar.width(), bar.height());
            let _ = writeln!(
                file,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {look}/>"
            );
            if !series.published && chart.is_numbered() {
                disc(&mut file, pos2(bar.center().x, bar.bottom() - 11.0), series.number, palette);
            }
        }
    }
    for published in [true, false] {
        let curves = chart.series.iter().zip(&placed.curves).filter(|_| chart.categories.is_empty());
        for (series, curve) in curves.filter(|(series, _)| series.published == published) {
            line(&mut file, series, curve, palette);
        }
    }
    for bin in chart.bins.iter().filter(|bin| bin.count > 0) {
        let (left, right) = (placed.x.x(bin.from), placed.x.x(bin.to));
        let top = placed.y.y(bin.count as f64);
        let _ = writeln!(
            file,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
            (right - left - 1.0).max(1.0),
            placed.room.bottom() - top,
            hex(palette.series(0))
        );
    }
    for (series, at) in chart.series.iter().zip(&placed.discs) {
        if let Some(at) = at {
            disc(&mut file, *at, series.number, palette);
        }
    }
    file.push_str(&legend.0);
    file.push_str("</svg>\n");
    file
}

fn hex(colour: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.r(), colour.g(), colour.b())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text(file: &mut String, at: Pos2, anchor: &str, colour: Color32, words: &str) {
    let _ = writeln!(
        file,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{}\">{}</text>",
        at.x,
        at.y + 4.0,
        hex(colour),
        escaped(words)
    );
}

fn axes(file: &mut String, chart: &Chart<'_>, placed: &Placed, palette: &Palette) {
    let room = placed.room;
    let mut rule = |from: Pos2, to: Pos2, colour: Color32| {
        let _ = writeln!(
            file,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{}\"/>",
            from.x,
            from.y,
            to.x,
            to.y,
            hex(colour)
        );
    };
    let (ys, xs) = chart.ticks(placed);
    for value in &ys {
        let y = placed.y.y(*value);
        rule(pos2(room.left(), y), pos2(room.right(), y), palette.hairline);
    }
    for value in &xs {
        let x = placed.x.x(*value);
        rule(pos2(x, room.top()), pos2(x, room.bottom()), palette.hairline);
    }
    rule(room.left_bottom(), room.right_bottom(), palette.link);
    for value in ys {
        let at = pos2(room.left() - 8.0, placed.y.y(value));
        text(file, at, "end", palette.faint, &chart.height_tick(value));
    }
    let mut free = f32::MIN;
    for value in xs {
        let (x, words) = (placed.x.x(value), Scale::words(value));
        let half = words.len() as f32 * LETTER / 2.0;
        if x - half > free {
            text(file, pos2(x, room.bottom() + 12.0), "middle", palette.faint, &words);
            free = x + half;
        }
    }
    for (at, _, name) in chart.names(placed) {
        text(file, at, "middle", palette.soft, name);
    }
    let (x, y) = chart.axis_words();
    text(file, pos2(room.right(), room.bottom() + 29.0), "end", palette.soft, &x);
    text(file, pos2(room.left() - LEFT, room.bottom() + 29.0), "start", palette.soft, &y);
}

fn line(file: &mut String, series: &Series<'_>, curve: &[Pos2], palette: &Palette) {
    let colour = hex(palette.series(series.number));
    let (width, dash) = if series.published { ("1.4", " stroke-dasharray=\"4 3.5\"") } else { ("2", "") };
    for part in curve.split(|point| !point.y.is_finite()).filter(|part| part.len() > 1) {
        let points: Vec<String> = part.iter().map(|point| format!("{:.1},{:.1}", point.x, point.y)).collect();
        let _ = writeln!(
            file,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dash} points=\"{}\"/>",
            points.join(" ")
        );
    }
}

fn disc(file: &mut String, at: Pos2, number: usize, palette: &Palette) {
    let _ = writeln!(
        file,
        "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"7.5\" fill=\"{}\" stroke=\"{}\"/>",
        at.x,
        at.y,
        hex(palette.series(number)),
        hex(palette.canvas)
    );
    text(file, at, "middle", palette.canvas, &(number + 1).to_string());
}

/// The legend, and how tall it is.
fn legend(chart: &Chart<'_>, size: Vec2, palette: &Palette) -> (String, f32) {
    let mut file = String::new();
    let mut names: Vec<(&str, usize)> = Vec::new();
    for series in &chart.series {
        if !names.iter().any(|(name, _)| *name == series.name) {
            names.push((series.name, series.number));
        }
    }
    if names.len() < 2 {
        return (file, 0.0);
    }
    let numbered = chart.is_numbered();
    let (mut at, mut lines) = (pos2(LEFT, size.y + LINE / 2.0), 1.0);
    let mut entry = |file: &mut String, name: &str, stroke: &str, number: Option<usize>| {
        let width = 28.0 + name.chars().count() as f32 * LETTER + 18.0;
        if at.x + width > size.x && at.x > LEFT {
            at = pos2(LEFT, at.y + LINE);
            lines += 1.0;
        }
        let (x, y) = (at.x, at.y);
        let _ = writeln!(
            file,
            "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" {stroke}/>",
            x + 20.0
        );
        if let Some(number) = number {
            disc(file, pos2(x + 10.0, y), number, palette);
        }
        text(file, pos2(x + 28.0, y), "start", palette.text, name);
        at.x += width;
    };
    for (name, number) in names {
        let stroke = format!("stroke=\"{}\" stroke-width=\"2\"", hex(palette.series(number)));
        entry(&mut file, name, &stroke, numbered.then_some(number));
    }
    if chart.series.iter().any(|series| series.published) {
        let soft = hex(palette.soft);
        entry(&mut file, "as published", &format!("stroke=\"{soft}\" stroke-dasharray=\"4 3.5\""), None);
        entry(&mut file, "made here", &format!("stroke=\"{soft}\" stroke-width=\"2\""), None);
    }
    (file, lines * LINE + 8.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::chart::{Axis, Kind};

    #[test]
    fn a_file_holds_each_curve_and_its_name() {
        let points = [(10.0, 0.2), (90.0, 1.0)];
        let series =
            |name, number, published| Series { name, number, published, kind: Kind::Shares, points: &points };
        let chart = Chart {
            title: "Outages & <others>",
            x: Axis { name: "time", unit: "ms", log: true },
            y: Axis { name: "crashes", unit: "", log: false },
            categories: &[],
            shares: true,
            series: vec![
                series("a", 0, true),
                series("a", 0, false),
                series("b", 1, false),
                series("c", 2, false),
            ],
            bins: vec![],
        };
        let file = svg(&chart, Vec2::new(600.0, 300.0), Palette::of(false));
        assert_eq!(file.matches("<polyline").count(), 4);
        assert_eq!(
            file.matches("stroke-dasharray").count(),
            2,
            "the published curve, and its place in the legend"
        );
        assert!(file.contains("Outages &amp; &lt;others&gt;") && file.contains("time, ms"), "{file}");
        assert_eq!(file.matches("<circle").count(), 6, "three numbers, twice");
        assert!(file.starts_with("<svg ") && file.ends_with("</svg>\n") && !file.contains("NaN"));
        let bars = Chart { categories: &["disks", "SSDs"], shares: false, ..chart };
        let file = svg(&bars, Vec2::new(600.0, 300.0), Palette::of(false));
        assert!(file.contains(">SSDs</text>") && !file.contains("<polyline"), "{file}");
    }
}
