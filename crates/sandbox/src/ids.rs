//! Ids that look like AWS's and are the same in every run: a counter through a hash, no randomness.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Gives ids that never repeat within a world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ids {
    seed: u64,
    next: u64,
    /// Requests are counted apart, so that one more read changes no name.
    #[serde(default)]
    requests: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Ids {
    /// Ids for a seed: two worlds with the same seed and the same calls have the same ids.
    pub fn new(seed: u64) -> Self {
        Self { seed, next: 0, requests: 0 }
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.next += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.next.to_be_bytes());
        hash.finalize().into()
    }

    /// The id of a request.
    pub fn request(&mut self) -> String {
        self.requests += 1;
        let hash = Sha256::new().chain_update("request").chain_update(self.seed.to_be_bytes());
        as_uuid(hash.chain_update(self.requests.to_be_bytes()).finalize().into())
    }

    /// A version 4 UUID in form, for request ids, stack ids and change set ids.
    pub fn uuid(&mut self) -> String {
        as_uuid(self.bytes())
    }

    /// Lower-case hexadecimal digits, 64 at most.
    pub fn hex(&mut self, length: usize) -> String {
        let mut text = hex::encode(self.bytes());
        text.truncate(length);
        text
    }

    /// A prefix and 17 characters of `A-Z2-7`, as IAM's unique ids and access keys have them (`AROA…`, `ASIA…`).
    pub fn iam(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.drawn_from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17))
    }

    /// The suffix of a name that CloudFormation makes: 12 or so characters of `A-Za-z0-9`.
    pub fn mixed(&mut self, length: usize) -> String {
        self.drawn_from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// Characters of `A-Z0-9`.
    pub fn upper(&mut self, length: usize) -> String {
        self.drawn_from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length)
    }

    /// Characters of `a-z0-9`.
    pub fn lower(&mut self, length: usize) -> String {
        self.drawn_from(b"abcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    fn drawn_from(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let left = length - text.len();
            text.extend(self.bytes().iter().take(left).map(|b| char::from(alphabet[usize::from(*b) % alphabet.len()])));
        }
        text
    }
}

/// A version 4 UUID in form.
fn as_uuid(mut b: [u8; 32]) -> String {
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let h = hex::encode(&b[..16]);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_repeat_across_worlds_and_never_within_one() {
        let (mut a, mut b) = (Ids::new(7), Ids::new(7));
        let first: Vec<String> = (0..100).map(|_| a.uuid()).collect();
        let second: Vec<String> = (0..100).map(|_| b.uuid()).collect();
        assert_eq!(first, second);
        assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 100);
        assert_eq!(a.iam("AROA").len(), 21);
        assert_eq!(a.lower(40).len(), 40);
    }
}
