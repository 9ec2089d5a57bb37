//! What a backup holds.

use super::readable;
use crate::output::say;
use anyhow::Context;
use dashly_db::backup::{BackupFile, Header};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, Serialize)]
struct Inspected<'a> {
    bytes: u64,
    header: &'a Header,
}

/// Checks that a backup is whole and prints its header.
pub(super) fn inspect(file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let (path, _kept) = readable(file)?;
    let backup = BackupFile::open(&path).with_context(|| file.display().to_string())?;
    let header = backup.header();
    if json {
        say!("{}", serde_json::to_string_pretty(&Inspected { bytes: backup.bytes(), header })?);
        return Ok(ExitCode::SUCCESS);
    }
    say!("{} is whole: its SHA-256 is the one at its end.", file.display());
    say!("  made by    Dashly {} at {}, from {}", header.dashly_version, header.created_at, header.engine);
    say!("  format     {}, {} bytes", header.format, backup.bytes());
    say!("  schema     {}", header.migrations.last().map_or("none", String::as_str));
    say!("  files      {}", header.attachments.join(", "));
    say!("  rows       {}", header.row_count());
    for table in &header.tables {
        say!("    {:<32} {:>12}", table.name, table.rows);
    }
    Ok(ExitCode::SUCCESS)
}
