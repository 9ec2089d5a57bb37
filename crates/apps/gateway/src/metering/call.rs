//! One call, from its beginning until it is booked.

use super::{Cost, Meter, Usage};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who calls for what.
#[derive(Clone, Debug)]
pub(crate) struct CallSubject {
    /// The route template of the provider's API, or the task.
    pub(crate) task: &'static str,
    /// Name of the key, `service` or `local`.
    pub(crate) caller: Arc<str>,
    /// `-` when none was named.
    pub(crate) workspace: Arc<str>,
    /// The model that answers; `-` before it is known.
    pub(crate) model: Arc<str>,
    pub(crate) request_id: Arc<str>,
}

impl CallSubject {
    /// A call of which only the beginning is known.
    pub(crate) fn new(task: &'static str, request_id: &Arc<str>) -> Self {
        let unknown: Arc<str> = Arc::from("-");
        Self {
            task,
            caller: Arc::clone(&unknown),
            workspace: Arc::clone(&unknown),
            model: unknown,
            request_id: Arc::clone(request_id),
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The provider's answer was passed on whole.
    Answered,
    /// The provider refused or failed, and that was passed on.
    ProviderError,
    /// The gateway refused: no token, a limit, a fault of the request.
    Refused,
    /// The provider could not be reached, was silent, or broke off.
    Failed,
    /// The caller left.
    Left,
}

impl Outcome {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::ProviderError => "provider_error",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Left => "left",
        }
    }
}

/// What is known of a call at its end.
#[derive(Clone, Debug)]
pub(crate) struct CallEnd {
    pub(crate) subject: CallSubject,
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    /// As the provider reported it.
    pub(crate) usage: Usage,
    /// Of answers that were cut before the provider reported.
    pub(crate) estimated_usage: Usage,
    /// None when the price is not known.
    pub(crate) cost: Option<Cost>,
    pub(crate) duration: Duration,
    pub(crate) first_token: Option<Duration>,
    /// What the guard said; empty where it did not look.
    pub(crate) guard: String,
    /// Of the request that caused the call, if its caller said one.
    pub(crate) caller_request_id: String,
    /// Where a task's answer came from.
    pub(crate) source: &'static str,
}

/// Books a call once, when it is dropped at the latest: a call whose caller left is booked too.
#[derive(Debug)]
pub(crate) struct CallGuard {
    meter: Arc<Meter>,
    started: Instant,
    end: Option<CallEnd>,
}

impl CallGuard {
    /// Opens a call. Until something else is known, its caller has left.
    pub(crate) fn open(meter: &Arc<Meter>, subject: CallSubject) -> Self {
        let end = CallEnd {
            subject,
            status: 499,
            outcome: Outcome::Left,
            usage: Usage::default(),
            estimated_usage: Usage::default(),
            cost: Some(Cost::default()),
            duration: Duration::ZERO,
            first_token: None,
            guard: String::new(),
            caller_request_id: String::new(),
            source: "model",
        };
        Self { meter: Arc::clone(meter), started: Instant::now(), end: Some(end) }
    }

    /// Notes what has become known.
    pub(crate) fn note(&mut self, note: impl FnOnce(&mut CallEnd)) {
        if let Some(end) = &mut self.end {
            note(end);
        }
    }

    /// The model so far.
    pub(crate) fn model(&self) -> Arc<str> {
        self.end.as_ref().map_or_else(|| Arc::from("-"), |end| Arc::clone(&end.subject.model))
    }

    /// Notes that the first bytes of the answer are there.
    pub(crate) fn note_first_token(&mut self) {
        let passed = self.started.elapsed();
        self.note(|end| {
            end.first_token.get_or_insert(passed);
        });
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if let Some(mut end) = self.end.take() {
            end.duration = self.started.elapsed();
            self.meter.book(&end);
        }
    }
}
