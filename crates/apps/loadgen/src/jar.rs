//! The cookies of one simulated visitor: names and values, as a browser would send them back to the one site
//! it visits.
//!
//! Domain, Path and Secure are not looked at: a jar serves one site, and its test servers speak plain HTTP.
//! Lifetimes are longer than a run; only removal counts.

use std::collections::BTreeMap;

/// What one visitor keeps.
#[derive(Debug, Default)]
pub(crate) struct CookieJar {
    cookies: BTreeMap<String, String>,
}

impl CookieJar {
    /// Takes over one `Set-Cookie` header: stores, replaces or removes one cookie. A header without a name is
    /// ignored.
    pub(crate) fn store(&mut self, set_cookie: &str) {
        let mut parts = set_cookie.split(';');
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return;
        }
        if removes(parts) {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The value of the `Cookie` header, or nothing when the jar is empty.
    pub(crate) fn header(&self) -> Option<String> {
        if self.cookies.is_empty() {
            return None;
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join("; "))
    }
}

/// Whether the attributes ask for removal: `Max-Age` of at most 0, else an `Expires` in 1970 (what servers
/// write for it).
fn removes<'a>(attributes: impl Iterator<Item = &'a str>) -> bool {
    let mut expired = false;
    for (name, value) in attributes.filter_map(|attribute| attribute.split_once('=')) {
        if name.trim().eq_ignore_ascii_case("max-age")
            && let Ok(seconds) = value.trim().parse::<i64>()
        {
            return seconds <= 0;
        }
        if name.trim().eq_ignore_ascii_case("expires") && value.contains("1970") {
            expired = true;
        }
    }
    expired
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_come_back_replaced_and_removed() {
        let mut jar = CookieJar::default();
        assert_eq!(jar.header(), None);
        jar.store("ab_visitor_id=v_1; Path=/; HttpOnly; Max-Age=34560000");
        jar.store(" ab_test = A=B ");
        jar.store("gone=1; Max-Age=60");
        jar.store("also_gone=1");
        jar.store("no pair");
        jar.store("=nameless");
        jar.store("gone=; max-age=0");
        jar.store("also_gone=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        jar.store("ab_visitor_id=v_2; Path=/");
        assert_eq!(jar.header().as_deref(), Some("ab_test=A=B; ab_visitor_id=v_2"));
    }

    #[test]
    fn max_age_wins_over_expires() {
        let mut jar = CookieJar::default();
        jar.store("kept=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60");
        assert_eq!(jar.header().as_deref(), Some("kept=1"));
    }
}
