//! What visitors were told, against what is stored.

use crate::ledger::{ExposureKey, Fate, Ledger};
use crate::recount;
use crate::stored::Stored;
use std::collections::{HashMap, HashSet};

/// At most this many of a kind are printed.
const MOST_SHOWN: usize = 5;

/// Everything that is not as it must be.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Acknowledged and not stored.
    pub(crate) lost: Vec<String>,
    /// All else: stored twice, stored although refused, stored by nobody, half a bulk, wrong totals, false answers.
    pub(crate) faults: Vec<String>,
}

impl Findings {
    pub(crate) fn assert_none(&self, when: &str) {
        let shown = |list: &[String]| list.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>().join("\n  ");
        assert!(
            self.lost.is_empty() && self.faults.is_empty(),
            "{when}\n{} lost:\n  {}\n{} faults:\n  {}",
            self.lost.len(),
            shown(&self.lost),
            self.faults.len(),
            shown(&self.faults),
        );
    }
}

/// Compares; the server may run and must be idle.
pub(crate) fn reconcile(ledger: &Ledger, stored: &Stored) -> Findings {
    let mut findings = Findings { faults: ledger.contradictions.clone(), ..Findings::default() };
    compare_exposures(ledger, stored, &mut findings);
    compare_events(ledger, stored, &mut findings);
    findings.faults.extend(recount::faults(stored));
    findings
}

fn compare_exposures(ledger: &Ledger, stored: &Stored, findings: &mut Findings) {
    let rows: HashSet<ExposureKey> = stored
        .exposures
        .iter()
        .map(|row| ExposureKey {
            visitor: row.visitor.clone(),
            test: row.test.clone(),
            variant: row.variant.clone(),
        })
        .collect();
    findings.lost.extend(ledger.exposures.difference(&rows).map(|lost| format!("{lost:?}")));
    // The ids of visitors whose first view was not answered are known to nobody: they can only be counted.
    let unexplained: HashSet<&String> = rows.difference(&ledger.exposures).map(|row| &row.visitor).collect();
    if unexplained.len() > ledger.unanswered_views {
        let problem = "visitors have exposures that no reply acknowledged; views without an answer";
        findings.faults.push(format!("{} {problem}: {}", unexplained.len(), ledger.unanswered_views));
    }
}

fn compare_events(ledger: &Ledger, stored: &Stored, findings: &mut Findings) {
    let mut copies: HashMap<&str, usize> = HashMap::new();
    for row in &stored.events {
        match row.event_id.as_deref() {
            Some(id) => *copies.entry(id).or_default() += 1,
            None => findings.faults.push(format!("no visitor sent this: {row:?}")),
        }
    }
    for (id, fate) in &ledger.events {
        match (fate, copies.get(id.as_str()).copied().unwrap_or_default()) {
            (Fate::Acknowledged, 0) => findings.lost.push(id.clone()),
            (Fate::Refused, 1..) => findings.faults.push(format!("refused and stored: {id}")),
            (_, 2..) => findings.faults.push(format!("stored twice: {id}")),
            _ => {}
        }
    }
    let unknown = copies.keys().filter(|id| !ledger.events.contains_key(**id));
    findings.faults.extend(unknown.map(|id| format!("stored and never sent: {id}")));
    for bulk in &ledger.open_bulks {
        let there = bulk.iter().filter(|id| copies.contains_key(id.as_str())).count();
        // Repeats of events that were stored before are there in any case.
        let before = bulk.iter().filter(|id| ledger.events[id.as_str()] == Fate::Acknowledged).count();
        if there != bulk.len() && there != before {
            findings.faults.push(format!("a bulk request was stored in part: {there} of {}", bulk.len()));
        }
    }
}
