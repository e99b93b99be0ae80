//! The words of an expression.

use super::Number;

/// A word and where it stands, in bytes of the whole text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) range: (u32, u32),
}

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// A name or keyword; may hold hyphens after its first letter.
    Name(String),
    Number(Number),
    String(String),
    /// An operator or bracket.
    Sign(&'static str),
    /// The `}}` that closes the expression, or the end of a text that was never closed.
    End,
}

/// Why a text cannot be cut into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LexError {
    pub(super) range: (u32, u32),
    pub(super) problem: LexProblem,
}

/// What is wrong with a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LexProblem {
    /// A character that means nothing here.
    Character(char),
    /// A string without its closing quote.
    OpenString,
    /// `\x` with an unknown `x`.
    Escape(char),
    /// A number that is no number, or too large.
    Number,
    /// The text ends before `}}`.
    OpenExpression,
}

const SIGNS: [&str; 20] =
    ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", "-"];

/// The words from byte `start` of `text` up to the `}}` that closes the expression, and the byte after it.
pub(super) fn words(text: &str, start: usize) -> Result<(Vec<Token>, usize), LexError> {
    let mut lexer = Lexer { text, at: start, braces: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next_word(start)?;
        let end = token.word == Word::End;
        tokens.push(token);
        if end {
            return Ok((tokens, lexer.at));
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Open `{` of mapping literals; only outside of them does `}}` close the expression.
    braces: usize,
}

fn range(start: usize, end: usize) -> (u32, u32) {
    (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next_word(&mut self, expression_start: usize) -> Result<Token, LexError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            let range = range(expression_start.saturating_sub(3), self.text.len());
            return Err(LexError { range, problem: LexProblem::OpenExpression });
        };
        if self.braces == 0 && self.rest().starts_with("}}") {
            self.at += 2;
            return Ok(Token { word: Word::End, range: range(start, self.at) });
        }
        let word = match first {
            '"' | '\'' => self.string(first)?,
            c if c.is_ascii_digit() => self.number()?,
            c if c.is_alphabetic() || c == '_' => self.name(),
            c => self.sign(c)?,
        };
        Ok(Token { word, range: range(start, self.at) })
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.find(|c| !keep(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn name(&mut self) -> Word {
        Word::Name(self.take_while(|c| c.is_alphanumeric() || c == '_' || c == '-').to_owned())
    }

    fn number(&mut self) -> Result<Word, LexError> {
        let start = self.at;
        let mut text = self.take_while(|c| c.is_ascii_digit()).to_owned();
        let fraction = self.rest().strip_prefix('.').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.at += 1;
            text.push('.');
            text.push_str(self.take_while(|c| c.is_ascii_digit()));
        }
        let glued = self.rest().starts_with(|c: char| c.is_alphanumeric() || c == '_');
        match Number::read(&text) {
            Some(number) if !glued => Ok(Word::Number(number)),
            _ => {
                self.take_while(|c| c.is_alphanumeric() || c == '_');
                Err(LexError { range: range(start, self.at), problem: LexProblem::Number })
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<Word, LexError> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.text[start + 1..].char_indices();
        while let Some((i, c)) = chars.next() {
            let here = start + 1 + i;
            if c == quote {
                self.at = here + 1;
                return Ok(Word::String(out));
            }
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, c @ ('"' | '\'' | '\\'))) => out.push(c),
                Some((_, c)) => {
                    let range = range(here, here + 1 + c.len_utf8());
                    return Err(LexError { range, problem: LexProblem::Escape(c) });
                }
                None => break,
            }
        }
        Err(LexError { range: range(start, self.text.len()), problem: LexProblem::OpenString })
    }

    fn sign(&mut self, first: char) -> Result<Word, LexError> {
        let Some(sign) = SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) else {
            let range = range(self.at, self.at + first.len_utf8());
            return Err(LexError { range, problem: LexProblem::Character(first) });
        };
        match sign {
            "{" => self.braces += 1,
            "}" => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
        self.at += sign.len();
        Ok(Word::Sign(sign))
    }
}
