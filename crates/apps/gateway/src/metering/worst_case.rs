//! The most that a call can cost, told before it is made.

use super::cost::cost;
use super::{Cost, Usage};
use crate::config::{GatewayFile, Price};
use std::sync::Arc;

/// What bounds a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Tokens of the prompt, at most.
    pub(crate) prompt_tokens: u64,
    /// Tokens of the answer, at most.
    pub(crate) output_tokens: u64,
    /// Whether the prompt may be written to the cache, which costs more than reading it.
    pub(crate) writes_cache: bool,
}

/// The cost of a call has no upper bound that we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this caller has a budget, and the most that this call may cost cannot be told: {0}")]
pub(crate) struct Unbounded(pub(crate) String);

/// The most that a call within `bounds` costs at any of `models`.
pub(crate) fn worst_case(file: &GatewayFile, models: &[Arc<str>], bounds: Bounds) -> Result<Cost, Unbounded> {
    let mut worst = Cost::default();
    for name in models {
        let model = file.models.get(name);
        let Some((model, price)) = model.and_then(|model| Some((model, model.price?))) else {
            return Err(Unbounded(format!("gateway.toml has no price for {name}")));
        };
        worst = worst.max(at_price(price, bounds));
        if let Some((most, long)) = model.long_prompt
            && bounds.prompt_tokens > most
        {
            worst = worst.max(at_price(long, bounds));
        }
    }
    Ok(worst)
}

fn at_price(price: Price, bounds: Bounds) -> Cost {
    let Bounds { prompt_tokens, output_tokens, writes_cache } = bounds;
    let read = cost(price, Usage { input_tokens: prompt_tokens, output_tokens, ..Usage::default() });
    if !writes_cache {
        return read;
    }
    let written = Usage { cache_write_1h_tokens: prompt_tokens, output_tokens, ..Usage::default() };
    read.max(cost(price, written))
}

#[cfg(test)]
mod tests {
    use super::{Bounds, worst_case};
    use crate::config::GatewayFile;

    #[test]
    fn the_dearest_model_and_the_dearest_kind_of_token_count() {
        let file = GatewayFile::default();
        let models = ["claude-haiku-5-5".into(), "claude-sonnet-5-5".into()];
        let bounds = Bounds { prompt_tokens: 1_000, output_tokens: 100, writes_cache: false };
        assert_eq!(worst_case(&file, &models, bounds).unwrap().micros(), 2_000 + 1_000);
        let bounds = Bounds { writes_cache: true, ..bounds };
        assert_eq!(worst_case(&file, &models, bounds).unwrap().micros(), 4_000 + 1_000);
        let long = Bounds { prompt_tokens: 100_001, output_tokens: 0, writes_cache: false };
        assert_eq!(
            worst_case(&file, &models[..1], long).unwrap().micros(),
            50_001,
            "the price of long prompts"
        );
        let unknown = worst_case(&file, &["claude-next".into()], bounds).unwrap_err();
        assert!(unknown.to_string().contains("no price for claude-next"));
    }
}
