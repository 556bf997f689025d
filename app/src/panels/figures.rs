//! The page of figures: what a paper published beside what runs here make of it, with how far they are apart; and any
//! measure over many runs of what is open.

use eframe::egui::{Align, Grid, Layout, Popup, ProgressBar, ScrollArea, Ui, vec2};
use run::figure::compare::{self, Pair};
use run::figure::spread::Spread;
use sim::figure::{Figure, Ours};

use crate::action::Action;
use crate::amount::amount;
use crate::canvas::labels::Labels;
use crate::plot::chart::{Axis, Chart, Kind, Series};
use crate::state::State;
use crate::state::figures::{self, Ask, Bench, Form, RUNS, Subject};
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// How many bins a histogram has, about.
const BINS: usize = 30;
/// The picture's height.
const CHART: f32 = 300.0;
/// The page is no wider.
pub const WIDEST: f32 = 940.0;

/// The page's own state: what was laid out.
#[derive(Default)]
pub struct Page {
    labels: Labels,
}

impl Page {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        self.labels.begin(ui.ctx());
        let lab = state.lab();
        let subject = state.figures.subject(lab);
        subjects_ui(ui, state, subject, actions);
        ui.add_space(space::GAP);
        let bench = state.figures.bench(lab);
        match (subject, subject_figure(state, subject)) {
            (Subject::Published(_), Some(figure)) => self.published_ui(ui, figure, bench, actions),
            _ => self.free_ui(ui, state, bench, actions),
        }
    }

    fn published_ui(
        &mut self,
        ui: &mut Ui,
        figure: &Figure,
        bench: Option<&Bench>,
        actions: &mut Vec<Action>,
    ) {
        ui.label(theme::text(figure.doc));
        ui.label(theme::secondary(ui, figure.source));
        ui.add_space(space::TIGHT);
        make_ui(ui, &figures::offered(figure), bench, "Make it here", actions);
        ui.add_space(space::GAP);
        let made = bench.map(|bench| bench.curves.as_slice()).unwrap_or_default();
        self.figure_chart(ui, figure, made);
        ui.add_space(space::WIDE);
        pairs_ui(ui, figure, &compare::pairs(figure, made));
        if !figure.tolerance.is_empty() {
            ui.add_space(space::GAP);
            let tolerance = format!("A test holds ours to the published values: {}.", figure.tolerance);
            ui.label(theme::secondary(ui, tolerance));
        }
    }

    /// Published curves and ours on the same axes.
    fn figure_chart(&mut self, ui: &mut Ui, figure: &Figure, made: &[run::figure::Curve]) {
        figure_chart(figure, made).show(ui, &mut self.labels, CHART);
    }

    fn free_ui(&mut self, ui: &mut Ui, state: &State, bench: Option<&Bench>, actions: &mut Vec<Action>) {
        let run = state.playback.run();
        let form = state.figures.form(run);
        let told = "The run that is open, with its settings and commands, under many seeds.";
        ui.label(theme::text(told));
        ui.add_space(space::TIGHT);
        form_ui(ui, state, &form, actions);
        ui.add_space(space::TIGHT);
        make_ui(ui, &[], bench, "Run them", actions);
        ui.add_space(space::GAP);
        let Some((bench, asked)) = bench.and_then(|bench| Some((bench, bench.form.as_ref()?))) else {
            return;
        };
        if bench.run.as_ref() != Some(run) || *asked != (Form { shares: asked.shares, ..form.clone() }) {
            ui.label(theme::secondary(
                ui,
                "This shows what was asked before; run them again for what stands above now.",
            ));
        }
        let measure = state.lab().measures().iter().find(|measure| measure.id == asked.measure);
        let (id, unit) = measure.map_or(("", ""), |measure| (measure.id, measure.unit));
        let id = &id.replace('_', " ");
        if let Some(spread) = bench.curves.first().and_then(|curve| curve.spread.as_ref()) {
            ui.label(theme::text(spread_words(spread, unit)));
            self.spread_ui(ui, id, unit, spread, form.shares);
        } else if asked.along.is_some() {
            self.along_ui(ui, bench, asked, id, unit);
        }
    }

    fn spread_ui(&mut self, ui: &mut Ui, id: &str, unit: &str, spread: &Spread, shares: bool) {
        let x = Axis { name: id, unit, log: false };
        let y = Axis { name: "runs", unit: "", log: false };
        let steps = if shares { spread.steps() } else { Vec::new() };
        let curve = Series { name: id, number: 0, published: false, kind: Kind::Shares, points: &steps };
        let chart = Chart {
            title: "Distribution",
            x,
            y,
            categories: &[],
            shares,
            series: if shares { vec![curve] } else { Vec::new() },
            bins: if shares { Vec::new() } else { spread.bins(BINS) },
        };
        chart.show(ui, &mut self.labels, CHART);
    }

    fn along_ui(&mut self, ui: &mut Ui, bench: &Bench, asked: &Form, id: &str, unit: &str) {
        let parameter = asked.along.as_deref().unwrap_or_default();
        let series = |(number, curve)| series_of(number, curve, Kind::Line);
        let chart = Chart {
            title: "Along a parameter",
            x: Axis { name: parameter, unit: bench.plan().unit(), log: is_spread(bench) },
            y: Axis { name: id, unit, log: false },
            categories: &[],
            shares: false,
            series: bench.curves.iter().enumerate().map(series).collect(),
            bins: Vec::new(),
        };
        chart.show(ui, &mut self.labels, CHART);
        ui.add_space(space::GAP);
        Grid::new("along").num_columns(bench.curves.len() + 2).spacing(vec2(space::PART, space::TIGHT)).show(
            ui,
            |ui| {
                ui.label(theme::secondary(ui, parameter));
                for curve in &bench.curves {
                    right_ui(ui, theme::secondary(ui, curve.name.as_str()));
                }
                // What is left of the width is nobody's.
                ui.label("");
                ui.end_row();
                for (place, value) in bench.plan().places() {
                    ui.label(theme::value(value.as_str()));
                    for curve in &bench.curves {
                        let point = curve.points.iter().find(|point| point.0 == *place);
                        let told = point
                            .map_or_else(|| "–".to_owned(), |point| crate::amount::with_unit(point.1, unit));
                        right_ui(ui, theme::value(told));
                    }
                    ui.label("");
                    ui.end_row();
                }
            },
        );
    }
}

/// Whether the values along the axis lie so far apart that it is drawn by their logarithm.
fn is_spread(bench: &Bench) -> bool {
    let places = || bench.plan().places().iter().map(|place| place.0);
    let (low, high) = (places().fold(f64::INFINITY, f64::min), places().fold(0.0, f64::max));
    low > 0.0 && high / low >= 8.0
}

fn series_of(number: usize, curve: &run::figure::Curve, kind: Kind) -> Series<'_> {
    Series { name: &curve.name, number, published: false, kind, points: &curve.points }
}

/// The published figure that is shown.
fn subject_figure(state: &State, subject: Subject) -> Option<&'static Figure> {
    match subject {
        Subject::Published(at) => state.lab().figures().get(at),
        Subject::First | Subject::Free => None,
    }
}

/// A figure's curves, published and ours, on its axes.
pub fn figure_chart<'a>(figure: &'a Figure, made: &'a [run::figure::Curve]) -> Chart<'a> {
    let shares = matches!(figure.ours, Ours::Distribution { .. });
    let kind = if shares { Kind::Shares } else { Kind::Line };
    let names = compare::names(figure, made);
    let number = |name: &str| names.iter().position(|known| known == name).unwrap_or(0);
    let published = figure.published.iter().map(|curve| Series {
        name: curve.name,
        number: number(curve.name),
        published: true,
        kind,
        points: curve.points,
    });
    let ours = made.iter().map(|curve| series_of(number(&curve.name), curve, kind));
    Chart {
        title: figure.title,
        x: figure.x.into(),
        y: figure.y.into(),
        categories: figure.x.categories,
        shares,
        series: published.chain(ours).collect(),
        bins: vec![],
    }
}

/// Which of the lab's figures, or the free form.
fn subjects_ui(ui: &mut Ui, state: &State, subject: Subject, actions: &mut Vec<Action>) {
    let lab = state.lab();
    let mut names: Vec<&str> = lab.figures().iter().map(|figure| figure.title).collect();
    names.push("Any measure");
    let at = match subject {
        Subject::Published(at) => at,
        Subject::First | Subject::Free => names.len() - 1,
    };
    let subject_at = |at: usize| {
        let subject = if at < lab.figures().len() { Subject::Published(at) } else { Subject::Free };
        Action::Figures(Ask::Show(subject))
    };
    let letters: usize = names.iter().map(|name| name.chars().count() + 3).sum();
    if letters as f32 * 7.6 <= ui.available_width() {
        actions.extend(widgets::tabs(ui, &names, at).map(subject_at));
        return;
    }
    // Where tabs would be cut short, a menu.
    let picker = widgets::picker(ui, names[at], "");
    Popup::menu(&picker).show(|ui| {
        for (at, name) in names.iter().enumerate() {
            if ui.button(*name).clicked() {
                actions.push(subject_at(at));
                ui.close();
            }
        }
    });
}

/// Buttons to make it, or how far that is.
fn make_ui(ui: &mut Ui, offered: &[u64], bench: Option<&Bench>, label: &str, actions: &mut Vec<Action>) {
    if let Some(bench) = bench.filter(|bench| bench.is_working()) {
        ui.horizontal(|ui| {
            let share = bench.share();
            ui.add(ProgressBar::new(share).desired_width(220.0).text(format!("{:.0} %", share * 100.0)));
            if widgets::secondary_button(ui, "Cancel").clicked() {
                actions.push(Action::Figures(Ask::Cancel));
            }
        });
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if offered.is_empty() && Button::primary(label).show(ui).clicked() {
            actions.push(Action::Figures(Ask::Make(None)));
        }
        for (at, runs) in offered.iter().enumerate() {
            let words = if at + 1 == offered.len() && at > 0 {
                format!("{runs} runs a curve, as published")
            } else if at == 0 {
                format!("{label}: {runs} runs a curve")
            } else {
                format!("{runs} runs")
            };
            let button = if at == 0 { Button::primary(&words) } else { Button::secondary(&words) };
            if button.show(ui).clicked() {
                actions.push(Action::Figures(Ask::Make(Some(*runs))));
            }
        }
        if let Some(bench) = bench {
            let told = match (bench.cancelled, bench.runs()) {
                (true, _) => format!("stopped at {:.0} %", bench.share() * 100.0),
                (false, 0) => "computed".to_owned(),
                (false, runs) => format!("made of {} runs each", amount(runs as f64)),
            };
            ui.label(theme::secondary(ui, told));
        }
    });
}

/// The free form.
fn form_ui(ui: &mut Ui, state: &State, form: &Form, actions: &mut Vec<Action>) {
    let mut filled = form.clone();
    ui.horizontal_wrapped(|ui| {
        let lab = state.lab();
        let doc = lab
            .measures()
            .iter()
            .find(|measure| measure.id == form.measure)
            .map_or("", |measure| measure.doc);
        let picker = widgets::picker(ui, &form.measure.replace('_', " "), "").on_hover_text(doc);
        Popup::menu(&picker).show(|ui| {
            ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
                for measure in lab.measures() {
                    if ui.button(measure.id.replace('_', " ")).on_hover_text(measure.doc).clicked() {
                        measure.id.clone_into(&mut filled.measure);
                        ui.close();
                    }
                }
            });
        });
        let along = form.along.as_deref().map_or("over seeds", |parameter| parameter);
        let picker = widgets::picker(ui, along, if form.along.is_some() { "along the axis" } else { "" });
        Popup::menu(&picker).show(|ui| {
            ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
                if ui.button("over seeds").clicked() {
                    filled.along = None;
                    ui.close();
                }
                for parameter in lab.parameters() {
                    if ui.button(parameter.id).on_hover_text(parameter.doc).clicked() {
                        filled.along = Some(parameter.id.to_owned());
                        ui.close();
                    }
                }
            });
        });
        let names: Vec<String> = RUNS.iter().map(|runs| format!("{} runs", amount(*runs as f64))).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let at = RUNS.iter().position(|runs| *runs == form.runs).unwrap_or(usize::MAX);
        if let Some(at) = widgets::segmented(ui, &names, at) {
            filled.runs = RUNS[at];
        }
        if form.along.is_none()
            && let Some(at) = widgets::segmented(ui, &["histogram", "shares"], usize::from(form.shares))
        {
            filled.shares = at == 1;
        }
    });
    if form.along.is_some() {
        ui.horizontal(|ui| {
            ui.set_max_width(ui.available_width().min(420.0));
            widgets::text_field(
                ui,
                &mut filled.values,
                "values, with commas between",
                "Values along the axis",
            );
        });
    }
    if filled != *form {
        actions.push(Action::Figures(Ask::Fill(filled)));
    }
}

/// The shape of a distribution in a sentence.
fn spread_words(spread: &Spread, unit: &str) -> String {
    let told = |value: Option<f64>| {
        value.map_or_else(|| "beyond".to_owned(), |value| crate::amount::with_unit(value, unit))
    };
    let beyond = match spread.beyond() {
        0 => String::new(),
        count => format!("; {count} without a value"),
    };
    format!(
        "{} runs: median {}, 5 % below {}, 95 % below {}{beyond}",
        amount(spread.runs() as f64),
        told(spread.quantile(0.5)),
        told(spread.quantile(0.05)),
        told(spread.quantile(0.95))
    )
}

fn right_ui(ui: &mut Ui, text: impl Into<eframe::egui::WidgetText>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(text));
}

/// Published values beside ours: a row a curve, or where a curve has more values than that, a row a value.
fn pairs_ui(ui: &mut Ui, figure: &Figure, pairs: &[Pair]) {
    let mut curves: Vec<&str> = Vec::new();
    let mut whats: Vec<&str> = Vec::new();
    for pair in pairs {
        if !curves.contains(&&*pair.curve) {
            curves.push(&pair.curve);
        }
        if !whats.contains(&&*pair.what) {
            whats.push(&pair.what);
        }
    }
    let by_curve = matches!(figure.ours, Ours::Distribution { .. });
    let (rows, columns) = if by_curve { (curves, whats) } else { (whats, curves) };
    let find = |row: &str, column: &str| {
        let (curve, what) = if by_curve { (row, column) } else { (column, row) };
        pairs.iter().find(|pair| pair.curve == curve && pair.what == what)
    };
    let unit = if by_curve { figure.x.unit } else { figure.y.unit };
    ScrollArea::horizontal().id_salt("pairs").show(ui, |ui| {
        Grid::new("pairs").spacing(vec2(space::WIDE, space::TIGHT)).show(ui, |ui| {
            let unit = if unit.is_empty() { String::new() } else { format!("in {unit}") };
            ui.label(theme::secondary(ui, unit));
            for column in &columns {
                right_ui(ui, theme::heading(*column));
                ui.label("");
                ui.label("");
            }
            ui.end_row();
            ui.label("");
            for _ in &columns {
                for word in ["published", "here"] {
                    right_ui(ui, theme::secondary(ui, word));
                }
                ui.label(theme::secondary(ui, "differs"));
            }
            ui.end_row();
            for row in rows {
                ui.label(theme::text(row));
                for column in &columns {
                    pair_ui(ui, find(row, column));
                }
                ui.end_row();
            }
        });
    });
}

/// As published, ours, and by how much ours differs.
fn pair_ui(ui: &mut Ui, pair: Option<&Pair>) {
    let told = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), amount_of);
    let soft = theme::palette(ui).soft;
    right_ui(ui, theme::value(told(pair.and_then(|pair| pair.published))).color(soft));
    right_ui(ui, theme::value(told(pair.and_then(|pair| pair.ours))));
    let words = pair.and_then(Pair::difference).map_or_else(String::new, |by| {
        let sign = if by > 0.0 { "+" } else { "" };
        format!("{sign}{:.0} %", by * 100.0)
    });
    ui.label(theme::value(words).color(soft));
}

/// A value in a table: three figures that count.
fn amount_of(value: f64) -> String {
    let power = if value == 0.0 { 1.0 } else { 10f64.powi((2 - value.abs().log10().floor() as i32).max(0)) };
    amount((value * power).round() / power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{self, Action};
    use crate::canvas::tests::{look, looked_at};
    use crate::raster::Shot;
    use crate::shell::App;
    use crate::state::store::Saved;
    use eframe::egui::{Theme, Vec2};
    use run::{Playback, Run};

    fn state() -> State {
        let mut saved = Saved::default();
        saved.layout.reveal_all();
        let mut run = Run::new(catalog::LABS[0]);
        run.end = sim::Time::millis(4_000);
        let mut state = State::new(Playback::new(run), saved);
        state.playback.show(sim::Moment::end_of(sim::Time::millis(2_690)));
        state.page = Some(action::Page::Figures);
        state
    }

    fn asked(state: &mut State, asks: impl IntoIterator<Item = Ask>) {
        for ask in asks {
            state.apply(Action::Figures(ask));
        }
        state.figures.finish();
    }

    fn pictures_of(name: &str, state: impl Fn() -> State) {
        let all = [
            (Theme::Dark, "whole", Vec2::new(1280.0, 1200.0)),
            (Theme::Dark, "dark", Vec2::new(1280.0, 800.0)),
            (Theme::Light, "light", Vec2::new(1280.0, 800.0)),
            (Theme::Light, "phone", Vec2::new(390.0, 844.0)),
        ];
        let count = if looked_at() { all.len() } else { 1 };
        for (theme, shade, size) in all.into_iter().take(count) {
            let mut state = state();
            state.saved.preferences.theme = theme_choice(theme);
            let mut app = App::on(state);
            let shot = Shot { size, theme, scale: 1.0, frames: 6 };
            look(&format!("page-{name}-{shade}"), shot, |ui| app.frame(ui));
        }
    }

    fn theme_choice(theme: Theme) -> crate::state::store::ThemeChoice {
        use crate::state::store::ThemeChoice;
        if theme == Theme::Dark { ThemeChoice::Dark } else { ThemeChoice::Light }
    }

    #[test]
    fn pictures() {
        pictures_of("published", || {
            let mut state = state();
            let runs = if looked_at() { 60 } else { 4 };
            asked(&mut state, [Ask::Make(Some(runs))]);
            state
        });
        pictures_of("empty", state);
        let free = |along: Option<&str>| {
            let mut state = state();
            state.apply(Action::Figures(Ask::Show(Subject::Free)));
            let form = state.figures.form(state.playback.run());
            let runs = if looked_at() { 100 } else { 20 };
            let form =
                Form { measure: "latency_p50".to_owned(), runs, along: along.map(str::to_owned), ..form };
            asked(&mut state, [Ask::Fill(form), Ask::Make(None)]);
            state
        };
        pictures_of("free", || free(None));
        pictures_of("along", || free(Some("think")));
    }

    /// Each published figure of each lab as the window shows it, made of few runs. For whoever looks: minutes.
    #[test]
    fn pictures_of_every_published_figure() {
        for lab in catalog::LABS.iter().filter(|_| looked_at()) {
            for (at, figure) in lab.figures().iter().enumerate() {
                let run = Run::new(*lab);
                let mut state = State::new(Playback::new(run), Saved::default());
                state.saved.layout.reveal_all();
                state.page = Some(action::Page::Figures);
                let show = Action::Figures(Ask::Show(Subject::Published(at)));
                state.apply(show);
                let runs = figures::offered(figure).first().copied();
                asked(&mut state, [Ask::Make(runs)]);
                state.saved.preferences.theme = theme_choice(Theme::Light);
                let mut app = App::on(state);
                let size = Vec2::new(1280.0, 800.0);
                let shot = Shot { size, theme: Theme::Light, scale: 1.0, frames: 6 };
                look(&format!("figure-{}-{}", lab.about().id, figure.id), shot, |ui| app.frame(ui));
            }
        }
    }

    #[test]
    fn a_distribution_in_a_sentence() {
        let spread = Spread::new((0..100).map(f64::from).chain([f64::NAN]).collect());
        assert_eq!(
            spread_words(&spread, "ms"),
            "101 runs: median 50 ms, 5 % below 5 ms, 95 % below 95 ms; 1 without a value"
        );
        assert_eq!(spread_words(&Spread::new(vec![f64::NAN]), "s").matches("beyond").count(), 3);
    }

    #[test]
    fn a_figure_has_each_curve_twice_in_one_colour() {
        let figure = &catalog::lab("raft").unwrap().figures()[0];
        let plan = run::figure::Plan::figure(catalog::lab("raft").unwrap(), figure, Some(1)).unwrap();
        let mut making = run::figure::Making::new(plan);
        while !making.advance(100_000) {}
        let made = making.curves();
        let chart = figure_chart(figure, &made);
        assert_eq!(chart.series.len(), 12);
        for series in chart.series.iter().filter(|series| !series.published) {
            let paper =
                chart.series.iter().find(|other| other.published && other.name == series.name).unwrap();
            assert_eq!(paper.number, series.number);
        }
        assert_eq!(amount_of(1234.567), "1235");
        assert_eq!(amount_of(0.012_345), "0.0123");
    }
}
