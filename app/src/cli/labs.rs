//! `potholes labs` and `potholes lab`.

use ::run::api;
use sim::Lab;

use super::out::Out;
use super::{Bad, HELD, ask};

/// Lists the labs.
pub(crate) fn all(json: bool, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    if json {
        out.document(&api::labs())?;
        return Ok(HELD);
    }
    for lab in catalog::LABS {
        let about = lab.about();
        out.line(&format!("{:<12} {}, {} ({})", about.id, about.title, about.subtitle, about.family))?;
    }
    Ok(HELD)
}

/// Says everything about a lab.
pub(crate) fn one(id: &str, json: bool, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let lab = ask::lab(id)?;
    if json {
        out.document(&api::lab(lab))?;
    } else {
        out.line(&told(lab))?;
    }
    Ok(HELD)
}

/// The same for a person.
fn told(lab: &dyn Lab) -> String {
    let about = lab.about();
    let mut text = format!("{}, {}\n{}\n{}\n", about.title, about.subtitle, about.summary, about.source);
    text.push_str("\nParameters\n");
    for parameter in lab.parameters().iter().filter(|parameter| !parameter.pothole) {
        let default = parameter.write(parameter.default);
        text.push_str(&format!(
            "  {:<24} {default} ({}) {}\n",
            parameter.id,
            parameter.range(),
            parameter.doc
        ));
    }
    text.push_str("\nPotholes\n");
    for pothole in lab.potholes() {
        text.push_str(&format!(
            "  {:<32} {}; breaks {}\n",
            pothole.set,
            pothole.title,
            pothole.breaks.join(", ")
        ));
    }
    text.push_str("\nPromises\n");
    let defaults = sim::Parameters::defaults(lab.parameters());
    for claim in lab.claims(&defaults) {
        let stands: Vec<String> = claim.stands.iter().map(api::fault).collect();
        text.push_str(&format!("  {:<24} against {}\n", claim.guarantee, stands.join(", ")));
    }
    text.push_str("\nCommands of its own\n");
    for verb in lab.verbs() {
        text.push_str(&format!("  {:<34} {}\n", verb.usage, verb.doc));
    }
    text.push_str("\nInvariants\n");
    for invariant in lab.invariants() {
        let mode = format!("{:?}", invariant.mode).to_lowercase();
        text.push_str(&format!("  {mode:<10} {}\n", invariant.name));
    }
    text.push_str("\nMeasures\n");
    for measure in lab.measures() {
        text.push_str(&format!("  {:<24} {} {}\n", measure.id, measure.doc, measure.unit));
    }
    text.trim_end().to_owned()
}
