//! Every lesson of ours, replayed: what it says of the run is so, and each of its actions is needed.

#[test]
fn every_lesson_holds() {
    let mut wrong = Vec::new();
    for lesson in lessons::all() {
        let checked = lessons::check::check(lesson);
        assert!(checked.events > 0 || !checked.holds(), "{}: nothing was replayed", lesson.id);
        wrong.extend(checked.wrong.iter().map(|reason| format!("{}: {reason}", lesson.id)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
