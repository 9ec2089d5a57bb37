//! Which models there are, what they cost, and when they go.
//!
//! Prices are those that the provider published on 2026-11-25, in US dollars per million tokens; `gateway.toml` changes
//! them and adds others. A model without a price can be called, and its cost is then unknown and never taken for zero.

use dashly_kernel::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Prices per million tokens, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    /// Tokens of the prompt that were not in the cache.
    pub(crate) input: u64,
    /// Written tokens.
    pub(crate) output: u64,
    /// Tokens written to the cache for five minutes.
    pub(crate) cache_write_5m: u64,
    /// Tokens written to the cache for an hour.
    pub(crate) cache_write_1h: u64,
    /// Tokens read from the cache.
    pub(crate) cache_read: u64,
}

/// One model of the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    /// None when nobody said.
    pub(crate) price: Option<Price>,
    /// For prompts above so many tokens (cache included), the whole call has this price.
    pub(crate) long_prompt: Option<(u64, Price)>,
    /// From then on the provider answers no more.
    pub(crate) retires_at: Option<Timestamp>,
}

/// A name of ours for a model, and what to fall back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) model: Arc<str>,
    pub(crate) fallbacks: Vec<Arc<str>>,
}

/// Thousandths of a dollar per million tokens.
const fn price(input: u64, output: u64, [short, long, read]: [u64; 3]) -> Price {
    Price {
        input: input * 1_000,
        output: output * 1_000,
        cache_write_5m: short * 1_000,
        cache_write_1h: long * 1_000,
        cache_read: read * 1_000,
    }
}

const HAIKU_5_5: Price = price(100, 500, [125, 200, 10]);
const HAIKU_5_5_LONG: Price = price(500, 2_500, [625, 1_000, 50]);
const HAIKU_4_5: Price = price(1_000, 5_000, [1_250, 2_000, 100]);
const SONNET_5_5: Price = price(2_000, 10_000, [2_500, 4_000, 100]);
const SONNET_5: Price = price(2_000, 10_000, [2_500, 4_000, 200]);
const SONNET_4: Price = price(3_000, 15_000, [3_750, 6_000, 300]);
const OPUS_5_5: Price = price(4_000, 20_000, [5_000, 8_000, 200]);
const OPUS: Price = price(5_000, 25_000, [6_250, 10_000, 500]);
const FABLE_5: Price = price(10_000, 50_000, [12_500, 20_000, 1_000]);
const FABLE_5_1: Price = price(10_000, 50_000, [12_500, 20_000, 250]);

/// 2026-11-30.
const SONNET_4_5_RETIRES: Timestamp = Timestamp::from_unix_micros(1_795_996_800_000_000);

const PRICED: [(&str, Price); 15] = [
    ("claude-haiku-4-5", HAIKU_4_5),
    ("claude-haiku-4-5-20251001", HAIKU_4_5),
    ("claude-sonnet-5-5", SONNET_5_5),
    ("claude-sonnet-5", SONNET_5),
    ("claude-sonnet-4-6", SONNET_4),
    ("claude-opus-5-5", OPUS_5_5),
    ("claude-opus-5", OPUS),
    ("claude-opus-4-8", OPUS),
    ("claude-opus-4-7", OPUS),
    ("claude-opus-4-6", OPUS),
    ("claude-opus-4-5", OPUS),
    ("claude-opus-4-5-20251101", OPUS),
    ("claude-fable-5", FABLE_5),
    ("claude-fable-5-1", FABLE_5_1),
    ("claude-mythos-5-1", FABLE_5_1),
];

/// The models that are known without a file.
pub(crate) fn known_models() -> BTreeMap<Arc<str>, Model> {
    let mut models: BTreeMap<Arc<str>, Model> = PRICED
        .iter()
        .map(|(name, price)| (Arc::from(*name), Model { price: Some(*price), ..Model::default() }))
        .collect();
    let haiku =
        Model { price: Some(HAIKU_5_5), long_prompt: Some((100_000, HAIKU_5_5_LONG)), retires_at: None };
    models.insert(Arc::from("claude-haiku-5-5"), haiku);
    for name in ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"] {
        let retires_at = Some(SONNET_4_5_RETIRES);
        models.insert(Arc::from(name), Model { price: Some(SONNET_4), long_prompt: None, retires_at });
    }
    models
}

/// The aliases that exist without a file: the newest of each family, and the one before as the way out.
pub(crate) fn known_aliases() -> BTreeMap<Arc<str>, Alias> {
    [
        ("sonnet", "claude-sonnet-5-5", "claude-sonnet-5"),
        ("haiku", "claude-haiku-5-5", "claude-haiku-4-5"),
        ("opus", "claude-opus-5-5", "claude-opus-5"),
    ]
    .into_iter()
    .map(|(name, model, fallback)| {
        (Arc::from(name), Alias { model: Arc::from(model), fallbacks: vec![Arc::from(fallback)] })
    })
    .collect()
}
