//! What is kept between visits, damaged: it is read, or set aside with a sentence; the window begins whatever it says. And
//! what is opened and cannot be read leaves the run that was there as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::random as fuzz;

use potholes::state::State;
use potholes::state::store::{FieldNote, Saved};
use proptest::prelude::*;

/// What a visitor leaves behind.
fn saved() -> Saved {
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    saved.progress.entry("lost-write".to_owned()).or_default().done.insert("cut".to_owned());
    saved.lesson = Some(("leader-nobody-hears".to_owned(), 2));
    saved.run = Some("potholes 1\nlab raft 1\nset nodes=3\nat 1s crash n1\nshown 2s\n".to_owned());
    let (sentence, lab) = ("A write was lost".to_owned(), "raft".to_owned());
    saved.field_guide.push(FieldNote { sentence, lab, link: "2AAAA".to_owned() });
    saved
}

/// Whatever was kept, there is a window on a run.
fn begin(text: &str) -> bool {
    match Saved::read(text) {
        Ok(saved) => {
            assert_eq!(Saved::read(&saved.write()).as_ref(), Ok(&saved));
            let mut state = State::restore(saved);
            state.tick(0.016);
            true
        }
        Err(told) => {
            assert!(told.contains("set aside") && told.len() < 1_000, "{told}");
            false
        }
    }
}

#[test]
fn fuzz_saved_state() {
    let mut plain = saved();
    plain.lesson = None;
    let texts = [plain.write(), Saved::default().write()];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut begun = 0;
    fuzz::texts(1_500, &texts, |text| begun += u32::from(begin(text)));
    assert!(begun > 10, "{begun} were read: the texts are too wild to say anything");
}

#[test]
fn a_lesson_that_is_no_more_or_has_fewer_steps_is_no_reason_to_stop() {
    for lesson in [("leader-nobody-hears", usize::MAX), ("nobody", 0), ("", 7)] {
        let mut saved = saved();
        saved.lesson = Some((lesson.0.to_owned(), lesson.1));
        assert!(begin(&saved.write()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_kept_is_read_or_set_aside(text in "\\PC{0,200}", at in any::<prop::sample::Index>(), with in "\\PC{0,8}") {
        let _ = Saved::read(&text);
        let mut kept = saved().write();
        let at = kept.floor_char_boundary(at.index(kept.len()));
        kept.insert_str(at, &with);
        let _ = Saved::read(&kept);
    }
}

#[test]
fn what_cannot_be_opened_leaves_the_run_as_it_was() {
    let mut state = State::restore(Saved { lesson: None, ..saved() });
    while state.playback.work(10_000) != run::Progress::Done {}
    state.playback.act(sim::command::parse("cut n2").unwrap()).unwrap();
    let (run, shown, digest) =
        (state.playback.run().clone(), state.playback.shown(), state.playback.state_digest());
    let good = state.playback.link();
    let mut refused = 0;
    let texts = [good.as_str(), "https://example.org/#2AAAA", "potholes 1\nlab raft 1\nseed 7\nfor 30s\n"];
    fuzz::texts(2_000, &texts, |text| {
        if run::Run::from_link(text).is_ok() || text.contains("potholes 1") {
            return;
        }
        refused += 1;
        let told = state.open_text(text).unwrap_err();
        assert!(!told.is_empty() && told.len() < 1_500, "{told}");
    });
    assert!(refused > 1_000);
    assert_eq!((state.playback.run(), state.playback.shown()), (&run, shown));
    assert_eq!(state.playback.state_digest(), digest);
    assert!(state.open_text(&format!("\u{feff}{}", run.write(None, None))).is_ok());
}
