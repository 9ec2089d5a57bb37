//! Prometheus' text format, as far as a reader of counters needs it.

/// One line: a name, its labels and a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Name of the series.
    pub name: String,
    /// Names and values of its labels.
    pub labels: Vec<(String, String)>,
    /// Its value; may be infinite or not a number.
    pub value: f64,
}

impl Sample {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }
}

/// All samples of a text. Comments, time stamps and lines that are none are passed over: a scraper that stops at the
/// first line it does not know would be blind to all others.
pub fn parse_exposition(text: &str) -> Vec<Sample> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Sample> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|character: char| character == '{' || character.is_whitespace())?;
    let (name, rest) = line.split_at_checked(end)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => parse_labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    (!name.is_empty()).then(|| Sample { name: name.to_owned(), labels, value })
}

/// Labels up to the closing brace, and what follows it.
fn parse_labels(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    let mut rest = text.trim_start_matches([',', ' ']);
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = parse_quoted(after.trim_start().strip_prefix('"')?)?;
        labels.push((name.trim().to_owned(), value));
        rest = after.trim_start_matches([',', ' ']);
    }
}

/// A label's value up to its closing quote, and what follows it.
fn parse_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return text.split_at_checked(at + 1).map(|(_, rest)| (value, rest)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            plain => value.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parse_exposition;
    use proptest::prelude::*;

    #[test]
    fn names_labels_and_values_are_read_and_the_rest_is_passed_over() {
        let text = "# HELP a Help.\n# TYPE a counter\na 1\na{b=\"c\",d=\"e \\\"f\\\" }\\n\"} 2.5 1700000000\nbroken{x=\n\nb +Inf\n";
        let samples = parse_exposition(text);
        assert_eq!(samples.len(), 3);
        assert_eq!(samples[1].label("d"), Some("e \"f\" }\n"));
        assert!((samples[1].value - 2.5).abs() < 1e-12);
        assert!(samples[2].value.is_infinite());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            parse_exposition(&text);
        }

        #[test]
        fn whatever_is_escaped_comes_back(value in "[a-z\"\\\\\n{}, =]*") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let samples = parse_exposition(&format!("name{{label=\"{escaped}\"}} 3"));
            prop_assert_eq!(samples[0].label("label"), Some(value.as_str()));
        }
    }
}
