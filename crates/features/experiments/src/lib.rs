//! Experiments: definitions, assignment, exposures, events, results.
