//! Drawing one visitor for three experiments.

use crate::table::Table;
use dashly_experiments::parse_definitions;
use std::hint::black_box;
use std::time::Instant;

const EXPERIMENTS: &[u8] = include_bytes!("../../tests.json");
const VISITORS: u32 = 1_000_000;

pub(crate) fn measure(table: &mut Table) {
    let Ok(parsed) = parse_definitions(EXPERIMENTS) else {
        table.add(
            "assignment of one visitor to 3 experiments",
            "tests.json cannot be used",
            "–",
            None,
            "< 1 µs",
        );
        return;
    };
    let visitors: Vec<String> = (0..VISITORS).map(|number| format!("v_{number:032x}")).collect();
    let started = Instant::now();
    for visitor in &visitors {
        for experiment in parsed.definitions.all() {
            black_box(experiment.enrols(visitor));
            black_box(experiment.draw_variant(visitor));
        }
    }
    let nanoseconds = started.elapsed().as_secs_f64() * 1e9 / f64::from(VISITORS);
    table.add(
        "assignment of one visitor to 3 experiments",
        format!("{:.2} µs", nanoseconds / 1_000.0),
        "–",
        None,
        "< 1 µs",
    );
}
