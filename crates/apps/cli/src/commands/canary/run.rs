//! `dashly canary run`: deploy, judge, promote or roll back, and continue after a kill.

use super::judging::{Session, describe, warn};
use super::options::{JudgeOptions, SourceOptions};
use super::state::{Ending, Phase};
use super::{Verdict, exit_code, steps};
use crate::output::say;
use anyhow::Context;
use clap::Args;
use dashly_canary::render_text;
use serde_json::json;
use std::process::ExitCode;

/// What `dashly canary run` takes.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Command that starts the canary beside stable, and ends when it is ready
    #[arg(long, value_name = "COMMAND")]
    deploy: String,
    /// Command that makes the canary's version the stable one
    #[arg(long, value_name = "COMMAND")]
    promote: String,
    /// Command that takes the canary away, also after a failed or half done --deploy or --promote
    #[arg(long, value_name = "COMMAND")]
    rollback: String,
    /// Looks at stable alone before the deployment: they teach how bursty its errors are. The more, the sooner a bad
    /// canary is found; more than 200 give nothing
    #[arg(long, default_value_t = 120, value_name = "LOOKS")]
    baseline_looks: usize,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    judge: JudgeOptions,
}

struct Commands {
    deploy: String,
    promote: String,
    rollback: String,
    baseline_looks: usize,
}

/// Runs all of it, from wherever the state file says.
pub(super) async fn run(arguments: RunArguments) -> anyhow::Result<ExitCode> {
    let RunArguments { deploy, promote, rollback, baseline_looks, source, judge } = arguments;
    let json = judge.json;
    let subject = json!({ "run": describe(&source), "deploy": deploy });
    let commands = Commands { deploy, promote, rollback, baseline_looks };
    let mut session = Session::open(&source, judge, subject, Phase::Watching).await?;
    if session.state.phase == Phase::Done {
        warn("the state file tells of a run that is done; remove it to run again");
    }
    while session.state.phase != Phase::Done {
        step(&mut session, &commands).await?;
    }
    session.write_report()?;
    tell(&session, json)
}

/// One phase, and on to the next. The file is written before each and after each: what is in it has begun, and nothing
/// after it.
async fn step(session: &mut Session, commands: &Commands) -> anyhow::Result<()> {
    match session.state.phase {
        Phase::Watching => watch(session, commands.baseline_looks).await,
        Phase::Deploying => match steps::run("deploy", &commands.deploy, &session.file).await {
            Ok(()) => session.enter(Phase::Judging),
            Err(error) => give_up(session, &error),
        },
        Phase::Judging => match session.judge().await {
            Ok(decision) => {
                let ending = match decision.verdict {
                    Verdict::Promote => return session.enter(Phase::Promoting),
                    Verdict::RollBack => Ending::RolledBack,
                    Verdict::Wait => Ending::WaitedTooLong,
                    Verdict::NotEnoughData => Ending::NotEnoughData,
                };
                session.state.ending = Some(ending);
                session.enter(Phase::RollingBack)
            }
            Err(error) => give_up(session, &error),
        },
        Phase::Promoting => match steps::run("promote", &commands.promote, &session.file).await {
            Ok(()) => {
                session.state.ending = Some(Ending::Promoted);
                session.enter(Phase::Done)
            }
            Err(error) => give_up(session, &error),
        },
        Phase::RollingBack => {
            steps::run("rollback", &commands.rollback, &session.file)
                .await
                .context("the canary may still be there; start the same command again to roll it back")?;
            session.enter(Phase::Done)
        }
        Phase::Done => Ok(()),
    }
}

/// Looks at stable alone. Nothing has happened yet, so a failure is an end without a rollback.
async fn watch(session: &mut Session, looks: usize) -> anyhow::Result<()> {
    session.enter(Phase::Watching)?;
    // The first reading makes no look.
    while !session.state.history.has_begun() || session.state.history.looks.len() < looks {
        session.look().await.context("cannot look at stable, so nothing was deployed")?;
        session.file.write(&session.state)?;
        if session.state.history.looks.len() < looks {
            tokio::time::sleep(session.options.interval).await;
        }
    }
    session.enter(Phase::Deploying)
}

/// What failed is told and undone.
fn give_up(session: &mut Session, error: &anyhow::Error) -> anyhow::Result<()> {
    warn(&format!("{error:#}; rolling back"));
    session.state.trouble = Some(format!("{error:#}"));
    session.state.ending = Some(Ending::RolledBack);
    session.enter(Phase::RollingBack)
}

fn tell(session: &Session, json: bool) -> anyhow::Result<ExitCode> {
    let state = &session.state;
    let (words, code) = match state.ending {
        Some(Ending::Promoted) => ("promoted", exit_code(Verdict::Promote)),
        Some(Ending::WaitedTooLong) => {
            ("rolled back: the time was over without a verdict", exit_code(Verdict::Wait))
        }
        Some(Ending::NotEnoughData) => {
            ("rolled back: the time was over without enough data", exit_code(Verdict::NotEnoughData))
        }
        Some(Ending::RolledBack) | None => ("rolled back", exit_code(Verdict::RollBack)),
    };
    if json {
        let report = json!({ "ending": state.ending, "trouble": state.trouble, "decision": state.decision });
        say!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(code);
    }
    if let Some(decision) = &state.decision {
        crate::output::write(format_args!("{}", render_text(decision)));
    }
    match &state.trouble {
        Some(trouble) => say!("The canary was {words}: {trouble}."),
        None => say!("The canary was {words}."),
    }
    Ok(code)
}
