//! Wildcard patterns: `*` is any text, `?` any one character. ARNs are matched part by part.

/// A pattern ready to match. Text that came from a policy variable is always literal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    One,
    Any,
}

impl Pattern {
    /// Reads `*` and `?` as wildcards.
    pub fn new(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push(text);
        pattern
    }

    /// A pattern without wildcards.
    pub fn literal(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_literal(text);
        pattern
    }

    /// Appends text in which `*` and `?` are wildcards.
    pub fn push(&mut self, text: &str) {
        self.tokens.extend(text.chars().map(|c| match c {
            '*' => Token::Any,
            '?' => Token::One,
            c => Token::Literal(c),
        }));
    }

    /// Appends text as it is.
    pub fn push_literal(&mut self, text: &str) {
        self.tokens.extend(text.chars().map(Token::Literal));
    }

    /// Whether the whole text matches, with case.
    pub fn matches(&self, text: &str) -> bool {
        glob(&self.tokens, text, |a, b| a == b)
    }

    /// Whether the whole text matches, without regard to ASCII case.
    pub fn matches_ignoring_case(&self, text: &str) -> bool {
        glob(&self.tokens, text, |a, b| a.eq_ignore_ascii_case(&b))
    }

    /// Whether an ARN matches: each of the first five parts for itself, then the resource part, whose own colons and
    /// slashes a `*` may cross. A pattern with fewer parts that ends in `*`, such as `arn:aws:s3*`, covers the rest;
    /// one that is no ARN at all matches as plain text.
    pub fn matches_arn(&self, arn: &str) -> bool {
        let parts = self.parts();
        let text: Vec<&str> = arn.splitn(6, ':').collect();
        let same = |a: char, b: char| a == b;
        if parts.len() == 6 && text.len() == 6 {
            return parts.iter().zip(&text).all(|(p, t)| glob(p, t, same));
        }
        if parts.len() == 6 && text.len() < 6 {
            // Services without resource-level permissions ask about `*`, which only `*` covers.
            return self.tokens.iter().all(|t| *t == Token::Any);
        }
        glob(&self.tokens, arn, same)
    }

    fn parts(&self) -> Vec<&[Token]> {
        self.tokens.splitn(6, |t| *t == Token::Literal(':')).collect()
    }

    /// Whether some text matches both patterns.
    pub fn overlaps(&self, other: &Self) -> bool {
        overlap(&self.tokens, &other.tokens)
    }

    /// Whether some ARN matches both patterns, part by part where both have all six.
    pub fn overlaps_arn(&self, other: &Self) -> bool {
        let (a, b) = (self.parts(), other.parts());
        if a.len() == 6 && b.len() == 6 { a.iter().zip(&b).all(|(x, y)| overlap(x, y)) } else { self.overlaps(other) }
    }

    /// Whether everything that matches `other` matches this pattern as well. Exact for patterns without `?`; with `?`
    /// it may say no where yes were right, never the other way round.
    pub fn covers(&self, other: &Self) -> bool {
        covers(&self.tokens, &other.tokens)
    }

    /// Whether it is nothing but `*`.
    pub fn is_everything(&self) -> bool {
        !self.tokens.is_empty() && self.tokens.iter().all(|t| *t == Token::Any)
    }
}

/// Greedy matching with one point of return: linear in practice, quadratic at worst, never exponential.
fn glob(pattern: &[Token], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(found) = text[t..].chars().next() {
        match pattern.get(p) {
            Some(Token::Any) => {
                retry = Some((p, t));
                p += 1;
                continue;
            }
            Some(Token::One) => {
                (p, t) = (p + 1, t + found.len_utf8());
                continue;
            }
            Some(Token::Literal(c)) if same(*c, found) => {
                (p, t) = (p + 1, t + found.len_utf8());
                continue;
            }
            _ => {}
        }
        let Some((star, at)) = retry else { return false };
        let next = at + text[at..].chars().next().map_or(1, char::len_utf8);
        retry = Some((star, next));
        (p, t) = (star + 1, next);
    }
    pattern[p..].iter().all(|token| *token == Token::Any)
}

/// Walks both patterns as one automaton over pairs of positions.
fn overlap(a: &[Token], b: &[Token]) -> bool {
    let width = b.len() + 1;
    let mut seen = vec![false; (a.len() + 1) * width];
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        if i == a.len() && j == b.len() {
            return true;
        }
        if std::mem::replace(&mut seen[i * width + j], true) {
            continue;
        }
        match (a.get(i), b.get(j)) {
            (Some(Token::Any), other) => {
                open.push((i + 1, j));
                if other.is_some() {
                    open.push((i, j + 1));
                }
            }
            (other, Some(Token::Any)) => {
                open.push((i, j + 1));
                if other.is_some() {
                    open.push((i + 1, j));
                }
            }
            (Some(Token::Literal(x)), Some(Token::Literal(y))) if x != y => {}
            (Some(_), Some(_)) => open.push((i + 1, j + 1)),
            _ => {}
        }
    }
    false
}

/// Treats the specific pattern as text in which its own wildcards are letters that only wildcards match.
fn covers(general: &[Token], specific: &[Token]) -> bool {
    let width = specific.len() + 1;
    let mut seen = vec![false; (general.len() + 1) * width];
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        if i == general.len() && j == specific.len() {
            return true;
        }
        if std::mem::replace(&mut seen[i * width + j], true) {
            continue;
        }
        match (general.get(i), specific.get(j)) {
            (Some(Token::Any), token) => {
                open.push((i + 1, j));
                if token.is_some() {
                    open.push((i, j + 1));
                }
            }
            (Some(Token::One), Some(Token::Literal(_) | Token::One)) => open.push((i + 1, j + 1)),
            (Some(Token::Literal(x)), Some(Token::Literal(y))) if x == y => open.push((i + 1, j + 1)),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_match_part_by_part() {
        let table = [
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b:c", true),
            ("arn:aws:s3:::b", "arn:aws:s3:::b/k", false),
            ("arn:aws:s3:::b*", "arn:aws:s3:::bb/k", true),
            ("*", "arn:aws:s3:::b/k", true),
            ("*", "*", true),
            ("arn:aws:s3:::b", "*", false),
            ("arn:aws:s3:::*", "*", false),
            ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", true),
            ("arn:aws:iam::*:role/x", "arn:aws:iam::1:user:role/x", false),
            ("arn:aws:iam::*", "arn:aws:iam::1:role/x", true),
            ("arn:aws:lambda:*:*:function:a-?", "arn:aws:lambda:us-east-1:1:function:a-b", true),
            ("arn:aws:lambda:*:*:function:a-?", "arn:aws:lambda:us-east-1:1:function:a-bc", false),
            ("arn:aws:S3:::b", "arn:aws:s3:::b", false),
            ("arn:aws:logs:*:1:log-group:g:*", "arn:aws:logs:r:1:log-group:g:log-stream:s", true),
        ];
        for (pattern, arn, expected) in table {
            assert_eq!(Pattern::new(pattern).matches_arn(arn), expected, "{pattern} on {arn}");
        }
    }

    #[test]
    fn overlap_and_cover() {
        let table = [
            ("a*", "*b", true, false),
            ("a*", "ab*", true, true),
            ("ab*", "a*", true, false),
            ("*", "anything", true, true),
            ("a?c", "abc", true, true),
            ("a?c", "a*c", true, false),
            ("a", "b", false, false),
            ("a*c", "a*d", false, false),
            ("", "", true, true),
            ("*a*", "b*", true, false),
        ];
        for (a, b, overlaps, covers) in table {
            assert_eq!(Pattern::new(a).overlaps(&Pattern::new(b)), overlaps, "{a} overlaps {b}");
            assert_eq!(Pattern::new(b).overlaps(&Pattern::new(a)), overlaps, "{b} overlaps {a}");
            assert_eq!(Pattern::new(a).covers(&Pattern::new(b)), covers, "{a} covers {b}");
        }
    }

    #[test]
    fn characters_of_several_bytes() {
        assert!(Pattern::new("a?*é").matches("aüxé"));
        assert!(Pattern::new("*ü").matches("éü"));
        assert!(!Pattern::new("a??").matches("aü"));
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = Pattern::new(&"*a".repeat(50));
        assert!(!pattern.matches(&"a".repeat(49)));
        assert!(pattern.matches(&"ba".repeat(50)));
    }
}
