//! Files of every form, well made, badly made and made to harm: what is read of them, and what is said.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
use crate::common;

use std::path::{Path, PathBuf};

use check::check::{CheckError, Checking, Request};
use check::names::{Guarantee, ModelName};
use check::read::{Format, Imported, Independent, NilReads, Options, Subject, import};
use check::{Operation, Outcome, Value};
use common::Random;

fn samples() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let mut folders = vec![root];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ["bincode", "edn", "json", "jsonl", "log", "txt"].contains(&ending) {
                files.push((path.clone(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn plain(text: &str) -> Imported {
    import("", text.as_bytes(), &Options::default()).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"))
}

fn operations(imported: &Imported) -> &[Operation] {
    let Subject::Objects(history) = &imported.subject else { panic!("transactions") };
    history.operations()
}

/// Each operation in a line: function, key, input, output, outcome.
fn told(imported: &Imported) -> Vec<String> {
    operations(imported)
        .iter()
        .map(|operation| {
            let Operation { function, key, input, output, outcome, .. } = operation;
            let list = |values: &[Value]| Value::from(values.to_vec()).to_string();
            let key = key.as_ref().map_or_else(String::new, |key| format!("{key} "));
            format!("{function} {key}{} {} {outcome:?}", list(input), list(output))
        })
        .collect()
}

fn words(imported: &Imported) -> Vec<String> {
    let Subject::Transactions(history) = &imported.subject else { panic!("no transactions") };
    (0..history.len()).map(|place| format!("{} {:?}", history.words(place), history.outcome(place))).collect()
}

fn wrong(text: &str) -> String {
    import("", text.as_bytes(), &Options::default()).unwrap_err().to_string()
}

#[test]
fn every_variant_of_edn_says_the_same() {
    let maps = [
        "{:process 0, :type :invoke, :f :write, :value 1}",
        "{:process 1 :type :invoke :f :read :value nil}",
        "{:process 0, :type :ok, :f :write, :value 1, :error [:x {:y #{1}}] :exception #error{:a 1}}",
        "#jepsen.history.Op{:index 3, :time 17, :process 1, :type :ok, :f :read, :value 1}",
        "{:process :nemesis :type :info :f :start-partition :value [:isolated {\"n1\" #{\"n2\"}}]}",
        "{:process 2, :type :invoke, :f :cas, :value [1 2]}",
        "{:process 2, :type :fail, :f :cas, :value [1 2]}",
    ];
    let lines = maps.join("\n");
    let variants = [
        lines.clone(),
        format!("[{lines}]"),
        format!("({lines})"),
        format!("; told by hand\n[{}\n;; the end\n]", maps.join(" ; and then\n")),
        maps.join(" ,, "),
        format!("\u{feff}{lines}\r\n"),
    ];
    for variant in variants {
        let imported = plain(&variant);
        assert_eq!(imported.model, ModelName::CasRegister);
        assert_eq!(
            told(&imported),
            ["write [1] [] Ok", "read [] [1] Ok", "cas [1 2] [] Failed"],
            "{variant}"
        );
        assert_eq!(imported.marks.len(), 1);
        assert_eq!(imported.origins[1].completed(), Some(17));
    }
}

#[test]
fn the_same_as_json() {
    let list = r#"[{"type":"invoke","f":"txn","value":[["append","x",1],["r","y",null]],"process":0},
                   {"type":"ok","f":"txn","value":[["append","x",1],["r","y",[2]]],"process":0}]"#;
    let lines = list.trim_matches(|c| c == '[' || c == ']').replace("},\n", "}\n");
    for text in [list, &lines] {
        let imported = plain(text);
        assert_eq!((imported.format, imported.model), (Format::Json, ModelName::ListAppend));
        assert_eq!(words(&imported), ["append x 1, read y [2] Ok"]);
    }
    let bank = r#"[{"type":"invoke","f":"read","process":0,"index":0},
                   {"type":"ok","f":"read","process":0,"value":{"0":101,"7":-1},"index":1},
                   {"type":"invoke","f":"transfer","process":1,"value":{"from":0,"to":7,"amount":3}}]"#;
    let imported = plain(bank);
    assert_eq!(imported.model, ModelName::Bank);
    assert_eq!(told(&imported), ["read [] [{0 101, 7 -1}] Ok", "transfer [0 7 3] [] Open"]);
}

/// Balances may be a map or a list of accounts with theirs, each account once.
#[test]
fn a_bank_tells_its_balances_in_either_form() {
    const LINES: &str = r#"{"process":0,"type":"invoke","f":"read"}
        {"process":0,"type":"ok","f":"read","value":SEEN}
        {"process":0,"type":"invoke","f":"transfer","value":{"from":"a","to":"b","amount":3}}
        {"process":0,"type":"ok","f":"transfer","value":{"from":"a","to":"b","amount":3}}
        {"process":0,"type":"invoke","f":"read"}
        {"process":0,"type":"ok","f":"read","value":[["b",8],["a",7]]}"#;
    let judged = |seen: &str| -> Result<Option<bool>, CheckError> {
        let options = Options { model: Some(ModelName::Bank), ..Options::default() };
        let imported = import("", LINES.replace("SEEN", seen).as_bytes(), &options).unwrap();
        let mut checking = Checking::new(imported, &Request::default())?;
        while !checking.advance(10_000) {}
        let claims = checking.claims();
        Ok(claims
            .iter()
            .find(|claim| claim.guarantee == Guarantee::Linearizable)
            .and_then(|claim| claim.holds))
    };
    assert_eq!(judged(r#"[["b",5],["a",10]]"#).unwrap(), Some(true));
    assert_eq!(judged(r#"{"a":10,"b":5}"#).unwrap(), Some(true));
    assert_eq!(judged(r#"[["b",6],["a",10]]"#).unwrap(), Some(false));
    assert!(judged(r#"[["b",5],["b",10]]"#).is_err());
    assert!(judged(r#"["b","a"]"#).is_err());
}

#[test]
fn what_a_read_of_nil_means_depends() {
    let edn = "{:process 0 :type :invoke :f :read :value nil}\n{:process 0 :type :ok :f :read :value nil}\n\
               {:process 0 :type :invoke :f :write :value 1}";
    assert_eq!(told(&plain(edn))[0], "read [] [] Ok", "Knossos: not known");
    let options = Options { nil_reads: Some(NilReads::Absent), ..Options::default() };
    assert_eq!(told(&import("", edn.as_bytes(), &options).unwrap())[0], "read [] [nothing] Ok");
    let log = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0 :ok   :read nil\n";
    assert_eq!(told(&plain(log)), ["read [] [nothing] Ok"], "etcd: absent");
    let porcupine = "{:process 0, :type :invoke, :f :get, :key \"4\", :value nil}\n\
                     {:process 0, :type :ok, :f :get, :key \"4\", :value \"\"}\n";
    assert_eq!(told(&plain(porcupine)), ["get 4 [] [nothing] Ok"], "an empty text is an absent key");
}

#[test]
fn etcd_logs() {
    let log = "starting\n\
               INFO  jepsen.util - 3\t:invoke\t:cas\t[1 2]\n\
               INFO  jepsen.util - 4 :invoke :read nil\n\
               INFO  jepsen.util - 3\t:fail\t:cas\t[1 2]\n\
               INFO  jepsen.util - 4 :fail :read :timed-out\n\
               INFO  jepsen.util - :nemesis :info :start nil\n\
               INFO  jepsen.util - 5 :invoke :write 4\n\
               INFO  jepsen.util - 5 :info :write :timed-out\n";
    let imported = import("", log.as_bytes(), &Options { format: Some(Format::Etcd), ..Options::default() });
    let imported = imported.unwrap();
    assert_eq!(imported.model, ModelName::CasRegister);
    let told = told(&imported);
    assert_eq!(told, ["compare-and-set [1 2] [] Failed", "read [] [] Failed", "write [4] [] Unknown"]);
    // An operation is not lost because of a slip of the pen.
    let slip = "INFO  jepsen.util - 3 :invoke :write 1\nINFO  jepsen.util - 3 :okk :write 1\n";
    let wrong = import("", slip.as_bytes(), &Options { format: Some(Format::Etcd), ..Options::default() });
    let wrong = wrong.unwrap_err().to_string();
    assert!(wrong.starts_with("line 2:") && wrong.contains("“:okk”"), "{wrong}");
}

#[test]
fn completions_alone_began_as_early_as_they_can() {
    let imported = plain(
        "{:process 0 :type :invoke :f :write :value 1}\n{:process 1 :type :ok :f :write :value 2}\n\
         {:process 0 :type :ok :f :write :value 1}\n{:process 1 :type :ok :f :read :value 1}",
    );
    let spans: Vec<_> = operations(&imported)
        .iter()
        .map(|operation| (operation.invoked, operation.completed.unwrap()))
        .collect();
    assert_eq!(told(&imported), ["write [2] [] Ok", "write [1] [] Ok", "read [] [1] Ok"]);
    assert_eq!(spans, [(0, 2), (1, 4), (3, 5)]);
    assert_eq!(imported.origins.iter().map(check::read::Origin::line).collect::<Vec<_>>(), [2, 1, 4]);
}

#[test]
fn events_of_nobody_find_each_other() {
    let imported = plain(
        "{:index 1, :type :invoke :f :read :value nil}\n{:index 2, :type :invoke :f :write :value 425}\n\
         {:index 3, :type :ok :f :write :value 425}\n{:index 9, :type :ok :f :read :value #{2 425}}",
    );
    assert_eq!(imported.model, ModelName::Set);
    assert_eq!(told(&imported), ["read [] [[2 425]] Ok", "add [425] [] Ok"]);
    assert_eq!(imported.origins[0].index(), Some(1));
}

#[test]
fn keys_of_independent_operations_are_seen_only_where_they_must_be() {
    let keyed = "{:process 0 :type :invoke :f :read :value [7 nil]}\n{:process 1 :type :invoke :f :cas :value [8 [1 2]]}\n\
                 {:process 0 :type :ok :f :read :value [7 3]}\n{:process 1 :type :fail :f :cas :value [8 [1 2]]}";
    let imported = plain(keyed);
    assert_eq!(imported.model, ModelName::CasRegister);
    assert_eq!(told(&imported), ["read 7 [] [3] Ok", "cas 8 [1 2] [] Failed"]);
    let whole = Options { independent: Independent::No, ..Options::default() };
    let whole = import("", keyed.as_bytes(), &whole).unwrap();
    assert_eq!(told(&whole)[0], "read [] [[7 3]] Ok");

    let swaps =
        "{:process 0 :type :invoke :f :cas :value [7 8]}\n{:process 0 :type :ok :f :cas :value [7 8]}";
    assert_eq!(told(&plain(swaps)), ["cas [7 8] [] Ok"], "two values are no key and value");
    let writes = "{:process 0 :type :invoke :f :write :value [7 8]}";
    assert_eq!(told(&plain(writes)), ["write [[7 8]] [] Open"], "nobody asked with a key");
    let forced = Options { independent: Independent::Yes, ..Options::default() };
    assert_eq!(told(&import("", writes.as_bytes(), &forced).unwrap()), ["write 7 [8] [] Open"]);
    let no_pair = "{:process 0 :type :invoke :f :write :value 7}";
    let wrong = import("", no_pair.as_bytes(), &forced).unwrap_err().to_string();
    assert!(wrong.starts_with("line 1: write takes [key value], as all operations"), "{wrong}");
}

#[test]
fn transactions_of_every_spelling() {
    let imported = plain(
        "{:type :ok, :value [[:append 5 1] [:r 5 [1]]]}\n{:type :info :value [[:append 5 2]]}\n\
         {:type :fail :value [[:append 5 3]]}\n{:type :ok :value [[:r :x] [:r 5 nil]]}",
    );
    assert_eq!(
        words(&imported),
        ["append 5 1, read 5 [1] Ok", "append 5 2 Unknown", "append 5 3 Failed", "read :x, read 5 [] Ok"]
    );
    let long_fork = plain(
        "{:process 0 :type :invoke :f :read :value [[:r 1 nil] [:r 2 nil]]}\n{:process 1 :type :invoke :f :write :value [[:w 2 1]]}\n\
         {:process 1 :type :ok :f :write :value [[:w 2 1]]}\n{:process 0 :type :ok :f :read :value [[:r 1 nil] [:r 2 1]]}",
    );
    assert_eq!(long_fork.model, ModelName::RwRegister);
    assert_eq!(words(&long_fork), ["write 2 1 Ok", "read 1 nothing, read 2 1 Ok"]);
    let knossos = plain(
        "[{:process 0 :type :invoke :f :txn :value [[:read :x nil] [:write :y 2]]} {:process 0 :type :ok :f :txn :value [[:read :x 0] [:write :y 2]]}]",
    );
    assert_eq!(words(&knossos), ["read :x 0, write :y 2 Ok"]);
    assert!(knossos.notes[0].contains("every key is taken to hold 0 at first"), "{:?}", knossos.notes);
}

#[test]
fn what_objects_hold_at_first_can_be_said() {
    let text = "{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :read :value 5}\n\
                {:process 1 :type :invoke :f :write :value 1}";
    let options = Options { initial: Some(5.into()), ..Options::default() };
    let imported = import("", text.as_bytes(), &options).unwrap();
    assert_eq!(told(&imported), ["write [5] [] Ok", "read [] [5] Ok", "write [1] [] Open"]);
    assert_eq!((imported.made_up, &*imported.lanes[2]), (1, "initially"));
    assert_eq!(operations(&imported)[1].invoked, 2);
    let mutex = import("", b"{:process 0 :type :invoke :f :acquire}", &options).unwrap_err().to_string();
    assert!(mutex.starts_with("a mutex: what it holds at first can be said of registers"), "{mutex}");
    let awdit = import("", b"r 1 5\n", &options).unwrap();
    assert_eq!(awdit.notes, ["every key is taken to hold 5 at first"]);
}

#[test]
fn texts_of_transactions() {
    let awdit = plain("w 0 1\nr 0 1\n-----\nw 1 x\n=====\n\nr 1 x\n");
    assert_eq!(awdit.format, Format::Awdit);
    assert_eq!(words(&awdit), ["write 0 1, read 0 1 Ok", "write 1 x Ok", "read 1 x Ok"]);
    let plume = plain("w(1,2,0,0)\nr(1,2,1,7)\nw(1,9,1,-1)\nr(1,0,1,7)\n");
    assert_eq!(plume.format, Format::Plume);
    assert_eq!(words(&plume), ["write 1 9 Failed", "write 1 2 Ok", "read 1 2, read 1 0 Ok"]);
    let text = plain("// who\n[x:=1 y==0] [y==?]!\n---\n[x==1]\n");
    assert_eq!(text.format, Format::DbcopText);
    assert_eq!(words(&text), ["write x 1, read y nothing Ok", "read y Failed", "read x 1 Ok"]);
    for json in [
        r#"[[{"events":[{"Write":{"variable":0,"version":1}},{"Read":{"variable":0,"version":null}}],"committed":true}],[]]"#,
        r#"{"params":{"id":0},"info":"","data":[[{"events":[["w",0,1],["r",0,null]],"committed":true}]]}"#,
        r#"{"data":[[{"events":[{"write":true,"variable":0,"value":1,"success":true},{"write":false,"variable":0,"value":0,"success":true}],"success":true}]]}"#,
    ] {
        let imported = plain(json);
        assert_eq!(imported.format, Format::Dbcop);
        assert_eq!(words(&imported), ["write 0 1, read 0 nothing Ok"], "{json}");
    }
}

#[test]
fn models_are_guessed_where_that_is_safe() {
    let event = |process: u32, kind: &str, f: &str, value: &str| {
        format!("{{:process {process} :type :{kind} :f :{f} :value {value}}}\n")
    };
    let both = |f: &str, asked: &str, got: &str| event(0, "invoke", f, asked) + &event(0, "ok", f, got);
    let cases = [
        (both("acquire", "nil", "nil"), Some(ModelName::Mutex)),
        (
            both("enqueue", "1", "1") + &both("dequeue", "nil", "1") + &both("drain", "nil", "[]"),
            Some(ModelName::Queue),
        ),
        (both("add", "1", "1") + &both("read", "nil", "1"), Some(ModelName::Counter)),
        (both("add", "1", "1") + &both("read", "nil", "#{1}"), Some(ModelName::Set)),
        (both("add", "1", "1") + &both("add", "1", "1"), Some(ModelName::Counter)),
        (both("add", "1", "1") + &both("add", "2", "2"), None),
        (both("append", "1", "1") + &both("read", "nil", "[1]"), Some(ModelName::Log)),
        (both("read", "nil", "{0 10}"), Some(ModelName::Bank)),
        (both("append", "\"a\"", "\"a\"") + &both("get", "nil", "\"a\""), Some(ModelName::Kv)),
        (both("frobnicate", "1", "1"), None),
    ];
    for (text, model) in cases {
        match (import("", text.as_bytes(), &Options::default()), model) {
            (Ok(imported), Some(model)) => assert_eq!(imported.model, model, "{text}"),
            (Err(wrong), None) => assert!(wrong.to_string().contains("say so with --model"), "{wrong}"),
            (other, _) => panic!("{model:?} expected: {other:?}\n{text}"),
        }
    }
}

#[test]
fn what_contradicts_itself_is_told_with_its_line() {
    let invoke = "{:process 3 :type :invoke :f :read}";
    let ok = "{:process 3 :type :ok :f :read :value 1}";
    let cases = [
        (
            format!("{invoke}\n{invoke}"),
            "line 2: process 3 begins an operation here, but its operation of line 1 is",
        ),
        (
            format!("{invoke}\n{ok}\n{ok}"),
            "line 3: process 3 completes an operation here, but has none open: its last one was completed at line 2",
        ),
        (
            format!("{ok}\n{invoke}"),
            "line 2: process 3 begins an operation here, after completing one at line 1 that it never began",
        ),
        (
            format!("{invoke}\n{{:process 3 :type :ok :f :write :value 1}}"),
            "line 2: process 3 completes write here, but what it began at line 1 is read",
        ),
        ("{:f :read}".into(), "line 1, column 1: this event has no type"),
        ("{:type :done}".into(), "line 1, column 1: :done is no type of an event"),
        ("{:type :ok :process [1]}".into(), "line 1, column 1: [1] cannot name a process"),
        ("{:type :ok :process 1 :f 3}".into(), "line 1, column 1: 3 cannot name a function"),
        ("{:type :ok :process 1 :value 3}".into(), "line 1: this operation does not say what it does"),
        ("[1 2]".into(), "this is none of the forms of history that are read here (it begins with “[1 2]”)"),
        ("[{:type :ok :f :read :process 1} 7]".into(), "line 1, column 34: an event is a map, such as"),
        ("{:process 1 :type :invoke :f :cas :value 1}".into(), "line 1: cas takes [expected new], not 1"),
        ("{:process 1 :type :invoke :f :write}".into(), "line 1: write takes one value, not nothing"),
        (
            "{:type :ok :value [[:r 1 nil]]}\n{:process 1 :type :invoke :f :write :value 3}".into(),
            "line 2, column 1: this operation is not a transaction",
        ),
        (
            "{:type :ok :f :txn :value [[:rp 1 nil]]}".into(),
            "line 1: [:rp 1 nil] is no operation within a transaction",
        ),
        (
            "{:type :ok :value [[:append 1 1]]}\n{:type :ok :value [[:w 1 2]]}".into(),
            "line 2: transaction 1 writes key 1, but the keys of this history hold lists",
        ),
        (
            "w(1,2,0,0)\nw(1,3,1,0)".into(),
            "line 2: transaction 0 is one of session 1 here, but of session 0 in line 1",
        ),
        ("w 1 2\nq 1 2".into(), "line 2: expected `r KEY VALUE`"),
        ("w(1,2,0,0)\nw(1,2)".into(), "line 2: expected `r(key,value,session,transaction)`"),
        (
            "{:process 1 :type :invoke".into(),
            "line 1, column 26: the file ends inside the map that begins at line 1, column 1",
        ),
        ("[[{\"events\":[{\"Peek\":1}]}]]".into(), "line 1, column 2: expected an event such as"),
        (
            "{\"potholes\":\"history\",\"version\":2}".into(),
            "line 1, column 1: this is version 2 of the form",
        ),
        (String::new(), "there is no operation in this file"),
        ("; nothing\n\n".into(), "there is no operation in this file"),
        ("[]".into(), "there is no operation in this file"),
        ("hello".into(), "this is none of the forms of history that are read here (it begins with “hello”)"),
    ];
    for (text, expected) in cases {
        let told = wrong(&text);
        assert!(told.starts_with(expected), "{text}\n{told}");
    }
}

#[test]
fn what_is_not_read_is_refused_with_what_to_do() {
    let refused =
        |name: &str, bytes: &[u8]| import(name, bytes, &Options::default()).unwrap_err().to_string();
    assert!(
        refused("store/x/test.jepsen", b"JEPSEN\0\0").contains("give the history.edn that lies beside it")
    );
    assert!(refused("history.bincode", b"\x01\0\0\0").contains("the file ends at byte 4"));
    assert!(refused("T0.log", b"S\0\0\0\0\0\0\0\x01").contains("binary log of Cobra"));
    assert!(refused("x.edn", b"\x89PNG\r\n\x1a\n\0\0").contains("binary file"));
    assert!(refused("x.edn", b"{:f \xff}").contains("line 1, column 5: this is no text"));
}

#[test]
fn what_was_made_to_harm_is_refused_or_read_in_time() {
    let deep = format!("{{:type :ok :value {}", "[".repeat(1_000_000));
    assert!(wrong(&deep).contains("nested more than 64 deep"));
    let tags = format!("{{:type :ok :value {}", "#a ".repeat(1_000_000));
    assert!(wrong(&tags).contains("nested more than 64 deep"));
    let token = format!("{{:type :ok :value \"{}", "x".repeat(20 << 20));
    assert!(wrong(&token).contains("a single text of more than"));
    let number = format!("{{:process 1 :type :invoke :f :write :value {}}}", "9".repeat(1_000_000));
    assert_eq!(told(&plain(&number)).len(), 1);
    let zero = "{:type :ok :process 1 :f :read :value \0}";
    assert!(wrong(zero).contains("binary") || wrong(zero).contains("not how a value is written"));
    let ints = format!("{{:process {} :type :invoke :f :write :value {}}}", i64::MIN, i64::MAX);
    assert_eq!(told(&plain(&ints)), [format!("write [{}] [] Open", i64::MAX)]);

    // A million open operations, and a million of nobody.
    let mut open = String::new();
    for process in 0..1_000_000 {
        open.push_str(&format!("{{:process {process} :type :invoke :f :write :value {}}}\n", process % 7));
    }
    assert_eq!(plain(&open).subject.len(), 1_000_000);
    let mut nobody = String::new();
    for number in 0..300_000 {
        nobody.push_str(&format!("{{:type :invoke :f :write :value {number}}}\n"));
    }
    for number in (0..300_000).rev() {
        nobody.push_str(&format!("{{:type :ok :f :write :value {number}}}\n"));
    }
    let imported = plain(&nobody);
    assert!(operations(&imported).iter().all(|operation| operation.outcome == Outcome::Ok));
}

/// A sample with something done to it.
fn mutated(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    const PIECES: [&[u8]; 24] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"(",
        b")",
        b"\"",
        b"\\",
        b"#",
        b"#_",
        b"^",
        b":",
        b";",
        b"\n",
        b"\0",
        b"\xff",
        b"nil",
        b" -9223372036854775808 ",
        b"99999999999999999999",
        b":type :ok",
        b"#{",
        b"1/0",
        b"\xe2\x82",
        b"---",
    ];
    // Small enough that many can be tried.
    let start = random.below(bytes.len() as u64) as usize * usize::from(random.percent(50));
    let length = 1 + random.below(4_000) as usize;
    let mut bytes = bytes[start..(start + length).min(bytes.len())].to_vec();
    for _ in 0..random.below(5) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = (at + random.below(200) as usize).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len() as u64 + 1) as usize;
                bytes.splice(to..to, copy);
            }
            4 => {
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (one, other) = (random.below(lines.len() as u64), random.below(lines.len() as u64));
                let mut lines = lines.clone();
                lines.swap(one as usize, other as usize);
                bytes = lines.join(&b'\n');
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len() as u64) as usize];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

/// `FUZZ=1000000 cargo test -p potholes-check files` tries more; a failure names its seed.
#[test]
fn whatever_becomes_of_a_file_it_is_read_or_refused() {
    let samples = samples();
    let tries: u64 = std::env::var("FUZZ").ok().and_then(|tries| tries.parse().ok()).unwrap_or(20_000);
    let (mut read, mut refused, mut judged) = (0_u64, 0_u64, 0_u64);
    for seed in 0..tries {
        let mut random = Random(seed);
        let (path, bytes) = &samples[random.below(samples.len() as u64) as usize];
        let bytes = mutated(&mut random, bytes);
        let format = random.percent(20).then(|| Format::ALL[random.below(Format::ALL.len() as u64) as usize]);
        let model =
            random.percent(20).then(|| ModelName::ALL[random.below(ModelName::ALL.len() as u64) as usize]);
        let independent = if random.percent(10) { Independent::Yes } else { Independent::IfPlain };
        let options = Options { format, model, independent, ..Options::default() };
        let name = path.display().to_string();
        let tried = std::panic::catch_unwind(|| match import(&name, &bytes, &options) {
            Err(wrong) => {
                assert!(!wrong.to_string().is_empty());
                (false, false)
            }
            Ok(imported) => {
                let Ok(mut checking) = Checking::new(imported, &Request::default()) else {
                    return (true, false);
                };
                for _ in 0..50 {
                    if checking.advance(500) {
                        break;
                    }
                }
                (
                    true,
                    checking
                        .claims()
                        .iter()
                        .all(|claim| claim.holds != Some(false) || claim.evidence.is_some()),
                )
            }
        });
        match tried {
            Ok((false, _)) => refused += 1,
            Ok((true, had_reasons)) => {
                read += 1;
                judged += u64::from(had_reasons);
            }
            Err(_) => panic!("seed {seed} of {name}"),
        }
    }
    assert!(read > tries / 20 && refused > tries / 20, "{read} read, {refused} refused, {judged} judged");
}

#[test]
fn a_register_may_hold_lists() {
    let register = "{:process 0 :type :invoke :f :write :value [\"a\" \"b\"]}\n\
                    {:process 0 :type :ok :f :write :value [\"a\" \"b\"]}\n\
                    {:process 1 :type :invoke :f :read :value nil}\n\
                    {:process 1 :type :ok :f :read :value [\"a\" \"b\"]}\n";
    assert_eq!(plain(register).model, ModelName::Register);
}
