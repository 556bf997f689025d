//! What reads of registers say.

use super::super::evidence::{Expected, Findings, Proof};
use super::super::history::{Initial, Mop, Seen, Transactions};
use super::super::lattice::Anomaly;
use super::{Gather, NONE, SEVERAL, Standing};

impl Gather {
    /// The transaction at hand read this version of a register.
    pub(super) fn see_version(
        &mut self,
        history: &Transactions,
        findings: &mut Findings,
        step: u32,
        key: u32,
        version: u32,
    ) {
        let place = self.next;
        let state = self.state(key);
        let earlier = std::mem::replace(&mut state.read, step);
        if state.wrote {
            let own = state.own;
            if own != version {
                let expected = Expected::Version(own);
                findings.note(Anomaly::Internal, || Proof::Internal { transaction: place, step, expected });
                self.origin(history, findings, key, version);
            }
            return;
        }
        let earlier = (earlier != NONE).then(|| version_at(history, place, earlier)).flatten();
        if earlier == Some(version) {
            // Looked into before; but what was seen in between may forbid seeing it again.
            if self.facts.reads_of_current().any(|read| (read.key, read.version) == (key, version)) {
                self.push_read(key, version, NONE);
            }
            return;
        }
        let sound = self.origin(history, findings, key, version);
        if let Some(first) = earlier {
            let expected = Expected::Version(first);
            findings.note(Anomaly::Internal, || Proof::Internal { transaction: place, step, expected });
            if sound {
                findings.note(Anomaly::NonRepeatableRead, || Proof::NotRepeated {
                    transaction: place,
                    first,
                    second: version,
                });
            }
        }
        if sound {
            self.push_read(key, version, NONE);
        }
    }

    /// Looks into where a version came from. Returns whether the read of it is a fact about others.
    fn origin(&mut self, history: &Transactions, findings: &mut Findings, key: u32, version: u32) -> bool {
        let place = self.next;
        let writer = self.facts.writer[version as usize];
        if writer == NONE {
            // Where nobody said what a key held at first, the first unwritten value that is seen tells.
            if self.facts.initial[key as usize] == NONE && history.conventions().initial == Initial::Unstated
            {
                self.facts.initial[key as usize] = version;
            }
            if !self.facts.is_initial(key, version) {
                findings.note(Anomaly::UnwrittenRead, || Proof::Unwritten { reader: place, version });
                return false;
            }
            return true;
        }
        if writer == SEVERAL {
            self.facts.saw_unclear(version);
            return true;
        }
        let is_initial = self.facts.is_initial(key, version);
        if self.facts.standing[writer as usize] == Standing::Failed {
            if !is_initial {
                findings.note(Anomaly::G1a, || Proof::Aborted { reader: place, writer, version });
            }
            return is_initial;
        }
        if is_initial {
            // It may have been there at first, or been written later.
            self.facts.saw_unclear(version);
            return true;
        }
        if writer == place {
            if !self.own.iter().any(|(own, _)| *own == version) {
                findings.note(Anomaly::FutureRead, || Proof::Future { transaction: place, version });
            }
            return false;
        }
        self.recover(version);
        if self.facts.intermediate.has(version) {
            findings.note(Anomaly::G1b, || Proof::Intermediate { reader: place, writer, version });
        }
        true
    }
}

/// The version that a step of a transaction saw.
fn version_at(history: &Transactions, place: u32, step: u32) -> Option<u32> {
    match history.step(history.step_range(place).start + step) {
        Mop::Read { seen: Seen::Version(version), .. } => Some(version),
        _ => None,
    }
}
