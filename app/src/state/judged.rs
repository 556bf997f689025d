//! A history being judged in slices, between two frames: its claims, and how it stands to every model of the lattice.

use check::check::map::ModelMap;
use check::check::{Checking, Claim, Request};
use check::read::Imported;

/// Steps in a frame: a few milliseconds' worth.
const STEPS_A_FRAME: u64 = 60_000;
/// Steps in all, where an answer may take forever: about a minute's worth.
const STEPS: u64 = 1_200_000_000;

/// A history being judged.
pub struct Judged {
    checking: Checking,
    done: bool,
    left: u64,
    share: f32,
    claims: Vec<Claim>,
    map: ModelMap,
}

impl Judged {
    /// Begins.
    ///
    /// # Errors
    /// The sentence to show where it cannot be judged.
    pub fn new(imported: Imported) -> Result<Self, String> {
        let request = Request { steps: Some(STEPS), ..Request::default() };
        let checking = Checking::new(imported, &request).map_err(|wrong| wrong.to_string())?;
        let (claims, map) = (checking.claims(), checking.map());
        Ok(Self { checking, done: false, left: STEPS, share: 0.0, claims, map })
    }

    /// Goes on for a frame's worth; whether there is more to do.
    pub fn advance(&mut self) -> bool {
        if self.done {
            return false;
        }
        self.done = self.checking.advance(STEPS_A_FRAME);
        self.left = self.left.saturating_sub(STEPS_A_FRAME);
        self.done |= self.left == 0;
        let share = self.checking.share();
        if self.done || share != self.share {
            self.share = share;
            self.claims = self.checking.claims();
            self.map = self.checking.map();
        }
        !self.done
    }

    /// Judges the rest, and waits for it.
    pub fn finish(&mut self) {
        while self.advance() {}
    }

    /// Whether everything is judged that can be.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// How much of it, 0 to 1.
    pub fn share(&self) -> f32 {
        if self.done { 1.0 } else { self.share }
    }

    /// What was found so far: a claim for each guarantee.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// How the history stands to every model.
    pub fn map(&self) -> &ModelMap {
        &self.map
    }

    /// The history.
    pub fn imported(&self) -> &Imported {
        self.checking.imported()
    }
}
