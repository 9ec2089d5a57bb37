//! Visitors of an A/A test: they come, are drawn a label, some convert, at once or later.

use fastrand::Rng;

/// Converters after which an A/A test ends.
pub(crate) const MOST_CONVERTERS: u32 = 10_000;

/// Share of people with a second device, in the scenario that has some.
const SECOND_DEVICE: f64 = 0.3;

/// Mean delay of a delayed conversion, of the time from that to the second device, and of the time from there to
/// the sign-in that joins the two: as a part of the expected length of the test.
const MEAN_DELAY: f64 = 0.15;

/// Weights of the arms, control first, in force until a part of the expected length has passed.
#[derive(Debug, Clone)]
pub(crate) struct Epoch {
    pub(crate) until: f64,
    pub(crate) weights: Vec<f64>,
}

/// How visitors come and convert; nothing of it depends on the label.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    pub(crate) base_rate: f64,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) is_delayed: bool,
    pub(crate) has_second_devices: bool,
}

/// A visitor who enters the counts of converters: when (in visitors since the start), where.
///
/// One word, because sorting hundreds of millions of them is most of the work: the moment is a positive number, whose
/// bits sort like the number itself; the last four, worth nothing, hold the epoch and the arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Converter(u64);

/// What the first exposure fixes.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    epoch: u8,
    arm: u8,
}

impl Converter {
    fn new(at: f64, drawn: Drawn) -> Self {
        Self(at.to_bits() & !0b1111 | u64::from(drawn.epoch) << 2 | u64::from(drawn.arm))
    }

    /// Place of the epoch of his draw.
    pub(crate) fn epoch(self) -> usize {
        usize::from(self.0.to_le_bytes()[0] >> 2 & 0b11)
    }

    /// Arm that was drawn, 0 for the control.
    pub(crate) fn arm(self) -> usize {
        usize::from(self.0.to_le_bytes()[0] & 0b11)
    }
}

impl Traffic {
    /// The converters in the order in which they convert.
    ///
    /// Visitors who never convert enter nothing, so the number of them before the next one who does is drawn at once
    /// (geometric), which gives the same law as drawing each.
    pub(crate) fn converters(&self, rng: &mut Rng) -> Vec<Converter> {
        let length = f64::from(MOST_CONVERTERS) / self.base_rate;
        let mut converters = Vec::new();
        let mut position = 0.0;
        let log_missing = (1.0 - self.converting_rate()).ln();
        for _ in 0..MOST_CONVERTERS {
            position += 1.0 + ((1.0 - rng.f64()).ln() / log_missing).floor();
            if self.has_second_devices {
                self.person(position, length, rng, &mut converters);
            } else {
                let drawn = self.drawn(position, length, rng);
                converters.push(Converter::new(position + self.delay(length, rng), drawn));
            }
        }
        if self.is_delayed || self.has_second_devices {
            converters.sort_unstable();
        }
        converters
    }

    /// Probability that somebody converts on any device.
    fn converting_rate(&self) -> f64 {
        let second = if self.has_second_devices { SECOND_DEVICE } else { 0.0 };
        self.base_rate * (1.0 + second * (1.0 - self.base_rate))
    }

    /// Exposed now, with the label that the epoch in force draws.
    fn drawn(&self, at: f64, length: f64, rng: &mut Rng) -> Drawn {
        let mut drawn = Drawn { epoch: 0, arm: 0 };
        let mut weights: &[f64] = &[];
        for (place, epoch) in (0..).zip(&self.epochs) {
            (drawn.epoch, weights) = (place, &epoch.weights);
            if at < epoch.until * length {
                break;
            }
        }
        drawn.arm = draw(weights, rng);
        drawn
    }

    /// Half of the delayed conversions come at once, the others after an exponential time.
    fn delay(&self, length: f64, rng: &mut Rng) -> f64 {
        if self.is_delayed && rng.bool() { waiting(length, rng) } else { 0.0 }
    }

    /// Somebody who converts at least once, on one device or on two that a sign-in joins later. Before that they are
    /// two visitors with a draw each; from then on they are the one who was exposed first, and enter no more if either
    /// has entered. What has entered stays.
    fn person(&self, position: f64, length: f64, rng: &mut Rng, converters: &mut Vec<Converter>) {
        let rate = self.base_rate;
        let one_device = 1.0 - SECOND_DEVICE;
        let first_only = SECOND_DEVICE * rate * (1.0 - rate);
        let kinds = [one_device * rate, first_only, first_only, SECOND_DEVICE * rate * rate];
        let kind = draw(&kinds, rng);
        let first = self.drawn(position, length, rng);
        let first_at = (kind != 2).then(|| position + self.delay(length, rng));
        if kind == 0 {
            converters.extend(first_at.map(|at| Converter::new(at, first)));
            return;
        }
        let second_position = position + waiting(length, rng);
        let joined = second_position + waiting(length, rng);
        let second = self.drawn(second_position, length, rng);
        let second_at = (kind != 1).then(|| second_position + self.delay(length, rng));
        let before = |at: &f64| *at < joined;
        let early: Vec<Converter> = [(first, first_at), (second, second_at)]
            .into_iter()
            .filter_map(|(drawn, at)| at.filter(before).map(|at| Converter::new(at, drawn)))
            .collect();
        if early.is_empty() {
            let at = first_at.into_iter().chain(second_at).fold(f64::INFINITY, f64::min);
            converters.push(Converter::new(at, first));
        }
        converters.extend(early);
    }
}

/// A place in the list with a probability in proportion to its weight.
pub(crate) fn draw(weights: &[f64], rng: &mut Rng) -> u8 {
    let mut left = rng.f64() * weights.iter().sum::<f64>();
    let mut drawn = 0;
    for (place, weight) in (0..).zip(weights) {
        drawn = place;
        left -= weight;
        if left < 0.0 {
            break;
        }
    }
    drawn
}

fn waiting(length: f64, rng: &mut Rng) -> f64 {
    -(1.0 - rng.f64()).ln() * MEAN_DELAY * length
}
