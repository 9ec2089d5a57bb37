//! `dashly canary` beside small servers that publish metrics as pods do.

mod clusters;
mod kills;
mod pod;
mod verdicts;

use crate::process::{Dashly, Ended};
use pod::{Behaviour, Pod};
use serde_json::Value;

/// Options that make a judge quick: many looks, and a margin that two thousand requests can exclude.
const QUICK: [&str; 10] = [
    "--interval",
    "5ms",
    "--least-time",
    "1ms",
    "--warm-up",
    "0s",
    "--error-margin",
    "0.03",
    "--timeout",
    "60s",
];

/// Arguments of a judge of these pods.
fn judge_arguments(stable: &[&Pod], canary: &[&Pod]) -> Vec<String> {
    let mut arguments: Vec<String> = ["canary", "judge", "--json"].map(str::to_owned).to_vec();
    for (option, pods) in [("--stable", stable), ("--canary", canary)] {
        for pod in pods {
            arguments.extend([option.to_owned(), pod.url()]);
        }
    }
    arguments.extend(QUICK.map(str::to_owned));
    arguments
}

/// Sets options, those too that have a value already.
fn set(arguments: &mut Vec<String>, options: &[&str]) {
    for pair in options.chunks(2) {
        match arguments.iter().position(|word| word == pair[0]) {
            Some(place) => pair[1].clone_into(&mut arguments[place + 1]),
            None => arguments.extend(pair.iter().map(|word| (*word).to_owned())),
        }
    }
}

fn dashly(arguments: &[String]) -> Dashly {
    Dashly::new(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The verdict on a canary beside a good stable version, with everything it rests on.
async fn judged(canary: Behaviour, more: &[&str]) -> (Ended, Value) {
    let stable = Pod::start(Behaviour::GOOD, 1);
    let canary = Pod::start(canary, 2);
    let mut arguments = judge_arguments(&[&stable], &[&canary]);
    set(&mut arguments, more);
    let ended = dashly(&arguments).run().await;
    let decision = ended.stdout.parse().unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended, decision)
}

fn criterion<'a>(decision: &'a Value, name: &str) -> &'a Value {
    let criteria = decision["criteria"].as_array().unwrap();
    criteria.iter().find(|criterion| criterion["name"] == name).unwrap()
}
