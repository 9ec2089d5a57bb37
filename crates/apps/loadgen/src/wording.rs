//! Numbers in sentences.

/// `0.3512` as `35.1 %`; nothing as a dash.
pub(crate) fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{:.1} %", 100.0 * rate))
}

/// A difference of rates in percentage points with its sign, `+20.1 points`.
pub(crate) fn points(difference: f64) -> String {
    format!("{:+.1} points", 100.0 * difference)
}

/// `p = 0.31`, `p = 0.012`, `p = 3e-8`, `p < 1e-300`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 1e-300 {
        "p < 1e-300".to_owned()
    } else if p < 0.001 {
        format!("p = {p:.0e}")
    } else if p < 0.01 {
        format!("p = {p:.4}")
    } else if p < 0.1 {
        format!("p = {p:.3}")
    } else {
        format!("p = {p:.2}")
    }
}

/// `1 converter`, `2 converters`: the plural of a word that only wants an s.
pub(crate) fn counted(count: u64, singular: &str) -> String {
    if count == 1 { format!("1 {singular}") } else { format!("{count} {singular}s") }
}

/// Milliseconds as seconds, `2.1 s`.
pub(crate) fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

/// `Seed 7 (the same choices again with --seed 7).`
pub(crate) fn seed_line(seed: u64) -> String {
    format!("Seed {seed} (the same choices again with --seed {seed}).")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(percent(Some(0.351)), "35.1 %");
        assert_eq!(percent(None), "–");
        assert_eq!(points(-0.201), "-20.1 points");
        for (p, text) in [(0.31, "0.31"), (0.0123, "0.012"), (0.00123, "0.0012"), (3.2e-8, "3e-8")] {
            assert_eq!(p_value(p), format!("p = {text}"));
        }
        assert_eq!(p_value(0.0), "p < 1e-300");
        assert_eq!((counted(1, "row"), counted(0, "row")), ("1 row".to_owned(), "0 rows".to_owned()));
        assert_eq!(seconds(2_149), "2.1 s");
    }
}
