//! What a program takes from the operating system: its settings, the time, chance, the signal to stop, and whether a
//! server on this machine is live.
//!
//! For `crates/apps` alone: everything below them is handed a clock, a source of ids and a configuration. Knows no
//! setting by name. Start with [`Settings`].

mod known_defaults;
mod probe;
mod revision;
mod settings;
mod stop;
mod system;

pub use probe::{PROBE_PATIENCE, ProbeError, probe_live};
pub use revision::REVISION;
pub use settings::{ConfigError, Setting, Settings};
pub use stop::stop_signal;
pub use system::{OperatingSystemIds, SystemClock};
