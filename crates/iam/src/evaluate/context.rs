//! The condition keys of a request. Every key may have several values; names are compared without regard to case.

use indexmap::IndexMap;

/// Condition keys and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    // Keyed by the lower-case name.
    keys: IndexMap<String, Vec<String>>,
}

impl Context {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a key one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.keys.insert(key.to_ascii_lowercase(), vec![value.into()]);
    }

    /// Gives a key several values. An empty list is the same as an absent key.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) {
        self.keys.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
    }

    /// Gives a key one value unless it has some.
    pub fn set_default(&mut self, key: &str, value: impl Into<String>) {
        self.keys.entry(key.to_ascii_lowercase()).or_insert_with(|| vec![value.into()]);
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) {
        self.keys.shift_remove(&key.to_ascii_lowercase());
    }

    /// The values of a key; none when it is absent.
    pub fn get(&self, key: &str) -> &[String] {
        // Most policies write keys in one case only, so the lower-case copy is made on a miss alone.
        self.keys.get(key).or_else(|| self.keys.get(&key.to_ascii_lowercase())).map_or(&[], Vec::as_slice)
    }

    /// All keys in lower case with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.keys.iter().map(|(k, v)| (k.as_str(), v.as_slice()))
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut context = Self::new();
        for (key, value) in pairs {
            context.keys.entry(key.as_ref().to_ascii_lowercase()).or_default().push(value.into());
        }
        context
    }
}
