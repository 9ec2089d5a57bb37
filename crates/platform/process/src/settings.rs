//! Reading variables, and remembering what was read.

use dashly_kernel::Secret;
use std::path::PathBuf;
use std::str::FromStr;

/// What stands for the value of a variable that is not set and has no default.
const NOT_SET: &str = "(not set)";

/// A variable has a value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    /// Its name.
    pub variable: String,
    /// What was found and what is allowed; never the value of a secret.
    pub problem: String,
}

impl ConfigError {
    /// `variable` has the value `found`, which must not be a secret; `expected` ends the sentence.
    pub fn unusable(variable: &str, found: &str, expected: &str) -> Self {
        let problem = format!("found `{found}`; expected {expected}");
        Self { variable: variable.to_owned(), problem }
    }
}

/// One variable as `dashly doctor` shows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value; `(set)` for secrets, `(not set)` where there is none.
    pub value: String,
    /// Whether it was set or is the default.
    pub is_default: bool,
}

/// Reads variables and remembers what it read.
pub struct Settings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    read: Vec<Setting>,
}

impl std::fmt::Debug for Settings<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Settings").field("read", &self.read).finish_non_exhaustive()
    }
}

impl<'a> Settings<'a> {
    /// Reads through `lookup`: the environment in programs, a map in tests. An empty value counts as not set.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, read: Vec::new() }
    }

    /// What was read so far, in order.
    pub fn into_read(self) -> Vec<Setting> {
        self.read
    }

    fn find(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The text of `name`, or `default`.
    pub fn text(&mut self, name: &'static str, default: &str) -> String {
        let found = self.find(name);
        let is_default = found.is_none();
        let value = found.unwrap_or_else(|| default.to_owned());
        self.read.push(Setting { name, value: value.clone(), is_default });
        value
    }

    /// A text that has no default.
    pub fn optional(&mut self, name: &'static str) -> Option<String> {
        let found = self.find(name);
        let value = found.clone().unwrap_or_else(|| NOT_SET.to_owned());
        self.read.push(Setting { name, value, is_default: found.is_none() });
        found
    }

    /// The value of `name`, or `default`. `expected` ends the sentence that tells what is wrong.
    ///
    /// # Errors
    /// [`ConfigError`] when the text is no such value.
    pub fn value<T: FromStr>(
        &mut self,
        name: &'static str,
        default: &str,
        expected: &str,
    ) -> Result<T, ConfigError> {
        let text = self.text(name, default);
        text.parse().map_err(|_| ConfigError::unusable(name, &text, expected))
    }

    /// The path in `name`, or `default`.
    pub fn path(&mut self, name: &'static str, default: &str) -> PathBuf {
        PathBuf::from(self.text(name, default))
    }

    /// The value of `name`, or the content of the file that `name` with `_FILE` points to.
    ///
    /// # Errors
    /// [`ConfigError`] when both are set, or the file cannot be read or is empty.
    pub fn secret(&mut self, name: &'static str) -> Result<Option<Secret<String>>, ConfigError> {
        let file_variable = format!("{name}_FILE");
        let value = match (self.find(name), self.find(&file_variable)) {
            (Some(_), Some(_)) => {
                let problem = format!("is set, and so is {name}; set one of them");
                return Err(ConfigError { variable: file_variable, problem });
            }
            (Some(value), None) => Some(value),
            (None, Some(path)) => Some(read_secret_file(&file_variable, &path)?),
            (None, None) => None,
        };
        let shown = if value.is_some() { "(set)" } else { NOT_SET };
        self.read.push(Setting { name, value: shown.to_owned(), is_default: value.is_none() });
        Ok(value.map(Secret::new))
    }
}

fn read_secret_file(variable: &str, path: &str) -> Result<String, ConfigError> {
    let error = |problem: String| ConfigError { variable: variable.to_owned(), problem };
    let text =
        std::fs::read_to_string(path).map_err(|cause| error(format!("cannot read `{path}`: {cause}")))?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    if text.is_empty() { Err(error(format!("the file `{path}` is empty"))) } else { Ok(text) }
}
