//! From tokens to money.

use super::Usage;
use crate::config::{Model, Price};
use std::ops::{Add, AddAssign};

/// An amount of money in millionths of a millionth of a US dollar, so that no sum is ever rounded: tokens times
/// millionths of a dollar per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost(pub(crate) u128);

impl Cost {
    /// Millionths of a dollar, rounded up: a cost is never shown smaller than it is.
    pub(crate) fn micros(self) -> u64 {
        u64::try_from(self.0.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// What `usage` of `model` costs; none when its price is not known.
pub(crate) fn price_of(model: &Model, usage: Usage) -> Option<Cost> {
    let price = match model.long_prompt {
        Some((most, long)) if usage.prompt_tokens() > most => long,
        _ => model.price?,
    };
    Some(cost(price, usage))
}

/// What `usage` costs at `price`.
pub(super) fn cost(price: Price, usage: Usage) -> Cost {
    let part = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
    Cost(
        part(usage.input_tokens, price.input)
            + part(usage.output_tokens, price.output)
            + part(usage.cache_write_5m_tokens, price.cache_write_5m)
            + part(usage.cache_write_1h_tokens, price.cache_write_1h)
            + part(usage.cache_read_tokens, price.cache_read),
    )
}

#[cfg(test)]
mod tests {
    use super::price_of;
    use crate::config::GatewayFile;
    use crate::metering::Usage;

    #[test]
    fn a_call_costs_what_the_price_list_says() {
        let file = GatewayFile::default();
        let usage =
            Usage { input_tokens: 1_000, output_tokens: 500, cache_read_tokens: 10_000, ..Usage::default() };
        // 1,000 × $2 + 500 × $10 + 10,000 × $0.10, per million.
        let sonnet = price_of(&file.models["claude-sonnet-5-5"], usage).unwrap();
        assert_eq!(sonnet.micros(), 2_000 + 5_000 + 1_000);
        // 1,000 × $0.10 + 500 × $0.50 + 10,000 × $0.01: 450 millionths.
        let haiku = &file.models["claude-haiku-5-5"];
        assert_eq!(price_of(haiku, usage).unwrap().micros(), 450);
        // Above 100,000 tokens of prompt everything costs five times as much.
        let long = Usage { cache_read_tokens: 100_000, ..usage };
        assert_eq!(price_of(haiku, long).unwrap().micros(), 500 + 1_250 + 5_000);
    }

    #[test]
    fn a_fraction_of_a_millionth_is_rounded_up_and_kept_in_sums() {
        let file = GatewayFile::default();
        let one = Usage { cache_read_tokens: 1, ..Usage::default() };
        let mut sum = price_of(&file.models["claude-haiku-5-5"], one).unwrap();
        assert_eq!(sum.micros(), 1);
        for _ in 1..100 {
            sum += price_of(&file.models["claude-haiku-5-5"], one).unwrap();
        }
        assert_eq!(sum.micros(), 1, "a hundred tokens at a cent per million");
    }
}
