//! What hands do on the canvas: every actor, message and link is a thing to point at and has a name; drags draw lines,
//! bands and pairs; keys do the same without a pointer.

use eframe::egui::{
    self, Align2, CornerRadius, CursorIcon, EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response,
    Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, emath::TSTransform, vec2,
};
use sim::ActorId;
use sim::command::{Command, Who};
use sim::view::Status;

use super::arrange::Arrangement;
use super::gesture::{self, Drag};
use super::labels::Style;
use super::menu::Target;
use super::nodes::{self, Brush, Marks};
use super::placed::Placed;
use super::{Canvas, Shown, cut, ink};
use crate::action::{Action, Selection};
use crate::theme::{self, Size, space};

/// An actor's touch target is at least this wide.
const TARGET: f32 = space::TOUCH;
/// So near a link a click means it; and so near under a finger.
const NEAR_LINK: [f32; 2] = [7.0, 18.0];
/// So near a dot a click means it.
const NEAR_DOT: [f32; 2] = [9.0, 20.0];
/// The most messages that have a name of their own for a screen reader.
const NAMED_MESSAGES: usize = 60;

impl Canvas {
    pub(super) fn links_ui(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        placed: &Placed,
        to_screen: TSTransform,
        brush: &mut Brush<'_>,
        actions: &mut Vec<Action>,
    ) {
        for link in placed.links.iter().filter(|link| !link.pair.1.is_client()).take(NAMED_MESSAGES) {
            let (a, b) = link.pair;
            let middle = to_screen * link.route.at(0.5);
            // The keyboard reaches the links of what is selected; a hand reaches all by their lines.
            let sense = if link.selected { Sense::focusable_noninteractive() } else { Sense::hover() };
            let id = ui.scope_id().with(("link", a, b));
            let response = ui.interact(Rect::from_center_size(middle, Vec2::splat(24.0)), id, sense);
            let selected = *shown.selection == Selection::Link(a, b);
            let cut = if link.cut == [true, true] { ", cut" } else { "" };
            response.widget_info(|| {
                WidgetInfo::selected(Role::Button, true, selected, format!("Link {a}-{b}{cut}"))
            });
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.add_action(egui::accesskit::Action::Click));
            let pressed = response.has_focus() && enter_or_space(ui);
            if pressed || accesskit_clicked(ui, response.id) {
                actions.push(Action::Select(Selection::Link(a, b)));
            }
            if response.has_focus() {
                let stroke = Stroke::new(space::RING, brush.palette.act);
                brush.shapes.push(Shape::circle_stroke(middle, 9.0, stroke));
                if menu_key(ui) {
                    self.open_menu(Target::Link(a, b), middle);
                }
            }
            if selected {
                let line = link.route.on_screen(to_screen).points();
                brush.shapes.push(Shape::line(line, Stroke::new(space::RING, brush.palette.act)));
            }
        }
    }

    pub(super) fn messages_ui(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        placed: &Placed,
        to_screen: TSTransform,
        pills: &[(Rect, usize)],
        actions: &mut Vec<Action>,
    ) {
        let dots = placed.couriers.iter().filter(|_| placed.dots).take(NAMED_MESSAGES);
        let dots = dots.map(|courier| {
            (Rect::from_center_size(to_screen * courier.at, Vec2::splat(16.0)), courier.flight, false)
        });
        let pills = pills.iter().map(|(rect, flight)| (*rect, *flight, true));
        let pilled: Vec<usize> = pills.clone().map(|(_, flight, _)| flight).collect();
        let all: Vec<(Rect, usize, bool)> =
            dots.filter(|(_, flight, _)| !pilled.contains(flight)).chain(pills).collect();
        for (rect, index, pill) in all {
            let Some(flight) = shown.view.flights.get(index) else { continue };
            let sense = if pill { Sense::click() } else { Sense::CLICK };
            // Under a finger a pill is taller than it looks.
            let rect = if theme::is_touch(ui) {
                rect.expand2(vec2(4.0, (TARGET - rect.height()).max(0.0) / 2.0))
            } else {
                rect
            };
            let response = ui.interact(rect, ui.scope_id().with(("message", flight.id)), sense);
            let selected = *shown.selection == Selection::Message(flight.id);
            response.widget_info(|| {
                let name =
                    format!("Message {} {}→{} #{}", flight.kind, flight.from, flight.to, flight.number);
                WidgetInfo::selected(Role::Button, true, selected, name)
            });
            if response.has_focus() {
                let stroke = theme::focus_ring(ui);
                ui.painter().rect_stroke(
                    rect.expand(5.0),
                    CornerRadius::same(14),
                    stroke,
                    StrokeKind::Middle,
                );
            }
            if response.clicked() {
                actions.push(Action::Select(Selection::Message(flight.id)));
            }
            if response.secondary_clicked() || (response.has_focus() && menu_key(ui)) {
                self.open_menu(
                    Target::Message(flight.id),
                    ui.input(|i| i.pointer.interact_pos()).unwrap_or(rect.center()),
                );
                actions.push(Action::Select(Selection::Message(flight.id)));
            }
            response.on_hover_ui(|ui| message_tip(ui, flight));
        }
    }

    pub(super) fn actors_ui(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        to_screen: TSTransform,
        brush: &mut Brush<'_>,
        actions: &mut Vec<Action>,
    ) {
        let mut labels = std::mem::take(&mut self.labels);
        let arrangement = std::mem::take(&mut self.arrangement);
        for spot in &arrangement.spots {
            let Some(actor) = shown.view.actor(spot.actor) else { continue };
            let at = to_screen * spot.at;
            let wide = (2.0 * spot.radius * to_screen.scaling).max(if arrangement.spots.len() > 30 {
                0.0
            } else {
                TARGET
            });
            let id = actor_id(ui, spot.actor);
            let response =
                ui.interact(Rect::from_center_size(at, Vec2::splat(wide)), id, Sense::click_and_drag());
            let selected = shown.selection.has(spot.actor);
            response.widget_info(|| {
                WidgetInfo::selected(Role::Button, true, selected, nodes::spoken(actor, shown.version_word))
            });
            self.actor_hands(ui, &response, spot.actor, shown, &arrangement, actions);
            let joined = matches!(&self.drag, Some(Drag::Join { from, over, .. }) if *over == Some(spot.actor) || *from == spot.actor);
            let marks = Marks {
                selected,
                focused: response.has_focus(),
                hovered: (response.hovered() && self.drag.is_none()) || joined,
                previewed: shown.preview.is_some_and(|command| concerns(command, spot.actor)),
            };
            let now = shown.view.moment.at;
            let veiled = shown.lens.is_some_and(|lens| lens.is_veiled(spot.actor, now));
            if !veiled {
                brush.pulse(spot, shown.story, now);
            }
            if spot.actor.is_node() {
                brush.node(&mut labels, spot, actor, marks);
            } else {
                let name =
                    if shown.you == Some(spot.actor) { "you".to_owned() } else { spot.actor.to_string() };
                brush.client(&mut labels, spot, actor, &name, marks);
                if let Some(lines) = &actor.waiting {
                    brush.waiting(&mut labels, spot, lines, &arrangement);
                }
            }
            if veiled {
                brush.veil(spot);
            }
            if self.drag.is_none() && self.menu.is_none() {
                response.on_hover_cursor(CursorIcon::PointingHand).on_hover_ui(|ui| actor_tip(ui, actor));
            }
        }
        (self.labels, self.arrangement) = (labels, arrangement);
    }

    fn actor_hands(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        actor: ActorId,
        shown: &Shown<'_>,
        arrangement: &Arrangement,
        actions: &mut Vec<Action>,
    ) {
        if response.clicked() {
            let marking = ui.input(|input| input.modifiers.shift || input.modifiers.command);
            actions.push(if marking {
                Action::Toggle(actor)
            } else {
                Action::Select(Selection::Actor(actor))
            });
        }
        if response.secondary_clicked() {
            let at = response.interact_pointer_pos().or(ui.input(|input| input.pointer.interact_pos()));
            self.open_menu(Target::Actor(actor), at.unwrap_or(response.rect.center()));
            if !shown.selection.has(actor) {
                actions.push(Action::Select(Selection::Actor(actor)));
            }
        }
        if response.drag_started_by(PointerButton::Primary)
            && let Some(to) = response.interact_pointer_pos()
        {
            self.drag = Some(Drag::Join { from: actor, to, over: None });
        }
        if !response.has_focus() {
            return;
        }
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        if menu_key(ui) {
            self.open_menu(Target::Actor(actor), response.rect.center_bottom());
        }
        let way = ui.input(|input| {
            let keys = [
                (Key::ArrowLeft, vec2(-1.0, 0.0)),
                (Key::ArrowRight, vec2(1.0, 0.0)),
                (Key::ArrowUp, vec2(0.0, -1.0)),
                (Key::ArrowDown, vec2(0.0, 1.0)),
            ];
            keys.into_iter().find(|(key, _)| input.key_pressed(*key)).map(|(_, way)| way)
        });
        if let Some(next) = way.and_then(|way| gesture::neighbour(arrangement, actor, way)) {
            let id = actor_id(ui, next);
            ui.memory_mut(|memory| memory.request_focus(id));
        }
    }

    /// Clicks that hit no actor and no pill, and the beginnings of drags.
    pub(super) fn ground_ui(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        placed: &Placed,
        ground: &Response,
        to_screen: TSTransform,
        actions: &mut Vec<Action>,
    ) {
        let finger = usize::from(theme::is_touch(ui));
        let pointer = ground.interact_pointer_pos().or(ui.input(|input| input.pointer.interact_pos()));
        let Some(at) = pointer else { return };
        if ground.drag_started_by(PointerButton::Primary) {
            let from = ui.input(|input| input.pointer.press_origin()).unwrap_or(at);
            let band = ui.input(|input| input.modifiers.shift);
            self.drag =
                Some(if band { Drag::Band { from, to: at } } else { Drag::Cut { line: vec![from, at] } });
        }
        if !ground.clicked() && !ground.secondary_clicked() {
            return;
        }
        let dot = placed
            .couriers
            .iter()
            .map(|courier| (at.distance(to_screen * courier.at), courier.flight))
            .filter(|(far, _)| placed.dots && *far < NEAR_DOT[finger])
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let link = placed
            .links
            .iter()
            .map(|link| (link.route.on_screen(to_screen).distance(at), link.pair))
            .filter(|(far, _)| *far < NEAR_LINK[finger])
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let (selection, target) = match (dot.and_then(|(_, index)| shown.view.flights.get(index)), link) {
            (Some(flight), _) => (Selection::Message(flight.id), Some(Target::Message(flight.id))),
            (None, Some((_, (a, b)))) => (Selection::Link(a, b), Some(Target::Link(a, b))),
            (None, None) => (Selection::None, None),
        };
        if selection != *shown.selection {
            actions.push(Action::Select(selection));
        }
        if let (true, Some(target)) = (ground.secondary_clicked(), target) {
            self.open_menu(target, at);
        }
    }

    /// A drag under way: follows the pointer, shows what it will do, does it when let go.
    #[expect(
        clippy::too_many_arguments,
        reason = "a drag reads the whole picture and writes to the paint and the list"
    )]
    pub(super) fn drag_ui(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        placed: &Placed,
        rect: Rect,
        to_screen: TSTransform,
        brush: &mut Brush<'_>,
        actions: &mut Vec<Action>,
    ) {
        let Some(mut drag) = self.drag.take() else {
            if self.previewed.take().is_some() {
                actions.push(Action::Preview(None));
            }
            return;
        };
        let (pointer, down, escape) = ui.input(|input| {
            (input.pointer.interact_pos(), input.pointer.primary_down(), input.key_pressed(Key::Escape))
        });
        if escape {
            return;
        }
        if let Some(at) = pointer {
            drag.follow(at, &self.arrangement, to_screen);
        }
        let commands = match &drag {
            Drag::Cut { line } => {
                gesture::cut_commands(line, shown.view, placed, &self.arrangement, to_screen)
            }
            Drag::Join { .. } | Drag::Band { .. } => Vec::new(),
        };
        if down {
            self.paint_drag(&drag, &commands, rect, to_screen, brush);
            let first = commands.first().cloned();
            if first != self.previewed {
                actions.push(Action::Preview(first.clone()));
                self.previewed = first;
            }
            self.drag = Some(drag);
            return;
        }
        match drag {
            Drag::Cut { .. } => actions.extend(commands.into_iter().map(Action::Do)),
            Drag::Band { from, to } => {
                let marked = gesture::inside(Rect::from_two_pos(from, to), &self.arrangement, to_screen);
                actions.push(Action::Select(match marked.as_slice() {
                    [] => Selection::None,
                    [one] => Selection::Actor(*one),
                    _ => Selection::Actors(marked),
                }));
            }
            Drag::Join { from, over: Some(over), to } if over != from => {
                self.open_menu(Target::Link(from, over), to);
                actions.push(Action::Select(Selection::Link(from.min(over), from.max(over))));
            }
            Drag::Join { .. } => {}
        }
    }

    fn paint_drag(
        &mut self,
        drag: &Drag,
        commands: &[Command],
        rect: Rect,
        to_screen: TSTransform,
        brush: &mut Brush<'_>,
    ) {
        let act = brush.palette.act;
        match drag {
            Drag::Cut { line } => {
                ink::dashed(&mut brush.shapes, line, Stroke::new(space::RING, act));
                let words = commands.iter().map(cut::words).collect::<Vec<_>>().join(", ");
                if let (Some(end), false) = (line.last(), words.is_empty()) {
                    let style = Style::values(Size::Secondary);
                    let place = (*end + vec2(14.0, -10.0), Align2::LEFT_BOTTOM);
                    let text = if words.len() > 60 { format!("{} links", commands.len()) } else { words };
                    let (_, size) = self.labels.place(brush.painter, place, style, &text, brush.palette.text);
                    let inside = (rect.right() - 8.0 - size.right()).min(0.0);
                    let place = (place.0 + vec2(inside, 0.0), place.1);
                    let (shape, size) =
                        self.labels.place(brush.painter, place, style, &text, brush.palette.text);
                    let ground = size.expand2(vec2(7.0, 4.0));
                    brush.shapes.push(Shape::rect_filled(
                        ground,
                        CornerRadius::same(space::CONTROL_RADIUS),
                        brush.palette.raised,
                    ));
                    brush.shapes.push(shape);
                }
            }
            Drag::Band { from, to } => {
                let band = Rect::from_two_pos(*from, *to);
                brush.shapes.push(Shape::rect_filled(band, CornerRadius::same(4), act.gamma_multiply(0.12)));
                let stroke = Stroke::new(space::HAIRLINE, act);
                brush.shapes.push(Shape::rect_stroke(
                    band,
                    CornerRadius::same(4),
                    stroke,
                    StrokeKind::Inside,
                ));
            }
            Drag::Join { from, to, over } => {
                let Some(start) = self.arrangement.spot(*from) else { return };
                let end =
                    over.and_then(|over| self.arrangement.spot(over)).map_or(*to, |spot| to_screen * spot.at);
                let start = to_screen * start.at;
                let heading = (end - start).normalized();
                let stroke = Stroke::new(space::RING, act);
                brush.shapes.push(Shape::line_segment([start, end], stroke));
                let side = vec2(-heading.y, heading.x);
                let tip = end - heading * if over.is_some() { 34.0 } else { 0.0 };
                for turn in [0.5, -0.5] {
                    brush.shapes.push(Shape::line_segment(
                        [tip - heading * 10.0 + side * (10.0 * turn), tip],
                        stroke,
                    ));
                }
            }
        }
        brush.flush();
    }

    pub(super) fn keys_ui(&mut self, ui: &Ui, shown: &Shown<'_>, actions: &mut Vec<Action>) {
        if !shown.keys || self.menu.is_some() || ui.ctx().text_edit_focused() {
            return;
        }
        let everybody: Vec<ActorId> = shown.view.actors.iter().map(|actor| actor.id).collect();
        let Some(command) = cut::cut_off(shown.selection.actors(), &everybody) else { return };
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::X)) {
            actions.push(Action::Do(command));
        }
    }
}

fn actor_id(ui: &Ui, actor: ActorId) -> Id {
    ui.scope_id().with(("actor", actor))
}

fn enter_or_space(ui: &Ui) -> bool {
    ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Space))
}

fn menu_key(ui: &Ui) -> bool {
    ui.input(|input| input.key_pressed(Key::Menu) || (input.modifiers.shift && input.key_pressed(Key::F10)))
}

fn accesskit_clicked(ui: &Ui, id: Id) -> bool {
    ui.input(|input| input.has_accesskit_action_request(id, egui::accesskit::Action::Click))
}

/// Whether a previewed command is about this actor alone.
fn concerns(command: &Command, actor: ActorId) -> bool {
    let who = match command {
        Command::Crash { who, .. }
        | Command::Restart(who)
        | Command::Pause { who, .. }
        | Command::Resume(who)
        | Command::Slow { who, .. }
        | Command::Clock { who, .. }
        | Command::Disk { who, .. }
        | Command::Lie { who, .. }
        | Command::Fire { who, .. } => who,
        _ => return false,
    };
    *who == Who::Actor(actor)
}

fn actor_tip(ui: &mut Ui, actor: &sim::view::ActorView) {
    let headline = match actor.status {
        Status::Down => format!("{} is down", actor.id),
        Status::Off => format!("{} is a spare, not started", actor.id),
        _ if actor.headline.is_empty() => actor.id.to_string(),
        _ => format!("{}: {}", actor.id, actor.headline),
    };
    ui.label(theme::heading(headline));
    let details = nodes::details(actor);
    if !details.is_empty() {
        ui.label(theme::secondary(ui, details));
    }
}

fn message_tip(ui: &mut Ui, flight: &sim::view::Flight) {
    ui.label(theme::heading(format!("{} {}→{}", flight.kind, flight.from, flight.to)));
    if !flight.detail.is_empty() {
        ui.label(theme::value(flight.detail.as_str()));
    }
    let when = match (flight.held, flight.waiting, flight.doomed) {
        (true, ..) => format!("sent {}; waits to be delivered by hand", flight.sent),
        (_, true, _) => format!("arrived {}; waits until {} has time", flight.arrives, flight.to),
        (.., true) => format!("sent {}; will be lost in the cut", flight.sent),
        _ => format!("sent {}, arrives {}", flight.sent, flight.arrives),
    };
    ui.label(theme::secondary(ui, when));
}
