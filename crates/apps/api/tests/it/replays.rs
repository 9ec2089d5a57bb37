//! Experiments of others, looked at again and again.

use dashly_experiments::{ImportedLooks, LookRow, import_looks};
use dashly_kernel::Clock;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use serde_json::{Value, json};

/// A control of mean 10 and variance 4, and the variant's means at looks of so many visitors in each arm.
fn series(metric: &str, looks: &[(f64, f64)]) -> Vec<([String; 3], LookRow)> {
    let row = |(number, (visitors, mean)): (usize, &(f64, f64))| {
        let look = LookRow {
            at: f64::from(u32::try_from(number).unwrap()) + 0.5,
            control_visitors: *visitors,
            treatment_visitors: *visitors,
            control_mean: 10.0,
            treatment_mean: *mean,
            control_variance: 4.0,
            treatment_variance: 4.0,
        };
        (["e1".to_owned(), "1".to_owned(), metric.to_owned()], look)
    };
    looks.iter().enumerate().map(row).collect()
}

fn imported(source: &str, looks: Vec<([String; 3], LookRow)>) -> ImportedLooks {
    ImportedLooks {
        source: source.to_owned(),
        licence: "CC BY 4.0".to_owned(),
        left_out: 2,
        series: 4,
        looks,
    }
}

async fn get(app: &TestApp, path: &str) -> Value {
    app.admin().await.get(path).await.expect(200).json()
}

both_databases! {
    async fn each_series_is_judged_at_every_look(app: TestApp = Setup::new().tests(&tests_json(&[("one", json!({}))]))) {
        let mut looks = Vec::new();
        // z = difference / (2 √(2 ÷ n)): 2.5 at the first look, 1.77 at the second.
        looks.extend(series("gone", &[(1_250.0, 10.2), (2_500.0, 10.1)]));
        // 35 at the last.
        looks.extend(series("clear", &[(1_250.0, 10.2), (5_000.0, 11.4)]));
        looks.extend(series("nothing", &[(1_250.0, 10.01), (0.0, 10.0)]));
        let now = Clock::now(&*app.clock);
        import_looks(&app.db, &imported("Example", looks), now).await.unwrap();

        let replays = get(app, "/api/experiments/replays").await;
        let source = &replays["sources"][0];
        assert_eq!((&source["series"], &source["judged_series"], &source["looks"]), (&json!(4), &json!(3), &json!(5)));
        assert_eq!((&source["crossed_at_some_look"], &source["crossed_at_last_look"]), (&json!(2), &json!(1)));
        assert_eq!((&source["sequence_excludes_zero"], &source["left_out"]), (&json!(1), &json!(2)));
        let gone = &replays["series"].as_array().unwrap().iter().find(|one| one["metric_id"] == "gone").unwrap();
        assert!((gone["largest_z"].as_f64().unwrap() - 2.5).abs() < 1e-6, "{gone}");
        assert!((gone["last_z"].as_f64().unwrap() - 1.767_766_95).abs() < 1e-6, "{gone}");

        let path = "/api/experiments/replays/looks?source=Example&experiment_id=e1&variant_id=1&metric_id=gone";
        let looks = get(app, path).await["looks"].clone();
        let first = &looks[0];
        assert!((first["interval"]["low"].as_f64().unwrap() - (0.2 - 1.96 * 0.08)).abs() < 1e-9, "{first}");
        assert!(first["sequence"]["low"].as_f64().unwrap() < 0.0 && first["sequence"]["high"].as_f64().unwrap() > 0.36);
        assert_eq!(looks.as_array().unwrap().len(), 2);
    }

    async fn a_second_import_of_a_source_replaces_the_first(app: TestApp = Setup::new().tests(&tests_json(&[("one", json!({}))]))) {
        let now = Clock::now(&*app.clock);
        for source in ["Example", "Other"] {
            let looks = series("old", &[(1_250.0, 10.2)]);
            import_looks(&app.db, &imported(source, looks), now).await.unwrap();
        }
        import_looks(&app.db, &imported("Example", series("new", &[(9.0, 10.2)])), now).await.unwrap();
        let replays = get(app, "/api/experiments/replays").await;
        let names: Vec<(&Value, &Value)> =
            replays["series"].as_array().unwrap().iter().map(|one| (&one["source"], &one["metric_id"])).collect();
        assert_eq!(names, [(&json!("Example"), &json!("new")), (&json!("Other"), &json!("old"))]);
    }

    async fn only_administrators_see_them_and_only_what_is_there(app: TestApp = Setup::new().tests(&tests_json(&[("one", json!({}))]))) {
        let _ = app.visitor().get("/api/experiments/replays").await.expect(401);
        let admin = app.admin().await;
        let nowhere = "/api/experiments/replays/looks?source=x&experiment_id=y&variant_id=1&metric_id=1";
        let _ = admin.get(nowhere).await.expect(404);
        let _ = admin.get("/api/experiments/replays/looks?source=x").await.expect(400);
        assert_eq!(get(app, "/api/experiments/replays").await["series"], json!([]));
    }
}
