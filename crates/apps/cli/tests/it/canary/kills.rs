//! `dashly canary run`, killed at every step and started again.

use super::pod::{Behaviour, Pod};
use super::{QUICK, dashly, judge_arguments, set};
use crate::process::{Dashly, Ended, PATIENCE, Running, eventually};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// A release whose commands write down that they ran, and wait where they are told to.
struct Release {
    folder: TempDir,
    stable: Pod,
    canary: Pod,
}

impl Release {
    fn of(canary: Behaviour) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, stable: Pod::start(Behaviour::GOOD, 7), canary: Pod::start(canary, 8) }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Makes the next run of a command wait until it is let go.
    fn hold(&self, command: &str) {
        fs::write(self.path(&format!("{command}.hold")), "").unwrap();
    }

    fn let_go(&self, command: &str) {
        fs::remove_file(self.path(&format!("{command}.hold"))).unwrap();
    }

    /// Makes a command fail.
    fn break_down(&self, command: &str) {
        fs::write(self.path(&format!("{command}.fail")), "").unwrap();
    }

    fn run(&self) -> Dashly {
        let script = |name: &str| {
            let folder = self.folder.path().display();
            format!(
                "echo {name} >> {folder}/log; while [ -e {folder}/{name}.hold ]; do sleep 0.02; done; \
                 echo {name}-end >> {folder}/log; ! [ -e {folder}/{name}.fail ]"
            )
        };
        let mut arguments: Vec<String> =
            ["canary", "run", "--json", "--baseline-looks", "5"].map(str::to_owned).to_vec();
        for name in ["deploy", "promote", "rollback"] {
            arguments.extend([format!("--{name}"), script(name)]);
        }
        arguments.extend(["--state".to_owned(), self.path("state.json")]);
        arguments.extend([
            "--stable".to_owned(),
            self.stable.url(),
            "--canary".to_owned(),
            self.canary.url(),
        ]);
        arguments.extend(QUICK.map(str::to_owned));
        dashly(&arguments)
    }

    /// The commands that ran, in order.
    fn log(&self) -> Vec<String> {
        fs::read_to_string(self.path("log")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn state(&self) -> Option<Value> {
        fs::read_to_string(self.path("state.json")).ok()?.parse().ok()
    }

    async fn reaches(&self, what: &str, is_there: impl Fn(&Self) -> bool) {
        eventually(what, PATIENCE, async || is_there(self).then_some(())).await;
    }

    async fn kill(running: &mut Running) {
        running.signal(Signal::KILL);
        running.end_within(PATIENCE).await;
    }

    /// Killed when `is_there`, and run again to its end.
    async fn killed_when(&self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let mut running = self.run().spawn();
        self.reaches(what, is_there).await;
        Self::kill(&mut running).await;
    }
}

fn ending(ended: &Ended) -> Value {
    let report: Value = ended.stdout.parse().unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    report["ending"].clone()
}

const BAD: Behaviour = Behaviour { error_rate: 0.2, ..Behaviour::GOOD };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_canary_goes_all_the_way() {
    let release = Release::of(Behaviour::GOOD);
    let ended = release.run().run().await;
    assert_eq!((ended.code(), ending(&ended)), (Some(0), "promoted".into()), "{ended:?}");
    assert_eq!(release.log(), ["deploy", "deploy-end", "promote", "promote-end"]);
    let again = release.run().run().await;
    assert_eq!((again.code(), release.log().len()), (Some(0), 4), "what is done is not done again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_watches_it_continues() {
    let release = Release::of(Behaviour::GOOD);
    release.killed_when("some looks at stable", |release| release.stable.looks() >= 3).await;
    assert_eq!(release.canary.looks(), 0, "nobody looks at the canary before there is one");
    let ended = release.run().run().await;
    assert_eq!((ended.code(), release.log().len()), (Some(0), 4), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_deploys_it_deploys_again_but_never_twice_at_once() {
    let release = Release::of(Behaviour::GOOD);
    release.hold("deploy");
    release.killed_when("the deployment", |release| release.log() == ["deploy"]).await;
    let refused = release.run().run().await;
    assert!(refused.refusal().contains("in use"), "the first deployment still runs: {refused:?}");
    assert_eq!(release.log(), ["deploy"]);
    release.let_go("deploy");
    let ended = release.run().run().await;
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(release.log(), ["deploy", "deploy-end", "deploy", "deploy-end", "promote", "promote-end"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_judges_it_continues_with_what_it_saw() {
    let release = Release::of(Behaviour::GOOD);
    release.killed_when("some looks at the canary", |release| release.canary.looks() >= 4).await;
    let state = release.state().unwrap();
    assert_eq!(state["phase"], "judging");
    let before = state["history"]["looks"].as_array().unwrap().len();
    let ended = release.run().run().await;
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(release.log(), ["deploy", "deploy-end", "promote", "promote-end"]);
    let after = release.state().unwrap()["history"]["looks"].as_array().unwrap().clone();
    assert!(after.len() > before && before >= 8, "{before} looks before, {} after", after.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_promotes_it_promotes_again() {
    let release = Release::of(Behaviour::GOOD);
    release.hold("promote");
    release
        .killed_when("the promotion", |release| release.log().last().is_some_and(|last| last == "promote"))
        .await;
    release.let_go("promote");
    let ended = release.run().run().await;
    assert_eq!((ended.code(), ending(&ended)), (Some(0), "promoted".into()), "{ended:?}");
    assert_eq!(release.log()[2..], ["promote", "promote-end", "promote", "promote-end"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_rolls_back_it_rolls_back_again() {
    let release = Release::of(BAD);
    release.hold("rollback");
    release
        .killed_when("the rollback", |release| release.log().last().is_some_and(|last| last == "rollback"))
        .await;
    release.let_go("rollback");
    let ended = release.run().run().await;
    assert_eq!((ended.code(), ending(&ended)), (Some(10), "rolled_back".into()), "{ended:?}");
    assert_eq!(release.log()[2..], ["rollback", "rollback-end", "rollback", "rollback-end"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_or_a_promotion_that_fails_is_rolled_back() {
    for (command, commands) in [("deploy", 2), ("promote", 3)] {
        let release = Release::of(Behaviour::GOOD);
        release.break_down(command);
        let ended = release.run().run().await;
        assert_eq!((ended.code(), ending(&ended)), (Some(10), "rolled_back".into()), "{ended:?}");
        assert_eq!(release.log().len(), 2 * commands);
        assert_eq!(release.log().last().unwrap(), "rollback-end");
        assert!(ended.stdout.contains(&format!("--{command} failed")), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_fails_is_tried_again_by_the_next_start() {
    let release = Release::of(BAD);
    release.break_down("rollback");
    let ended = release.run().run().await;
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("start the same command again"), "{ended:?}");
    fs::remove_file(release.path("rollback.fail")).unwrap();
    assert_eq!(release.run().run().await.code(), Some(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_traffic_it_rolls_back_and_says_so() {
    let release = Release::of(Behaviour { requests: 0, ..Behaviour::GOOD });
    let mut arguments = judge_arguments(&[&release.stable], &[&release.canary]);
    arguments[1] = "run".to_owned();
    let script = format!("echo rolled back > {}", release.path("log"));
    for (option, script) in [("--deploy", "true"), ("--promote", "false"), ("--rollback", script.as_str())] {
        arguments.extend([option.to_owned(), script.to_owned()]);
    }
    set(&mut arguments, &["--timeout", "300ms", "--baseline-looks", "0"]);
    let ended = dashly(&arguments).run().await;
    assert_eq!((ended.code(), ending(&ended)), (Some(12), "not_enough_data".into()), "{ended:?}");
    assert_eq!(release.log(), ["rolled back"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_of_another_canary_is_refused() {
    let release = Release::of(Behaviour::GOOD);
    assert_eq!(release.run().run().await.code(), Some(0));
    let mut arguments = judge_arguments(&[&release.stable], &[&release.canary]);
    arguments.extend(["--state".to_owned(), release.path("state.json")]);
    let ended = dashly(&arguments).run().await;
    assert!(ended.refusal().contains("another canary"), "{ended:?}");
}
