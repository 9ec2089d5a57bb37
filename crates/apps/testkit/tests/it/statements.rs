//! Every statement in the source is one that its engine accepts on the present schema, also those on paths that no
//! other test takes.

use dashly_db::{Db, Engine, Sql};
use dashly_testkit::TestDatabase;
use std::path::{Path, PathBuf};

#[derive(Debug)]
struct Statement {
    file: PathBuf,
    postgres: String,
    sqlite: String,
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every use of `sql!` in the shipped source.
fn statements() -> Vec<Statement> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    source_files(&crates, &mut files);
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        for use_site in code.split("sql!").skip(1) {
            let opening = use_site.trim_start().chars().next();
            if !matches!(opening, Some('(' | '{')) {
                continue;
            }
            let (postgres, sqlite) = if opening == Some('(') {
                let (text, _) = string_literal(use_site);
                (text.clone(), text)
            } else {
                let (postgres, rest) = string_literal(use_site.split_once("postgres:").unwrap().1);
                let (sqlite, _) = string_literal(rest.split_once("sqlite:").unwrap().1);
                (postgres, sqlite)
            };
            found.push(Statement { file: file.clone(), postgres, sqlite });
        }
    }
    assert!(found.len() >= 36, "only {} statements found", found.len());
    found
}

/// The first string literal of `code`, unescaped, and what follows it.
fn string_literal(code: &str) -> (String, &str) {
    let (_, literal) = code.split_once('"').unwrap();
    let mut text = String::new();
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return (text, characters.as_str()),
            '\\' => match characters.next().unwrap() {
                'n' => text.push('\n'),
                // The line goes on below: white space is the same to SQL.
                '\n' => text.push(' '),
                plain => text.push(plain),
            },
            plain => text.push(plain),
        }
    }
    panic!("a string literal without an end in {code}");
}

/// A test process ends soon, so its few statements may stay in memory.
fn constant(text: String) -> Sql {
    let text: &'static str = Box::leak(text.into_boxed_str());
    Sql { postgres: text, sqlite: text }
}

/// The engine reads the statement, looks up every name and type in it, and does not run it.
async fn refusal(db: &Db, number: usize, text: &str) -> Option<String> {
    let check = match db.engine() {
        Engine::Sqlite => format!("explain {text}"),
        Engine::Postgres => format!("prepare statement_{number} as {text}"),
    };
    let mut tx = db.begin().await.unwrap();
    let error = tx.fetch_all(constant(check).query()).await.err()?;
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    Some(format!("{error}: {}", cause.unwrap_or_default()))
}

async fn every_statement_is_accepted_on(engine: Engine) {
    let database = TestDatabase::migrated(engine).await;
    let mut checked = 0;
    for (number, statement) in statements().into_iter().enumerate() {
        let text = match engine {
            Engine::Sqlite => statement.sqlite,
            Engine::Postgres => statement.postgres,
        };
        // The others (pragmas, transaction control, the ledger's own table) cannot be prepared, and run at each start.
        let verb = text.split_whitespace().next().unwrap_or_default().to_owned();
        if !["select", "insert", "update", "delete", "with"].contains(&verb.as_str()) {
            continue;
        }
        let is_of_the_other_engine = match engine {
            Engine::Sqlite => text.contains("current_setting("),
            Engine::Postgres => text.contains("sqlite_master"),
        };
        if is_of_the_other_engine {
            continue;
        }
        checked += 1;
        if let Some(refusal) = refusal(&database.db, number, &text).await {
            panic!("{} in {}: {refusal}", text.trim(), statement.file.display());
        }
    }
    assert!(checked >= 30, "only {checked} statements were checked");
    database.end().await;
}

#[tokio::test]
async fn every_statement_is_accepted_on_sqlite() {
    every_statement_is_accepted_on(Engine::Sqlite).await;
}

#[tokio::test]
async fn every_statement_is_accepted_on_postgres() {
    every_statement_is_accepted_on(Engine::Postgres).await;
}
