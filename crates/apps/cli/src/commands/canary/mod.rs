//! `dashly canary`.

mod judging;
mod options;
mod run;
mod sources;
mod state;
mod steps;

use clap::{Args, Subcommand};
use dashly_canary::Verdict;
use std::process::ExitCode;

/// What `dashly canary` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: CanaryCommand,
}

const JUDGE_HELP: &str = "\
Looks at both versions again and again, until there is a verdict or --timeout has passed.\n\
Exit code: 0 promote, 10 roll back, 11 wait (the time is over without a verdict), 12 not enough data, 1 failure, 2 wrong \
use. KUBECTL names another kubectl.\n\n\
Examples:\n  dashly canary judge --stable http://10.0.0.5:3000 --canary http://10.0.0.9:3000\n  \
dashly canary judge --kubernetes --service api --report canary.html\n  \
dashly canary judge --prometheus http://prometheus:9090 --service genai-gateway --json\n\n\
docs/canary.md tells how the verdict is found, and how often it errs.";

const RUN_HELP: &str = "\
Watches stable (--baseline-looks), runs --deploy, judges, and runs --promote or --rollback, each by `sh -c`. With --state \
the place in this is kept in a file, before and after each step: killed at any moment and started again with the same \
options it continues. A command that was running when the program was killed is run again, so each must be safe to \
repeat. A failed --deploy or --promote is rolled back.\n\
Without a verdict at the end of --timeout it rolls back.\n\
Exit code: 0 promoted, 10 rolled back, 11 and 12 rolled back because the time was over (wait, not enough data), 1 \
failure, 2 wrong use.\n\n\
Example:\n  dashly canary run --kubernetes --service api --state canary.json --deploy 'scripts/deploy-canary.sh deploy' \\\n    \
--promote 'scripts/deploy-canary.sh promote' --rollback 'scripts/deploy-canary.sh rollback'";

#[derive(Debug, Subcommand)]
enum CanaryCommand {
    /// Compare a canary with stable until there is a verdict: promote, roll back, wait or not enough data
    #[command(after_help = JUDGE_HELP)]
    Judge(options::JudgeArguments),
    /// Deploy a canary, judge it, and promote it or roll it back, unattended
    #[command(after_help = RUN_HELP)]
    Run(run::RunArguments),
}

/// Runs the command.
pub(crate) async fn canary(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        CanaryCommand::Judge(arguments) => judging::judge(arguments).await,
        CanaryCommand::Run(arguments) => run::run(arguments).await,
    }
}

/// The exit code that tells a script the verdict.
fn exit_code(verdict: Verdict) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Promote => 0,
        Verdict::RollBack => 10,
        Verdict::Wait => 11,
        Verdict::NotEnoughData => 12,
    })
}
