//! What is written is read back as what it was.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use check::isolation::Transactions;
use check::names::ModelName;
use check::read::{Imported, Options, Subject, import};
use check::write::{Form, write};
use check::{History, Operation, Outcome, Value, Values};
use proptest::prelude::*;

const FORMS: [Form; 3] = [Form::Lines, Form::Edn, Form::Json];

fn written(history: &Imported, form: Form) -> String {
    let mut bytes = Vec::new();
    write(history, form, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn word() -> impl Strategy<Value = Value> {
    let words =
        ["true", ":x", "1.5", "1/2", "##Inf", "12345678901234567890", "a b", "nil", "5N", "\\a", ":a/b", ""];
    prop::sample::select(words.to_vec()).prop_map(|word| Value::Word(Arc::from(word)))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<i64>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        any::<String>().prop_map(|text| Value::from(text.as_str())),
        prop::sample::select(vec!["", "7", "word", "map", "nil", ":k"]).prop_map(Value::from),
        word(),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((inner.clone(), inner), 0..3).prop_map(Value::map),
        ]
    })
}

#[derive(Clone, Debug)]
struct Draft {
    function: &'static str,
    key: Option<&'static str>,
    given: Vec<Value>,
    brought: Vec<Value>,
    outcome: Outcome,
    process: u64,
}

/// What operations of these models may be given and bring.
fn draft() -> impl Strategy<Value = (ModelName, Draft)> {
    let functions = prop::sample::select(vec![
        (ModelName::Kv, "read", 0, 1),
        (ModelName::Kv, "get", 0, 1),
        (ModelName::Kv, "write", 1, 0),
        (ModelName::Kv, "put", 1, 0),
        (ModelName::Kv, "append", 1, 0),
        (ModelName::Kv, "delete", 0, 0),
        (ModelName::Kv, "cas", 2, 0),
        (ModelName::Kv, "compare-and-set", 2, 0),
        (ModelName::Mutex, "acquire", 0, 1),
        (ModelName::Mutex, "release", 0, 0),
        (ModelName::Queue, "enqueue", 1, 0),
        (ModelName::Queue, "dequeue", 0, 1),
        (ModelName::Queue, "drain", 0, 1),
        (ModelName::Bank, "transfer", 3, 0),
        (ModelName::Bank, "read", 0, 1),
        (ModelName::Counter, "inc", 1, 0),
        (ModelName::Counter, "dec", 0, 0),
        (ModelName::Log, "append", 1, 1),
        (ModelName::Log, "read", 1, 1),
        (ModelName::Set, "contains", 1, 1),
    ]);
    let outcomes = prop::sample::select(vec![
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Failed,
        Outcome::Unknown,
        Outcome::Open,
    ]);
    let values = || prop::collection::vec(value(), 3);
    (functions, values(), values(), outcomes, 0..4_u64, any::<(bool, bool)>()).prop_map(
        |((model, function, given, brings), inputs, outputs, outcome, process, (known, keyed))| {
            let sees = outcome == Outcome::Ok || outcome == Outcome::Failed && function == "cas";
            let brings = if function == "cas" && outcome == Outcome::Failed { 1 } else { brings };
            let brought = outputs.into_iter().take(if sees && known { brings } else { 0 }).collect();
            let key = (keyed && model == ModelName::Kv).then_some("k");
            let draft = Draft {
                function,
                key,
                given: inputs.into_iter().take(given).collect(),
                brought,
                outcome,
                process,
            };
            (model, draft)
        },
    )
}

/// A history of one model's drafts, each process doing one thing at a time.
fn history(drafts: &[(ModelName, Draft)], model: ModelName) -> Option<Imported> {
    let mut operations: Vec<Operation> = Vec::new();
    let mut processes: Vec<u64> = Vec::new();
    let mut at = 0;
    for (_, draft) in drafts.iter().filter(|(of, _)| *of == model) {
        let process = processes.iter().position(|process| *process == draft.process).unwrap_or_else(|| {
            processes.push(draft.process);
            processes.len() - 1
        });
        if operations
            .iter()
            .any(|earlier| earlier.process == process as u64 && earlier.outcome == Outcome::Open)
        {
            continue;
        }
        operations.push(Operation {
            id: at,
            lane: process as u32,
            process: process as u64,
            function: draft.function.into(),
            key: draft.key.map(Arc::from),
            input: Values::from_vec(draft.given.clone()),
            output: Values::from_vec(draft.brought.clone()),
            invoked: at,
            completed: (draft.outcome != Outcome::Open).then_some(at + 1),
            outcome: draft.outcome,
        });
        at += if draft.outcome == Outcome::Open { 1 } else { 2 };
    }
    if operations.is_empty() {
        return None;
    }
    let lanes = (0..processes.len()).map(|lane| Arc::from(format!("c{lane}"))).collect();
    let history = History::from_operations(operations).unwrap();
    Some(Imported::made(Some(model), history, lanes, &|at| Some(at as i64 * 10)))
}

fn objects(imported: &Imported) -> &[Operation] {
    let Subject::Objects(history) = &imported.subject else { panic!("transactions") };
    history.operations()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn operations_come_back(drafts in prop::collection::vec(draft(), 1..20)) {
        for model in ModelName::ALL {
            let Some(history) = history(&drafts, *model) else { continue };
            for form in FORMS {
                let text = written(&history, form);
                let options = Options { model: Some(*model), ..Options::default() };
                let back = import("", text.as_bytes(), &options).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
                prop_assert_eq!(objects(&back), objects(&history), "{:?}\n{}", form, text);
                prop_assert_eq!(&back.lanes, &history.lanes);
                let times = |imported: &Imported| -> Vec<_> {
                    imported.origins.iter().map(|origin| (origin.invoked(), origin.completed())).collect()
                };
                prop_assert_eq!(times(&back), times(&history));
            }
        }
    }
}

/// Only swaps to a pair: of Jepsen's independent objects all values look so.
#[test]
fn a_swap_to_a_pair_is_of_no_other_object() {
    let pair = |one: i64, other: i64| Value::from(vec![Value::from(one), Value::from(other)]);
    let draft = Draft {
        function: "cas",
        key: None,
        given: vec![Value::from(5), pair(1, 2)],
        brought: vec![],
        outcome: Outcome::Ok,
        process: 0,
    };
    let history = history(&[(ModelName::Kv, draft)], ModelName::Kv).unwrap();
    let options = Options { model: Some(ModelName::Kv), ..Options::default() };
    for form in FORMS {
        let text = written(&history, form);
        let back = import("", text.as_bytes(), &options).unwrap();
        assert_eq!(objects(&back), objects(&history), "{form:?}\n{text}");
        // What is written by hand says it with the key alone; without one it is Jepsen's.
        let by_hand = text.replace(",\"input\":[5,[1,2]]", "").replace(", :input [5 [1 2]]", "");
        assert_ne!(by_hand, text);
        let back = import("", by_hand.as_bytes(), &options).unwrap();
        let key = objects(&back)[0].key.as_deref();
        assert_eq!(key, (form == Form::Edn).then_some("5"), "{form:?}\n{by_hand}");
    }
}

fn told(history: &Transactions) -> Vec<String> {
    let mut told: Vec<String> = (0..history.len())
        .map(|place| {
            let transaction = history.get(place);
            let process = history.process_name(transaction.process);
            let began = transaction.began.is_some();
            format!("{process} {began} {:?} {}", transaction.outcome, history.words(place))
        })
        .collect();
    told.sort();
    told
}

#[test]
fn transactions_come_back_with_what_they_have_by_convention() {
    let files: [&str; 4] = [
        "w 0 1\nr :x y\n---\nr 0 1\n===\nr 1 5\nw 1 6",
        "w(1,2,0,0)\nr(1,0,1,1)\nw(1,9,1,-1)",
        "{:type :invoke, :process 1, :value [[:append 5 1] [:r 5 nil]]}\n\
         {:type :invoke, :process 2, :value [[:r 5 nil]]}\n\
         {:type :ok, :process 1, :value [[:append 5 1] [:r 5 [1]]]}\n\
         {:type :ok, :process 2, :value [[:r 5]]}\n\
         {:type :invoke, :process 1, :value [[:append :y \"a\"]]}\n\
         {:type :info, :process :nemesis, :f :kill, :value [\"n1\"]}\n\
         {:type :fail, :process 1, :value [[:append :y \"a\"]]}\n\
         {:type :invoke, :process 3, :value [[:append 5 2]]}",
        "[[{\"events\":[{\"Write\":{\"variable\":0,\"version\":1}}],\"committed\":true}],\
         [{\"events\":[{\"Read\":{\"variable\":0,\"version\":null}}],\"committed\":false}]]",
    ];
    for file in files {
        let first = import("", file.as_bytes(), &Options::default()).unwrap();
        for form in FORMS {
            let text = written(&first, form);
            let back = import("", text.as_bytes(), &Options::default()).unwrap();
            let (Subject::Transactions(one), Subject::Transactions(other)) = (&first.subject, &back.subject)
            else {
                panic!("{text}");
            };
            assert_eq!(told(one), told(other), "{text}");
            assert_eq!(back.marks.len(), first.marks.len());
            if form == Form::Lines {
                assert_eq!(one.conventions(), other.conventions(), "{text}");
            }
        }
    }
}

#[test]
fn what_jepsen_reads_is_what_jepsen_writes() {
    let text = "{:index 0, :type :invoke, :process 0, :client \"process 7\", :f :cas, :value [1 2]}\n\
                {:index 1, :type :fail, :process 0, :client \"process 7\", :f :cas, :value [1 2]}\n\
                {:index 2, :type :info, :process :nemesis, :f :kill, :value nil}\n\
                {:index 3, :type :invoke, :process 0, :client \"process 7\", :f :read, :value nil}\n\
                {:index 4, :type :ok, :process 0, :client \"process 7\", :f :read, :value 3}\n";
    let history = import("", text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(written(&history, Form::Edn), text);
}
