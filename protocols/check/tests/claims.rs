//! What is said of files that somebody else wrote: numbers, sentences, refusals, and who has a turn.

use check::check::{CheckError, Checking, Claim, Request};
use check::names::{Guarantee, ModelName};
use check::read::{Imported, Options, import};

use Guarantee as G;

fn imported(text: &str, options: &Options) -> Imported {
    import("", text.as_bytes(), options).unwrap()
}

/// What is found of guarantees of a file.
fn claims(text: &str, options: &Options, guarantees: &[Guarantee]) -> Vec<Claim> {
    let request = Request { guarantees: guarantees.to_vec(), ..Request::default() };
    let mut checking = Checking::new(imported(text, options), &request).unwrap();
    while !checking.advance(10_000) {}
    checking.claims()
}

fn wrong(text: &str, options: &Options) -> String {
    import("", text.as_bytes(), options).unwrap_err().to_string()
}

/// Operations one after another: process, function, value given, value brought.
fn done(operations: &[(u32, &str, &str, &str)]) -> String {
    let event = |(process, function, given, brought): &(u32, &str, &str, &str)| {
        format!(
            "{{:process {process} :type :invoke :f :{function} :value {given}}}\n\
             {{:process {process} :type :ok :f :{function} :value {brought}}}\n"
        )
    };
    operations.iter().map(event).collect()
}

#[test]
fn what_was_read_before_it_was_written_says_so() {
    let text = done(&[(1, "read", "nil", "1"), (0, "write", "1", "1")]);
    let found = claims(&text, &Options::default(), &[G::Linearizable, G::Regular, G::Sequential]);
    let holds: Vec<Option<bool>> = found.iter().map(|claim| claim.holds).collect();
    assert_eq!(holds, [Some(false), Some(false), Some(true)]);
    let evidence = found[0].evidence.as_ref().unwrap();
    assert_eq!(evidence.sentence, "process 1 read 1, but nobody had written 1 yet.");
    assert_eq!(evidence.because.last().unwrap(), "process 0 asked to write 1 only later (line 3).");
    let regular = found[1].evidence.as_ref().unwrap();
    assert_eq!(regular.sentence, "process 1 read 1, which nobody had asked to write yet.");
    let never = claims(&done(&[(1, "read", "nil", "1")]), &Options::default(), &[G::Linearizable]);
    assert_eq!(never[0].evidence.as_ref().unwrap().sentence, "process 1 read 1, but nobody had written 1.");
}

#[test]
fn operations_are_numbered_as_in_the_file() {
    let text = done(&[(0, "write", "1", "1"), (1, "read", "nil", "0")]);
    let options = Options { initial: Some(0.into()), ..Options::default() };
    let found = claims(&text, &options, &[G::Linearizable, G::Sequential]);
    let numbered: Vec<Claim> = found.into_iter().map(|claim| claim.numbered_as_in_file(1)).collect();
    let evidence = numbered[0].evidence.as_ref().unwrap();
    let numbers: Vec<(u64, Option<u64>)> =
        evidence.operations.iter().map(|shown| (shown.operation, shown.line)).collect();
    assert_eq!(numbers, [(0, Some(1)), (1, Some(3))], "{evidence:?}");
    assert_eq!(numbered[1].witness.as_ref().unwrap().order, [1, 0]);
}

#[test]
fn a_proof_shows_where_its_appends_stand() {
    let event = |process: u32, kind: &str, function: &str, value: &str| {
        format!("{{:process {process} :type :{kind} :f :{function} :key \"k\" :value \"{value}\"}}\n")
    };
    let text = [
        event(0, "invoke", "append", "c"),
        event(1, "invoke", "put", "d"),
        event(1, "ok", "put", "d"),
        event(0, "ok", "append", "c"),
        event(1, "invoke", "get", ""),
        event(0, "invoke", "get", ""),
        event(1, "ok", "get", "d"),
        event(0, "ok", "get", "dc"),
    ];
    let options = Options { model: Some(ModelName::Kv), ..Options::default() };
    let found = claims(&text.concat(), &options, &[G::Linearizable]);
    let evidence = found[0].evidence.as_ref().unwrap();
    // Without the last one the append could come before the put.
    assert_eq!(evidence.operations.iter().map(|shown| shown.operation).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn what_is_no_transaction_is_refused_with_its_line() {
    let options = Options { model: Some(ModelName::ListAppend), ..Options::default() };
    let text = "{:process 0 :type :invoke :f :write :value 1}";
    assert_eq!(
        wrong(text, &options),
        "line 1, column 1: a list-append is made of transactions, whose values are lists such as [[:r :x nil] \
         [:append :x 1]] or [[:w :x 1]]; here is 1 (another model is named with --model)"
    );
    let strange = "; a comment\n{:process 0 :type :invoke :f :frobnicate :value 1}";
    assert!(wrong(strange, &Options::default()).starts_with("line 2: it is not clear what these operations"));
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let half = r#"[{"process":0,"type":"invoke","f":"write","value":"\ud800"}]"#;
    assert!(wrong(half, &Options::default()).contains("`\\ud800` is half of a character"), "{half}");
    for text in ["\\udc00", "\\ud800x", "\\ud800\\n", "\\ud800\\u0041"] {
        let text = half.replace("\\ud800", text);
        assert!(wrong(&text, &Options::default()).contains("is half of a character"), "{text}");
    }
    let whole = half.replace("\\ud800", "\\ud83d\\ude00");
    assert!(import("", whole.as_bytes(), &Options::default()).is_ok());
    let twice = "{:process 0 :type :invoke :f :write :value 1 :value 2}";
    assert_eq!(
        wrong(twice, &Options::default()),
        "line 1, column 1: this event says `value` twice; which of the two is meant?"
    );
}

#[test]
fn times_that_go_back_are_told() {
    let at =
        |time: i64, kind: &str| format!("{{:process 0 :type :{kind} :f :write :value 1 :time {time}}}\n");
    let notes = |times: [i64; 2]| {
        imported(&(at(times[0], "invoke") + &at(times[1], "ok")), &Options::default()).notes
    };
    assert_eq!(notes([5, 5]), Vec::<String>::new());
    assert!(notes([5, 4])[0].starts_with("times go back at line 2: "));
}

#[test]
fn what_a_history_cannot_tell_is_refused_with_the_reason() {
    for guarantee in [G::Progress, G::Atomic] {
        let request = Request { guarantees: vec![guarantee], ..Request::default() };
        let text = done(&[(0, "write", "1", "1")]);
        let refused = Checking::new(imported(&text, &Options::default()), &request).err().unwrap();
        assert!(matches!(refused, CheckError::NotOfHistory { .. }), "{refused}");
    }
}

/// However long the search for one order takes, what is cheap to judge is judged.
#[test]
fn the_dear_does_not_keep_the_cheap_from_its_turn() {
    // Many operations of unknown outcome, all at once, on one queue whose order is wrong only in the end.
    let mut text = String::new();
    for process in 0..60 {
        text += &format!("{{:process {process} :type :invoke :f :write :value {}}}\n", process % 7);
        text += &format!("{{:process {process} :type :info :f :write :value {}}}\n", process % 7);
    }
    for process in 100..140 {
        text += &format!(
            "{{:process {process} :type :invoke :f :cas :value [{} {}]}}\n",
            process % 7,
            (process + 3) % 7
        );
    }
    for process in 100..140 {
        text += &format!(
            "{{:process {process} :type :ok :f :cas :value [{} {}]}}\n",
            process % 7,
            (process + 3) % 7
        );
    }
    text += &done(&[(200, "read", "nil", "99")]);
    let asked = [G::Linearizable, G::Sequential, G::MonotonicReads, G::Regular];
    let request = Request { guarantees: asked.to_vec(), steps: Some(u64::MAX) };
    let mut checking = Checking::new(imported(&text, &Options::default()), &request).unwrap();
    for _ in 0..400 {
        if checking.advance(20_000) {
            break;
        }
    }
    let holds: Vec<Option<bool>> = checking.claims().iter().map(|claim| claim.holds).collect();
    assert_eq!(holds[2..], [Some(false), Some(false)], "{holds:?}");
}

#[test]
fn what_two_transactions_did_to_each_other_has_its_name() {
    let both = |first: &str, second: &str, third: &str| {
        let event = |process: u32, kind: &str, value: &str| {
            format!("{{:process {process} :type :{kind} :f :txn :value {value}}}\n")
        };
        let all = [first, second, third];
        let events = |kind: &'static str| {
            all.iter().enumerate().map(move |(process, value)| event(process as u32, kind, value))
        };
        events("invoke").chain(events("ok")).collect::<String>()
    };
    let headline = |text: &str| {
        let found = claims(text, &Options::default(), &[G::Serializable]);
        found[0].evidence.as_ref().unwrap().sentence.clone()
    };
    let lost = both("[[:r :x nil] [:append :x 1]]", "[[:r :x nil] [:append :x 2]]", "[[:r :x [1 2]]]");
    assert!(headline(&lost).starts_with("Lost update: "), "{}", headline(&lost));
    let lost = both("[[:r :x nil] [:w :x 1]]", "[[:r :x nil] [:w :x 2]]", "[[:w :y 1]]");
    assert!(headline(&lost).starts_with("Lost update: "), "{}", headline(&lost));
    let skew =
        both("[[:append :x 1] [:r :y nil]]", "[[:append :y 1] [:r :x nil]]", "[[:r :x [1]] [:r :y [1]]]");
    assert!(headline(&skew).starts_with("Write skew: "), "{}", headline(&skew));
}

#[test]
fn a_lock_that_is_free_cannot_be_released() {
    let options = Options { model: Some(ModelName::Mutex), ..Options::default() };
    let found = claims(&done(&[(0, "release", "nil", "nil")]), &options, &[G::Linearizable]);
    assert_eq!(
        found[0].evidence.as_ref().unwrap().sentence,
        "process 0 was told ok for \u{201c}release\u{201d}, although nobody can have held it: it was free."
    );
}

#[test]
fn lists_begin_empty() {
    let text = "{:process 0 :type :invoke :f :txn :value [[:append :x 1]]}";
    let options = Options { initial: Some(3.into()), ..Options::default() };
    assert!(
        wrong(text, &options).starts_with("a list-append's keys hold empty lists at first; that they hold 3")
    );
}
