//! From the scanner's character positions to byte ranges.

use base::{FileId, Span};

/// A text, the file it is in, and a table from characters to bytes for texts that are not plain ASCII.
pub(super) struct Places<'t> {
    file: FileId,
    text: &'t str,
    /// How many bytes stand before `text` in the file (a byte order mark).
    skipped: usize,
    /// Byte offset of every character, when they differ.
    offsets: Option<Vec<u32>>,
    /// Byte offset of every line end.
    line_ends: Vec<u32>,
}

impl<'t> Places<'t> {
    pub(super) fn new(file: FileId, text: &'t str, skipped: usize) -> Self {
        let offsets = (!text.is_ascii())
            .then(|| text.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect::<Vec<_>>());
        let line_ends = text.match_indices('\n').map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { file, text, skipped, offsets, line_ends }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The byte in [`Self::text`] at which a character starts.
    pub(super) fn byte(&self, character: usize) -> usize {
        match &self.offsets {
            Some(table) => table.get(character).map_or(self.text.len(), |at| *at as usize),
            None => character.min(self.text.len()),
        }
    }

    /// A span from character positions.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.bytes(self.byte(start), self.byte(end))
    }

    /// A span from byte positions in [`Self::text`].
    pub(super) fn bytes(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start + self.skipped, end + self.skipped)
    }

    /// The line a span starts in, from 1.
    pub(super) fn line(&self, span: Span) -> usize {
        let at = (span.start as usize).saturating_sub(self.skipped);
        self.line_ends.partition_point(|end| (*end as usize) < at) + 1
    }

    /// The text a span covers.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        let start = (span.start as usize).saturating_sub(self.skipped);
        let end = (span.end as usize).saturating_sub(self.skipped);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The same span without white space at its end.
    pub(super) fn trimmed(&self, span: Span) -> Span {
        let text = self.slice(span);
        let cut = text.len() - text.trim_end().len();
        Span { end: span.end - u32::try_from(cut).unwrap_or(0), ..span }
    }

    /// The span of a value without the tag and the anchor before it.
    pub(super) fn content(&self, span: Span) -> Span {
        let text = self.slice(span);
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            rest = match rest.chars().next() {
                Some('!' | '&') => rest.split_once(char::is_whitespace).map_or("", |(_, after)| after),
                Some('#') => rest.split_once('\n').map_or("", |(_, after)| after),
                _ => break,
            };
        }
        Span { start: span.start + u32::try_from(text.len() - rest.len()).unwrap_or(0), ..span }
    }

    /// The span of a quoted scalar up to its closing quote: the scanner's also covers a comment behind it.
    pub(super) fn quoted(&self, span: Span) -> Span {
        let text = self.slice(span);
        let Some(quote @ ('"' | '\'')) = text.chars().next() else { return span };
        let mut characters = text.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' if quote == '"' => _ = characters.next(),
                '\'' if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                    _ = characters.next()
                }
                end if end == quote => {
                    return Span { end: span.start + u32::try_from(at + 1).unwrap_or(0), ..span };
                }
                _ => {}
            }
        }
        span
    }

    /// The span of the tag in the properties at the start of a value.
    pub(super) fn tag(&self, span: Span) -> Span {
        let text = self.slice(span);
        let start = if text.starts_with('!') { 0 } else { text.find(" !").map_or(0, |at| at + 1) };
        let length =
            text[start..].find(|c: char| c.is_whitespace() || ",[]{}".contains(c)).unwrap_or(text.len() - start);
        let first = span.start + u32::try_from(start).unwrap_or(0);
        Span { start: first, end: first + u32::try_from(length).unwrap_or(0), ..span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_scalar_ends_at_its_quote() {
        for (text, wanted) in [
            ("\"a\" # b\"c", "\"a\""),
            ("'it''s' # 'x'", "'it''s'"),
            (r#""a\"b" # c"#, r#""a\"b""#),
            ("'' # d", "''"),
            ("\"open", "\"open"),
            ("plain # e", "plain # e"),
        ] {
            let places = Places::new(FileId(0), text, 3);
            assert_eq!(places.slice(places.quoted(places.bytes(0, text.len()))), wanted);
        }
    }

    #[test]
    fn characters_become_bytes() {
        let places = Places::new(FileId(3), "ä: ö", 3);
        assert_eq!(places.span(0, 1), Span::new(FileId(3), 3, 5));
        assert_eq!(places.slice(places.span(3, 4)), "ö");
        assert_eq!(places.byte(99), 6);
    }

    #[test]
    fn properties_come_off_a_value() {
        let places = Places::new(FileId(0), "&a !Ref  # why\n  Bucket", 0);
        let whole = places.bytes(0, 23);
        assert_eq!(places.slice(places.content(whole)), "Bucket");
        assert_eq!(places.slice(places.tag(whole)), "!Ref");
    }
}
