//! Protocols of consensus.
