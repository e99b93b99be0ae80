//! The `${…}` syntax of `Fn::Sub`.

/// A piece of a `Fn::Sub` text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text as it is.
    Text(&'t str),
    /// `${!Name}`, which becomes `${Name}`; this is `Name`.
    Literal(&'t str),
    /// `${Name}` or `${Resource.Attribute}`.
    Variable(Variable<'t>),
}

/// A variable of a `Fn::Sub` text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable<'t> {
    /// What stands between the braces.
    pub name: &'t str,
    /// The byte in the text at which `${` stands.
    pub offset: usize,
}

impl Variable<'_> {
    /// Resource and attribute, when the name has a point.
    pub fn attribute(&self) -> Option<(&str, &str)> {
        self.name.split_once('.')
    }

    /// Whether the name has only the characters CloudFormation allows: letters, digits, `_`, `.` and `:`.
    pub fn is_well_formed(&self) -> bool {
        !self.name.is_empty() && self.name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':'))
    }
}

/// Cuts a text at its variables. A `${` without `}` is text.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        if let Some(name) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')).map(|(name, _)| name) {
            at += name.len() + 3;
            return Some(match name.strip_prefix('!') {
                Some(literal) => Piece::Literal(literal),
                None => Piece::Variable(Variable { name, offset: start }),
            });
        }
        let skip = if rest.starts_with("${") { 2 } else { 0 };
        let length = rest[skip..].find("${").map_or(rest.len(), |n| n + skip);
        at += length;
        Some(Piece::Text(&rest[..length]))
    })
}

/// The variables of a text, literals left out.
pub fn variables(text: &str) -> impl Iterator<Item = Variable<'_>> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Variable(variable) => Some(variable),
        Piece::Text(_) | Piece::Literal(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_variables() {
        let shown = |text| {
            pieces(text)
                .map(|piece| match piece {
                    Piece::Text(t) => format!("'{t}'"),
                    Piece::Literal(t) => format!("!{t}"),
                    Piece::Variable(v) => format!("{}@{}", v.name, v.offset),
                })
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shown("a${B}c${!D}${E.F}"), "'a' B@1 'c' !D E.F@11");
        assert_eq!(shown("$x ${ ü"), "'$x ' '${ ü'");
        assert_eq!(shown("${${A}}"), "${A@0 '}'");
        assert_eq!(shown(""), "");
    }
}
