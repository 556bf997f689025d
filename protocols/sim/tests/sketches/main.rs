//! Four systems that are nothing like each other, in a few dozen lines each, to hold the kernel's interface to: does it
//! fit a ring of replicas with siblings, a coordinator that blocks its participants, a server that drowns in retries, and
//! nodes that lie? Sketches: types and effects, and one thing each that its kind is known for. They are no labs.

mod dynamo;
mod overload;
mod pbft;
mod two_phase_commit;
