//! Prompts: files with a version, built in and replaceable.

use crate::config::GatewayFile;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const BUILT_IN: [(&str, &str); 12] = [
    ("custom_data_analyze_quality", include_str!("../../prompts/custom_data_analyze_quality.toml")),
    ("custom_data_detect_schema", include_str!("../../prompts/custom_data_detect_schema.toml")),
    ("custom_data_generate_query", include_str!("../../prompts/custom_data_generate_query.toml")),
    (
        "custom_data_suggest_visualizations",
        include_str!("../../prompts/custom_data_suggest_visualizations.toml"),
    ),
    ("dashboard_generate", include_str!("../../prompts/dashboard_generate.toml")),
    ("dashboard_improvements", include_str!("../../prompts/dashboard_improvements.toml")),
    ("dashboard_recommendations", include_str!("../../prompts/dashboard_recommendations.toml")),
    ("second_opinion", include_str!("../../prompts/second_opinion.toml")),
    ("website_audit_analyze", include_str!("../../prompts/website_audit_analyze.toml")),
    ("widget_analyze", include_str!("../../prompts/widget_analyze.toml")),
    ("widget_compare", include_str!("../../prompts/widget_compare.toml")),
    ("widget_trend", include_str!("../../prompts/widget_trend.toml")),
];

/// What the model is told before it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prompt {
    pub(crate) version: u32,
    /// An alias, or a model of the provider.
    pub(crate) model: Arc<str>,
    pub(crate) max_tokens: u64,
    pub(crate) system: Arc<str>,
}

impl Prompt {
    /// The models to ask, in order.
    pub(super) fn models(&self, file: &GatewayFile) -> Vec<Arc<str>> {
        match file.aliases.get(&self.model) {
            Some(alias) => std::iter::once(&alias.model).chain(&alias.fallbacks).cloned().collect(),
            None => vec![Arc::clone(&self.model)],
        }
    }
}

/// All prompts, by task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompts(BTreeMap<&'static str, Prompt>);

impl Default for Prompts {
    /// The built-in ones.
    fn default() -> Self {
        // Each was read by a test.
        let read = |(name, text): &(&'static str, &str)| Some((*name, toml::from_str(text).ok()?));
        Self(BUILT_IN.iter().filter_map(read).collect())
    }
}

impl Prompts {
    /// The built-in prompts, but those that `folder` has a file `<task>.toml` of.
    ///
    /// # Errors
    /// One line that says which file cannot be used, and why.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let mut prompts = Self::default();
        for (name, _) in BUILT_IN {
            let path = folder.join(format!("{name}.toml"));
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
            };
            let prompt = toml::from_str(&text).map_err(|error| {
                format!("{}: {}", path.display(), error.to_string().trim_end().replace('\n', " "))
            })?;
            prompts.0.insert(name, prompt);
        }
        Ok(prompts)
    }

    pub(crate) fn get(&self, task: &str) -> Option<&Prompt> {
        self.0.get(task)
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, Prompts};

    #[test]
    fn every_built_in_prompt_can_be_read() {
        assert_eq!(Prompts::default().0.len(), BUILT_IN.len());
    }

    #[test]
    fn a_folder_replaces_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let text = "version = 7\nmodel = \"haiku\"\nmax_tokens = 100\nsystem = \"Be brief.\"\n";
        std::fs::write(folder.path().join("widget_trend.toml"), text).unwrap();
        let prompts = Prompts::read(folder.path()).unwrap();
        assert_eq!(prompts.get("widget_trend").unwrap().version, 7);
        assert_eq!(prompts.get("widget_analyze"), Prompts::default().get("widget_analyze"));
        std::fs::write(folder.path().join("widget_trend.toml"), "version = \"x\"").unwrap();
        assert!(Prompts::read(folder.path()).unwrap_err().contains("widget_trend.toml"));
    }
}
