//! Visitors by the version of the server that first exposed them. For exploring, as every segment is.

use super::decide::Plan;
use dashly_db::{Columns, Query, Sql, sql};
use dashly_kernel::Timestamp;
use std::sync::Arc;

/// A cell of these totals. Ordered, so that every process takes the rows' locks in the same order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VersionKey {
    pub test_id: Arc<str>,
    /// '' when it was not recorded.
    pub app_version: Arc<str>,
    pub day: Timestamp,
    pub epoch: Arc<str>,
    pub drawn_variant: Arc<str>,
}

const ADD: Sql = sql! {
    postgres: "
        insert into experiment_version_totals as t
          (test_id, app_version, day, epoch, drawn_variant, exposures, converters)
        select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[],
                             $7::bigint[])
        on conflict (test_id, app_version, day, epoch, drawn_variant) do update
        set exposures = t.exposures + excluded.exposures,
            converters = t.converters + excluded.converters",
    sqlite: "
        insert into experiment_version_totals as t
          (test_id, app_version, day, epoch, drawn_variant, exposures, converters)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        from json_each($1)
        where true
        on conflict (test_id, app_version, day, epoch, drawn_variant) do update
        set exposures = t.exposures + excluded.exposures,
            converters = t.converters + excluded.converters",
};

/// Adds what `plan` counted.
pub(super) fn add_to_version_totals<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let keys = || plan.version_totals.keys();
    let columns = Columns::new()
        .text(keys().map(|key| &*key.test_id))
        .text(keys().map(|key| &*key.app_version))
        .time(keys().map(|key| key.day))
        .text(keys().map(|key| &*key.epoch))
        .text(keys().map(|key| &*key.drawn_variant))
        .integer(plan.version_totals.values().map(|tally| tally.exposures))
        .integer(plan.version_totals.values().map(|tally| tally.converters));
    ADD.batch(columns)
}
