//! The window: lays the parts out by the width there is, measured in text, hands each its share of the state, and carries
//! out what they ask for. The one place that sees both [`State`] and the screen.

mod stage;
mod two;

use std::time::Duration;

use eframe::egui::{
    self, Align, CentralPanel, Context, Frame, Key, Layout, Margin, Panel, Rect, ScrollArea, Ui, UiBuilder,
    pos2, vec2,
};
use sim::ActorId;

use crate::action::{Action, Selection, Tab};
use crate::canvas::{self, Canvas, menu::Extras};
use crate::command;
use crate::dropped;
use crate::lower::{Lower, strip_height, strip_ui, time_height, timeline_ui};
use crate::panels::{
    assignment, beside, branches::Branches, break_it, chips, client::Client, commands::Commands,
    export::Export, first, history, inspector::Inspector, lesson, pages, palette::Palette,
    run_until::RunUntil, settings::Settings, toasts, top, verdict,
};
use crate::state::linked::Stage;
use crate::state::store::{self, Saved};
use crate::state::{Request, State, lesson as course};
use crate::theme::{self, space};
use crate::widgets;

/// How much room there is: it decides the layout. Measured in widths of text, so that larger text is a smaller window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// A phone, or very large text: one column, a sheet with tabs, the controls under the thumb.
    Phone,
    /// Logs and time share a place.
    Narrow,
    /// The inspector is a drawer.
    Desk,
    /// Everything beside everything.
    Wide,
}

/// The size of text that widths are measured in.
const TEXT: f32 = 12.5;

impl Room {
    /// The layout for a window so many points wide.
    pub fn of(width: f32) -> Room {
        match width / TEXT {
            ems if ems < 45.0 => Room::Phone,
            ems if ems < 70.0 => Room::Narrow,
            ems if ems < 100.0 => Room::Desk,
            _ => Room::Wide,
        }
    }
}

/// What the parts of the window keep for themselves: a text being typed, a menu that is open.
#[derive(Default)]
struct Parts {
    canvas: Canvas,
    lower: Lower,
    inspector: Inspector,
    commands: Commands,
    settings: Settings,
    client: Client,
    palette: Palette,
    run_until: RunUntil,
    pages: pages::Pages,
    export: Export,
    branches: Branches,
    history: history::View,
    beside: beside::Panel,
    other_canvas: Canvas,
    other_lower: Lower,
}

/// The program in the window.
pub struct App {
    state: State,
    parts: Parts,
    /// When the last frame was, in the context's seconds.
    last: Option<f64>,
    /// A text kept from an earlier visit that could not be read: set aside at the next save.
    unread: Option<String>,
}

/// A press that takes so many seconds is still a click, beside what frames take: egui's own measure.
const CLICK: f64 = 0.8;
/// How far the bar of a tab that scrolls reaches into the margin.
const BAR: f32 = 9.0;
/// The top line of a phone, and the bar under the thumb.
const PHONE_TOP: f32 = 52.0;
const PHONE_BAR: f32 = 60.0;
/// The row of chips over the canvas: a control and the room around it.
fn chips_height(ui: &Ui) -> f32 {
    theme::control_height(ui) + 16.0
}

impl App {
    /// Makes the window with what was kept from earlier visits; `link` opens that run instead.
    pub fn new(cc: &eframe::CreationContext<'_>, link: Option<&str>) -> App {
        let kept = cc.storage.and_then(|storage| storage.get_string(store::KEY));
        let (saved, unread) = match kept.as_deref().map(Saved::read) {
            None => (Saved::default(), None),
            Some(Ok(saved)) => (saved, None),
            Some(Err(told)) => (Saved::default(), Some((told, kept.clone().unwrap_or_default()))),
        };
        let mut state = State::restore(saved);
        if let Some(link) = link.filter(|link| link.trim_start_matches('#').len() > 1)
            && let Err(told) = state.open_text(link)
        {
            state.toasts.say(told);
        }
        theme::apply(&cc.egui_ctx);
        cc.egui_ctx.options_mut(|options| options.quit_shortcuts.clear());
        let mut app = App::on(state);
        if let Some((told, text)) = unread {
            app.state.toasts.say(told);
            app.unread = Some(text);
        }
        app
    }

    /// A window on this state, in a context that has our theme. Its first frame applies the preferences.
    pub fn on(state: State) -> App {
        App { state, parts: Parts::default(), last: None, unread: None }
    }

    /// The state, for tests and for the page.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state, to change it as a hand would.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The link of the run at the moment shown, without `#`.
    pub fn link(&self) -> String {
        self.state.playback.link()
    }

    /// The run, the moment, the selection and the verdicts, as JSON.
    pub fn state_json(&self) -> String {
        self.state.state_json()
    }

    /// Opens a link.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it; nothing has changed then.
    pub fn open_link(&mut self, link: &str) -> Result<(), String> {
        self.state.open_text(link)
    }

    /// One frame: keys, time, painting, and what was asked for.
    pub fn frame(&mut self, ui: &mut Ui) {
        let context = ui.ctx().clone();
        self.keys(&context);
        self.stage_keys(&context);
        self.take_dropped(&context);
        self.time(&context);
        let mut actions = Vec::new();
        self.paint(ui, &mut actions);
        self.carry_out(&context, actions);
    }

    /// Applies the preferences to the context.
    fn dress(&mut self, context: &Context) {
        let preferences = &self.state.saved.preferences;
        theme::prefer(context, preferences.theme.into());
        theme::set_reduced_motion(context, preferences.reduced_motion);
        let presents = self.state.stage == Stage::Present;
        let scale = preferences.text_scale * if presents { stage::PRESENT_SCALE } else { 1.0 };
        if (context.zoom_factor() - scale).abs() > 0.001 {
            context.set_zoom_factor(scale);
        }
    }

    fn keys(&mut self, context: &Context) {
        if self.parts.canvas.is_busy() {
            return;
        }
        let letters = self.state.saved.preferences.letter_keys;
        let over = self.parts.palette.is_open() || self.state.page.is_some();
        for command in command::pressed(context, letters && !over) {
            self.state.apply(Action::Window(command));
        }
        if over || context.text_edit_focused() {
            return;
        }
        if letters {
            for (number, mark) in numbers_pressed(context) {
                self.state.select_node(number, mark);
            }
        }
        let escaped = context.input(|input| input.key_pressed(Key::Escape));
        let chosen = self.state.selection != Selection::None || self.state.why.is_some();
        if escaped && chosen && !egui::Popup::is_any_open(context) {
            self.state.apply(Action::Select(Selection::None));
        }
    }

    /// Opens what was dropped onto the window: a run, or a history of anyone's.
    fn take_dropped(&mut self, context: &Context) {
        for file in dropped::taken(context) {
            match file.bytes {
                Ok(bytes) => self.state.open_file(&file.name, &bytes),
                Err(wrong) => self.state.toasts.say(format!("{}: {wrong}", file.name)),
            }
        }
    }

    fn time(&mut self, context: &Context) {
        // Of a press and its release each is seen at the next frame: where frames are slow a click is still a click, and no
        // long press.
        let frame = context.input(|input| f64::from(input.stable_dt));
        context.options_mut(|options| options.input_options.max_click_duration = CLICK + 2.0 * frame);
        let now = context.input(|input| input.time);
        let seconds = self.last.map_or(0.0, |last| (now - last).max(0.0));
        self.last = Some(now);
        let at_once = self.state.tick(seconds);
        let toast = self.state.toasts.pass(seconds);
        if at_once {
            context.request_repaint();
            return;
        }
        let hint = self.state.lesson.as_ref().and_then(course::Course::next_hint);
        let soon = [toast, hint, self.state.breaking.next_look()].into_iter().flatten().reduce(f64::min);
        if let Some(soon) = soon {
            context.request_repaint_after(Duration::from_secs_f64(soon.clamp(0.05, 3_600.0)));
        }
    }

    fn carry_out(&mut self, context: &Context, actions: Vec<Action>) {
        let pointed = actions.iter().any(|action| matches!(action, Action::Preview(Some(_))));
        let had_preview = self.state.preview.is_some();
        if had_preview && !pointed {
            self.state.apply(Action::Preview(None));
        }
        let any = !actions.is_empty();
        for action in actions {
            self.state.apply(action);
        }
        for request in std::mem::take(&mut self.state.requests) {
            match request {
                Request::Copy(text) => context.copy_text(text),
                Request::Palette => self.parts.palette.open(),
                Request::RunUntil => self.parts.run_until.open(),
                Request::Export => self.parts.export.open(&self.state, self.parts.lower.seen()),
                Request::Save(name, bytes) => {
                    self.state.toasts.say(match crate::files::save(&name, &bytes) {
                        Ok(told) | Err(told) => told,
                    })
                }
                Request::Dress => self.dress(context),
            }
        }
        // What changed is seen at once; pointing at the same thing again changes nothing.
        let pointed_again = pointed && had_preview;
        if any && !pointed_again {
            context.request_repaint();
        }
    }

    fn paint(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let room = Room::of(ui.available_width());
        let touch = self.state.saved.preferences.touch || room == Room::Phone;
        theme::set_touch(ui.ctx(), touch);
        self.state.wide = room == Room::Wide;
        if let Some(open) = &self.state.history {
            let phone = room <= Room::Narrow;
            self.parts.history.show(ui, open, phone, actions);
            return self.over_ui(ui, if phone { PHONE_BAR } else { 0.0 }, actions);
        }
        if self.state.stage != Stage::Desk {
            self.stage_ui(ui, actions);
            return self.over_ui(ui, 0.0, actions);
        }
        let foot = match (self.state.is_first(), room) {
            (true, _) => {
                self.first_ui(ui, room, actions);
                0.0
            }
            (false, Room::Phone) => {
                self.phone_ui(ui, actions);
                PHONE_BAR
            }
            (false, _) => {
                self.desk_ui(ui, room, actions);
                0.0
            }
        };
        self.over_ui(ui, foot, actions);
    }

    /// What lies over everything.
    fn over_ui(&mut self, ui: &mut Ui, foot: f32, actions: &mut Vec<Action>) {
        if let Some(preferences) = pages::show(ui, &self.state, &mut self.parts.pages, actions) {
            self.state.saved.preferences = preferences;
            self.state.requests.push(Request::Dress);
            ui.ctx().request_repaint();
        }
        self.parts.run_until.show(ui, actions);
        self.parts.export.show(ui, &self.state, actions);
        if let Some(text) = self.parts.palette.show(ui, &self.state, actions) {
            actions.push(Action::OpenText(text));
        }
        if let Some(at) = toasts::show(ui, &self.state, foot) {
            self.state.toasts.dismiss(at);
        }
    }

    fn top_ui(&mut self, ui: &mut Ui, phone: bool, actions: &mut Vec<Action>) {
        let height = if phone { PHONE_TOP } else { space::TOP_LINE };
        let frame = Frame::new().fill(theme::palette(ui).panel).inner_margin(Margin::symmetric(12, 0));
        let state = &self.state;
        Panel::top("top").exact_size(height).frame(frame).show(ui, |ui| {
            if phone {
                top::phone_ui(ui, state, actions);
            } else {
                top::show(ui, state, actions);
            }
        });
        if let Some(assignment) = state.assignment.as_ref().filter(|_| !state.is_first()) {
            let frame = Frame::new().fill(theme::palette(ui).raised).inner_margin(Margin::symmetric(12, 0));
            Panel::top("assignment").exact_size(space::TOP_LINE).frame(frame).show(ui, |ui| {
                assignment::line_ui(ui, state, assignment, actions);
            });
        }
    }

    fn first_ui(&mut self, ui: &mut Ui, room: Room, actions: &mut Vec<Action>) {
        self.top_ui(ui, room == Room::Phone, actions);
        let ground = Frame::new().fill(theme::palette(ui).canvas);
        CentralPanel::default().frame(ground).show(ui, |ui| {
            let whole = ui.max_rect();
            let place = first::canvas_rect(whole);
            within(ui, place, "canvas", |ui| {
                canvas_ui(ui, &mut self.parts.canvas, &self.state, true, actions)
            });
            first::show(ui, &self.state, whole, actions);
        });
    }

    fn desk_ui(&mut self, ui: &mut Ui, room: Room, actions: &mut Vec<Action>) {
        self.top_ui(ui, false, actions);
        let inspector = self.state.inspector_shown();
        let lesson_fits = room >= Room::Desk || !inspector;
        if let (Some(open), true) = (&self.state.lesson, lesson_fits) {
            let width = if room == Room::Narrow { 240.0 } else { space::TEXT_WIDTH };
            let frame =
                theme::panel_frame(ui).inner_margin(Margin { left: 20, right: 16, top: 20, bottom: 8 });
            Panel::left("lesson").exact_size(width).resizable(false).frame(frame).show(ui, |ui| {
                lesson::show(ui, &self.state, open, actions);
            });
        }
        if inspector {
            let frame =
                theme::panel_frame(ui).inner_margin(Margin { left: 16, right: 12, top: 20, bottom: 8 });
            Panel::right("inspector").exact_size(space::INSPECTOR_WIDTH).resizable(false).frame(frame).show(
                ui,
                |ui| {
                    self.side_ui(ui, room, actions);
                },
            );
        }
        CentralPanel::default()
            .frame(theme::canvas_frame(ui))
            .show(ui, |ui| self.middle_ui(ui, room, actions));
    }

    /// The right side: what is selected, or what was asked for instead.
    fn side_ui(&mut self, ui: &mut Ui, room: Room, actions: &mut Vec<Action>) {
        let tab = self.state.saved.layout.tab;
        let other = !matches!(tab, Tab::Inspector | Tab::Lesson | Tab::Logs | Tab::Time);
        if other || room != Room::Wide {
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                if widgets::icon_button(ui, crate::icons::Icon::Close, "Close", "").clicked() {
                    let close = if other {
                        Action::ShowTab(Tab::Inspector)
                    } else {
                        Action::Window(command::Command::Inspector)
                    };
                    actions.push(close);
                }
            });
        }
        scrolled(ui, tab, |ui| self.tab_ui(ui, tab, actions));
    }

    fn tab_ui(&mut self, ui: &mut Ui, tab: Tab, actions: &mut Vec<Action>) {
        let Self { state, parts, .. } = self;
        match tab {
            Tab::Verdict => verdict::show(ui, state, actions),
            Tab::Commands => parts.commands.show(ui, state, actions),
            Tab::Settings => parts.settings.show(ui, state, actions),
            Tab::Client => parts.client.show(ui, state, actions),
            Tab::Break => break_it::show(ui, state, actions),
            Tab::Beside => parts.beside.show(ui, state, actions),
            Tab::Lesson => {
                if let Some(open) = &state.lesson {
                    lesson::sheet_ui(ui, state, open, actions);
                }
            }
            Tab::Logs => {
                let size = vec2(ui.available_width(), strip_height(state).max(120.0));
                ui.allocate_ui(size, |ui| strip_ui(ui, &mut parts.lower, state, false, actions));
            }
            Tab::Time => {
                let size = vec2(ui.available_width(), time_height(state));
                ui.allocate_ui(size, |ui| timeline_ui(ui, &mut parts.lower, state, actions));
            }
            Tab::Inspector => parts.inspector.show(ui, state, actions),
        }
    }

    /// Canvas, the lab's strip, time: from top to bottom, hairlines between.
    fn middle_ui(&mut self, ui: &mut Ui, room: Room, actions: &mut Vec<Action>) {
        let whole = ui.max_rect();
        if self.state.beside.is_some() {
            return self.two_ui(ui, whole, actions);
        }
        let layout = self.state.saved.layout.clone();
        let has_strip = !self.state.strip_tabs().is_empty();
        let (mut logs, mut time) = (layout.logs && has_strip, layout.time);
        let shared = room <= Room::Narrow && logs && time;
        if shared {
            (logs, time) = (layout.logs_before_time, !layout.logs_before_time);
        }
        let tabs = if shared { theme::control_height(ui) + space::TIGHT } else { 0.0 };
        let heights = shares(
            whole.height() - tabs,
            logs.then(|| strip_height(&self.state)),
            time.then(|| time_height(&self.state)),
        );
        let mut top = whole.top();
        let mut take = |height: f32| {
            let rect = Rect::from_min_size(pos2(whole.left(), top), vec2(whole.width(), height));
            top += height;
            rect
        };
        let canvas_rect = take(heights.canvas);
        self.cluster_ui(ui, canvas_rect, actions);
        if shared {
            let rect = take(tabs).shrink2(vec2(space::WIDE, 2.0));
            within(ui, rect, "tabs", |ui| {
                let names = [self.state.strip_title(), "Time"];
                if let Some(at) = widgets::tabs(ui, &names, usize::from(!layout.logs_before_time)) {
                    actions.push(Action::ShowTab(if at == 0 { Tab::Logs } else { Tab::Time }));
                }
            });
        }
        let Self { state, parts, .. } = self;
        if logs {
            let rect = take(heights.strip);
            ui.painter().hline(rect.x_range(), rect.top(), theme::hairline(ui));
            within(ui, rect, "strip", |ui| strip_ui(ui, &mut parts.lower, state, time, actions));
        }
        if time {
            let rect = take(heights.time);
            ui.painter().hline(rect.x_range(), rect.top(), theme::hairline(ui));
            within(ui, rect, "time", |ui| timeline_ui(ui, &mut parts.lower, state, actions));
        }
    }

    /// The canvas, the chips above it and the story so far below.
    fn cluster_ui(&mut self, ui: &mut Ui, rect: Rect, actions: &mut Vec<Action>) {
        let Self { state, parts, .. } = self;
        within(ui, rect, "canvas", |ui| canvas_ui(ui, &mut parts.canvas, state, false, actions));
        let chips_rect =
            Rect::from_min_size(rect.min, vec2(rect.width(), chips_height(ui))).shrink2(vec2(14.0, 8.0));
        within(ui, chips_rect, "chips", |ui| chips::show(ui, state, &mut parts.branches, actions));
        let line =
            Rect::from_min_max(pos2(rect.left(), rect.bottom() - 24.0), rect.max).shrink2(vec2(16.0, 2.0));
        within(ui, line, "story", |ui| {
            let told = match &state.preview {
                Some((_, told)) => told.clone(),
                None if state.is_held() => String::new(),
                None => state.story_line(),
            };
            let label = ui.add(egui::Label::new(theme::secondary(ui, told)).truncate());
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
        });
    }

    fn phone_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        self.top_ui(ui, true, actions);
        let bar = Frame::new().fill(theme::palette(ui).raised).inner_margin(Margin::symmetric(16, 0));
        let state = &self.state;
        Panel::bottom("controls")
            .exact_size(PHONE_BAR)
            .frame(bar)
            .show(ui, |ui| thumb_ui(ui, state, actions));
        let short = ui.available_height() < 460.0;
        CentralPanel::default().frame(theme::canvas_frame(ui)).show(ui, |ui| {
            let whole = ui.max_rect();
            if short {
                return self.sheet_ui(ui, whole, true, actions);
            }
            let time = if self.state.saved.layout.time {
                (whole.height() * 0.27).min(time_height(&self.state))
            } else {
                0.0
            };
            let sheet = (whole.height() * 0.36).max(190.0);
            let canvas = Rect::from_min_size(whole.min, vec2(whole.width(), whole.height() - time - sheet));
            if self.state.beside.is_some() {
                let both = Rect::from_min_max(whole.min, pos2(whole.right(), canvas.bottom() + time));
                self.two_ui(ui, both, actions);
                let rect = Rect::from_min_max(both.left_bottom(), whole.max);
                return self.sheet_ui(ui, rect, false, actions);
            }
            self.cluster_ui(ui, canvas, actions);
            if time > 0.0 {
                let rect =
                    Rect::from_min_size(pos2(whole.left(), canvas.bottom()), vec2(whole.width(), time));
                ui.painter().hline(rect.x_range(), rect.top(), theme::hairline(ui));
                let Self { state, parts, .. } = self;
                within(ui, rect, "time", |ui| timeline_ui(ui, &mut parts.lower, state, actions));
            }
            let rect = Rect::from_min_max(pos2(whole.left(), canvas.bottom() + time), whole.max);
            self.sheet_ui(ui, rect, false, actions);
        });
    }

    /// The phone's sheet with its tabs; where there is no height for more, the cluster is a tab as well.
    fn sheet_ui(&mut self, ui: &mut Ui, rect: Rect, alone: bool, actions: &mut Vec<Action>) {
        ui.painter().rect_filled(rect, 0.0, theme::palette(ui).panel);
        ui.painter().hline(rect.x_range(), rect.top(), theme::hairline(ui));
        let tabs = self.sheet_tabs(alone);
        let shown = self.state.saved.layout.sheet;
        let at = tabs.iter().position(|(tab, _)| *tab == shown).unwrap_or(0);
        let names: Vec<&str> = tabs.iter().map(|(_, name)| *name).collect();
        let head =
            Rect::from_min_size(rect.min, vec2(rect.width(), space::TOUCH + 4.0)).shrink2(vec2(12.0, 0.0));
        within(ui, head, "sheet tabs", |ui| {
            ScrollArea::horizontal().id_salt("sheet tabs").auto_shrink([false, false]).show(ui, |ui| {
                if let Some(pressed) = widgets::tabs(ui, &names, at) {
                    actions.push(Action::ShowTab(tabs[pressed].0));
                }
            });
        });
        let body = Rect::from_min_max(pos2(rect.left(), head.bottom()), rect.max);
        let Some((tab, name)) = tabs.get(at).copied() else { return };
        if name == CLUSTER {
            return self.cluster_ui(ui, body, actions);
        }
        within(ui, body.shrink2(vec2(16.0, 4.0)), "sheet", |ui| {
            scrolled(ui, tab, |ui| self.tab_ui(ui, tab, actions));
        });
    }

    fn sheet_tabs(&self, alone: bool) -> Vec<(Tab, &'static str)> {
        let layout = &self.state.saved.layout;
        let mut tabs = Vec::new();
        if self.state.lesson.is_some() {
            tabs.push((Tab::Lesson, "Lesson"));
        }
        if alone {
            tabs.push((Tab::Time, if layout.time { "Time" } else { CLUSTER }));
        }
        tabs.push((Tab::Inspector, "Node"));
        let strip = self.state.strip_title();
        if !strip.is_empty() && layout.logs {
            tabs.push((Tab::Logs, strip));
        }
        if layout.verdict {
            tabs.push((Tab::Verdict, "Verdict"));
        }
        let extra = match layout.sheet {
            Tab::Commands => Some("Commands"),
            Tab::Settings => Some("Settings"),
            Tab::Client => Some("Client"),
            Tab::Break => Some("Break it"),
            Tab::Beside => Some("Side by side"),
            _ => None,
        };
        tabs.extend(extra.map(|name| (layout.sheet, name)));
        tabs
    }
}

/// The name of the tab that shows the canvas, where it has no place of its own.
const CLUSTER: &str = "Cluster";

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.frame(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Some(unread) = self.unread.take() {
            storage.set_string(store::KEY_UNREAD, unread);
        }
        storage.set_string(store::KEY, self.state.to_save().write());
    }

    fn auto_save_interval(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.extreme_bg_color.to_normalized_gamma_f32()
    }
}

/// A tab that scrolls. Its bar lies in the margin beside it: over the tab it would hide the ends of values.
fn scrolled(ui: &mut Ui, tab: Tab, add: impl FnOnce(&mut Ui)) {
    let rect = ui.available_rect_before_wrap();
    let wide = rect.with_max_x(rect.right() + BAR);
    let mut child = ui.new_child(UiBuilder::new().id_salt("scrolled").max_rect(wide));
    child.set_clip_rect(ui.clip_rect().expand2(vec2(BAR, 0.0)));
    ScrollArea::vertical().id_salt(tab).auto_shrink([false, false]).show(&mut child, |ui| {
        ui.set_max_width(rect.width());
        add(ui);
    });
}

/// Paints into a rectangle of its own, out of the flow.
fn within<R>(ui: &mut Ui, rect: Rect, salt: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = Layout::top_down(Align::Min);
    let mut child = ui.new_child(UiBuilder::new().id_salt(salt).max_rect(rect).layout(layout));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut child)
}

fn canvas_ui(ui: &mut Ui, canvas: &mut Canvas, state: &State, plain: bool, actions: &mut Vec<Action>) {
    let lab = state.lab();
    let you = ActorId::client(1);
    let columns = match lab.arrangement(state.playback.parameters()) {
        sim::lab::Arrangement::Columns(columns) => columns,
        sim::lab::Arrangement::Circle => Vec::new(),
    };
    let shown = canvas::Shown {
        columns: &columns,
        extras: Extras { lies: lab.lies(), timers: lab.timers() },
        preview: state.preview.as_ref().map(|(command, _)| command),
        you: (state.name_of(you) == "you").then_some(you),
        plain,
        keys: state.saved.preferences.letter_keys,
        reserved: if plain { 0.0 } else { chips_height(ui) },
        version_word: state.lab().about().version,
        lens: state.lens(),
        ..canvas::Shown::new(state.view(), state.playback.story(), &state.selection)
    };
    actions.extend(canvas.show(ui, shown));
}

/// The controls under the thumb of who holds a phone.
fn thumb_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        top::clock_ui(ui, state, actions);
        let controls = 3.0 * space::TOUCH + 2.0 * space::GAP;
        let middle = (ui.max_rect().center().x - ui.cursor().left() - controls / 2.0).max(0.0);
        ui.add_space(middle);
        for key in [command::Command::StepBack, command::Command::PlayOrPause, command::Command::Step] {
            let pressed = match key {
                command::Command::PlayOrPause => top::play_button(ui, state),
                key => top::icon_of(ui, key),
            };
            if pressed.clicked() {
                actions.push(Action::Window(key));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let pace = widgets::Button::secondary(&state.pace.short_words()).tip("Pace").show(ui);
            egui::Popup::menu(&pace).show(|ui| {
                for factor in crate::state::pace::FACTORS {
                    let words = crate::state::pace::Pace::new(*factor).words();
                    if ui.button(words).clicked() {
                        actions.push(Action::Pace(*factor));
                        ui.close();
                    }
                }
            });
        });
    });
}

/// How the middle is shared out.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    canvas: f32,
    strip: f32,
    time: f32,
}

/// The canvas keeps at least two fifths; strip and time get what they want of the rest, or as much as there is.
fn shares(height: f32, strip: Option<f32>, time: Option<f32>) -> Shares {
    let (strip, time) = (strip.unwrap_or(0.0), time.unwrap_or(0.0));
    let most = (height * 0.58).max(0.0);
    let scale = if strip + time > most { most / (strip + time) } else { 1.0 };
    let (strip, time) = ((strip * scale).floor(), (time * scale).floor());
    Shares { canvas: (height - strip - time).max(0.0), strip, time }
}

/// The numbers pressed, and whether they mark rather than select.
fn numbers_pressed(context: &Context) -> Vec<(u16, bool)> {
    const NUMBERS: [Key; 9] =
        [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
    context.input(|input| {
        let pressed = input.events.iter().filter_map(|event| match event {
            egui::Event::Key { key, physical_key, pressed: true, modifiers, .. } if !modifiers.command => {
                let number =
                    NUMBERS.iter().position(|number| Some(*number) == *physical_key || number == key)?;
                Some((number as u16 + 1, modifiers.shift))
            }
            _ => None,
        });
        pressed.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_follows_the_width_in_text() {
        for (width, room) in [
            (1280.0, Room::Wide),
            (1024.0, Room::Desk),
            (800.0, Room::Narrow),
            (390.0, Room::Phone),
            (1280.0 / 3.0, Room::Phone),
        ] {
            assert_eq!(Room::of(width), room, "{width}");
        }
    }

    #[test]
    fn the_canvas_keeps_its_share() {
        assert_eq!(shares(756.0, None, None), Shares { canvas: 756.0, strip: 0.0, time: 0.0 });
        let desk = shares(756.0, Some(140.0), Some(268.0));
        assert_eq!(desk, Shares { canvas: 348.0, strip: 140.0, time: 268.0 });
        let low = shares(300.0, Some(140.0), Some(268.0));
        assert!(low.canvas >= 120.0 && low.time > 100.0, "{low:?}");
        assert_eq!(low.canvas + low.strip + low.time, 300.0);
        assert_eq!(shares(0.0, Some(1.0), None).canvas, 0.0);
    }
}
