//! Policy variables: `${key}` and `${key, 'default'}` ("IAM policy elements: Variables and tags").

use super::Context;
use crate::pattern::Pattern;
use crate::policy::Version;

/// Replaces variables by context values. `None` when a variable has neither a single value nor a default: IAM then
/// treats the value as one that matches nothing.
pub(crate) fn expand(text: &str, version: Version, context: &Context) -> Option<Pattern> {
    let mut pattern = Pattern::default();
    let mut rest = text;
    while version.has_variables() {
        let Some(start) = rest.find("${") else { break };
        let Some(length) = rest[start..].find('}') else { break };
        pattern.push(&rest[..start]);
        pattern.push_literal(&value_of(&rest[start + 2..start + length], context)?);
        rest = &rest[start + length + 1..];
    }
    pattern.push(rest);
    Some(pattern)
}

/// The same for operators in which `*` and `?` are plain text.
pub(crate) fn expand_text(text: &str, version: Version, context: &Context) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while version.has_variables() {
        let Some(start) = rest.find("${") else { break };
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        out.push_str(&value_of(&rest[start + 2..start + length], context)?);
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Some(out)
}

fn value_of(inner: &str, context: &Context) -> Option<String> {
    if matches!(inner, "*" | "?" | "$") {
        return Some(inner.to_owned());
    }
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let bare = default.strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
            (key.trim(), Some(bare.unwrap_or(default)))
        }
        None => (inner.trim(), None),
    };
    match context.get(key) {
        [one] => Some(one.clone()),
        // A multivalued key cannot be used as a variable.
        _ => default.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn variables_take_values_defaults_or_nothing() {
        let context: Context =
            [("aws:username", "ann*"), ("aws:TagKeys", "a"), ("aws:TagKeys", "b")].into_iter().collect();
        let text = |t: &str| expand_text(t, Version::V2012, &context);
        assert_eq!(text("home/${aws:UserName}/x").as_deref(), Some("home/ann*/x"));
        assert_eq!(text("${aws:PrincipalTag/team, 'none'}").as_deref(), Some("none"));
        assert_eq!(text("${aws:PrincipalTag/team}"), None);
        assert_eq!(text("${aws:TagKeys}"), None);
        assert_eq!(text("${*}${?}${$}").as_deref(), Some("*?$"));
        assert_eq!(text("${unclosed").as_deref(), Some("${unclosed"));
        assert_eq!(expand_text("${aws:username}", Version::Absent, &context).as_deref(), Some("${aws:username}"));
        let pattern = expand("${aws:username}/*", Version::V2012, &context).unwrap();
        assert!(pattern.matches("ann*/x"));
        assert!(!pattern.matches("anna/x"), "a value's own star is no wildcard");
    }
}
