//! Every colour of the window, in both themes, and what it stands for.
//!
//! A colour is named by its meaning, never by its hue, and has one: green and red belong to verdicts,
//! the accent to what can be done or is selected, a role has its colour and a term its tint. The tests
//! below hold the contrast: text at least 4.5 to 1 on every ground it stands on, lines that mean
//! something 3 to 1.

use eframe::egui::Color32;

/// The colours of one theme. Get it with [`super::palette`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Whether this is the dark theme.
    pub dark: bool,
    /// Behind everything.
    pub ground: Color32,
    /// Behind the cluster, the logs and the time line.
    pub canvas: Color32,
    /// Behind the top line, the lesson and the inspector.
    pub panel: Color32,
    /// Controls and cards that stand out of a panel.
    pub raised: Color32,
    /// Lines between regions. They mean nothing.
    pub hairline: Color32,
    /// Words that matter.
    pub text: Color32,
    /// Words beside them.
    pub soft: Color32,
    /// Words one may overlook: axis numbers, key hints.
    pub faint: Color32,
    /// A link between two nodes, and other lines that mean something without a state of their own.
    pub link: Color32,
    /// What can be done, and what is selected.
    pub act: Color32,
    /// Words on [`Palette::act`].
    pub on_act: Color32,
    /// Leads, coordinates, is the primary.
    pub leader: Color32,
    /// Words on [`Palette::leader`].
    pub on_leader: Color32,
    /// Is changing its role.
    pub candidate: Color32,
    /// Follows, is a replica.
    pub follower: Color32,
    /// Does not run.
    pub down: Color32,
    /// A promise holds. Verdicts only.
    pub holds: Color32,
    /// Behind [`Palette::holds`].
    pub holds_ground: Color32,
    /// A promise is broken. Verdicts only.
    pub broken: Color32,
    /// Behind [`Palette::broken`].
    pub broken_ground: Color32,
    /// Tints of terms and versions, in turn. Never shown without the number.
    pub terms: [Color32; 5],
    /// Words on a term's tint.
    pub term_ink: Color32,
    /// Curves, and what belongs to one of several nodes, in turn. Never shown without a name; no verdict, no role.
    pub series: [Color32; 6],
}

/// What a node is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Leads, coordinates, is the primary.
    Leader,
    /// Is changing its role: asks for votes, takes over.
    Candidate,
    /// Follows, is a replica.
    Follower,
    /// Does not run.
    Down,
}

/// What is known of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It holds so far.
    Holds,
    /// It is broken.
    Broken,
    /// Not decided yet.
    Open,
}

const fn hex(rgb: u32) -> Color32 {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

/// The dark theme.
pub const DARK: Palette = Palette {
    dark: true,
    ground: hex(0x0F1419),
    canvas: hex(0x12181F),
    panel: hex(0x171E26),
    raised: hex(0x1F2832),
    hairline: hex(0x2B3642),
    text: hex(0xE8EDF3),
    soft: hex(0xA3B0BF),
    faint: hex(0x8493A4),
    link: hex(0x5E7083),
    act: hex(0x5EB1FF),
    on_act: hex(0x0F1419),
    leader: hex(0xF5B83D),
    on_leader: hex(0x0F1419),
    candidate: hex(0xC39BFF),
    follower: hex(0x8EA3BC),
    down: hex(0x7A8794),
    holds: hex(0x3FCFA4),
    holds_ground: hex(0x12322C),
    broken: hex(0xFF6B62),
    broken_ground: hex(0x3A1D1E),
    terms: [hex(0x8FA3B8), hex(0x7DB9EE), hex(0x98A2F7), hex(0xC493F2), hex(0xEE93CB)],
    term_ink: hex(0x0F1419),
    series: [hex(0x6CB4F0), hex(0xE2A06B), hex(0xB89AF2), hex(0xB9C26A), hex(0xEC8FC4), hex(0x9FB0C3)],
};

/// The light theme.
pub const LIGHT: Palette = Palette {
    dark: false,
    ground: hex(0xF3F5F8),
    canvas: hex(0xFBFCFD),
    panel: hex(0xFFFFFF),
    raised: hex(0xEEF2F6),
    hairline: hex(0xD8DFE7),
    text: hex(0x16202B),
    soft: hex(0x4A5867),
    faint: hex(0x5F6C78),
    // A shade darker than a drawing would like: a link is a line that means something.
    link: hex(0x7F90A0),
    act: hex(0x0B6BCB),
    on_act: hex(0xFFFFFF),
    leader: hex(0x946200),
    on_leader: hex(0xFFFFFF),
    candidate: hex(0x7A45C9),
    follower: hex(0x56687C),
    down: hex(0x6A7682),
    holds: hex(0x0A765B),
    holds_ground: hex(0xE2F5EF),
    broken: hex(0xC9302C),
    broken_ground: hex(0xFCE8E7),
    terms: [hex(0xA9BACB), hex(0x7FBBEA), hex(0x9BA6F2), hex(0xC79AEC), hex(0xEA9CCB)],
    term_ink: hex(0x16202B),
    series: [hex(0x2277BD), hex(0xAB5A1E), hex(0x7A4FC0), hex(0x6A7413), hex(0xB23E86), hex(0x56687C)],
};

impl Palette {
    /// The palette of a theme.
    pub const fn of(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }

    /// The colour of a role's ring, crown and band.
    pub const fn role(&self, role: Role) -> Color32 {
        match role {
            Role::Leader => self.leader,
            Role::Candidate => self.candidate,
            Role::Follower => self.follower,
            Role::Down => self.down,
        }
    }

    /// The inside of a node's disc: its role's colour, faint over the canvas.
    pub const fn role_fill(&self, role: Role) -> Color32 {
        match role {
            Role::Down => self.canvas,
            Role::Leader | Role::Candidate | Role::Follower => {
                mix(self.canvas, self.role(role), if self.dark { 42 } else { 33 })
            }
        }
    }

    /// The colour in which a verdict is said. What is not decided has no colour of its own.
    pub const fn verdict(&self, verdict: Verdict) -> Color32 {
        match verdict {
            Verdict::Holds => self.holds,
            Verdict::Broken => self.broken,
            Verdict::Open => self.soft,
        }
    }

    /// What stands behind a verdict.
    pub const fn verdict_ground(&self, verdict: Verdict) -> Color32 {
        match verdict {
            Verdict::Holds => self.holds_ground,
            Verdict::Broken => self.broken_ground,
            Verdict::Open => self.raised,
        }
    }

    /// The fill of what belongs to a term or version. Words on it are in [`Palette::term_ink`].
    pub const fn term(&self, number: u64) -> Color32 {
        self.terms[(number % self.terms.len() as u64) as usize]
    }

    /// The outline of what belongs to a term: its tint, strong enough for a line.
    pub const fn term_line(&self, number: u64) -> Color32 {
        let tint = self.term(number);
        if self.dark { tint } else { mix(tint, self.term_ink, 82) }
    }

    /// The colour of the `number`-th of several curves or nodes.
    pub const fn series(&self, number: usize) -> Color32 {
        self.series[number % self.series.len()]
    }

    /// What a control looks like under the pointer, given what it looks like at rest.
    pub const fn hovered(&self, rest: Color32) -> Color32 {
        mix(rest, self.text, 20)
    }

    /// What a control looks like while it is pressed, given what it looks like at rest.
    pub const fn pressed(&self, rest: Color32) -> Color32 {
        mix(rest, self.text, 38)
    }

    /// `colour` as it looks when it is beside the matter: what came later, another term's heartbeat,
    /// a control that cannot be used. Opaque, as if seen through the canvas.
    pub const fn pale(&self, colour: Color32) -> Color32 {
        mix(colour, self.canvas, 150)
    }

    /// The part of the whole run that has been, on the scrubber's rail.
    pub const fn rail_past(&self) -> Color32 {
        mix(self.canvas, self.act, 90)
    }

    /// What lies under a dialog, so that the window behind it steps back.
    pub const fn backdrop(&self) -> Color32 {
        Color32::from_rgba_premultiplied(0, 0, 0, if self.dark { 150 } else { 90 })
    }
}

/// `from`, moved `of_256` parts of 256 towards `to`. Both opaque.
pub const fn mix(from: Color32, to: Color32, of_256: u16) -> Color32 {
    const fn channel(from: u8, to: u8, of_256: u16) -> u8 {
        ((from as u32 * (256 - of_256 as u32) + to as u32 * of_256 as u32 + 128) >> 8) as u8
    }
    Color32::from_rgb(
        channel(from.r(), to.r(), of_256),
        channel(from.g(), to.g(), of_256),
        channel(from.b(), to.b(), of_256),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance(colour: Color32) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Every pair that is nearer than `least`, as text.
    fn too_near(least: f64, pairs: &[(&str, Color32, Color32)]) -> Vec<String> {
        pairs
            .iter()
            .filter(|(_, a, b)| contrast(*a, *b) < least)
            .map(|(name, a, b)| format!("{name}: {:.2}", contrast(*a, *b)))
            .collect()
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast(hex(0), hex(0xFFFFFF)) - 21.0).abs() < 1e-9);
        assert_eq!(too_near(4.5, &[("grey", hex(0x777777), hex(0xFFFFFF))]), ["grey: 4.48"]);
    }

    #[test]
    fn text_stands_out() {
        for p in [&DARK, &LIGHT] {
            let mut pairs = vec![
                ("on act", p.on_act, p.act),
                ("on leader", p.on_leader, p.leader),
                ("holds", p.holds, p.holds_ground),
                ("broken", p.broken, p.broken_ground),
            ];
            for ground in [p.ground, p.canvas, p.panel, p.raised] {
                pairs.extend([
                    ("text", p.text, ground),
                    ("soft", p.soft, ground),
                    ("faint", p.faint, ground),
                    ("act", p.act, ground),
                    ("holds", p.holds, ground),
                    ("broken", p.broken, ground),
                ]);
            }
            for verdict in [Verdict::Holds, Verdict::Broken, Verdict::Open] {
                pairs.push(("text on verdict", p.text, p.verdict_ground(verdict)));
                pairs.push(("soft on verdict", p.soft, p.verdict_ground(verdict)));
            }
            for role in [Role::Leader, Role::Candidate, Role::Follower, Role::Down] {
                pairs.push(("name in a node", p.text, p.role_fill(role)));
                pairs.push(("term in a node", p.soft, p.role_fill(role)));
            }
            for term in 0..5 {
                pairs.push(("ink on a term", p.term_ink, p.term(term)));
            }
            for rest in [p.raised, p.panel] {
                pairs.push(("hovered", p.text, p.hovered(rest)));
                pairs.push(("pressed", p.text, p.pressed(rest)));
            }
            pairs.push(("on act, hovered", p.on_act, p.hovered(p.act)));
            assert_eq!(too_near(4.5, &pairs), Vec::<String>::new(), "dark: {}", p.dark);
        }
    }

    #[test]
    fn lines_that_mean_something_stand_out() {
        for p in [&DARK, &LIGHT] {
            let mut pairs = vec![];
            for ground in [p.ground, p.canvas, p.panel] {
                pairs.extend([("link", p.link, ground), ("act", p.act, ground)]);
                for role in [Role::Leader, Role::Candidate, Role::Follower, Role::Down] {
                    pairs.push(("role", p.role(role), ground));
                }
            }
            for role in [Role::Leader, Role::Candidate, Role::Follower, Role::Down] {
                pairs.push(("ring on its disc", p.role(role), p.role_fill(role)));
            }
            for term in 0..5 {
                pairs.push(("term's outline", p.term_line(term), p.canvas));
            }
            for number in 0..p.series.len() {
                pairs.push(("curve", p.series(number), p.canvas));
                pairs.push(("curve on a panel", p.series(number), p.panel));
                pairs.push(("curve on a card", p.series(number), p.raised));
            }
            assert_eq!(too_near(3.0, &pairs), Vec::<String>::new(), "dark: {}", p.dark);
        }
    }

    #[test]
    fn terms_take_turns() {
        assert_eq!(DARK.term(1), DARK.terms[1]);
        assert_eq!(DARK.term(5), DARK.terms[0]);
        assert_ne!(DARK.term(u64::MAX), DARK.term(u64::MAX - 1));
    }

    #[test]
    fn mixing_meets_both_ends() {
        assert_eq!(mix(DARK.act, DARK.text, 0), DARK.act);
        assert_eq!(mix(DARK.act, DARK.text, 256), DARK.text);
    }
}
