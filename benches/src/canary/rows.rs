//! The rows of the tables.

use crate::course::{Course, Scope};
use crate::pods::{LOOKS_A_DAY, Life};
use crate::traffic::{Connections, Version};
use std::fmt::Write;

const EVEN: Course = Course {
    stable: Version::failing(0.01),
    canary: Version::failing(0.01),
    connections: Connections::INDEPENDENT,
    requests: (30, 30),
    looks: 20,
    before: 120,
    drifts: false,
    scope: Scope::Errors,
};

const CONNECTIONS: [(&str, Connections); 4] = [
    ("independent", Connections::INDEPENDENT),
    ("10 requests, correlation 0.05", Connections { requests: 10, correlation: 0.05 }),
    ("10 requests, correlation 0.1", Connections { requests: 10, correlation: 0.1 }),
    ("10 requests, correlation 0.3", Connections { requests: 10, correlation: 0.3 }),
];

/// Good canaries, called bad for anything.
pub(crate) fn false_alarms() -> anyhow::Result<String> {
    let mut text = String::from(
        "Good canaries, called bad (60 looks of 90 + 30 requests after 120 at stable alone, percent of runs; the goal is 5 \
         for all criteria together):\n\n\
         | error rate | connections | errors | durations | restarts | memory | together |\n|---|---|---|---|---|---|---|\n",
    );
    for (name, connections) in CONNECTIONS {
        for rate in [0.001, 0.01, 0.05] {
            let version = Version::failing(rate);
            let course = Course {
                stable: version,
                canary: version,
                connections,
                requests: (90, 30),
                looks: 60,
                scope: Scope::All(Life::HEALTHY),
                ..EVEN
            };
            let row = course.simulate(&format!("good {name} {rate}"))?;
            write!(text, "| {} % | {name} (effect {:.1})", rate * 100.0, connections.design_effect())?;
            for percent in row.by_criterion()? {
                write!(text, " | {percent:.1}")?;
            }
            writeln!(text, " | {:.1} |", row.together()?)?;
        }
    }
    Ok(text)
}

/// Good canaries, called bad for their errors, in more kinds of traffic.
pub(crate) fn false_alarms_of_errors() -> anyhow::Result<String> {
    let mut text = String::from(
        "Good canaries, called bad for their errors (60 looks of 90 + 30 requests after 120 at stable alone, if nothing else \
         is said; percent of runs):\n\n\
         | error rate | connections | 30 + 30 requests a look | rates halve and double | 24 looks before | none before |\n\
         |---|---|---|---|---|---|\n",
    );
    for (name, connections) in CONNECTIONS {
        for rate in [0.01, 0.05] {
            write!(text, "| {} % | {name} (effect {:.1})", rate * 100.0, connections.design_effect())?;
            let version = Version::failing(rate);
            let usual = Course {
                stable: version,
                canary: version,
                connections,
                requests: (90, 30),
                looks: 60,
                ..EVEN
            };
            for course in [
                Course { requests: (30, 30), ..usual },
                Course { drifts: true, ..usual },
                Course { before: 24, ..usual },
                Course { before: 0, ..usual },
            ] {
                let Course { requests, before, drifts, .. } = course;
                let row = course.simulate(&format!("errors {name} {rate} {requests:?} {before} {drifts}"))?;
                write!(text, " | {:.1}", row.together()?)?;
            }
            text.push_str(" |\n");
        }
    }
    Ok(text)
}

/// Canaries that fail more often, found.
pub(crate) fn bad_canaries() -> anyhow::Result<String> {
    let mut text = String::from(
        "Canaries that fail more often, found (percent of runs, independent requests):\n\n\
         | stable → canary | looks | looks at stable before | found | median look | goal |\n|---|---|---|---|---|---|\n",
    );
    let rows = [
        (0.01, 0.03, (30, 30), 20, 120, "≥ 70 within 600 per version"),
        (0.01, 0.03, (30, 30), 33, 120, "≥ 80 within 1,000 (990) per version"),
        (0.01, 0.03, (30, 30), 20, 200, ""),
        (0.01, 0.03, (30, 30), 20, 24, ""),
        (0.01, 0.03, (30, 30), 20, 0, ""),
        (0.01, 0.03, (90, 30), 20, 120, ""),
        (0.01, 0.05, (30, 30), 20, 120, ""),
        (0.05, 0.1, (30, 30), 20, 120, ""),
        (0.01, 0.1, (30, 30), 20, 120, ""),
        (0.01, 0.1, (20, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (30, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (30, 10), 10, 200, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (90, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.001, 0.1, (30, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.001, 0.1, (20, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.001, 0.1, (10, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (10, 10), 10, 120, "≥ 95 within 100 of the canary"),
        (0.01, 0.1, (10, 10), 15, 120, ""),
    ];
    for (stable, canary, requests, looks, before, goal) in rows {
        let course = Course {
            stable: Version::failing(stable),
            canary: Version::failing(canary),
            requests,
            looks,
            before,
            ..EVEN
        };
        let row = course.simulate(&format!("bad {stable} {canary} {requests:?} {looks} {before}"))?;
        writeln!(
            text,
            "| {} → {} % | {looks} of {} + {} | {before} | {:.1} | {} | {goal} |",
            stable * 100.0,
            canary * 100.0,
            requests.0,
            requests.1,
            row.together()?,
            row.median_look()
        )?;
    }
    Ok(text)
}

/// Canaries whose durations changed.
pub(crate) fn durations() -> anyhow::Result<String> {
    let mut text = String::from(
        "Canaries whose durations changed (20 looks of 30 + 30, lognormal, median 20 ms, spread 0.6):\n\n\
         | canary | called bad for it, percent |\n|---|---|\n",
    );
    let rows = [
        ("same", 0.02, 0.6),
        ("half as slow again", 0.03, 0.6),
        ("twice as slow", 0.04, 0.6),
        ("same median, spread 0.9", 0.02, 0.9),
        ("same median, spread 1.2", 0.02, 1.2),
        ("a third faster", 0.013, 0.6),
        ("same median, spread 0.3", 0.02, 0.3),
    ];
    for (name, median_seconds, log_deviation) in rows {
        let canary = Version { error_rate: 0.01, median_seconds, log_deviation };
        let row = Course { canary, scope: Scope::All(Life::HEALTHY), ..EVEN }
            .simulate(&format!("duration {name}"))?;
        let percent = row.by_criterion()?.get(1).copied().unwrap_or(0.0);
        writeln!(text, "| {name} | {percent:.1} |")?;
    }
    Ok(text)
}

/// Pods that restart, warm up and leak, without any error.
pub(crate) fn pods() -> anyhow::Result<String> {
    let mut text = String::from(
        "Restarts and memory (60 looks of half a minute, three pods of stable and one of the canary, percent of runs):\n\n\
         | pods | restarts | memory |\n|---|---|---|\n",
    );
    let healthy = Life::HEALTHY;
    let rows = [
        ("every pod restarts once a day", healthy),
        ("every pod restarts once an hour", Life { restart: 24.0 / LOOKS_A_DAY, ..healthy }),
        ("every pod restarts once in six minutes", Life { restart: 240.0 / LOOKS_A_DAY, ..healthy }),
        ("the node fails every six minutes", Life { node_fault: 240.0 / LOOKS_A_DAY, ..healthy }),
        ("a new pod grows from 60 to 100 MiB in six looks", healthy),
        ("the same in twenty looks", Life { warm_up_looks: 20.0, ..healthy }),
        ("a new pod grows from 60 to 140 MiB in six looks", Life { warm: 140.0, ..healthy }),
        ("the same in twenty looks", Life { warm: 140.0, warm_up_looks: 20.0, ..healthy }),
        ("a leak of 1 MiB a look", Life { leak: 1.0, ..healthy }),
        ("a leak of 2 MiB a look", Life { leak: 2.0, ..healthy }),
        ("a leak of 4 MiB a look", Life { leak: 4.0, ..healthy }),
    ];
    let perfect = Version::failing(0.0);
    for (name, life) in rows {
        let course = Course {
            stable: perfect,
            canary: perfect,
            requests: (3, 1),
            looks: 60,
            before: 0,
            scope: Scope::Pods(life),
            ..EVEN
        };
        let cell = format!("pods {name} {} {}", life.warm, life.warm_up_looks);
        let by_criterion = course.simulate(&cell)?.by_criterion()?;
        let percent = |place: usize| by_criterion.get(place).copied().unwrap_or(0.0);
        writeln!(text, "| {name} | {:.2} | {:.2} |", percent(2), percent(3))?;
    }
    Ok(text)
}
