//! Memory and start of this process, as Prometheus' client libraries name them.
//!
//! Read from `/proc`, so only on Linux; elsewhere the metrics are absent, which says that nobody knows, and not 0.

use std::fmt::Write;
use std::fs::read_to_string;

/// Ticks of the times in `/proc/self/stat` within a second: the same on every architecture that we build for, whatever
/// the kernel's own clock does (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

/// The lines for a scraper; empty where nothing is known.
pub(crate) fn render() -> String {
    let mut text = String::new();
    let resident = read_to_string("/proc/self/status").ok().and_then(|status| resident_bytes(&status));
    if let Some(resident) = resident {
        add(&mut text, "process_resident_memory_bytes", "Memory that the process holds.", &resident);
    }
    let started = read_to_string("/proc/self/stat")
        .ok()
        .zip(read_to_string("/proc/stat").ok())
        .and_then(|(own, system)| started_at(&own, &system));
    if let Some(started) = started {
        add(
            &mut text,
            "process_start_time_seconds",
            "Start of the process, in seconds since 1970.",
            &started,
        );
    }
    text
}

fn add(text: &mut String, name: &str, help: &str, value: &dyn std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
}

/// From the line `VmRSS:     1234 kB`, which counts in units of 1,024 bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

/// The start of the machine, and that of the process in ticks after it. The name of the program stands in brackets and
/// may hold spaces and brackets, so fields are counted from the last bracket.
fn started_at(own: &str, system: &str) -> Option<f64> {
    let (_, fields) = own.rsplit_once(')')?;
    let ticks: f64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    let boot: f64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + ticks / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::{render, resident_bytes, started_at};

    #[test]
    fn memory_and_start_are_read_from_what_the_kernel_says() {
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t   1234 kB\n"), Some(1_263_616));
        let own = "7 (a b) c) S 1 7 7 0 -1 4194560 1 0 0 0 3 4 0 0 20 0 5 0 250 1000 2000";
        assert_eq!(started_at(own, "cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_002.5));
    }

    #[test]
    fn what_is_not_known_is_absent() {
        assert_eq!(resident_bytes("Name:\tx\n"), None);
        assert_eq!(started_at("7 (a) S 1", "btime 5"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_knows_itself() {
        let text = render();
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes ") > 100_000.0);
        assert!(value("process_start_time_seconds ") > 1.6e9);
    }
}
