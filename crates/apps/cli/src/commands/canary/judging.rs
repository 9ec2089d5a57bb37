//! `dashly canary judge`, and the looking that `run` shares with it.

use super::exit_code;
use super::options::{JudgeArguments, JudgeOptions, Service, SourceOptions};
use super::sources::{Source, now};
use super::state::{Phase, State, StateFile};
use crate::output::say;
use anyhow::{Context, bail};
use dashly_canary::{Decision, Judge, render_html, render_text};
use indicatif::ProgressBar;
use serde_json::json;
use std::collections::BTreeSet;
use std::process::ExitCode;

/// Looks in a row that may fail before judging makes no sense: a server that restarts, a network that blinks.
const MOST_FAILED_LOOKS: u32 = 10;

/// One canary from the first look to the verdict.
pub(super) struct Session {
    pub(super) source: Source,
    pub(super) options: JudgeOptions,
    pub(super) file: StateFile,
    pub(super) state: State,
    judge: Judge,
    bar: ProgressBar,
}

impl Session {
    /// Begins, or continues where the state file says.
    pub(super) async fn open(
        source: &SourceOptions,
        options: JudgeOptions,
        subject: serde_json::Value,
        first: Phase,
    ) -> anyhow::Result<Self> {
        if !options.guardrail.is_empty() && source.service == Service::GenaiGateway {
            bail!("the gateway exposes no visitors: --guardrail is for --service api");
        }
        let subject = with_guardrails(subject, &options);
        let (file, stored) = StateFile::open(options.state.as_deref()).await?;
        let source = Source::new(source)?;
        let state = match stored {
            Some(stored) if stored.subject != subject => bail!(
                "the state file is about another canary ({}); remove it to start anew, or name another file",
                stored.subject
            ),
            Some(stored) => stored,
            None => State::new(subject, first),
        };
        let judge = Judge::of_history(options.limits(), &options.guardrails(), &state.history)?;
        Ok(Self { source, options, file, state, judge, bar: ProgressBar::new_spinner() })
    }

    /// Goes on to `phase`, and returns when that is on the disk.
    pub(super) fn enter(&mut self, phase: Phase) -> anyhow::Result<()> {
        self.state.phase = phase;
        self.bar.set_message(phase.words());
        self.file.write(&self.state)
    }

    /// One look at stable, and at the canary if there is one by now.
    pub(super) async fn look(&mut self) -> anyhow::Result<()> {
        let observation = self.source.look(self.state.phase == Phase::Judging).await?;
        if let Some(look) = self.state.history.add(&observation) {
            let look = look.clone();
            self.judge.observe(&look, &self.state.history.edges)?;
        }
        Ok(())
    }

    /// Looks until there is a verdict or the time is over.
    pub(super) async fn judge(&mut self) -> anyhow::Result<Decision> {
        let since = *self.state.judging_since.get_or_insert_with(now);
        if let Some(decision) = self.state.decision.clone().filter(|decision| decision.verdict.is_final()) {
            return Ok(decision);
        }
        let mut failed = 0;
        loop {
            match self.look().await {
                Ok(()) => failed = 0,
                Err(error) if failed + 1 >= MOST_FAILED_LOOKS || !self.state.history.has_begun() => {
                    return Err(error).context("cannot look at the canary");
                }
                Err(error) => {
                    failed += 1;
                    self.bar.suspend(|| warn(&format!("a look failed, which is tried again: {error:#}")));
                }
            }
            let decision = self.judge.decide();
            self.show(&decision);
            self.state.decision = Some(decision.clone());
            self.file.write(&self.state)?;
            if decision.verdict.is_final() || now() - since >= self.options.timeout.as_secs_f64() {
                return Ok(decision);
            }
            tokio::time::sleep(self.options.interval).await;
        }
    }

    fn show(&self, decision: &Decision) {
        let message = format!("look {}: {}, {}", decision.looks, decision.verdict.words(), decision.reason);
        self.bar.set_message(message);
        self.bar.tick();
    }

    /// Writes the HTML page, if one is wanted.
    pub(super) fn write_report(&self) -> anyhow::Result<()> {
        let Some(path) = &self.options.report else { return Ok(()) };
        self.bar.finish_and_clear();
        let decision = self.state.decision.clone().unwrap_or_else(|| self.judge.decide());
        let page = render_html(&decision, &self.state.history, self.judge.design_effect());
        std::fs::write(path, page).with_context(|| format!("cannot write the report to {}", path.display()))
    }
}

/// Judges and tells.
pub(super) async fn judge(arguments: JudgeArguments) -> anyhow::Result<ExitCode> {
    let json = arguments.judge.json;
    let subject = json!({ "judge": describe(&arguments.source) });
    let mut session = Session::open(&arguments.source, arguments.judge, subject, Phase::Judging).await?;
    let decision = session.judge().await?;
    session.write_report()?;
    if json {
        say!("{}", serde_json::to_string_pretty(&decision)?);
    } else {
        crate::output::write(format_args!("{}", render_text(&decision)));
    }
    Ok(exit_code(decision.verdict))
}

/// Other guardrails have another share of the probability of a false alarm: their history cannot be gone on with.
fn with_guardrails(mut subject: serde_json::Value, options: &JudgeOptions) -> serde_json::Value {
    let guardrails: BTreeSet<&String> = options.guardrail.iter().collect();
    if let Some(fields) = subject.as_object_mut()
        && !guardrails.is_empty()
    {
        fields.insert("guardrails".to_owned(), json!(guardrails));
    }
    subject
}

/// What is judged, so that one state file is not used for two canaries.
pub(super) fn describe(source: &SourceOptions) -> serde_json::Value {
    if source.kubernetes {
        json!({ "namespace": source.namespace, "service": source.service.app() })
    } else if let Some(prometheus) = &source.prometheus {
        json!({
            "prometheus": prometheus,
            "service": source.service.app(),
            "stable": source.stable_selector,
            "canary": source.canary_selector,
        })
    } else {
        json!({ "stable": source.stable, "canary": source.canary })
    }
}

/// What a person should know and a program need not.
#[expect(clippy::print_stderr, reason = "warnings go beside the results")]
pub(super) fn warn(text: &str) {
    eprintln!("dashly: {text}");
}
