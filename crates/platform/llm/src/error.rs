//! Why there is no answer.

use dashly_kernel::Problem;

/// Why the gateway gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    /// No address of a gateway is known, or the gateway has no key of a provider. Holds what to set.
    #[error("AI is not configured: {0}")]
    NotConfigured(String),
    /// The gateway refuses: it does not know the token, or the caller may not.
    #[error("the gateway refuses: {0}")]
    Refused(String),
    /// The question is malformed; the gateway says how.
    #[error("the gateway does not understand the question: {0}")]
    Malformed(String),
    /// A limit or a budget is reached.
    #[error("{detail}")]
    Limited {
        /// Which limit.
        detail: String,
        /// When the same question fits again.
        retry_after_seconds: u64,
    },
    /// Nobody answered in time.
    #[error("the model took too long")]
    TooLate,
    /// The gateway cannot be reached.
    #[error("the AI gateway cannot be reached")]
    Unreachable,
    /// The model or its provider failed; the gateway says how.
    #[error("{0}")]
    Failed(String),
    /// The gateway's answer is not of the form that was agreed.
    #[error("the AI gateway answered in a form that is not understood: {0}")]
    Unexpected(String),
}

impl From<LlmError> for Problem {
    fn from(error: LlmError) -> Self {
        let text = error.to_string();
        match error {
            LlmError::NotConfigured(_) => Self::new(503, "ai-not-configured", "AI is not configured", text),
            LlmError::Limited { detail, retry_after_seconds } => {
                let problem = Self::new(429, "ai-limit-reached", "A limit of AI calls is reached", detail);
                problem.retry_after(retry_after_seconds)
            }
            LlmError::TooLate => Self::new(504, "ai-too-slow", "The model did not answer", text),
            LlmError::Unreachable => Self::unavailable("ai-unreachable", text, 5),
            LlmError::Malformed(_) => Self::unprocessable("ai-question-malformed", text),
            LlmError::Refused(_) => Self::new(502, "ai-refused", "The AI gateway refuses", text),
            LlmError::Failed(_) => Self::new(502, "ai-failed", "The model did not answer", text),
            LlmError::Unexpected(_) => Self::new(502, "ai-unexpected", "The model did not answer", text),
        }
    }
}
