//! What belongs to an installation and is not in its database.

use anyhow::Context;
use dashly_api::Config;
use dashly_db::backup::Attachment;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The secrets that a local installation makes for itself, and what follows when one is lost.
const SECRETS: [(&str, &str); 3] = [
    ("jwt-secret", "all sign-ins end, people sign in again"),
    ("gateway-token", "a new one is made at the next start"),
    (
        "admin-password",
        "the password itself still works, its hash is in the database; `dashly admin reset-password` sets another",
    ),
];
const TESTS: &str = "tests.json";
const KPIS: &str = "team-kpis.json";

/// Files that go into a backup, and what does not.
pub(super) struct Beside {
    pub(super) attachments: Vec<Attachment>,
    pub(super) not_in_it: Vec<String>,
}

/// Reads the files that go into a backup.
pub(super) fn collect(config: &Config, with_secrets: bool) -> anyhow::Result<Beside> {
    let mut attachments = Vec::new();
    let mut not_in_it = Vec::new();
    for (name, path) in [(TESTS, &config.tests_file), (KPIS, &config.kpis_file)] {
        match read(path)? {
            Some(text) => attachments.push(Attachment { name: name.to_owned(), text }),
            None => not_in_it.push(format!("{name}: there is no {}", path.display())),
        }
    }
    for (name, consequence) in SECRETS {
        let Some(text) = read(&config.data_folder.join(name))? else { continue };
        if with_secrets {
            attachments.push(Attachment { name: name.to_owned(), text });
        } else {
            not_in_it.push(format!("{name} (--with-secrets keeps it); without it {consequence}"));
        }
    }
    not_in_it.push(
        "secrets given in the environment, gateway.toml and the gateway's budget counters; the mirror files, which are \
         written anew from the database"
            .to_owned(),
    );
    Ok(Beside { attachments, not_in_it })
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Where a file of a backup belongs; none for a name that this program does not know.
fn home_of(config: &Config, name: &str) -> Option<PathBuf> {
    match name {
        TESTS => Some(config.tests_file.clone()),
        KPIS => Some(config.kpis_file.clone()),
        _ if SECRETS.iter().any(|(secret, _)| *secret == name) => Some(config.data_folder.join(name)),
        _ => None,
    }
}

/// Puts the files of a backup where they belong. One that is there already and differs stays, and the backup's is put
/// beside it. Gives a line for each file.
pub(super) fn put_back(config: &Config, attachments: &[Attachment]) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for attachment in attachments {
        let Some(home) = home_of(config, &attachment.name) else { continue };
        let shown = home.display();
        match read(&home)? {
            Some(present) if present == attachment.text => lines.push(format!("{shown} is as in the backup")),
            Some(_) => {
                let beside = home.with_file_name(format!("{}.from-backup", attachment.name));
                write_private(&beside, &attachment.text)?;
                lines.push(format!(
                    "{shown} differs and stays; the backup's is in {}: compare them",
                    beside.display()
                ));
            }
            None => {
                write_private(&home, &attachment.text)?;
                lines.push(format!("{shown} was put back"));
            }
        }
    }
    Ok(lines)
}

/// Whole or not at all, readable by this user only.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let writing = || format!("writing {}", path.display());
    fs::create_dir_all(folder).with_context(writing)?;
    let file = tempfile::Builder::new().prefix(".dashly-").tempfile_in(folder).with_context(writing)?;
    fs::write(file.path(), text).with_context(writing)?;
    file.as_file().sync_all().with_context(writing)?;
    file.persist(path).map_err(|error| error.error).with_context(writing)?;
    Ok(())
}
