//! From cumulative counters of pods that come, go and restart to what happened between two looks.

use crate::{Histogram, PodReading, Visitors};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one look at both versions found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// When, in seconds since 1970.
    pub at: f64,
    /// The version in service.
    pub stable: ArmReading,
    /// The new one.
    pub canary: ArmReading,
}

/// The pods of one version by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArmReading {
    /// Every pod that should serve now.
    pub pods: BTreeMap<String, PodState>,
}

/// What a pod answered.
#[derive(Debug, Clone, PartialEq)]
pub enum PodState {
    /// Its counters.
    Read(PodReading),
    /// Nothing, and why; with the container's restarts if somebody counts.
    Unreachable {
        /// Why.
        reason: String,
        /// How often the container was started again.
        restarts: Option<u64>,
    },
}

/// Requests by class of duration for each histogram, all of one version between two looks.
pub type Durations = BTreeMap<String, Vec<u64>>;

/// One version between two looks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ArmLook {
    /// Requests answered.
    pub requests: u64,
    /// Those that are errors.
    pub errors: u64,
    /// By class of duration.
    pub durations: Durations,
    /// Restarts of pods since the last look.
    pub restarts: u64,
    /// Memory of a pod in bytes, the mean over those that answered and say so.
    pub memory_bytes: Option<f64>,
    /// Pods that answered.
    pub pods: u64,
    /// Pods that did not, and the reason of one.
    pub unreachable: u64,
    /// The reason of one of them.
    pub reason: Option<String>,
    /// What versions the pods that answered say they are; empty when none says.
    #[serde(default)]
    pub app_versions: BTreeSet<String>,
    /// Visitors of experiments, as these pods counted them: not only of their own version.
    #[serde(default)]
    pub visitors: Visitors,
}

/// Both versions between two looks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LookRecord {
    /// When, in seconds since 1970.
    pub at: f64,
    /// The version in service.
    pub stable: ArmLook,
    /// The new one.
    pub canary: ArmLook,
}

/// All looks so far, and what is needed for the next one. Stored as a whole it continues where it stopped.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// Upper edges of the classes of each histogram, in seconds.
    pub edges: BTreeMap<String, Vec<f64>>,
    /// The looks, oldest first.
    pub looks: Vec<LookRecord>,
    stable: BTreeMap<String, PodReading>,
    canary: BTreeMap<String, PodReading>,
    /// When the counters were read first, in seconds since 1970.
    began_at: Option<f64>,
}

impl History {
    /// Adds what was found, and gives the look that it makes. The first one only tells where the counters stand.
    pub fn add(&mut self, observation: &Observation) -> Option<&LookRecord> {
        let Self { edges, stable, canary, .. } = self;
        let record = LookRecord {
            at: observation.at,
            stable: arm_look(edges, stable, &observation.stable, self.began_at),
            canary: arm_look(edges, canary, &observation.canary, self.began_at),
        };
        if self.began_at.is_none() {
            self.began_at = Some(observation.at);
            return None;
        }
        self.looks.push(record);
        self.looks.last()
    }

    /// Whether the counters were read once, so that the next look counts.
    pub fn has_begun(&self) -> bool {
        self.began_at.is_some()
    }
}

fn arm_look(
    edges: &mut BTreeMap<String, Vec<f64>>,
    known: &mut BTreeMap<String, PodReading>,
    arm: &ArmReading,
    began_at: Option<f64>,
) -> ArmLook {
    let mut look = ArmLook::default();
    let mut memory = Vec::new();
    for (name, pod) in &arm.pods {
        match pod {
            PodState::Read(reading) => {
                look.pods += 1;
                memory.extend(reading.memory_bytes);
                look.app_versions.extend(reading.app_version.clone());
                let before = known.insert(name.clone(), reading.clone());
                match before {
                    Some(before) => add_difference(&mut look, edges, &before, reading),
                    None if is_new(reading, began_at) => {
                        add(&mut look, edges, &PodReading::default(), reading);
                    }
                    None => note_edges(edges, reading),
                }
            }
            PodState::Unreachable { reason, restarts } => {
                look.unreachable += 1;
                look.reason = Some(reason.clone());
                if let (Some(before), Some(restarts)) = (known.get_mut(name), restarts) {
                    look.restarts += restarts.saturating_sub(before.restarts.unwrap_or(*restarts));
                    before.restarts = Some(*restarts);
                }
            }
        }
    }
    // A pod that is gone may come back under its name as another one.
    known.retain(|name, _| arm.pods.contains_key(name));
    look.memory_bytes = mean(&memory);
    look
}

/// Whether all that a pod has counted falls into the time since the first reading. One that is older and did not answer
/// then has counted since long ago: from it, only what follows counts.
fn is_new(reading: &PodReading, began_at: Option<f64>) -> bool {
    began_at.is_some_and(|began_at| reading.started_at.is_none_or(|started_at| started_at >= began_at))
}

/// Adds what a pod has counted since it was read before; all of it when it restarted meanwhile. What it had counted
/// between the last reading and its end is lost.
fn add_difference(
    look: &mut ArmLook,
    edges: &mut BTreeMap<String, Vec<f64>>,
    before: &PodReading,
    now: &PodReading,
) {
    let has_moved = before.started_at.zip(now.started_at).is_some_and(|(before, now)| now - before > 1.0);
    let has_fallen = now.requests < before.requests || now.errors < before.errors;
    let counted = now.restarts.zip(before.restarts).map_or(0, |(now, before)| now.saturating_sub(before));
    if has_moved || has_fallen {
        // Who counts restarts from outside may have counted this one already, while the pod did not answer.
        let is_told = now.restarts.is_some();
        look.restarts += if is_told { counted } else { 1 };
        add(look, edges, &PodReading::default(), now);
    } else {
        look.restarts += counted;
        add(look, edges, before, now);
    }
}

fn add(look: &mut ArmLook, edges: &mut BTreeMap<String, Vec<f64>>, before: &PodReading, now: &PodReading) {
    look.requests += now.requests - before.requests;
    look.errors += now.errors - before.errors;
    note_edges(edges, now);
    for (test_id, counts) in &now.visitors {
        let sums = look.visitors.entry(test_id.clone()).or_default();
        sums.add_difference(before.visitors.get(test_id), counts);
    }
    for (name, histogram) in &now.durations {
        // Two versions with different classes cannot be compared: the first ones seen count.
        if edges.get(name) != Some(&histogram.edges) {
            continue;
        }
        let earlier = before.durations.get(name).filter(|earlier| earlier.edges == histogram.edges);
        let sums = look.durations.entry(name.clone()).or_insert_with(|| vec![0; histogram.classes.len()]);
        for (place, (sum, count)) in sums.iter_mut().zip(&histogram.classes).enumerate() {
            let earlier = earlier.and_then(|earlier: &Histogram| earlier.classes.get(place)).unwrap_or(&0);
            *sum += count.saturating_sub(*earlier);
        }
    }
}

fn note_edges(edges: &mut BTreeMap<String, Vec<f64>>, reading: &PodReading) {
    for (name, histogram) in &reading.durations {
        edges.entry(name.clone()).or_insert_with(|| histogram.edges.clone());
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a number of pods is small")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::{ArmReading, History, Observation, PodState};
    use crate::PodReading;

    fn pod(requests: u64, errors: u64, started_at: f64) -> PodState {
        PodState::Read(PodReading { requests, errors, started_at: Some(started_at), ..PodReading::default() })
    }

    fn observation(at: f64, pods: Vec<(&str, PodState)>) -> Observation {
        let pods = pods.into_iter().map(|(name, pod)| (name.to_owned(), pod)).collect();
        Observation { at, stable: ArmReading { pods }, canary: ArmReading::default() }
    }

    #[test]
    fn only_what_happened_since_the_last_look_counts() {
        let mut history = History::default();
        assert!(history.add(&observation(0.0, vec![("a", pod(1_000, 10, 5.0))])).is_none());
        let look = history
            .add(&observation(
                1.0,
                vec![("a", pod(1_030, 11, 5.0)), ("b", pod(7, 1, 0.5)), ("c", pod(900, 1, -9.0))],
            ))
            .unwrap();
        assert_eq!(
            (look.stable.requests, look.stable.errors, look.stable.restarts),
            (37, 2, 0),
            "c is older than that"
        );
    }

    #[test]
    fn a_restart_counts_from_nothing_and_is_told() {
        let mut history = History::default();
        history.add(&observation(0.0, vec![("a", pod(1_000, 10, 5.0))]));
        let look = history.add(&observation(1.0, vec![("a", pod(1_200, 10, 90.0))])).unwrap();
        assert_eq!((look.stable.requests, look.stable.errors, look.stable.restarts), (1_200, 10, 1));
        let look = history.add(&observation(2.0, vec![("a", pod(3, 0, 90.0))])).unwrap();
        assert_eq!(
            (look.stable.requests, look.stable.restarts),
            (3, 1),
            "counters that fall are a restart, too"
        );
    }

    #[test]
    fn a_pod_that_is_away_is_told_and_its_counters_are_kept() {
        let mut history = History::default();
        history.add(&observation(0.0, vec![("a", pod(1_000, 10, 5.0))]));
        let away = PodState::Unreachable { reason: "refused".to_owned(), restarts: None };
        let look = history.add(&observation(1.0, vec![("a", away)])).unwrap();
        assert_eq!((look.stable.requests, look.stable.unreachable), (0, 1));
        let look = history.add(&observation(2.0, vec![("a", pod(1_050, 10, 5.0))])).unwrap();
        assert_eq!(look.stable.requests, 50);
    }
}
