//! A million visitors: the draws follow the design, and no draw tells anything about another.
//!
//! Salts and visitors are fixed, so each figure is the same in every run: a failure is a change of the draw.

use dashly_experiments::{Experiment, parse_definitions};
use dashly_stats::chi_squared;
use dashly_stats::multinomial::chi_square_test;
use serde_json::json;
use std::sync::Arc;

const VISITORS: usize = 1_000_000;
/// Below this, chance is no explanation; with some twenty checks it is passed by luck once in 50,000 designs.
const LEAST_P: f64 = 1e-6;

fn experiments() -> Vec<Arc<Experiment>> {
    let entry = |test_id: &str, variants: serde_json::Value, weights: serde_json::Value, traffic: f64| {
        json!({
            "test_id": test_id, "description": "?", "target_event": "click", "variants": variants,
            "weights": weights, "traffic": traffic
        })
    };
    let two = json!({ "A": "a", "B": "b" });
    let three = json!({ "A": "a", "B": "b", "C": "c" });
    let file = json!({ "experiments": [
        entry("kpi_scorecard_layout", two.clone(), json!(null), 1.0),
        entry("guided_onboarding", two.clone(), json!(null), 1.0),
        entry("pricing_cta_upgrade", two.clone(), json!(null), 1.0),
        entry("ninety_ten", two, json!({ "A": 90, "B": 10 }), 1.0),
        entry("three_arms", three, json!({ "A": 0.2, "B": 0.3, "C": 0.5 }), 1.0),
        entry("a_third", json!({ "A": "a", "B": "b" }), json!(null), 0.3),
    ] });
    parse_definitions(file.to_string().as_bytes()).unwrap().definitions.all().to_vec()
}

/// Ids of the server's own form, and the kinds that other systems hand in: the draw must not care.
fn visitor(number: usize) -> String {
    match number % 4 {
        0 => format!(
            "v_{:032x}",
            u128::from(u64::try_from(number).unwrap()).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c)
        ),
        1 => format!("user-{number}"),
        2 => number.to_string(),
        _ => format!("00000000-0000-4000-8000-{number:012}"),
    }
}

#[track_caller]
fn assert_shares(name: &str, counts: &[u64], shares: &[f64]) {
    let test = chi_square_test(counts, shares).unwrap();
    assert!(test.p_value > LEAST_P, "{name}: {counts:?} for {shares:?}, p = {}", test.p_value);
}

/// Pearson's test that rows and columns of a table have nothing to do with each other.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a million is far below 2^53")]
fn independence_p_value(table: &[Vec<u64>]) -> f64 {
    let rows: Vec<u64> = table.iter().map(|row| row.iter().sum()).collect();
    let columns: Vec<u64> =
        (0..table[0].len()).map(|column| table.iter().map(|row| row[column]).sum()).collect();
    let total: u64 = rows.iter().sum();
    let mut statistic = 0.0;
    for (row, cells) in table.iter().enumerate() {
        for (column, observed) in cells.iter().enumerate() {
            let expected = rows[row] as f64 * columns[column] as f64 / total as f64;
            statistic += (*observed as f64 - expected).powi(2) / expected;
        }
    }
    let degrees = u32::try_from((rows.len() - 1) * (columns.len() - 1)).unwrap();
    chi_squared::survival(statistic, degrees).unwrap()
}

#[test]
fn a_million_visitors_are_drawn_as_designed_and_independently() {
    let experiments = experiments();
    // What each visitor is drawn in each experiment; the last column is enrolment in the one with traffic.
    let mut draws: Vec<Vec<u8>> = vec![Vec::with_capacity(VISITORS); experiments.len() + 1];
    for number in 0..VISITORS {
        let visitor = visitor(number);
        for (column, experiment) in draws.iter_mut().zip(&experiments) {
            column.push(u8::try_from(experiment.draw_variant(&visitor)).unwrap());
        }
        let enrolled = experiments.last().unwrap().enrols(&visitor);
        draws.last_mut().unwrap().push(u8::from(enrolled));
    }
    let mut names: Vec<&str> = experiments.iter().map(|experiment| &*experiment.test_id).collect();
    names.push("enrolment");
    let mut designs: Vec<Vec<f64>> = experiments
        .iter()
        .map(|experiment| experiment.shares().into_iter().map(|(_, share)| share).collect())
        .collect();
    designs.push(vec![0.7, 0.3]);

    for ((name, column), shares) in names.iter().zip(&draws).zip(&designs) {
        // As a whole, and for each kind of id, since a flaw may show in one only.
        for kind in 0..5 {
            let mut counts = vec![0_u64; shares.len()];
            let seen = column.iter().enumerate().filter(|(number, _)| kind == 4 || number % 4 == kind);
            seen.for_each(|(_, drawn)| counts[usize::from(*drawn)] += 1);
            assert_shares(&format!("{name}, kind {kind}"), &counts, shares);
        }
    }
    for first in 0..draws.len() {
        for second in first + 1..draws.len() {
            let mut table = vec![vec![0_u64; designs[second].len()]; designs[first].len()];
            for (one, other) in draws[first].iter().zip(&draws[second]) {
                table[usize::from(*one)][usize::from(*other)] += 1;
            }
            let p_value = independence_p_value(&table);
            assert!(p_value > LEAST_P, "{} and {}: {table:?}, p = {p_value}", names[first], names[second]);
        }
    }
}

#[test]
fn neighbouring_ids_have_nothing_in_common() {
    let experiment = &experiments()[0];
    let mut table = vec![vec![0_u64; 2]; 2];
    let mut before = experiment.draw_variant("user-0");
    for number in 1..200_000 {
        let drawn = experiment.draw_variant(&format!("user-{number}"));
        table[before][drawn] += 1;
        before = drawn;
    }
    assert!(independence_p_value(&table) > LEAST_P, "{table:?}");
}

#[test]
fn the_checks_notice_a_biased_and_a_dependent_draw() {
    // 50.4 % instead of 50 % of a million visitors.
    assert!(chi_square_test(&[504_000, 496_000], &[0.5, 0.5]).unwrap().p_value < LEAST_P);
    let dependent = vec![vec![252_000, 248_000], vec![248_000, 252_000]];
    assert!(independence_p_value(&dependent) < LEAST_P);
}
