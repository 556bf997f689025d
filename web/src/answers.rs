//! What `window.potholes` answers: one JSON document each, with `"schema": 1`, errors included.
//!
//! Nothing here panics on what a page or a teacher's script hands in: a bad request is an answer too.

use serde_json::{Value, json};

use crate::nodes::{Nodes, Place};

/// The version of the shapes below, in every document.
pub const SCHEMA: u32 = 1;

/// `{"schema":1,"error":message}`.
pub fn error(message: &str) -> String {
    json!({ "schema": SCHEMA, "error": message }).to_string()
}

/// `{"x","y","w","h"}` in CSS pixels, or `null`.
pub fn place(found: Option<Place>) -> String {
    found.map_or(Value::Null, rectangle).to_string()
}

fn rectangle(at: Place) -> Value {
    json!({ "x": at.x, "y": at.y, "w": at.w, "h": at.h })
}

/// What `mirror.js` reads. Numbers of nodes go as text, because they have 64 bits and JavaScript's have 53; places are
/// whole pixels, so that what merely trembles is not written again.
pub fn nodes(nodes: &Nodes, revision: u64) -> String {
    let all: Vec<Value> = nodes
        .all
        .iter()
        .map(|node| {
            let at = node.place;
            let place = Place { x: at.x.round(), y: at.y.round(), w: at.w.round(), h: at.h.round() };
            json!({
                "id": node.id.to_string(),
                "role": node.role,
                "name": node.name,
                "description": node.description,
                "value": node.value,
                "on": node.on,
                "enabled": node.enabled,
                "clickable": node.clickable,
                "place": rectangle(place),
            })
        })
        .collect();
    let focus = nodes.focus.map(|id| id.to_string());
    json!({ "revision": revision, "nodes": all, "focus": focus, "live": nodes.live }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_document_whatever_it_quotes() {
        let answer: Value = serde_json::from_str(&error("no lab \"a\\\n\"")).unwrap();
        assert_eq!(answer, json!({ "schema": 1, "error": "no lab \"a\\\n\"" }));
    }

    #[test]
    fn a_place_is_four_numbers_and_nowhere_is_null() {
        let at = Place { x: 1.0, y: 2.5, w: 44.0, h: 20.0 };
        assert_eq!(place(Some(at)), r#"{"h":20.0,"w":44.0,"x":1.0,"y":2.5}"#);
        assert_eq!(place(None), "null");
    }

    #[test]
    fn numbers_of_nodes_survive_javascript() {
        let nodes_read = Nodes { focus: Some(u64::MAX), ..Nodes::default() };
        let answer: Value = serde_json::from_str(&nodes(&nodes_read, 7)).unwrap();
        assert_eq!(answer["focus"], json!("18446744073709551615"));
        assert_eq!(answer["revision"], json!(7));
    }
}
