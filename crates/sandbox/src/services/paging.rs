//! Lists in pages.

use crate::call::AwsError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// The token of the next page.
    pub next: Option<String>,
}

/// Cuts a page of at most `limit` items out of a list, after the page that gave `token`. `refusal` makes the service's own
/// error for a token that is none.
pub fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    limit: usize,
    refusal: impl FnOnce() -> AwsError,
) -> Result<Page<T>, AwsError> {
    let start = match token {
        None => 0,
        Some(token) => offset(token).ok_or_else(refusal)?,
    };
    let end = start.saturating_add(limit.max(1));
    let next = (end < items.len()).then(|| STANDARD.encode(format!("after:{end}")));
    Ok(Page { items: items.into_iter().skip(start).take(limit.max(1)).collect(), next })
}

fn offset(token: &str) -> Option<usize> {
    let bytes = STANDARD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("after:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pages_join_to_the_whole_list() {
        let refusal = || AwsError::validation("bad token");
        let (mut token, mut all) = (None, Vec::new());
        loop {
            let page = page((0..10).collect::<Vec<_>>(), token.as_deref(), 3, refusal).unwrap();
            all.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert!(page(vec![1], Some("nonsense"), 3, refusal).is_err());
    }
}
