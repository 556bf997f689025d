//! Short messages that come and go: what an action did, why it could not be done. Each is announced to a screen reader too.

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Seconds for which it stays.
    pub left: f64,
}

/// Those on screen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
}

/// A reader needs about a quarter of a second a word, and a moment to look.
const SECONDS_AT_LEAST: f64 = 3.0;
const SECONDS_A_CHARACTER: f64 = 0.06;
/// More than these say nothing.
const AT_MOST: usize = 3;

impl Toasts {
    /// Says this. The same twice stays once.
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        if text.is_empty() {
            return;
        }
        self.shown.retain(|toast| toast.text != text);
        let left = SECONDS_AT_LEAST + SECONDS_A_CHARACTER * text.chars().count() as f64;
        self.shown.push(Toast { text, left });
        let too_many = self.shown.len().saturating_sub(AT_MOST);
        self.shown.drain(..too_many);
    }

    /// So many seconds have passed. Answers how long until the next goes, where one is left.
    pub fn pass(&mut self, seconds: f64) -> Option<f64> {
        for toast in &mut self.shown {
            toast.left -= seconds;
        }
        self.shown.retain(|toast| toast.left > 0.0);
        self.shown.iter().map(|toast| toast.left).reduce(f64::min)
    }

    /// Takes one away.
    pub fn dismiss(&mut self, at: usize) {
        if at < self.shown.len() {
            self.shown.remove(at);
        }
    }

    /// Those on screen, oldest first.
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_after_a_while_and_is_not_doubled() {
        let mut toasts = Toasts::default();
        toasts.say("n1 is down");
        toasts.say("n1 is down");
        toasts.say("");
        assert_eq!(toasts.shown().len(), 1);
        let left = toasts.pass(1.0).unwrap();
        assert!(left > 1.0, "{left}");
        assert_eq!(toasts.pass(left + 0.1), None);
        (0..9).for_each(|n| toasts.say(format!("{n}")));
        assert_eq!(toasts.shown().len(), AT_MOST);
    }
}
