//! `POST /api/ai/website-audit/analyze`: what a crawl says about a site's measurement.

use super::definition::{DATA_AND_BESIDE, Prepared, TaskDefinition, data};
use serde_json::{Value, json};

pub(super) static TASK: TaskDefinition = TaskDefinition {
    name: "website_audit_analyze",
    path: "/api/ai/website-audit/analyze",
    summary: "What findings on a page mean",
    input: include_str!("../../schemas/website_audit_analyze.input.json"),
    output: include_str!("../../schemas/website_audit_analyze.output.json"),
    prepare,
    finish,
    envelope: DATA_AND_BESIDE,
    acts: false,
};

const PLATFORMS: [&str; 7] = ["meta", "ga4", "googleAds", "tiktok", "linkedin", "twitter", "pinterest"];

fn prepare(input: &Value) -> Prepared {
    let findings = &input["technicalFindings"];
    let unchecked: Vec<&str> =
        PLATFORMS.into_iter().filter(|platform| findings["platforms"][*platform].is_null()).collect();
    let findings = json!({
        "websiteUrl": input["websiteUrl"], "platforms": findings["platforms"], "metadata": findings["metadata"],
        "notChecked": unchecked
    });
    Prepared {
        question: "What do the findings in the block `findings` mean for the owner of the site?".to_owned(),
        blocks: vec![data("findings", findings)],
        computed: None,
        kept: json!(unchecked),
    }
}

/// Nothing is said about a platform that nobody looked at; the checklist is in order.
fn finish(mut answer: Value, prepared: &Prepared) -> Value {
    for platform in prepared.kept.as_array().into_iter().flatten().filter_map(Value::as_str) {
        answer["platformResults"][platform] = json!({
            "status": "not_checked", "summary": "Not checked.", "issues": [], "businessImpact": "", "recommendations": []
        });
    }
    if let Some(list) = answer["actionChecklist"].as_array_mut() {
        let rank = |entry: &Value| {
            ["critical", "high", "medium", "low"].iter().position(|known| entry["priority"] == **known)
        };
        list.sort_by_key(|entry| rank(entry).unwrap_or(usize::MAX));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::{finish, prepare};
    use serde_json::json;

    #[test]
    fn nothing_is_said_about_what_was_not_checked() {
        let input = json!({ "websiteUrl": "https://example.com", "technicalFindings": { "platforms": { "meta": { "found": true } } } });
        let prepared = prepare(&input);
        let answer = json!({
            "platformResults": { "meta": { "status": "healthy" }, "ga4": { "status": "healthy" } },
            "actionChecklist": [{ "priority": "low" }, { "priority": "critical" }]
        });
        let finished = finish(answer, &prepared);
        assert_eq!(finished["platformResults"]["meta"]["status"], "healthy");
        assert_eq!(finished["platformResults"]["ga4"]["status"], "not_checked");
        assert_eq!(finished["actionChecklist"][0]["priority"], "critical");
    }
}
