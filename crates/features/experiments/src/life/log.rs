//! The log of changes, for reading.

use super::ChangeError;
use super::model::{Change, Changes};
use super::store::{LoggedChange, list_log};
use crate::Experiments;

/// Which lines.
#[derive(Debug)]
pub(crate) struct ChangesQuery {
    /// Of one experiment only.
    pub test_id: Option<String>,
    /// Older than this one.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl Experiments {
    /// The log of changes, newest first.
    ///
    /// # Errors
    /// [`ChangeError::Database`].
    pub(crate) async fn changes(&self, query: &ChangesQuery) -> Result<Changes, ChangeError> {
        let limit = i64::from(query.limit);
        let before = query.before.unwrap_or(i64::MAX);
        // One more than asked for tells whether there are older ones.
        let mut lines = list_log(self.db(), query.test_id.as_deref(), before, limit + 1).await?;
        let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let has_more = lines.len() > most;
        lines.truncate(most);
        let next_before = lines.last().filter(|_| has_more).map(|line| line.id);
        Ok(Changes { success: true, changes: lines.into_iter().map(change).collect(), next_before })
    }
}

fn change(line: LoggedChange) -> Change {
    let document = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Change {
        id: line.id,
        at: line.at,
        by: line.by,
        test_id: Some(line.test_id).filter(|test_id| !test_id.is_empty()),
        action: line.action,
        before: document(&line.before),
        after: document(&line.after),
        reason: Some(line.reason).filter(|reason| !reason.is_empty()),
    }
}
