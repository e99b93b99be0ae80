//! Lines of flow collections and quoted texts that are indented less than YAML 1.2 demands.
//!
//! YAML 1.1 readers, CloudFormation's among them, take `Tags: [` with a `]` at the very left, and text in quotes that goes
//! on at the left. The scanner does not. White space at the start of such a line means nothing, so the line is read
//! with more of it, and places are told as if it had none.

use super::place::Places;
use saphyr_parser::ScanError;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How often a text is read again. Each time one more value is known to go on too far left.
const MAX_ROUNDS: usize = 100;

/// The lines, from zero.
#[derive(Debug, Default)]
pub(super) struct Continued {
    lines: BTreeSet<usize>,
    rounds: usize,
}

/// The text as the scanner gets it.
#[derive(Debug)]
pub(super) struct Padded<'t> {
    pub(super) text: Cow<'t, str>,
    /// Where padded lines start, in characters: here, and in the text as it was written.
    starts: Vec<(usize, usize)>,
    width: usize,
}

impl Continued {
    /// Notes the line at which the scanner stopped; false if there is nothing to read again.
    pub(super) fn note(&mut self, error: &ScanError, at: usize, places: &Places<'_>) -> bool {
        self.rounds += 1;
        if self.rounds > MAX_ROUNDS || !error.info().contains("invalid indentation") {
            return false;
        }
        let (text, start) = (places.text(), places.byte(at));
        let first = text[..start].matches('\n').count();
        let before = self.lines.len();
        if error.info().contains("quoted") {
            let length = quoted(&text[start..]).len();
            self.lines.extend((first + 1)..=(first + text[start..start + length].matches('\n').count()));
        } else {
            self.lines.insert(first);
        }
        self.lines.len() > before
    }

    /// The text with these lines indented further than any other.
    pub(super) fn padded<'t>(&self, text: &'t str) -> Padded<'t> {
        if self.lines.is_empty() {
            return Padded { text: Cow::Borrowed(text), starts: Vec::new(), width: 0 };
        }
        let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let width = text.lines().map(indentation).max().unwrap_or(0) + 1;
        let (mut padded, mut starts, mut written, mut read) = (String::new(), Vec::new(), 0, 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if self.lines.contains(&number) {
                starts.push((written, read));
                padded.push_str(&" ".repeat(width));
                written += width;
            }
            padded.push_str(line);
            let length = line.chars().count();
            (written, read) = (written + length, read + length);
        }
        Padded { text: Cow::Owned(padded), starts, width }
    }
}

impl Padded<'_> {
    /// From a character of this text to that of the text as it was written.
    pub(super) fn written(&self, at: usize) -> usize {
        match self.starts[..self.starts.partition_point(|(start, _)| *start <= at)].last() {
            None => at,
            Some((start, written)) => written + (at - start).saturating_sub(self.width),
        }
    }
}

/// A text in quotes, from its quote to the next that ends it.
fn quoted(text: &str) -> &str {
    let mut chars = text.char_indices();
    let Some((_, quote)) = chars.next() else { return text };
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            let end = at + c.len_utf8();
            if quote == '"' || !text[end..].starts_with('\'') {
                return &text[..end];
            }
            chars.next();
        }
    }
    text
}
