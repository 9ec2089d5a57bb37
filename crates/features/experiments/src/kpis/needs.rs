//! What is missing before a figure can be measured, said honestly.

/// What this version lacks for the figure `kpi_id`.
pub(super) fn of(kpi_id: &str) -> &'static str {
    match kpi_id {
        "activation_rate" => "registered users with ad accounts and dashboards of their own",
        "time_to_first_insight" => "registered users and the time of their first insight",
        "wau" => "dashboards, and a record of who used one",
        "dashboard_engagement_rate" => "dashboards, and a record of what was done with them",
        "ai_analysis_usage_rate" => "dashboards, and a record of their analyses",
        "upgrade_rate_free_to_paid" => {
            "accounts with a plan; the experiment counts visitors of the pricing page"
        }
        "subscriber_retention_rate" => "accounts with a plan, and its history",
        "arpu" => "revenue by account",
        _ => "a source that Dashly can count; it knows no figure of this name",
    }
}
