//! Secrets that a local installation makes for itself, once.

use crate::Config;
use anyhow::Context;
use dashly_kernel::{Ids, Secret};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const JWT_SECRET_FILE: &str = "jwt-secret";
const GATEWAY_TOKEN_FILE: &str = "gateway-token";
const ADMIN_PASSWORD_FILE: &str = "admin-password";

/// What the person at the terminal has to be told when the first administrator is created.
#[derive(Debug, Default)]
pub struct LocalSecrets {
    /// The admin's password, if this installation made it itself: now, or at a start that then failed.
    pub own_admin_password: Option<Secret<String>>,
    /// Where that password was written, if it was made at this start.
    new_admin_password_file: Option<PathBuf>,
}

impl LocalSecrets {
    /// Fills in the secrets that `config` lacks: those kept in the data folder, or new random ones, which are then kept
    /// there, readable by this user only.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn complete(config: &mut Config, ids: &dyn Ids) -> anyhow::Result<Self> {
        let mut made = Self::default();
        if config.jwt_secret.is_none() {
            let path = config.data_folder.join(JWT_SECRET_FILE);
            config.jwt_secret = Some(read_or_make(&path, || format!("{}{}", ids.token(), ids.token()))?);
        }
        if config.gateway_url.is_none() && config.gateway_token.is_none() {
            // Of the gateway beside this server; that of another one is given to both.
            let path = config.data_folder.join(GATEWAY_TOKEN_FILE);
            config.gateway_token = Some(read_or_make(&path, || format!("{}{}", ids.token(), ids.token()))?);
        }
        if config.admin_password.is_none() {
            let path = config.data_folder.join(ADMIN_PASSWORD_FILE);
            let is_new = !path.exists();
            let password = read_or_make(&path, || readable_password(ids))?;
            made.new_admin_password_file = is_new.then_some(path);
            made.own_admin_password = Some(password.clone());
            config.admin_password = Some(password);
        }
        Ok(made)
    }

    /// Takes back a password made at this start, when there turned out to be an administrator already: a file with a
    /// password that nobody has would only mislead.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn discard_new_admin_password(&self) -> std::io::Result<()> {
        self.new_admin_password_file.as_ref().map_or(Ok(()), fs::remove_file)
    }
}

/// The admin password that a local installation made, if it is there.
pub fn read_admin_password(data_folder: &Path) -> Option<Secret<String>> {
    let text = fs::read_to_string(data_folder.join(ADMIN_PASSWORD_FILE)).ok()?;
    Some(Secret::new(text.trim_end().to_owned()))
}

/// Keeps a changed admin password where a local installation keeps its own; elsewhere there is no such file to keep.
pub(crate) fn keep_admin_password(data_folder: &Path, password: &Secret<String>) -> anyhow::Result<()> {
    let path = data_folder.join(ADMIN_PASSWORD_FILE);
    if path.exists() {
        write_private(&path, password.expose())
            .with_context(|| format!("keeping the password in {}", path.display()))?;
    }
    Ok(())
}

/// Twenty-five letters and digits in groups of five: 125 random bits that can be typed from a screen.
pub(crate) fn readable_password(ids: &dyn Ids) -> String {
    // Without letters and digits that look alike.
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 25];
    ids.fill(&mut random);
    let mut password = String::with_capacity(29);
    for (index, byte) in random.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            password.push('-');
        }
        let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'x');
        password.push(char::from(letter));
    }
    password
}

/// The secret in the file, or a new one, written to the file first.
fn read_or_make(path: &Path, make: impl FnOnce() -> String) -> anyhow::Result<Secret<String>> {
    match fs::read_to_string(path) {
        Ok(text) if !text.trim_end().is_empty() => return Ok(Secret::new(text.trim_end().to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("reading the secret in {}", path.display())),
    }
    let secret = make();
    write_private(path, &secret).with_context(|| format!("keeping a new secret in {}", path.display()))?;
    Ok(Secret::new(secret))
}

/// Written beside and moved into place, so that a crash leaves either no file or a whole one.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
