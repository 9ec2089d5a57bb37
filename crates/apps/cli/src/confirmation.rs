//! What has to be typed before something is lost.

use anyhow::bail;
use std::io::{IsTerminal, Write};

/// Whether somebody is there to answer.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks the person at the terminal to type `word`; `question` is what goes before it.
#[expect(clippy::print_stderr, reason = "a question to the person at the terminal")]
pub(crate) fn ask_for_word(question: &str, word: &str) -> anyhow::Result<()> {
    eprint!("{question} ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() == word { Ok(()) } else { bail!("not confirmed; nothing was changed") }
}
