//! The file of key figures.

use dashly_kernel::check_text;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::Path;

const MAX_BYTES: u64 = 1_000_000;
const MAX_KPIS: usize = 200;
const MAX_TEXT_CHARACTERS: usize = 2_000;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct KpiDocument {
    #[serde(default)]
    pub description: String,
    pub team_kpis: Vec<KpiEntry>,
}

/// One entry of the file; further fields are for people.
#[derive(Debug, Deserialize)]
pub(super) struct KpiEntry {
    pub kpi_id: String,
    pub name: String,
    pub definition: String,
    #[serde(default)]
    pub how_measured: String,
    #[serde(default)]
    pub why_well_defined: String,
    pub note: Option<String>,
    pub experiment_id: Option<String>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum KpiFileError {
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("the file is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the file is not what was expected: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("at most {MAX_KPIS} entries, found {0}")]
    TooMany(usize),
    #[error("entry {index}: `{field}` {detail}")]
    BadText { index: usize, field: &'static str, detail: String },
    #[error("entry {index}: `kpi_id` is used by an earlier entry too")]
    Repeated { index: usize },
}

/// Reads and checks the file. It is small and rarely asked for, so nothing is kept between two requests.
pub(super) async fn read_file(path: &Path) -> Result<KpiDocument, KpiFileError> {
    if tokio::fs::metadata(path).await?.len() > MAX_BYTES {
        return Err(KpiFileError::TooLarge);
    }
    let document: KpiDocument = serde_json::from_slice(&tokio::fs::read(path).await?)?;
    if document.team_kpis.len() > MAX_KPIS {
        return Err(KpiFileError::TooMany(document.team_kpis.len()));
    }
    let mut seen = HashSet::new();
    for (index, entry) in document.team_kpis.iter().enumerate() {
        for (field, text) in
            [("kpi_id", &entry.kpi_id), ("name", &entry.name), ("definition", &entry.definition)]
        {
            check_text(text, MAX_TEXT_CHARACTERS).map_err(|error| KpiFileError::BadText {
                index,
                field,
                detail: error.to_string(),
            })?;
        }
        if !seen.insert(&entry.kpi_id) {
            return Err(KpiFileError::Repeated { index });
        }
    }
    Ok(document)
}
