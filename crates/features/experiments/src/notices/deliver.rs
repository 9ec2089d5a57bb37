//! Sending notices to a webhook: at least once, each by one process at a time.

use super::store;
use crate::Experiments;
use dashly_db::DbError;
use dashly_kernel::Timestamp;
use serde::Serialize;
use std::pin::Pin;

/// With the delays below a webhook may be away for more than a day.
const MOST_ATTEMPTS: i64 = 32;
const FIRST_DELAY_SECONDS: i64 = 30;
const LONGEST_DELAY_SECONDS: i64 = 3_600;

/// What the webhook is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeMessage {
    /// The same for every attempt: whoever receives it twice can tell.
    pub id: i64,
    /// The experiment.
    pub test_id: String,
    /// What was found: `decided`, `sample_ratio_mismatch` or `guardrail_harmed`.
    pub kind: String,
    /// The variant or the guardrail that it is about.
    pub subject: Option<String>,
    /// The decision.
    pub decision: String,
    /// For people.
    pub sentence: String,
    /// When it was found.
    pub created_at: Timestamp,
    /// Where to look; absolute when `PUBLIC_URL` is set.
    pub link: String,
}

/// What [`NoticeSender::send`] gives.
pub type NoticeFuture<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// The way to the webhook.
pub trait NoticeSender: Send + Sync {
    /// Sends a message; on return whoever receives it has taken it. An error says in a few words why not, without the
    /// address.
    fn send<'a>(&'a self, message: &'a NoticeMessage) -> NoticeFuture<'a>;
}

impl Experiments {
    /// Sends every notice that is due, if there is a webhook.
    ///
    /// # Errors
    /// [`DbError`]; what was not noted as delivered is sent again.
    pub async fn deliver_notices(&self) -> Result<(), DbError> {
        let Some(sender) = self.notice_sender() else { return Ok(()) };
        while let Some((notice, attempts)) = store::find_due(self.db(), self.now(), MOST_ATTEMPTS).await? {
            let next = self.now().plus_seconds(delay_seconds(attempts));
            if !store::claim(self.db(), notice.id, attempts, next).await? {
                continue;
            }
            let site = self.public_url().unwrap_or_default().trim_end_matches('/');
            let message = NoticeMessage {
                id: notice.id,
                link: format!("{site}/admin/experiments#experiment-{}", notice.test_id),
                test_id: notice.test_id,
                kind: notice.kind,
                subject: notice.subject,
                decision: notice.decision,
                sentence: notice.sentence,
                created_at: notice.created_at,
            };
            match sender.send(&message).await {
                Ok(()) => store::mark_delivered(self.db(), message.id, self.now()).await?,
                Err(reason) => {
                    tracing::warn!(
                        notice = message.id,
                        attempt = attempts + 1,
                        reason,
                        "a notice was not delivered"
                    );
                }
            }
        }
        Ok(())
    }
}

/// Doubles from attempt to attempt, up to an hour.
fn delay_seconds(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(10);
    (FIRST_DELAY_SECONDS << doublings).min(LONGEST_DELAY_SECONDS)
}
