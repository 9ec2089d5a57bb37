use super::{PasswordFault, check_password};
use dashly_kernel::Secret;
use proptest::prelude::*;

fn check(password: &str) -> Result<(), PasswordFault> {
    check_password(&Secret::new(password.to_owned()), "mara.lind", "mara.lind@harbour.example")
}

/// A text of `length` characters without any pattern.
fn unpatterned(length: usize) -> String {
    let alphabet: Vec<char> = "kT7vé9pX2wñQ4zR8hßJ5bMß3дfLя6cN日d".chars().collect();
    (0..length).map(|index| alphabet[(index * index * 7 + index * 3) % alphabet.len()]).collect()
}

#[test]
fn fifteen_characters_are_needed_and_128_are_fine() {
    assert_eq!(check(&unpatterned(14)), Err(PasswordFault::TooShort { characters: 14 }));
    for length in [15, 64, 128] {
        assert_eq!(check(&unpatterned(length)), Ok(()), "{length}");
    }
}

#[test]
fn characters_are_counted_and_not_bytes() {
    assert_eq!(check("пароль из слов"), Err(PasswordFault::TooShort { characters: 14 }));
    assert_eq!(check("шесть зелёных стульев"), Ok(()));
    assert_eq!(check("🦀🐙🌵🍋🎻🧭🪁🥁🛶🧀🪴🦉🍒🚲🧦"), Ok(()));
    // 128 characters of four bytes each still fit.
    let longest: String = "🦀🐙🌵🍋🎻🧭🪁🥁🛶🧀🪴".chars().cycle().take(128).collect();
    assert_eq!(check(&longest), Ok(()));
}

#[test]
fn what_is_too_long_is_refused_and_not_cut() {
    assert_eq!(check(&"kT7v9pX2wQ4zR8h!".repeat(64)), Ok(()));
    assert_eq!(
        check(&format!("{}x", "kT7v9pX2wQ4zR8h!".repeat(64))),
        Err(PasswordFault::TooLong { bytes: 1_025 })
    );
}

#[test]
fn well_known_passwords_are_refused_however_they_are_written() {
    for password in [
        "correct horse battery staple",
        "Correct-Horse-Battery-Staple",
        "correcthorsebatterystaple2026",
        "May the Force be with you!",
        "This is a strong password",
    ] {
        assert_eq!(check(password), Err(PasswordFault::WellKnown), "{password}");
    }
}

#[test]
fn patterns_names_and_defaults_are_refused() {
    for password in [
        "aaaaaaaaaaaaaaaa",
        "                    ",
        "abcabcabcabcabcabc",
        "xk7Qp2mLxk7Qp2mL",
        "abcdefghijklmnopqrst",
        "zyxwvutsrqponmlkj",
        "123456789012345",
        "098765432109876",
        "qwertyuiopasdfghjkl",
        "1qaz2wsx3edc4rfv",
        "QWERTZUIOPyxcvbnm",
        "admin123admin123",
        "changemechangeme",
        "changeme-changeme-1234",
        "Password12345678",
        "P@ssw0rd-P@ssw0rd!",
        "administrator2026",
        "dashly-dashly-dashly",
        "Dashly-Admin-2026!",
        "mara.lind-mara.lind",
        "Mara.Lind@Harbour.example",
        "harbour-dashly-1234",
        "welcome to dashly!",
        "postgres_postgres",
    ] {
        assert_eq!(check(password), Err(PasswordFault::Guessable), "{password}");
    }
}

#[test]
fn ordinary_good_passwords_are_accepted() {
    for password in [
        "seven wet umbrellas",
        "marble otter quietly sings",
        "  leading and trailing  ",
        "583920174652918",
        "k$%^&*(x)!@#~+=|",
        "0f9a4c7e1b6d8352",
        "my dashly password is blue cheese",
        "Vq8#nL2!xT5@mR9$",
    ] {
        assert_eq!(check(password), Ok(()), "{password}");
    }
}

#[test]
fn the_lists_are_sorted_lower_case_and_useful() {
    let known: Vec<&str> = include_str!("common_passwords.txt").lines().collect();
    assert!(known.len() >= 300);
    assert!(known.is_sorted_by(|one, next| one < next));
    for entry in &known {
        assert!(entry.len() >= 11, "{entry} is refused for its length however it is spaced");
        assert!(
            entry.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
            "{entry} never matches"
        );
    }
    let words: Vec<&str> = include_str!("common_words.txt").lines().collect();
    assert!(words.is_sorted_by(|one, next| one < next));
    assert!(words.iter().all(|word| word.len() >= 3 && *word == word.to_lowercase()));
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(password in "\\PC{0,200}", name in "\\PC{0,20}", email in "\\PC{0,20}") {
        let _ = check_password(&Secret::new(password), &name, &email);
    }

    #[test]
    fn the_answer_never_repeats_the_password(password in "[a-z]{6,30}") {
        if let Err(fault) = check(&password) {
            let text = format!("{fault} {fault:?}");
            prop_assert!(!text.contains(&password));
        }
    }
}
