//! A model provider made of scripts: it speaks the Messages API with chosen delays, streams and faults.
//!
//! For demonstrations and tests. It never calls anybody, it knows nothing of the gateway and shares no code with it, and
//! every reply says that it is fake: by the header [`FAKE_HEADER`], by the id of the message, and in plain text. Start
//! with [`FakeUpstream::start`]; [`Scenario`] lists what it can do.

mod instance;
mod ledger;
mod obedience;
mod reply;
mod request;
mod scenario;
mod server;
mod stream;

pub use ledger::{Call, Ending, Usage};
pub use obedience::OBEDIENCE;
pub use scenario::{Fault, InvalidScenario, Scenario};
pub use server::{FakeUpstream, Options};

/// Set to `true` on every reply.
pub const FAKE_HEADER: &str = "x-dashly-fake-upstream";
/// A request's header that chooses the scenario of this one call, by its text form.
pub const SCENARIO_HEADER: &str = "x-fake-scenario";
