//! What visitors were told, against what is stored.

use crate::browser::Site;
use crate::installation::Installation;
use crate::ledger::{ExposureKey, Fate, Ledger, SharedLedger};
use crate::load::Load;
use crate::process::{PATIENCE, eventually};
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
            test: row.test_id.clone(),
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

/// A check that finds nothing wrong must be able to find something.
#[tokio::test]
async fn the_reconciliation_sees_what_was_taken_away_doubled_and_miscounted() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    let ledger = SharedLedger::default();
    let load = Load::start(&Site::new(server.url()), &ledger, 10, "sabotage");
    eventually("there are records", PATIENCE, async || (ledger.lock().acknowledged() > 100).then_some(()))
        .await;
    load.end().await;
    server.stop().await;
    let good = Stored::read(&installation.database()).await;
    reconcile(&ledger.lock(), &good).assert_none("before the sabotage");

    let find = |sabotage: &dyn Fn(&mut Stored)| {
        let mut stored = good.clone();
        sabotage(&mut stored);
        reconcile(&ledger.lock(), &stored)
    };
    assert_eq!(find(&|stored| drop(stored.events.pop())).lost.len(), 1);
    assert_eq!(find(&|stored| drop(stored.exposures.pop())).lost.len(), 1);
    let doubled = find(&|stored| stored.events.push(stored.events[0].clone()));
    assert!(doubled.faults.iter().any(|fault| fault.starts_with("stored twice")), "{doubled:?}");
    let bad = ledger.lock().events.iter().find(|(_, fate)| **fate == Fate::Refused).unwrap().0.clone();
    let refused = find(&|stored| stored.events[0].event_id = Some(bad.clone()));
    assert!(refused.faults.iter().any(|fault| fault.starts_with("refused and stored")), "{refused:?}");
    let miscounted = [
        find(&|stored| stored.totals.values_mut().for_each(|counts| counts[2] += 1)),
        find(&|stored| drop(stored.timeline.pop_first())),
        find(&|stored| *stored.signals.first_entry().unwrap().get_mut() -= 1),
        find(&|stored| stored.exposures[0].variant.push('x')),
    ];
    assert!(miscounted.iter().all(|findings| !findings.faults.is_empty()), "{miscounted:?}");
}
