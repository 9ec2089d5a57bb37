//! Which long passwords are nevertheless among the first that somebody would try.

use std::collections::HashSet;

/// Well-known long passwords: lower case, letters and digits only, sorted.
const WELL_KNOWN: &str = include_str!("common_passwords.txt");
/// Words that add nothing, however they are combined: lower case, sorted.
const COMMON_WORDS: &str = include_str!("common_words.txt");
/// What the product is called; as good as public.
const PRODUCT: &str = "dashly";
/// Names shorter than this are found in too many good passwords by chance.
const SHORTEST_NAME: usize = 3;
/// The longest unit whose mere repetition counts as one unit.
const LONGEST_UNIT: usize = 8;
/// The shortest run along a walk that counts as one character.
const SHORTEST_RUN: usize = 4;
/// What must be left, in different characters or runs. 15 random decimal digits have fewer once in 150 times.
const FEWEST_DIFFERENT: usize = 6;
/// Stands where a word was taken out; typed by nobody.
const GAP: char = '\0';

/// Alphabets and keyboards, along which fingers run; each also backwards.
const WALKS: [&str; 12] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "!@#$%^&*()",
];

/// Whether the letters and digits of `lower`, with or without digits at the end, are on the list.
pub(super) fn is_well_known(lower: &str) -> bool {
    let plain: String = lower.chars().filter(|character| character.is_alphanumeric()).collect();
    let without_digits = plain.trim_end_matches(|character: char| character.is_ascii_digit());
    WELL_KNOWN.lines().any(|known| known == plain || known == without_digits)
}

/// Whether `lower` is a short unit again and again; the last one may be cut.
pub(super) fn is_repetition(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    let longest = LONGEST_UNIT.min(characters.len() / 2);
    (1..=longest)
        .any(|unit| characters.iter().zip(characters.iter().skip(unit)).all(|(one, next)| one == next))
}

/// Whether little is left of `lower` without names, common words and runs.
pub(super) fn says_little(lower: &str, username: &str, email: &str) -> bool {
    let mut rest = lower.to_owned();
    for word in words(&username.to_lowercase(), &email.to_lowercase()) {
        rest = rest.replace(word.as_str(), "\0");
    }
    different_parts(&rest) < FEWEST_DIFFERENT
}

/// The words to take out, the longest first, so that a short one does not leave the rest of a longer one standing.
fn words(username: &str, email: &str) -> Vec<String> {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let organisation = domain.split('.').next().unwrap_or_default();
    let mut words: Vec<String> = [username, email, local, organisation, PRODUCT]
        .into_iter()
        .chain(COMMON_WORDS.lines())
        .filter(|word| word.chars().count() >= SHORTEST_NAME)
        .map(str::to_owned)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// How many different characters `text` has, each run counting as one character.
fn different_parts(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let mut parts: HashSet<&[char]> = HashSet::new();
    let mut rest = characters.as_slice();
    while !rest.is_empty() {
        let length = match longest_run(rest) {
            run if run >= SHORTEST_RUN => run,
            _ => 1,
        };
        let (part, after) = rest.split_at(length);
        if part != [GAP] {
            parts.insert(part);
        }
        rest = after;
    }
    parts.len()
}

/// How many characters from the start of `text` are one character again and again, or follow a walk.
fn longest_run(text: &[char]) -> usize {
    let Some(first) = text.first() else { return 0 };
    let same = text.iter().take_while(|character| *character == first).count();
    WALKS.iter().map(|walk| run_along(text, walk)).fold(same, usize::max)
}

fn run_along(text: &[char], walk: &str) -> usize {
    let forwards: Vec<char> = walk.chars().collect();
    let backwards: Vec<char> = walk.chars().rev().collect();
    let common = |walk: &[char], start: usize| {
        text.iter().zip(walk.iter().skip(start)).take_while(|(typed, next)| typed == next).count()
    };
    (0..forwards.len())
        .map(|start| common(&forwards, start).max(common(&backwards, start)))
        .max()
        .unwrap_or_default()
}
