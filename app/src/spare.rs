//! In a page, what is left of a frame's time: work that would take seconds goes on in it, a piece at a time.
//!
//! It takes about as long as everything else between two frames does: half of the time where frames are quick, and where a
//! slow machine paints for long, no less. Only how soon the work is done hangs on it, never what comes out.

/// Milliseconds of work in a frame: at least, and at most.
const MILLISECONDS: [f64; 2] = [6.0, 60.0];

/// The time between two pieces of work.
pub struct Spare {
    /// When the last one ended, in milliseconds.
    ended: f64,
}

impl Default for Spare {
    fn default() -> Self {
        Self { ended: js_sys::Date::now() }
    }
}

impl Spare {
    /// Does piece after piece until one says that all is done, or the time is over.
    pub fn fill(&mut self, mut piece: impl FnMut() -> bool) {
        let began = js_sys::Date::now();
        let long = (began - self.ended).clamp(MILLISECONDS[0], MILLISECONDS[1]);
        while !piece() && js_sys::Date::now() - began < long {}
        self.ended = js_sys::Date::now();
    }
}
