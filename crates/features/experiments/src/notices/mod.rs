//! Telling administrators that something was found: a test decided, its sample ratio broke, a guardrail got worse.
//!
//! A task looks at the results after commits, and now and then by itself, since conversion windows close without any
//! event. What is new is stored once, shown in the app, and sent to a webhook if there is one.

mod deliver;
mod find;
mod model;
mod store;
mod watch;

pub use deliver::{NoticeFuture, NoticeMessage, NoticeSender};
pub use model::{Notice, NoticeKind, Notices, NoticesRead};
pub(crate) use watch::watch;

use crate::Experiments;
use crate::results::{ResultsError, ResultsScope};
use dashly_db::DbError;

impl Experiments {
    /// Stores what the results say now and nobody was told yet; gives how many notices are new.
    ///
    /// # Errors
    /// [`ResultsError::Database`].
    pub async fn look_for_notices(&self) -> Result<u64, ResultsError> {
        let results = self.results(ResultsScope::WithoutArchived).await?;
        let found: Vec<_> = results.experiments.iter().flat_map(find::notices_of).collect();
        if found.is_empty() {
            return Ok(0);
        }
        Ok(store::insert_new(self.db(), &found, self.now()).await?)
    }

    /// Notices, newest first, before the one with the id `before`.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) async fn notices(&self, before: Option<i64>, limit: u32) -> Result<Notices, DbError> {
        let notices = store::list(self.db(), before.unwrap_or(i64::MAX), i64::from(limit)).await?;
        let unread = store::count_unread(self.db()).await?;
        Ok(Notices { success: true, unread, notices })
    }

    /// Marks the notices up to the one with the id `up_to` as read.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) async fn read_notices(&self, up_to: i64) -> Result<NoticesRead, DbError> {
        store::mark_read(self.db(), up_to, self.now()).await?;
        Ok(NoticesRead { success: true, unread: store::count_unread(self.db()).await? })
    }
}
