//! The webhook that notices are sent to.

use dashly_experiments::{NoticeFuture, NoticeMessage, NoticeSender};
use dashly_kernel::Secret;
use std::time::Duration;

/// A webhook that takes longer is asked again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts each notice as JSON to one address.
pub(crate) struct NoticeWebhook {
    client: reqwest::Client,
    /// Often with a token in it, so that it is shown nowhere.
    url: Secret<String>,
}

impl NoticeWebhook {
    /// The way to `url`.
    ///
    /// # Errors
    /// When the client for it cannot be made.
    pub(crate) fn new(url: Secret<String>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            // Whoever is redirected to is not whom the operator named.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("dashly/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url })
    }
}

impl NoticeSender for NoticeWebhook {
    fn send<'a>(&'a self, message: &'a NoticeMessage) -> NoticeFuture<'a> {
        Box::pin(async move {
            let answer = self.client.post(self.url.expose()).json(message).send().await;
            match answer {
                Ok(answer) if answer.status().is_success() => Ok(()),
                Ok(answer) => Err(format!("the webhook answered {}", answer.status().as_u16())),
                Err(error) if error.is_timeout() => Err("the webhook took too long".to_owned()),
                Err(error) if error.is_connect() => Err("the webhook cannot be reached".to_owned()),
                Err(_) => Err("the webhook could not be asked".to_owned()),
            }
        })
    }
}
