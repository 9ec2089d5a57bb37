//! One person, one variant on every device.

use crate::rows::exposures;
use dashly_experiments::{RecountMode, recount};
use dashly_kernel::Role;
use dashly_testkit::{Setup, TestApp, Visitor, both_databases, tests_json};
use serde_json::{Value, json};

fn one() -> Value {
    tests_json(&[("one", json!({}))])
}

/// A browser whose draw is `variant`, already exposed to it.
async fn drawn(app: &TestApp, variant: &str) -> Visitor {
    for _ in 0..64 {
        let visitor = app.visitor();
        if visitor.dashboard().await.variant("one") == variant {
            return visitor;
        }
    }
    panic!("64 visitors and none of {variant}");
}

async fn click(visitor: &Visitor) -> Value {
    visitor.event(&json!({ "event": "click", "testId": "one" })).await.expect(200).json()
}

async fn assert_recount_is_equal(app: &TestApp) {
    let report = recount(&app.db, app.tests_file(), RecountMode::Check, &|_| {}).await.unwrap();
    assert!(report.is_equal(), "{report:?}");
}

both_databases! {
    async fn a_person_keeps_the_first_devices_variant_on_every_device(app: TestApp = Setup::new().tests(&one())) {
        let _ = app.signed_in("Grace", Role::User).await;
        let (laptop, phone) = (drawn(app, "B").await, drawn(app, "A").await);
        app.sign_in(&laptop, "Grace").await;
        let own = laptop.id();

        app.sign_in(&phone, "Grace").await;

        assert_eq!(phone.id(), own);
        assert_eq!(phone.cookie("ab_one").as_deref(), Some("B"));
        assert_eq!(phone.dashboard().await.variant("one"), "B");
        let before = exposures(app).await.len();
        assert_eq!(click(&phone).await["variant"], "B");
        assert_eq!(click(&laptop).await["counted"], true);
        assert_eq!(exposures(app).await.len(), before, "the person is not exposed again");
        let results = app.results_of("one").await;
        assert_eq!(results["results"]["B"]["converters"], 1);
        assert_eq!(results["health"]["joined_visitors"], 1);
        assert_eq!(results["health"]["several_variants"], 0);
        assert_recount_is_equal(app).await;
    }

    async fn what_a_device_was_counted_for_before_stays(app: TestApp = Setup::new().tests(&one())) {
        let _ = app.signed_in("Grace", Role::User).await;
        let (laptop, phone) = (drawn(app, "B").await, drawn(app, "A").await);
        click(&phone).await;
        app.sign_in(&laptop, "Grace").await;
        let before = app.results_of("one").await["compared"].clone();

        app.sign_in(&phone, "Grace").await;
        app.sign_in(&phone, "Grace").await;

        let results = app.results_of("one").await;
        assert_eq!(results["compared"], before);
        assert_eq!(results["compared"]["A"]["converters"], 1);
        assert_eq!(results["health"]["joined_visitors"], 1);
    }

    async fn two_people_at_one_device_are_two_visitors(app: TestApp = Setup::new().tests(&one())) {
        for name in ["Grace", "Joan"] {
            let _ = app.signed_in(name, Role::User).await;
        }
        let shared = drawn(app, "B").await;
        app.sign_in(&shared, "Grace").await;
        let grace = shared.id();

        app.sign_in(&shared, "Joan").await;

        let joan = shared.id();
        assert_ne!(joan, grace);
        assert_eq!(shared.cookie("ab_one"), None, "Joan was shown nothing yet");
        app.sign_in(&shared, "Grace").await;
        assert_eq!((shared.id(), shared.cookie("ab_one")), (grace, Some("B".to_owned())));
        // Nobody gave way to anybody: both ids belong to a person.
        assert_eq!(app.results_of("one").await["health"]["joined_visitors"], 0);
        assert_recount_is_equal(app).await;
    }

    async fn a_caller_without_a_visitor_id_gets_none(app: TestApp = Setup::new().tests(&one())) {
        let program = app.signed_in("Grace", Role::User).await;
        assert_eq!(program.cookie("ab_visitor_id"), None);
    }
}
