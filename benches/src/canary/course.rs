//! One simulated canary, from the first look at stable to the last word.

use crate::RUNS;
use crate::pods::{Life, Pods};
use crate::traffic::{Connections, EDGES, Version, send};
use crate::workers;
use dashly_canary::{ArmLook, CriterionState, ERROR_ALPHA, Judge, Limits, LookRecord};
use dashly_stats::canary::{ArmCount, ErrorWatch, Look};
use fastrand::Rng;
use std::collections::BTreeMap;

/// The histogram that has the durations.
const HISTOGRAM: &str = "dashly_http_request_duration_seconds";

/// The criteria with an error rate, in the order of the columns.
const CRITERIA: [&str; 4] = ["errors", "durations", "restarts", "memory"];

/// How one canary goes.
#[derive(Clone, Copy)]
pub(crate) struct Course {
    pub(crate) stable: Version,
    pub(crate) canary: Version,
    pub(crate) connections: Connections,
    /// Requests of stable and of the canary in each look.
    pub(crate) requests: (u64, u64),
    pub(crate) looks: u64,
    /// Looks at stable alone before.
    pub(crate) before: u64,
    /// Whether the error rates of both go up and down together.
    pub(crate) drifts: bool,
    /// What of it is simulated and judged.
    pub(crate) scope: Scope,
}

/// What of a canary is simulated and judged; each more takes more time.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// The errors alone.
    Errors,
    /// All criteria, by the judge; requests have no durations.
    Pods(Life),
    /// All criteria, by the judge.
    All(Life),
}

/// What speaks against the canary, in which look first; 0 for never.
#[derive(Default, Clone, Copy)]
pub(crate) struct Spoken([u64; CRITERIA.len()]);

/// Of all simulated canaries of a row.
pub(crate) struct Row {
    spoken: Vec<Spoken>,
}

impl Course {
    /// Simulates a row.
    pub(crate) fn simulate(self, cell: &str) -> anyhow::Result<Row> {
        Ok(Row { spoken: workers::run(cell, RUNS, |rng| self.run(rng))? })
    }

    fn run(self, rng: &mut Rng) -> anyhow::Result<Spoken> {
        match self.scope {
            Scope::Errors => self.watch_errors(rng),
            Scope::Pods(life) | Scope::All(life) => self.judge(rng, life),
        }
    }

    fn watch_errors(self, rng: &mut Rng) -> anyhow::Result<Spoken> {
        let mut watch = ErrorWatch::new(ERROR_ALPHA)?;
        for look in 1..=self.before + self.looks {
            let (mut stable, mut canary) = (ArmLook::default(), ArmLook::default());
            self.serve(rng, &mut stable, self.requests.0, self.drifted(self.stable, look)?);
            if look > self.before {
                self.serve(rng, &mut canary, self.requests.1, self.drifted(self.canary, look)?);
            }
            let count = |arm: ArmLook| ArmCount { requests: arm.requests, marked: arm.errors };
            if watch.observe(Look { stable: count(stable), canary: count(canary) })?.is_worse {
                return Ok(Spoken([look - self.before, 0, 0, 0]));
            }
        }
        Ok(Spoken::default())
    }

    fn judge(self, rng: &mut Rng, life: Life) -> anyhow::Result<Spoken> {
        let mut edges = BTreeMap::new();
        if matches!(self.scope, Scope::All(_)) {
            edges.insert(HISTOGRAM.to_owned(), EDGES.to_vec());
        }
        // These canaries are as fast at first as later.
        let mut judge = Judge::new(Limits { warm_up_seconds: 0.0, ..Limits::default() }, &[])?;
        let mut pods = Pods::new(life, (self.requests.0 / self.requests.1).max(1));
        let mut spoken = Spoken::default();
        for look in 1..=self.before + self.looks {
            let is_judging = look > self.before;
            let mut record = LookRecord { at: f64::from(u32::try_from(look)?), ..LookRecord::default() };
            if is_judging {
                (record.stable, record.canary) = pods.look(rng);
                self.serve(rng, &mut record.canary, self.requests.1, self.drifted(self.canary, look)?);
            }
            self.serve(rng, &mut record.stable, self.requests.0, self.drifted(self.stable, look)?);
            judge.observe(&record, &edges)?;
            if is_judging {
                spoken.hear(&judge, look - self.before);
            }
        }
        Ok(spoken)
    }

    fn drifted(self, version: Version, look: u64) -> anyhow::Result<Version> {
        let factors = if self.drifts { [0.5, 1.0, 2.0, 1.0] } else { [1.0; 4] };
        let factor = factors.get(usize::try_from(look / 5 % 4)?).unwrap_or(&1.0);
        Ok(Version { error_rate: version.error_rate * factor, ..version })
    }

    fn serve(self, rng: &mut Rng, arm: &mut ArmLook, requests: u64, version: Version) {
        let (ArmCount { requests, marked }, classes) =
            send(rng, requests, version, self.connections, matches!(self.scope, Scope::All(_)));
        (arm.requests, arm.errors) = (requests, marked);
        if matches!(self.scope, Scope::All(_)) {
            arm.durations.insert(HISTOGRAM.to_owned(), classes);
        }
    }
}

impl Spoken {
    fn hear(&mut self, judge: &Judge, look: u64) {
        for criterion in judge.decide().criteria {
            let place = CRITERIA.iter().position(|name| *name == criterion.name);
            if let Some(first) = place.and_then(|place| self.0.get_mut(place))
                && *first == 0
                && criterion.state == CriterionState::Bad
            {
                *first = look;
            }
        }
    }

    fn first(self) -> Option<u64> {
        self.0.into_iter().filter(|look| *look > 0).min()
    }
}

impl Row {
    /// Percent of runs in which each criterion spoke, in the order of the columns.
    pub(crate) fn by_criterion(&self) -> anyhow::Result<Vec<f64>> {
        (0..CRITERIA.len())
            .map(|place| self.percent(|spoken| spoken.0.get(place).is_some_and(|look| *look > 0)))
            .collect()
    }

    /// Percent of runs in which any of them did.
    pub(crate) fn together(&self) -> anyhow::Result<f64> {
        self.percent(|spoken| spoken.first().is_some())
    }

    /// The median look of the first word, of the runs with one.
    pub(crate) fn median_look(&self) -> u64 {
        let mut first: Vec<u64> = self.spoken.iter().filter_map(|spoken| spoken.first()).collect();
        first.sort_unstable();
        first.get(first.len() / 2).copied().unwrap_or(0)
    }

    fn percent(&self, speaks: impl Fn(&Spoken) -> bool) -> anyhow::Result<f64> {
        let number = self.spoken.iter().filter(|spoken| speaks(spoken)).count();
        Ok(100.0 * f64::from(u32::try_from(number)?) / f64::from(u32::try_from(self.spoken.len())?))
    }
}
