//! Every lesson, replayed by its recorded solution.

#[test]
fn every_lesson_holds() {
    assert!(lessons::all().len() >= 2);
    for lesson in lessons::all() {
        let checked = lessons::check::check(lesson);
        assert!(checked.holds(), "{}:\n{}", lesson.id, checked.wrong.join("\n"));
        assert_eq!(checked.steps, lesson.steps.len(), "{}", lesson.id);
        assert!(checked.events > 0, "{}", lesson.id);
    }
}
