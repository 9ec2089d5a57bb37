//! Who takes part: traffic and layers.

use crate::rows;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use serde_json::json;
use std::collections::HashSet;

const VISITORS: usize = 1_000;

both_databases! {
    async fn a_share_of_the_visitors_takes_part_and_the_others_see_the_control(
        app: TestApp = Setup::new().tests(&tests_json(&[("part", json!({ "traffic": 0.3, "control": "B" }))]))
    ) {
        let mut enrolled = 0;
        for number in 0..VISITORS {
            let visitor = app.visitor();
            visitor.set_cookie("ab_visitor_id", &format!("v_{number}"));
            let reply = visitor.dashboard().await;
            let takes_part = reply.at("enrolled")["part"] == true;
            enrolled += usize::from(takes_part);
            assert_eq!(reply.at("exposure_logged"), true);
            if takes_part {
                assert_eq!(reply.exposed(), ["part"]);
                assert_eq!(visitor.cookie("ab_part"), Some(reply.variant("part")));
            } else {
                assert_eq!(reply.variant("part"), "B");
                assert!(reply.exposed().is_empty() && reply.set_cookies().is_empty());
                // A hand-made cookie is no way in.
                visitor.set_cookie("ab_part", "A");
                assert_eq!(visitor.dashboard().await.variant("part"), "B");
            }
        }
        // 300 expected; 4.5 standard deviations of a binomial are 65. The draw is fixed, so this cannot flicker.
        assert!((235..=365).contains(&enrolled), "{enrolled} of {VISITORS}");
        assert_eq!(app.stored().await.exposures, u64::try_from(enrolled).unwrap());
    }

    async fn more_traffic_moves_nobody_who_takes_part(
        app: TestApp = Setup::new().tests(&tests_json(&[("part", json!({ "traffic": 0.2 }))]))
    ) {
        let look = async || {
            let mut variants = Vec::new();
            for number in 0..100 {
                // No cookie is kept: what is compared are the draws.
                let visitor = app.visitor();
                visitor.set_cookie("ab_visitor_id", &format!("v_{number}"));
                let reply = visitor.dashboard().await;
                variants.push((reply.at("enrolled")["part"] == true).then(|| reply.variant("part")));
            }
            variants
        };
        let before = look().await;
        app.edit_tests(&tests_json(&[("part", json!({ "traffic": 0.8 }))]));
        let after = look().await;
        let count = |variants: &[Option<String>]| variants.iter().flatten().count();
        assert!(count(&before) < count(&after));
        for (before, after) in before.iter().zip(&after) {
            assert!(before.is_none() || before == after, "{before:?} became {after:?}");
        }
    }

    async fn events_of_somebody_outside_do_not_count(
        app: TestApp = Setup::new().tests(&tests_json(&[("nobody", json!({ "traffic": 0 }))]))
    ) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let event = visitor.event(&json!({ "event": "click", "testId": "nobody" })).await.expect(200);
        assert_eq!((event.at("counted"), event.at("variant")), (json!(false), json!("A")));
        assert_eq!(app.stored().await.exposures, 0);
    }

    async fn experiments_of_one_layer_never_share_a_visitor(app: TestApp = Setup::new().tests(&tests_json(&[
        ("first", json!({ "layer": "header", "traffic": 0.4 })),
        ("second", json!({ "layer": "header", "traffic": 0.4 })),
        ("third", json!({ "layer": "header", "traffic": 0.2 })),
        ("free", json!({})),
    ]))) {
        let mut counts = [0_usize; 3];
        for number in 0..500 {
            let visitor = app.visitor();
            visitor.set_cookie("ab_visitor_id", &format!("v_{number}"));
            let reply = visitor.dashboard().await;
            let enrolled = reply.at("enrolled");
            let inside: Vec<usize> =
                (0..3).filter(|index| enrolled[["first", "second", "third"][*index]] == true).collect();
            // The layer is fully booked, so everybody is in exactly one.
            assert_eq!(inside.len(), 1, "visitor {number} is in {inside:?}");
            counts[inside[0]] += 1;
            assert_eq!(enrolled["free"], true);
        }
        assert!(
            counts[0].abs_diff(200) < 55 && counts[1].abs_diff(200) < 55 && counts[2].abs_diff(100) < 45,
            "{counts:?}"
        );
        let mut seen = HashSet::new();
        for row in rows::exposures(app).await.iter().filter(|row| row.test_id != "free") {
            assert!(seen.insert(row.visitor.clone()), "{} is in two experiments of one layer", row.visitor);
        }
    }
}
