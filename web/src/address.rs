//! A link that is copied on the page is a whole address, which can be pasted where addresses go. The program itself knows
//! only what stands after the `#`, because on the desktop there is no page.

use eframe::egui;

/// The egui plugin that completes what is copied. Holds the page's address, without `#` and what follows.
pub struct Address(pub String);

impl Address {
    /// The address of a link; nothing if the text is no link, or has an address already.
    fn of(&self, text: &str) -> Option<String> {
        let bare = !text.is_empty() && !text.contains(['#', '/', ' ', '\n']);
        // Words may stand behind the run: an assignment, `&embed`.
        let link = text.split('&').next().unwrap_or_default();
        (bare && run::Run::from_link(link).is_ok()).then(|| format!("{}#{text}", self.0))
    }
}

impl egui::Plugin for Address {
    fn debug_name(&self) -> &'static str {
        "whole addresses"
    }

    fn output_hook(&mut self, _: &egui::Context, output: &mut egui::FullOutput) {
        for command in &mut output.platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command
                && let Some(whole) = self.of(text)
            {
                *text = whole;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://example.org/potholes/";

    /// What arrives on the clipboard when this is copied.
    fn copied(text: &str) -> String {
        let ctx = egui::Context::default();
        ctx.add_plugin(Address(PAGE.to_owned()));
        let mut arrived = String::new();
        for _ in 0..2 {
            let output = ctx.run_ui(egui::RawInput::default(), |ui| ui.ctx().copy_text(text.to_owned()));
            for command in &output.platform_output.commands {
                if let egui::OutputCommand::CopyText(text) = command {
                    arrived.clone_from(text);
                }
            }
            output.drop_without_applying_deltas();
        }
        arrived
    }

    #[test]
    fn a_link_becomes_an_address_that_opens() {
        let request = run::api::request(r#"{"lab":"raft","seed":7}"#).unwrap();
        let playback = run::Playback::new(request.run().unwrap());
        let link = playback.link();
        let whole = copied(&link);
        assert_eq!(whole, format!("{PAGE}#{link}"));
        assert!(run::Run::from_link(&whole).is_ok());
        assert_eq!(copied(&whole), whole, "an address stays as it is");
        let given = format!("{link}&task=Stop%20it&goal=down%28n2%29");
        assert_eq!(copied(&given), format!("{PAGE}#{given}"), "an assignment");
    }

    #[test]
    fn other_text_is_copied_as_it_is() {
        for text in ["n1 was elected", "raft", "", "0", "potholes run raft --seed 7"] {
            assert_eq!(copied(text), text);
        }
    }
}
