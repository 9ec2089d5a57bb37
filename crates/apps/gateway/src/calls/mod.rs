//! What every call takes: admission, tries at the provider, and the settlement at its end.

mod admission;
mod error;
mod hold;
mod retirement;
mod settlement;
mod tries;

pub(crate) use admission::{Admitted, admit};
pub(crate) use error::{AdmissionError, CallError, whole_seconds};
pub(crate) use hold::{Held, hold};
pub(crate) use retirement::{MODEL_RETIRES, count_retiring, retirement_notice};
pub(crate) use settlement::{Settlement, Unsettled};
pub(crate) use tries::{Answer, AnswerBody, Candidates, once, with_retries};
