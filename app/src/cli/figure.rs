//! `potholes figure`: a lab's published figures, made again on every core.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use ::run::figure::compare::{self, Pair};
use ::run::figure::{Curve, Plan};
use ::run::report::SCHEMA;
use eframe::egui::{Theme, Vec2};
use serde_json::{Value, json};
use sim::Lab;
use sim::figure::Figure;

use super::args::FigureOrder;
use super::out::Out;
use super::{Bad, HELD, OPEN, ask, file, short};
use crate::canvas::labels::Labels;
use crate::panels::figures::figure_chart;
use crate::plot::svg::svg;
use crate::raster::{self, Shot};
use crate::theme::{self, Palette};
use crate::workshop::Workshop;

/// The picture's size, in points.
const SIZE: Vec2 = Vec2::new(760.0, 380.0);
/// Under the axes: the legend.
const LEGEND: f32 = 60.0;
/// Around all of it.
const MARGIN: f32 = 14.0;

/// Lists a lab's figures, or makes one.
pub(crate) fn figure(asked: &FigureOrder, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let lab = ask::lab(&asked.lab)?;
    let Some(id) = &asked.id else { return list(lab, asked.json, out) };
    let figure = named(lab, id)?;
    let palette = theme_of(&asked.theme)?;
    let ending = ending(asked)?;
    let plan = Plan::figure(lab, figure, asked.runs).map_err(Bad::said)?;
    let interrupted = out.interrupted();
    let mut workshop = Workshop::new(plan);
    workshop.finish(|making| {
        out.progress(&format!("{:.0} % of {} pieces", making.share() * 100.0, making.plan().pieces()));
        !interrupted.load(Ordering::Relaxed)
    });
    let curves = workshop.making().curves();
    if let (Some(path), Some(ending)) = (&asked.output, ending) {
        let chart = figure_chart(figure, &curves);
        let file = match ending {
            Ending::Svg => svg(&chart, SIZE, palette).into_bytes(),
            Ending::Png => {
                let theme = if palette.dark { Theme::Dark } else { Theme::Light };
                let size = SIZE + Vec2::new(2.0 * MARGIN, LEGEND + 2.0 * MARGIN);
                let mut labels = Labels::default();
                let shot = Shot { size, scale: 2.0, theme, ..Shot::default() };
                let image = raster::picture(shot, |ui| {
                    labels.begin(ui.ctx());
                    theme::canvas_frame(ui).inner_margin(MARGIN).show(ui, |ui| {
                        ui.set_min_size(ui.available_size());
                        chart.show(ui, &mut labels, SIZE.y);
                    });
                });
                raster::png(&image)
            }
        };
        file::write(path, file)?;
    }
    if asked.json {
        out.document(&document(lab, figure, &curves, workshop.making().plan().runs()))?;
    } else {
        out.line(&told(figure, &compare::pairs(figure, &curves)))?;
    }
    Ok(if workshop.making().is_done() { HELD } else { OPEN })
}

#[derive(Clone, Copy)]
enum Ending {
    Svg,
    Png,
}

/// What kind of file its name asks for.
fn ending(asked: &FigureOrder) -> Result<Option<Ending>, Bad> {
    let Some(path) = &asked.output else { return Ok(None) };
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(Some(Ending::Svg)),
        Some("png") => Ok(Some(Ending::Png)),
        _ => Err(Bad::Said(format!("-o {}: the file's name must end in .svg or .png", path.display()))),
    }
}

fn theme_of(word: &str) -> Result<&'static Palette, Bad> {
    match word {
        "dark" => Ok(Palette::of(true)),
        "light" => Ok(Palette::of(false)),
        other => Err(Bad::Said(format!("--theme {}: it may be dark or light", short(other)))),
    }
}

fn named(lab: &'static dyn Lab, id: &str) -> Result<&'static Figure, Bad> {
    lab.figures().iter().find(|figure| figure.id == id).ok_or_else(|| {
        let ids: Vec<&str> = lab.figures().iter().map(|figure| figure.id).collect();
        let there = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        Bad::Said(format!("{} has no figure “{}”; it has {there}", lab.about().id, short(id)))
    })
}

fn list(lab: &'static dyn Lab, json: bool, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    if json {
        let one = |figure: &Figure| json!({ "schema": SCHEMA, "id": figure.id, "title": figure.title, "source": figure.source });
        let all: Value = lab.figures().iter().map(one).collect();
        out.document(&all)?;
        return Ok(HELD);
    }
    for figure in lab.figures() {
        out.line(&format!("{:<24} {}", figure.id, figure.title))?;
    }
    Ok(HELD)
}

fn document(lab: &dyn Lab, figure: &Figure, curves: &[Curve], runs: u64) -> Value {
    let points = |points: &[(f64, f64)]| -> Vec<[f64; 2]> { points.iter().map(|&(x, y)| [x, y]).collect() };
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let names = compare::names(figure, curves);
    let curve = |name: &String| {
        let published = figure.published.iter().find(|curve| curve.name == name);
        let ours = curves.iter().find(|curve| curve.name == *name);
        json!({
            "name": name,
            "published": published.map(|curve| points(curve.points)),
            "here": ours.map(|curve| points(&curve.points)),
            "without_value": ours.and_then(|curve| curve.spread.as_ref()).map(|spread| spread.beyond()),
        })
    };
    let value = |pair: &Pair| {
        json!({
            "curve": pair.curve,
            "what": pair.what,
            "published": finite(pair.published),
            "here": finite(pair.ours),
            "difference": finite(pair.difference()),
        })
    };
    json!({
        "schema": SCHEMA,
        "lab": lab.about().id,
        "id": figure.id,
        "title": figure.title,
        "source": figure.source,
        "doc": figure.doc,
        "tolerance": figure.tolerance,
        "runs": runs,
        "x": { "name": figure.x.name, "unit": figure.x.unit, "categories": figure.x.categories },
        "y": { "name": figure.y.name, "unit": figure.y.unit },
        "curves": names.iter().map(curve).collect::<Vec<_>>(),
        "values": compare::pairs(figure, curves).iter().map(value).collect::<Vec<_>>(),
    })
}

/// The same for a person.
fn told(figure: &Figure, pairs: &[Pair]) -> String {
    let mut text = format!("{}\n{}\n{}\n", figure.title, figure.source, figure.doc);
    let width = |of: fn(&Pair) -> &str| pairs.iter().map(|pair| of(pair).chars().count()).max().unwrap_or(0);
    let (curve, what) = (width(|pair| &pair.curve), width(|pair| &pair.what));
    let _ = writeln!(text, "\n{:<curve$}  {:<what$}  {:>12}  {:>12}", "", "", "published", "here");
    for pair in pairs {
        let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
        let differs = pair.difference().map_or_else(String::new, |by| format!("{:+.0} %", by * 100.0));
        let _ = writeln!(
            text,
            "{:<curve$}  {:<what$}  {:>12}  {:>12}  {differs}",
            pair.curve,
            pair.what,
            value(pair.published),
            value(pair.ours)
        );
    }
    if !figure.tolerance.is_empty() {
        let _ = writeln!(text, "\nHeld by a test: {}", figure.tolerance);
    }
    text.trim_end().to_owned()
}
