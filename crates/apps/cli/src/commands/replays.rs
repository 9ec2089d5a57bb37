//! `dashly experiments import` and `dashly experiments replay`.

use crate::environment;
use crate::output::say;
use anyhow::{Context, bail};
use clap::Args;
use csv::StringRecord;
use dashly_db::Db;
use dashly_experiments::{ImportedLooks, LookRow, ReplaySource, import_looks, read_replays};
use dashly_kernel::{Clock, check_text};
use dashly_process::SystemClock;
use flate2::read::GzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const IMPORT_NEEDS: &str = "\
The file has a header and one line for each look: experiment_id, variant_id, metric_id (short texts), \
time_since_start, count_c, count_t, mean_c, mean_t, variance_c, variance_t (numbers; _c is the control, _t the \
variant). Lines with an empty number are left out and counted. The ASOS Digital Experiments Dataset has this form.\n\
A second import of the same source replaces the first. Needs the database (DATABASE_URL, DB_HOST and its companions, \
or the SQLite file in DATA_DIR).";

const COLUMNS: [&str; 10] = [
    "experiment_id",
    "variant_id",
    "metric_id",
    "time_since_start",
    "count_c",
    "count_t",
    "mean_c",
    "mean_t",
    "variance_c",
    "variance_t",
];
const MAX_TEXT_CHARACTERS: usize = 200;
/// Far more than any published set; it is all in memory for a moment.
const MOST_LOOKS: usize = 1_000_000;

/// What `dashly experiments import` takes.
#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The CSV file; compressed if its name ends with .gz
    file: PathBuf,
    /// Name of the source, shown wherever the data are
    #[arg(long)]
    source: String,
    /// Licence of the data, shown beside the name
    #[arg(long)]
    licence: String,
}

/// Imports one file.
pub(super) async fn import(arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    for (name, text) in [("--source", &arguments.source), ("--licence", &arguments.licence)] {
        if let Err(fault) = check_text(text, MAX_TEXT_CHARACTERS) {
            bail!("{name} {fault}");
        }
    }
    let config = environment::config(environment::LOCAL_HOST)?;
    let mut imported =
        read_file(&arguments.file).with_context(|| format!("reading {}", arguments.file.display()))?;
    imported.source.clone_from(&arguments.source);
    imported.licence.clone_from(&arguments.licence);
    let db = Db::connect(&config.database).await?;
    let stored = import_looks(&db, &imported, SystemClock.now()).await;
    db.close().await;
    stored.with_context(|| format!("storing the looks in {}", config.database))?;
    say!(
        "{}: {} looks imported, {} lines with missing values left out. See `dashly experiments replay`.",
        imported.source,
        imported.looks.len(),
        imported.left_out
    );
    Ok(ExitCode::SUCCESS)
}

fn read_file(path: &Path) -> anyhow::Result<ImportedLooks> {
    let file = File::open(path)?;
    let bar = ProgressBar::new(file.metadata()?.len())
        .with_style(ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}")?);
    let bytes = bar.wrap_read(file);
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz");
    let text: Box<dyn Read> = if is_compressed { Box::new(GzDecoder::new(bytes)) } else { Box::new(bytes) };
    let imported = read_looks(BufReader::new(text));
    bar.finish_and_clear();
    imported
}

fn read_looks(text: impl Read) -> anyhow::Result<ImportedLooks> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let header = reader.headers()?;
    if header.iter().ne(COLUMNS) {
        bail!("the header must be `{}`", COLUMNS.join(","));
    }
    let mut imported = ImportedLooks::default();
    let (mut seen, mut series) = (HashSet::new(), HashSet::new());
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let (name, look) = read_look(&record).with_context(|| format!("line {line}"))?;
        series.insert(name.clone());
        let Some(look) = look else {
            imported.left_out += 1;
            continue;
        };
        if !seen.insert((name.clone(), look.at.to_bits())) {
            bail!("line {line}: this series has a look at that time already");
        }
        if imported.looks.len() == MOST_LOOKS {
            bail!("more than {MOST_LOOKS} looks");
        }
        imported.looks.push((name, look));
    }
    imported.series = u64::try_from(series.len())?;
    Ok(imported)
}

/// The series of a line, and the look; none for a line with a missing number.
fn read_look(record: &StringRecord) -> anyhow::Result<([String; 3], Option<LookRow>)> {
    let field = |index: usize| record.get(index).unwrap_or_default();
    let text = |index: usize| -> anyhow::Result<String> {
        let name = COLUMNS.get(index).copied().unwrap_or_default();
        match check_text(field(index), MAX_TEXT_CHARACTERS) {
            Ok(()) => Ok(field(index).to_owned()),
            Err(fault) => bail!("`{name}` {fault}"),
        }
    };
    let name = [text(0)?, text(1)?, text(2)?];
    if (3..COLUMNS.len()).any(|index| field(index).is_empty()) {
        return Ok((name, None));
    }
    let number = |index: usize, least: f64| -> anyhow::Result<f64> {
        let name = COLUMNS.get(index).copied().unwrap_or_default();
        match field(index).parse::<f64>() {
            Ok(number) if number.is_finite() && number >= least => Ok(number),
            _ => bail!("`{name}` must be a number of at least {least}, found `{}`", field(index)),
        }
    };
    Ok((
        name,
        Some(LookRow {
            at: number(3, 0.0)?,
            control_visitors: number(4, 0.0)?,
            treatment_visitors: number(5, 0.0)?,
            control_mean: number(6, f64::MIN)?,
            treatment_mean: number(7, f64::MIN)?,
            control_variance: number(8, 0.0)?,
            treatment_variance: number(9, 0.0)?,
        }),
    ))
}

/// Prints what the imported experiments say.
pub(super) async fn replay(json: bool) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    let db = Db::connect_read_only(&config.database).await?;
    let replays = read_replays(&db).await?;
    db.close().await;
    if json {
        say!("{}", serde_json::to_string_pretty(&replays)?);
    } else if replays.sources.is_empty() {
        say!("Nothing is imported yet; `dashly help experiments import` tells how.");
    } else {
        replays.sources.iter().for_each(print_source);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_source(source: &ReplaySource) {
    say!("{} ({})", source.source, source.licence);
    say!(
        "  {:>6} series, {} of them with looks that say something ({}); {} lines were left out",
        source.series,
        source.judged_series,
        source.looks,
        source.left_out
    );
    say!("  {:>6} crossed |z| = 1.96 at some look", source.crossed_at_some_look);
    say!("  {:>6} are above it at the last look", source.crossed_at_last_look);
    say!("  {:>6} have a confidence sequence that excluded 0 at some look", source.sequence_excludes_zero);
    say!(
        "  Nothing is guaranteed here: the design shares are not known, and means grow with time per visitor."
    );
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, read_looks};

    fn read(lines: &str) -> anyhow::Result<dashly_experiments::ImportedLooks> {
        read_looks(format!("{}\n{lines}", COLUMNS.join(",")).as_bytes())
    }

    #[test]
    fn lines_with_missing_numbers_are_left_out_and_counted() {
        let found = read("a,1,1,1.5,10,12,0.5,0.6,0.2,0.3\na,1,1,2,10,12,0.5,0.6,,\n").unwrap();
        assert_eq!((found.looks.len(), found.left_out), (1, 1));
        assert_eq!(found.series, 1);
        assert_eq!(found.looks[0].0, ["a", "1", "1"]);
    }

    #[test]
    fn a_bad_line_is_named() {
        for (lines, expected) in [
            ("a,1,1,1,10,12,0.5,many,0.2,0.3\n", "`mean_t` must be a number"),
            ("a,1,1,1,-1,12,0.5,0.5,0.2,0.3\n", "`count_c` must be a number of at least 0"),
            (",1,1,1,10,12,0.5,0.5,0.2,0.3\n", "`experiment_id`"),
            (
                "a,1,1,1,10,12,0.5,0.6,0.2,0.3\na,1,1,1,10,12,0.5,0.6,0.2,0.3\n",
                "line 3: this series has a look",
            ),
        ] {
            let error = format!("{:#}", read(lines).unwrap_err());
            assert!(error.contains(expected) && error.contains("line "), "{error}");
        }
        assert!(read_looks("a,b\n1,2\n".as_bytes()).unwrap_err().to_string().contains("the header must be"));
    }
}
