//! The script in Redis and the window in Rust are two texts of one algorithm: here they answer side by side.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::digest::{Digest, DigestSecret};
use crate::rule::Rule;
use crate::window::Window;

/// A time like today's, so that the numbers are as large as in use.
const START_MS: u64 = 1_795_000_000_123;

fn operations() -> impl Strategy<Value = Vec<(i64, Operation)>> {
    let operation = prop_oneof![
        4 => (0..6_u32).prop_map(|cost| Operation::Check { cost }),
        1 => Just(Operation::Peek),
        2 => (0..4_u32).prop_map(|cost| Operation::Record { cost }),
        1 => (0..4_u32).prop_map(|cost| Operation::Refund { cost }),
        1 => prop_oneof![9 => Just(Operation::Peek), 1 => Just(Operation::Reset)],
    ];
    let step_ms = prop_oneof![4 => 0..400_i64, 2 => 0..6_000_i64, 1 => 0..40_000_i64, 1 => -3_000..0_i64];
    proptest::collection::vec((step_ms, operation), 1..40)
}

#[test]
fn redis_and_memory_answer_alike() {
    let shared = Shared::new(Client::open(crate::test_redis_url()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connection = runtime.block_on(shared.link.connect()).unwrap();
    let cases = (0..12_u32, 9_000..30_000_u64, any::<u64>(), operations());

    let outcome = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() }).run(
        &cases,
        |(limit, window_ms, key, operations)| {
            let rule = Rule { name: "alike", limit, window: Duration::from_millis(window_ms) };
            let key = Digest::of(
                &DigestSecret::new(&key.to_be_bytes()),
                rule.name,
                &std::process::id().to_string(),
            );
            let mut window = Window::default();
            let mut now_ms = START_MS;
            let resets = std::iter::once((0, Operation::Reset));
            for (step_ms, operation) in resets.chain(operations) {
                now_ms = now_ms.checked_add_signed(step_ms).unwrap();
                let call = Call { rule: &rule, key, operation };
                let in_memory = window.apply(&rule, now_ms, operation);
                let in_redis = runtime.block_on(shared.run(connection.clone(), &call, Some(now_ms))).unwrap();
                assert_eq!(in_redis, in_memory, "{operation:?} at {now_ms}");
            }
            Ok(())
        },
    );
    outcome.unwrap();
}
