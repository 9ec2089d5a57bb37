//! Restarts and memory of pods, made up.

use dashly_canary::ArmLook;
use fastrand::Rng;

/// One mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

/// How pods live: what they have in common with many programs, not measured on any.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    /// Probability that a pod restarts between two looks.
    pub(crate) restart: f64,
    /// Probability that the node takes all pods down between two looks.
    pub(crate) node_fault: f64,
    /// Memory of a warm pod, and what a new one has of it, in mebibytes.
    pub(crate) warm: f64,
    pub(crate) cold: f64,
    /// Looks in which two thirds of the way from cold to warm are gone.
    pub(crate) warm_up_looks: f64,
    /// What the canary leaks in a look, in mebibytes.
    pub(crate) leak: f64,
}

/// Looks of half a minute in a day.
pub(crate) const LOOKS_A_DAY: f64 = 2_880.0;

impl Life {
    /// A pod restarts once in a day, a node twice in a week; a new pod grows from 60 to 100 MiB within minutes.
    pub(crate) const HEALTHY: Self = Self {
        restart: 1.0 / LOOKS_A_DAY,
        node_fault: 2.0 / (7.0 * LOOKS_A_DAY),
        warm: 100.0,
        cold: 60.0,
        warm_up_looks: 6.0,
        leak: 0.0,
    };
}

/// What pods do between two looks, with a memory that wanders: nine tenths of a deviation last until the next look.
pub(crate) struct Pods {
    life: Life,
    beside: u64,
    wander: [f64; 2],
    age: f64,
}

impl Pods {
    pub(crate) fn new(life: Life, beside: u64) -> Self {
        Self { life, beside, wander: [0.0; 2], age: 0.0 }
    }

    /// The next look at stable and the canary, without requests.
    pub(crate) fn look(&mut self, rng: &mut Rng) -> (ArmLook, ArmLook) {
        self.age += 1.0;
        let node_fault = u64::from(rng.f64() < self.life.node_fault);
        let (warm, missing) = (self.life.warm, self.life.warm - self.life.cold);
        let warming = warm - missing * (-self.age / self.life.warm_up_looks).exp();
        let mut arm = |pods: u64, level: f64, wander: &mut f64| {
            *wander = 0.9 * *wander + 0.02 * warm * (rng.f64() + rng.f64() - 1.0);
            let restarts = (0..pods).filter(|_| rng.f64() < self.life.restart).count();
            ArmLook {
                pods,
                restarts: u64::try_from(restarts).unwrap_or(0) + node_fault * pods,
                memory_bytes: Some((level + *wander) * MEBIBYTE),
                ..ArmLook::default()
            }
        };
        let [of_stable, of_canary] = &mut self.wander;
        let stable = arm(self.beside, warm, of_stable);
        let canary = arm(1, warming + self.life.leak * self.age, of_canary);
        (stable, canary)
    }
}
