//! One person, one variant on every device: at a sign-in the browser takes over the person's visitor id.
//!
//! The draw is a pure function of the visitor id, so that is all it takes, and neither the writer nor a recount knows of
//! people. It acts forward only: what the browser's former id was counted for stays counted, under the label that it was
//! drawn. The health of each experiment shows how many such ids there were.

mod store;

use crate::Experiments;
use crate::assignment::{VARIANT_MAX_AGE_SECONDS, VISITOR_COOKIE, VISITOR_MAX_AGE_SECONDS, VisitorId};
use crate::ingest::take_ingest_lock;
use dashly_db::DbError;
use dashly_kernel::UserId;
use dashly_web::{SetCookie, find_cookie};
use http::HeaderMap;
use std::collections::HashMap;
use std::time::Duration;

/// A sign-in waits this long for the join, then goes on without: the next one tries again.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a browser is to hold after a sign-in.
struct Joined {
    visitor: VisitorId,
    /// The variant that this visitor was shown first, by experiment.
    shown: HashMap<String, String>,
}

impl Experiments {
    /// Makes the browser of a request with `headers` the visitor that `user` is, and adds the cookies for that to
    /// `answer`. Does nothing for a caller without a visitor id whose account has none either.
    ///
    /// Never fails: a sign-in is worth more than a join.
    pub async fn join_visitor(&self, user: UserId, headers: &HeaderMap, answer: &mut HeaderMap) {
        let browser = find_cookie(headers, VISITOR_COOKIE).and_then(VisitorId::parse);
        let reason = match tokio::time::timeout(PATIENCE, self.try_join(user, browser.as_ref())).await {
            Ok(Ok(Some(joined))) => return self.append_cookies_of(&joined, headers, answer),
            Ok(Ok(None)) => return,
            Ok(Err(error)) => error.reason(),
            Err(_) => "the database took too long",
        };
        tracing::warn!(reason, "a visitor could not be joined to the account that signed in");
    }

    /// None when the browser is to stay as it is.
    async fn try_join(&self, user: UserId, browser: Option<&VisitorId>) -> Result<Option<Joined>, DbError> {
        let mut tx = self.db().begin().await?;
        // No exposure can come between the look at what the browser's id was exposed to and the commit.
        take_ingest_lock(&mut tx).await?;
        let visitor = match (store::find_visitor(&mut tx, user).await?, browser) {
            (None, None) => return Ok(None),
            (Some(own), Some(browser)) if own == *browser => return Ok(None),
            (Some(own), Some(browser)) => {
                if !store::belongs_to_somebody(&mut tx, browser).await? {
                    store::insert_joins(&mut tx, browser, self.now()).await?;
                }
                own
            }
            (Some(own), None) => own,
            (None, Some(browser)) => {
                // On a shared device the browser may be another person's visitor.
                let taken = store::belongs_to_somebody(&mut tx, browser).await?;
                let own = if taken { self.new_visitor() } else { browser.clone() };
                store::insert_visitor(&mut tx, user, &own, self.now()).await?;
                own
            }
        };
        let shown = store::list_first_variants(&mut tx, &visitor).await?;
        tx.commit().await?;
        Ok(browser.is_none_or(|browser| *browser != visitor).then_some(Joined { visitor, shown }))
    }

    /// The visitor's id, the variants that it was shown, and no variant of whoever used the browser before.
    fn append_cookies_of(&self, joined: &Joined, headers: &HeaderMap, answer: &mut HeaderMap) {
        let secure = self.secure_cookies();
        let (name, value) = (VISITOR_COOKIE, joined.visitor.as_str());
        SetCookie { name, value, max_age_seconds: VISITOR_MAX_AGE_SECONDS, secure }.append_to(answer);
        for experiment in self.definitions().current().all() {
            let name = experiment.cookie_name.as_str();
            let shown =
                joined.shown.get(&*experiment.test_id).filter(|key| experiment.find_variant(key).is_some());
            match shown {
                Some(value) => {
                    SetCookie { name, value, max_age_seconds: VARIANT_MAX_AGE_SECONDS, secure }
                        .append_to(answer);
                }
                None if find_cookie(headers, name).is_some() => {
                    SetCookie { name, value: "", max_age_seconds: 0, secure }.append_to(answer);
                }
                None => {}
            }
        }
    }
}
