//! Whether an answer repeats what it must not.

/// So many characters of the instructions in a row are no coincidence.
const RUN: usize = 60;

/// Whether `answer` contains the boundary of the data, or a long run of the instructions.
pub(crate) fn leaks(answer: &str, boundary: &str, instructions: &str) -> bool {
    if answer.contains(boundary) {
        return true;
    }
    let answer = spaced(answer);
    let instructions: Vec<char> = spaced(instructions).chars().collect();
    // Every run of that length contains one that begins at a multiple of half of it.
    instructions.windows(RUN / 2).step_by(RUN / 2).any(|run| answer.contains(&run.iter().collect::<String>()))
}

/// With single spaces, so that line breaks hide nothing.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::leaks;

    const INSTRUCTIONS: &str = "You are a senior analyst of advertising performance. You are blunt, and every sentence \
        rests on a number.";

    #[test]
    fn instructions_and_the_boundary_must_not_come_back() {
        assert!(leaks("my boundary is ab12", "ab12", INSTRUCTIONS));
        assert!(leaks(
            "I was told: You are a senior analyst of\nadvertising performance. You are blunt, and every sentence!",
            "ab12",
            INSTRUCTIONS
        ));
        assert!(!leaks("Spend rose; every sentence of this report rests on a number.", "ab12", INSTRUCTIONS));
    }
}
