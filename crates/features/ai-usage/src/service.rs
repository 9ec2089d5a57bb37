//! What the routes and the collecting task work with.

use crate::collect::counters_of_all;
use crate::report::{Asked, ReportSums, UsageReport};
use crate::status::AiStatus;
use crate::{store, watch};
use dashly_db::{Db, DbError};
use dashly_kernel::{Clock, Timestamp};
use dashly_llm::{
    AnalyzeWidget, Answer, CallContext, LlmClient, LlmError, SeriesPoint, Widget, WidgetAnalysis, WidgetData,
    WidgetNumbers,
};
use dashly_telemetry::{Health, Tasks};
use std::sync::Arc;
use std::time::Duration;

/// Somebody looks at the page meanwhile.
const STATUS_PATIENCE: Duration = Duration::from_secs(3);
const CHECK_PATIENCE: Duration = Duration::from_secs(12);
/// Of how long a time the rows are read at once, a week: hundreds of kinds of calls in each hour are some ten megabytes.
const PART_SECONDS: i64 = 7 * 24 * 3_600;

/// What AI calls use and cost. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct AiUsage(Arc<Parts>);

struct Parts {
    client: LlmClient,
    db: Db,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for AiUsage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AiUsage")
    }
}

/// Why nothing was collected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    #[error(transparent)]
    Gateway(#[from] LlmError),
    #[error("what was collected cannot be stored: {}", .0.reason())]
    Database(#[from] DbError),
}

impl AiUsage {
    /// Starts collecting, if `client` knows a gateway.
    pub fn start(client: LlmClient, db: Db, clock: Arc<dyn Clock>, health: &Health, tasks: &Tasks) -> Self {
        let usage = Self(Arc::new(Parts { client, db, clock }));
        if usage.0.client.gateway().is_some() {
            watch::watch(usage.clone(), health, tasks);
        }
        usage
    }

    /// Reads the counters of the gateway once, and stores what is new. A task does so every few seconds.
    ///
    /// # Errors
    /// One line for the log, when the gateway or the database does not answer.
    pub async fn collect(&self) -> Result<(), String> {
        self.collect_once().await.map_err(|error| error.to_string())
    }

    pub(crate) async fn collect_once(&self) -> Result<(), CollectError> {
        for counters in counters_of_all(&self.0.client).await? {
            store::add(&self.0.db, &counters, self.0.clock.now()).await?;
        }
        Ok(())
    }

    /// How AI stands now.
    pub(crate) async fn status(&self) -> AiStatus {
        let gateway = self.0.client.gateway().map(dashly_llm::GatewayUrl::authority);
        AiStatus::of(gateway, self.0.client.counters(STATUS_PATIENCE).await)
    }

    /// What was used in the hours and by the calls that are asked for.
    pub(crate) async fn report(&self, asked: Asked) -> Result<UsageReport, DbError> {
        let collected_at = store::last_collected(&self.0.db).await?;
        let (mut start, end, filter) = (asked.from, asked.to, asked.filter.clone());
        let mut sums = ReportSums::new(asked);
        while start < end {
            let part = start.plus_seconds(PART_SECONDS).min(end);
            sums.add(&store::hours(&self.0.db, start, part, &filter).await?);
            start = part;
        }
        Ok(sums.into_report(collected_at))
    }

    /// Asks the model a small question, to see that it can be asked.
    pub(crate) async fn check(&self, request_id: &str) -> Result<Answer<WidgetAnalysis>, LlmError> {
        let context = CallContext { workspace: None, request_id: Some(request_id), patience: CHECK_PATIENCE };
        self.0.client.ask::<AnalyzeWidget>(&sample(), &context).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

/// Fourteen days of made-up clicks, named so.
fn sample() -> WidgetData {
    let clicks = [112, 118, 125, 119, 131, 140, 138, 142, 151, 149, 158, 163, 160, 171];
    let points = clicks
        .iter()
        .zip(1..)
        .map(|(clicks, day)| SeriesPoint { date: format!("2026-01-{day:02}"), value: f64::from(*clicks) });
    WidgetData {
        widget: Widget { widget_type: "line_chart".to_owned(), title: "Clicks of an example".to_owned() },
        metrics_data: WidgetNumbers { time_series: points.collect(), ..WidgetNumbers::default() },
    }
}
