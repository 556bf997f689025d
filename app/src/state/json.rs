//! What `window.potholes.state()` answers: the run, the moment, the selection and the verdicts, as one JSON document.

use run::LiveVerdict;
use serde_json::{Value, json};

use super::State;
use super::pace::Motion;
use crate::action::Selection;

impl State {
    /// The run, the moment, the selection and the verdicts, as one JSON document.
    pub fn state_json(&self) -> String {
        let playback = &self.playback;
        let run = playback.run();
        let shown = playback.shown();
        let commands: Vec<Value> = run
            .commands
            .iter()
            .map(|timed| {
                json!({ "at": timed.at.to_string(), "command": timed.command.to_string(), "disabled": timed.disabled })
            })
            .collect();
        let actors: Vec<Value> = playback
            .view()
            .actors
            .iter()
            .map(|actor| {
                json!({
                    "id": actor.id.to_string(),
                    "status": format!("{:?}", actor.status).to_lowercase(),
                    "headline": actor.headline,
                    "role": actor.role.map(|role| role.label),
                    "version": actor.role.map(|role| role.version),
                })
            })
            .collect();
        let broken: Vec<&str> = playback.view().broken.iter().map(|broken| broken.text.as_str()).collect();
        let invariants: Vec<Value> = playback
            .standings()
            .iter()
            .map(
                |(invariant, standing)| json!({ "name": invariant.name, "holds": standing.holds(invariant.mode) }),
            )
            .collect();
        json!({
            "schema": 1,
            "first": self.is_first(),
            "run": {
                "lab": run.lab_id(),
                "seed": run.seed,
                "chaos": run.chaos.to_string(),
                "for_ns": run.end.0,
                "set": run.parameters.changed(),
                "commands": commands,
            },
            "moment": { "time_ns": shown.at.0, "after": shown.after, "text": shown.to_string() },
            "frontier_ns": playback.frontier().at.0,
            "past": playback.in_past(),
            "playing": self.pace.motion != Motion::Still,
            "selection": self.selection_json(),
            "actors": actors,
            "broken": broken,
            "verdict": self.verdict_json(),
            "invariants": invariants,
            "lesson": self.lesson.as_ref().map(|course| json!({ "name": course.name(), "step": course.step(), "held": course.is_held() })),
            "link": playback.link(),
        })
        .to_string()
    }

    fn selection_json(&self) -> Value {
        match &self.selection {
            Selection::None => Value::Null,
            Selection::Actor(actor) => json!({ "actors": [actor.to_string()] }),
            Selection::Actors(actors) => {
                json!({ "actors": actors.iter().map(ToString::to_string).collect::<Vec<_>>() })
            }
            Selection::Link(from, to) => json!({ "link": [from.to_string(), to.to_string()] }),
            Selection::Message(id) => json!({ "message": id.0 }),
            Selection::Event(id) => json!({ "event": id.0 }),
            Selection::Operation(id) => json!({ "operation": id.0 }),
            Selection::Violation(at) => json!({ "violation": at }),
        }
    }

    fn verdict_json(&self) -> Value {
        if !self.playback.judges_the_history() {
            let promises = self.playback.promises();
            let broken = self.playback.broken_promise().map(|(promise, _)| promise);
            let Some(told) = broken.or(promises.first()) else { return Value::Null };
            return match &told.broken {
                Some(breach) => {
                    json!({ "guarantee": told.guarantee, "holds": false, "at": breach.at.to_string(), "event": breach.event.0, "sentence": breach.sentence })
                }
                None => json!({ "guarantee": told.guarantee, "holds": told.holds }),
            };
        }
        let guarantee = self.playback.judged().0.name();
        match self.playback.verdict() {
            LiveVerdict::Holds { answered, open } => {
                json!({ "guarantee": guarantee, "holds": true, "answered": answered, "open": open })
            }
            LiveVerdict::Broken { at, event, .. } => {
                let sentence = self.playback.evidence().map(|evidence| evidence.headline.clone());
                json!({ "guarantee": guarantee, "holds": false, "at": at.to_string(), "event": event.0, "sentence": sentence })
            }
            LiveVerdict::NotDecided { .. } => json!({ "guarantee": guarantee, "holds": null }),
        }
    }
}
