//! The arms of an experiment: `variants`, `weights` and `control`.

use super::document::Node;
use super::experiment::{Variant, VariantValue};
use super::fields::{Entry, KEY_RULE, Reader, is_key, to_millionths};

const MAX_VARIANTS: usize = 20;
const FULL: u128 = 1 << 64;

impl Reader {
    pub(super) fn variants(&mut self, entry: &mut Entry) -> Option<Vec<Variant>> {
        let fields = match entry.take("variants") {
            Some(Node::Object(fields)) if (2..=MAX_VARIANTS).contains(&fields.len()) => fields,
            Some(Node::Object(fields)) => {
                let found = fields.len();
                self.fail_field(
                    entry,
                    "variants",
                    format!("must have 2 to {MAX_VARIANTS} entries, found {found}"),
                );
                return None;
            }
            Some(node) => {
                let kind = node.kind();
                self.fail_field(
                    entry,
                    "variants",
                    format!("must map keys such as `A` to labels, found {kind}"),
                );
                return None;
            }
            None => {
                self.fail_field(entry, "variants", "is missing");
                return None;
            }
        };
        let weights = self.weights(entry, &fields)?;
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let mut drawn = 0_u128;
        let mut variants = Vec::with_capacity(fields.len());
        for ((key, node), weight_millionths) in fields.into_iter().zip(weights) {
            if !is_key(&key) {
                self.fail_field(entry, "variants", format!("has the key `{key}`, which is not {KEY_RULE}"));
                return None;
            }
            let value = self.variant_value(entry, &key, node)?;
            drawn += u128::from(weight_millionths);
            variants.push(Variant {
                key: key.into(),
                label: value.to_string(),
                value,
                weight_millionths,
                below: (drawn * FULL) / total,
            });
        }
        // One decimal point makes all of them numbers with one: clients know a flag by one type.
        if variants.iter().any(|variant| matches!(variant.value, VariantValue::Number(_))) {
            for variant in &mut variants {
                variant.value = variant.value.clone().without_integer();
            }
        }
        if variants.windows(2).any(|pair| matches!(pair, [one, next] if !one.value.is_like(&next.value))) {
            self.fail_field(entry, "variants", "must all be text, all numbers, or all true and false");
            return None;
        }
        Some(variants)
    }

    /// Text is a label; numbers and truth values are what a typed flag gives, and label themselves.
    fn variant_value(&mut self, entry: &Entry, key: &str, node: Node) -> Option<VariantValue> {
        match node {
            Node::Boolean(value) => Some(VariantValue::Boolean(value)),
            Node::Number { whole: Some(value), .. } => Some(VariantValue::Integer(value)),
            Node::Number { value, .. } if value.is_finite() => Some(VariantValue::Number(value)),
            node => self.text(entry, &format!("variants/{key}"), node).map(VariantValue::Text),
        }
    }

    /// One weight in millionths for each variant; all 1 when the field is absent.
    fn weights(&mut self, entry: &mut Entry, variants: &[(String, Node)]) -> Option<Vec<u64>> {
        let given = match entry.take("weights") {
            None | Some(Node::Null) => return Some(vec![1_000_000; variants.len()]),
            Some(Node::Object(given)) => given,
            Some(node) => {
                let kind = node.kind();
                self.fail_field(entry, "weights", format!("must map each variant to a number, found {kind}"));
                return None;
            }
        };
        if let Some((stranger, _)) =
            given.iter().find(|(key, _)| !variants.iter().any(|(known, _)| known == key))
        {
            self.fail_field(entry, "weights", format!("names `{stranger}`, which is not a variant"));
            return None;
        }
        let mut weights = Vec::with_capacity(variants.len());
        for (key, _) in variants {
            let weight = given.iter().find(|(name, _)| name == key).and_then(|(_, node)| match node {
                Node::Number { value, .. } => to_millionths(*value, 1_000_000.0),
                _ => None,
            });
            let Some(weight) = weight else {
                self.fail_field(
                    entry,
                    "weights",
                    format!("needs a number from 0 to 1,000,000 for variant `{key}`"),
                );
                return None;
            };
            weights.push(weight);
        }
        if weights.iter().all(|weight| *weight == 0) {
            self.fail_field(entry, "weights", "must not all be 0");
            return None;
        }
        Some(weights)
    }

    pub(super) fn control(&mut self, entry: &mut Entry, variants: Option<&[Variant]>) -> Option<usize> {
        let named = self.optional_text(entry, "control");
        let variants = variants?;
        let key = named.as_deref().unwrap_or("A");
        let position = variants.iter().position(|variant| *variant.key == *key);
        match (position, named) {
            (Some(position), _) => Some(position),
            (None, None) => Some(0),
            (None, Some(key)) => {
                self.fail_field(entry, "control", format!("names `{key}`, which is not a variant"));
                None
            }
        }
    }
}
