//! What belongs to a call and not to its question.

use std::time::Duration;

/// For whom a call is made, for which request, and how long somebody waits for it.
#[derive(Clone, Copy, Debug)]
pub struct CallContext<'a> {
    /// The workspace whose limits and budget hold; 1 to 64 letters, digits, dashes or underscores.
    pub workspace: Option<&'a str>,
    /// Id of the request that caused the call; stands in the gateway's log beside its own.
    pub request_id: Option<&'a str>,
    /// After this nobody waits any longer: the gateway is told, and stops asking the model.
    pub patience: Duration,
}

impl CallContext<'_> {
    /// A call that nobody caused in particular.
    pub const fn within(patience: Duration) -> Self {
        Self { workspace: None, request_id: None, patience }
    }
}
