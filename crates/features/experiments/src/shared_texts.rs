//! The few texts that thousands of rows repeat.

use std::collections::HashSet;
use std::sync::Arc;

/// Gives one shared copy of each text.
#[derive(Debug, Default)]
pub(crate) struct SharedTexts(HashSet<Arc<str>>);

impl SharedTexts {
    /// The copy of `text`, made when there is none.
    pub(crate) fn get(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        shared
    }
}
