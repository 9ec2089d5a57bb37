//! What the program was built from.

/// The revision of the source, given to the build as `DASHLY_REVISION`; `unknown` otherwise.
pub const REVISION: &str = match option_env!("DASHLY_REVISION") {
    Some(revision) if !revision.is_empty() => revision,
    _ => "unknown",
};
