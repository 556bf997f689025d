//! A history as a file: JSON Lines, or EDN as Jepsen writes it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use sim::Trace;

use super::Bad;

/// Writes the history of a run. Which form is decided by the file's name.
pub(super) fn write(trace: &Trace, path: &Path) -> Result<(), Bad> {
    let lines = ::run::history::lines(trace);
    let is_edn = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("edn"));
    let text = if is_edn { edn(&lines)? } else { lines };
    std::fs::write(path, text).map_err(|error| Bad::file(path, error))
}

/// The same lines as maps of EDN. An operation on a key has `[key value]` as its value, as Jepsen's independent keys do.
fn edn(lines: &str) -> Result<String, Bad> {
    let mut text = String::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line)?;
        text.push('{');
        for name in ["index", "time", "type", "process", "f"] {
            let _ = write!(text, ":{name} ");
            match &line[name] {
                Value::String(word) if name != "process" => {
                    let _ = write!(text, ":{word}");
                }
                other => value(other, &mut text),
            }
            text.push_str(", ");
        }
        text.push_str(":value ");
        match &line["key"] {
            Value::Null => value(&line["value"], &mut text),
            key => {
                text.push('[');
                value(key, &mut text);
                text.push(' ');
                value(&line["value"], &mut text);
                text.push(']');
            }
        }
        text.push_str("}\n");
    }
    Ok(text)
}

fn value(json: &Value, text: &mut String) {
    match json {
        Value::Null => text.push_str("nil"),
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(' ');
                }
                value(item, text);
            }
            text.push(']');
        }
        // Numbers, truth values and texts are written alike in both.
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_become_edn() {
        let lines = concat!(
            r#"{"index":0,"time":5,"type":"invoke","process":1,"f":"write","key":"list","value":"milk"}"#,
            "\n",
            r#"{"index":1,"time":6,"type":"ok","process":1,"f":"cas","key":null,"value":[1,null]}"#,
            "\n"
        );
        let told = "{:index 0, :time 5, :type :invoke, :process 1, :f :write, :value [\"list\" \"milk\"]}\n\
                    {:index 1, :time 6, :type :ok, :process 1, :f :cas, :value [1 nil]}\n";
        assert_eq!(edn(lines).unwrap(), told);
        assert!(edn("{").is_err());
    }
}
