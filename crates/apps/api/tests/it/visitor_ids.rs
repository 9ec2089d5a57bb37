//! Visitor ids that no server made.

use crate::rows;
use dashly_testkit::{TestApp, both_databases};
use http::Method;

const VIEW: &str = "/api/experiments/dashboard";

both_databases! {
    async fn ids_of_another_form_are_replaced(app: TestApp) {
        let long = "x".repeat(65);
        let huge = "x".repeat(10_000);
        let absurd: Vec<Vec<u8>> = [
            "",
            "\"",
            "\"\"",
            "a b",
            "a,b",
            "<script>",
            "v_ümlaut",
            "v_\u{1F600}",
            "../../etc/passwd",
            "a'or'1'='1",
            "v_%00",
            &long,
            &huge,
        ]
        .into_iter()
        .map(|id| id.as_bytes().to_vec())
        .chain([vec![0xff, 0xfe], b"v_\x80abc".to_vec()])
        .collect();
        for id in &absurd {
            let visitor = app.visitor();
            let cookie = [b"ab_visitor_id=".as_slice(), id].concat();
            let reply = visitor.call(Method::GET, VIEW).header("cookie", cookie).send().await.expect(200);
            let name = String::from_utf8_lossy(id).into_owned();
            let given = visitor.cookie("ab_visitor_id").unwrap_or_else(|| panic!("kept {name:?}"));
            assert!(given.starts_with("v_") && given.len() == 34, "{name:?} became {given}");
            assert_eq!(reply.exposed().len(), 2, "{name:?}");
        }
        let rows = rows::exposures(app).await;
        assert_eq!(rows.len(), 2 * absurd.len());
        assert!(rows.iter().all(|row| row.visitor.len() <= 34));
    }

    async fn ids_of_the_right_form_are_kept(app: TestApp) {
        let longest = "x".repeat(64);
        for id in ["a", "v_1", "A-Z_a.z", "0", longest.as_str(), "-", ".", "v_quoted"] {
            let visitor = app.visitor();
            let cookie = if id == "v_quoted" {
                "ab_visitor_id=\"v_quoted\"".to_owned()
            } else {
                format!("ab_visitor_id={id}")
            };
            visitor.call(Method::GET, VIEW).header("cookie", cookie).send().await.expect(200).exposed();
            assert!(visitor.cookie("ab_visitor_id").is_none(), "{id} was replaced");
        }
        let mut stored: Vec<String> = rows::exposures(app).await.into_iter().map(|row| row.visitor).collect();
        stored.dedup();
        assert_eq!(stored, ["a", "v_1", "A-Z_a.z", "0", &longest, "-", ".", "v_quoted"]);
    }

    async fn the_first_of_several_ids_counts(app: TestApp) {
        let visitor = app.visitor();
        let call =
            visitor.call(Method::GET, VIEW).header("cookie", "ab_visitor_id=v_one; ab_visitor_id=v_two");
        call.header("cookie", "ab_visitor_id=v_three").send().await.expect(200).exposed();
        assert!(rows::exposures(app).await.iter().all(|row| row.visitor == "v_one"));
    }
}
