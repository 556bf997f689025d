//! The workbench wrapped for the page: an eframe app around any [`Workbench`], and the [`Exchange`] through which page and
//! program speak.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use eframe::egui;

/// What the page needs of the program in the window, beyond drawing itself.
pub trait Workbench: eframe::App {
    /// The part of an address after `#` that opens this run at this moment.
    fn link(&self) -> String;
    /// The run, the moment, the selection and the verdicts, as one JSON document.
    fn state_json(&self) -> String;
    /// How many commands the run has: a change tells that somebody has worked on it.
    fn commands(&self) -> usize;
    /// Opens what stands after `#` in an address, or tells the learner what is wrong with it.
    fn open(&mut self, link: &str);
}

/// What page and program tell each other. It lies outside the app, because after a panic nobody can reach into that.
#[derive(Debug, Default)]
pub struct Exchange {
    /// The link as it was before the last input was handled, for the page that reports a crash.
    pub saved_link: String,
    /// From the page: a link that the address now carries.
    pub to_open: Option<String>,
    /// To the page: the run is no longer the one that the address names, because it was worked on. With the link still
    /// there, loading the page again would throw that work away.
    pub moved_on: bool,
}

/// [`Exchange`], held by both.
pub type Shared = Rc<RefCell<Exchange>>;

/// A [`Workbench`] in the page.
pub struct Shell<W> {
    workbench: W,
    exchange: Shared,
    link_taken_at: f64,
    /// Something was done by hand since the link was taken.
    owed: bool,
    opened_with: usize,
}

/// How stale the link for the crash page may be while nothing is done by hand, in seconds.
const LINK_EVERY: f64 = 1.0;

impl<W: Workbench> Shell<W> {
    /// Wraps it.
    pub fn new(workbench: W, exchange: Shared) -> Self {
        exchange.borrow_mut().saved_link = workbench.link();
        let opened_with = workbench.commands();
        Self { workbench, exchange, link_taken_at: 0.0, owed: false, opened_with }
    }

    /// [`Workbench::state_json`].
    pub fn state_json(&self) -> String {
        self.workbench.state_json()
    }

    fn open_what_the_address_names(&mut self) {
        let link = self.exchange.borrow_mut().to_open.take();
        if let Some(link) = link {
            self.workbench.open(&link);
            self.opened_with = self.workbench.commands();
            self.exchange.borrow_mut().moved_on = false;
        }
    }

    fn tell_the_page(&mut self, ctx: &egui::Context) {
        let (now, by_hand) = ctx.input(|input| (input.time, input.events.iter().any(is_by_hand)));
        let age = now - self.link_taken_at;
        if by_hand || age >= LINK_EVERY {
            let link = self.workbench.link();
            let moved_on = self.workbench.commands() != self.opened_with;
            let mut exchange = self.exchange.borrow_mut();
            exchange.saved_link = link;
            exchange.moved_on |= moved_on;
            self.link_taken_at = now;
            self.owed = by_hand;
        }
        if self.owed {
            // What was done shows in the run only after this frame, and a window at rest draws no more. Asked for in every
            // frame until it comes, because a frame forgets what earlier ones asked for; it may come a little early.
            let rest = LINK_EVERY - (now - self.link_taken_at).clamp(0.0, LINK_EVERY);
            ctx.request_repaint_after(Duration::from_secs_f64(rest + 0.1));
        }
    }
}

fn is_by_hand(event: &egui::Event) -> bool {
    matches!(
        event,
        egui::Event::Key { pressed: true, .. }
            | egui::Event::PointerButton { .. }
            | egui::Event::AccessKitActionRequest(_)
    )
}

impl<W: Workbench + 'static> eframe::App for Shell<W> {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.open_what_the_address_names();
        self.tell_the_page(ctx);
        self.workbench.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.workbench.ui(ui, frame);
    }

    #[cfg(target_arch = "wasm32")]
    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.workbench.save(storage);
    }

    fn auto_save_interval(&self) -> Duration {
        self.workbench.auto_save_interval()
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.workbench.clear_color(visuals)
    }

    fn persist_egui_memory(&self) -> bool {
        self.workbench.persist_egui_memory()
    }

    fn raw_input_hook(&mut self, ctx: &egui::Context, raw_input: &mut egui::RawInput) {
        self.workbench.raw_input_hook(ctx, raw_input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is done to it; a press of any key is a command.
    #[derive(Default)]
    struct Fake {
        commands: usize,
        opened: Vec<String>,
    }

    impl Workbench for Fake {
        fn link(&self) -> String {
            format!("{} commands", self.commands)
        }
        fn state_json(&self) -> String {
            "{}".to_owned()
        }
        fn commands(&self) -> usize {
            self.commands
        }
        fn open(&mut self, link: &str) {
            self.opened.push(link.to_owned());
            self.commands = 10;
        }
    }

    impl eframe::App for Fake {
        fn ui(&mut self, _: &mut egui::Ui, _: &mut eframe::Frame) {}
    }

    /// One frame of the shell's own part with these events.
    fn frame(shell: &mut Shell<Fake>, ctx: &egui::Context, time: f64, keys: usize) {
        let key = egui::Event::Key {
            key: egui::Key::C,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        let events = vec![key; keys];
        let input = egui::RawInput { time: Some(time), events, ..egui::RawInput::default() };
        let output = ctx.run_ui(input, |ui| {
            shell.open_what_the_address_names();
            shell.tell_the_page(ui.ctx());
            shell.workbench.commands += keys;
        });
        output.drop_without_applying_deltas();
    }

    #[test]
    fn the_saved_link_is_that_of_before_the_last_input() {
        let (ctx, exchange) = (egui::Context::default(), Shared::default());
        let mut shell = Shell::new(Fake::default(), exchange.clone());
        frame(&mut shell, &ctx, 0.1, 1);
        assert_eq!(exchange.borrow().saved_link, "0 commands");
        frame(&mut shell, &ctx, 0.2, 0);
        assert_eq!(exchange.borrow().saved_link, "0 commands", "nothing was done, and no second has passed");
        frame(&mut shell, &ctx, 1.3, 0);
        assert_eq!(exchange.borrow().saved_link, "1 commands");
    }

    #[test]
    fn after_an_input_one_more_frame_is_asked_for_and_then_none() {
        let (ctx, exchange) = (egui::Context::default(), Shared::default());
        let mut shell = Shell::new(Fake::default(), exchange);
        frame(&mut shell, &ctx, 0.1, 1);
        frame(&mut shell, &ctx, 0.2, 0);
        assert!(shell.owed, "the frame in between must ask again");
        frame(&mut shell, &ctx, 1.3, 0);
        assert!(!shell.owed, "then the window rests");
    }

    #[test]
    fn an_address_is_let_go_when_its_run_was_worked_on() {
        let (ctx, exchange) = (egui::Context::default(), Shared::default());
        let mut shell = Shell::new(Fake::default(), exchange.clone());
        exchange.borrow_mut().to_open = Some("run".to_owned());
        frame(&mut shell, &ctx, 2.0, 0);
        assert_eq!(shell.workbench.opened, ["run"]);
        assert!(!exchange.borrow().moved_on, "opening a link is not work on it");
        frame(&mut shell, &ctx, 4.0, 1);
        frame(&mut shell, &ctx, 6.0, 0);
        assert!(exchange.borrow().moved_on);
        exchange.borrow_mut().to_open = Some("another".to_owned());
        frame(&mut shell, &ctx, 8.0, 0);
        assert!(!exchange.borrow().moved_on);
    }
}
