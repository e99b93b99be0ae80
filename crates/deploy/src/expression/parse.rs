//! Expressions from text.

use super::Number;
use super::ast::{Ast, Kind, Operator};
use super::lexer::{LexError, LexProblem, Token, Word, words};
use base::Diagnostic;

/// How deep expressions and the values in them may nest.
pub(super) const MAX_DEPTH: usize = 64;

/// What is wrong, and where in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) range: (u32, u32),
    pub(super) diagnostic: Box<Diagnostic>,
}

impl Problem {
    pub(super) fn new(range: (u32, u32), diagnostic: Diagnostic) -> Self {
        Self { range, diagnostic: Box::new(diagnostic) }
    }
}

/// The expression that starts at byte `start` of `text`, just after `${{`, and the byte after its `}}`. After a problem
/// the byte is where reading can go on, if it can.
pub(super) fn expression(text: &str, start: usize) -> Result<(Ast, usize), (Problem, Option<usize>)> {
    let (tokens, end) = words(text, start).map_err(|error| {
        let resume = match error.problem {
            LexProblem::OpenExpression | LexProblem::OpenString => None,
            _ => text[start..].find("}}").map(|n| start + n + 2),
        };
        (lex_problem(&error), resume)
    })?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let whole = (u32::try_from(start.saturating_sub(3)).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
    parser.whole(whole).map(|ast| (ast, end)).map_err(|problem| (problem, Some(end)))
}

fn lex_problem(error: &LexError) -> Problem {
    let diagnostic = match error.problem {
        LexProblem::Character('=') => Diagnostic::error("EXPR-001", "unexpected `=` in an expression")
            .hint("compare with `==`; an expression cannot set anything"),
        LexProblem::Character(c @ ('+' | '*' | '/' | '%')) => {
            Diagnostic::error("EXPR-001", format!("unexpected `{c}` in an expression"))
                .why("expressions have no arithmetic")
                .hint("join texts with `format(\"{0}{1}\", a, b)`, or write the number out in `vars`")
        }
        LexProblem::Character('|' | '&') => {
            Diagnostic::error("EXPR-001", "unexpected single `|` or `&` in an expression")
                .hint("write `||` for or, `&&` for and")
        }
        LexProblem::Character(c) => Diagnostic::error("EXPR-001", format!("unexpected `{c}` in an expression")).hint(
            "names, strings in quotes, numbers, `== != < <= > >= && || !`, `a ? b : c` and functions are allowed",
        ),
        LexProblem::OpenString => Diagnostic::error("EXPR-003", "a string in an expression has no closing quote")
            .hint("close the string with the quote it began with"),
        LexProblem::Escape(c) => Diagnostic::error("EXPR-003", format!("unknown escape `\\{c}` in a string"))
            .hint("`\\n`, `\\t`, `\\r`, `\\\\`, `\\\"` and `\\'` are known; write a backslash as `\\\\`"),
        LexProblem::Number => Diagnostic::error("EXPR-003", "this is not a number")
            .hint("put it in quotes if it is text, such as an account id or a version"),
        LexProblem::OpenExpression => Diagnostic::error("EXPR-002", "an expression is not closed")
            .hint("end it with `}}`, or write `$${{` for the three characters themselves"),
    };
    Problem::new(error.range, diagnostic)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

const BINARY: [Operator; 8] = [
    Operator::Or,
    Operator::And,
    Operator::Equal,
    Operator::NotEqual,
    Operator::LessOrEqual,
    Operator::GreaterOrEqual,
    Operator::Less,
    Operator::Greater,
];

impl<'a> Parser<'a> {
    fn whole(&mut self, range: (u32, u32)) -> Result<Ast, Problem> {
        if self.tokens.first().is_some_and(|t| t.word == Word::End) {
            return Err(Problem::new(
                range,
                Diagnostic::error("EXPR-001", "an expression is empty")
                    .hint("name something, for example `${{ stage.name }}`"),
            ));
        }
        let ast = self.choice()?;
        match self.peek() {
            Some(Token { word: Word::End, .. }) | None => Ok(ast),
            Some(token) => Err(unexpected(token, "the end of the expression")),
        }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn here(&self) -> (u32, u32) {
        self.peek().or(self.tokens.last()).map_or((0, 0), |t| t.range)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token { word: Word::Sign(s), .. }) if *s == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(u32, u32), Problem> {
        let range = self.here();
        if self.take(sign) { Ok(range) } else { Err(self.missing(&format!("`{sign}`"))) }
    }

    fn missing(&self, expected: &str) -> Problem {
        match self.peek() {
            Some(token) => unexpected(token, expected),
            None => Problem::new(self.here(), Diagnostic::error("EXPR-001", format!("expected {expected}"))),
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new(
                self.here(),
                Diagnostic::error("EXPR-004", "an expression is nested too deeply")
                    .why(format!("{MAX_DEPTH} levels are the limit"))
                    .hint("move parts of it into `vars`"),
            ));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn choice(&mut self) -> Result<Ast, Problem> {
        self.deeper(|parser| {
            let condition = parser.binary(1)?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let yes = parser.choice()?;
            parser.expect(":")?;
            let no = parser.choice()?;
            let range = (condition.range.0, no.range.1);
            Ok(Ast { kind: Kind::Choice(Box::new(condition), Box::new(yes), Box::new(no)), range })
        })
    }

    fn operator(&self) -> Option<Operator> {
        BINARY.into_iter().find(|operator| self.is_sign(operator.text()))
    }

    /// Operators that bind at least as tightly as `strength`; those of equal strength group from the left. The tree a
    /// long chain makes is as deep as the chain is long, so its length counts as depth.
    fn binary(&mut self, strength: u8) -> Result<Ast, Problem> {
        let mut left = self.unary()?;
        let depth = self.depth;
        while let Some(operator) = self.operator().filter(|o| o.strength() >= strength) {
            self.at += 1;
            let right = self.deeper(|parser| parser.binary(operator.strength() + 1))?;
            self.depth += 1;
            let range = (left.range.0, right.range.1);
            left = Ast { kind: Kind::Binary(operator, Box::new(left), Box::new(right)), range };
        }
        self.depth = depth;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Ast, Problem> {
        let start = self.here().0;
        if self.take("!") {
            let inner = self.deeper(Self::unary)?;
            return Ok(Ast { range: (start, inner.range.1), kind: Kind::Not(Box::new(inner)) });
        }
        if self.take("-") {
            let inner = self.deeper(Self::unary)?;
            let range = (start, inner.range.1);
            let negated = match &inner.kind {
                Kind::Number(number) => Number::read(&format!("-{number}")),
                _ => None,
            };
            let kind = negated.map_or_else(|| Kind::Minus(Box::new(inner)), Kind::Number);
            return Ok(Ast { kind, range });
        }
        self.path()
    }

    fn path(&mut self) -> Result<Ast, Problem> {
        let mut ast = self.primary()?;
        let depth = self.depth;
        loop {
            let start = ast.range.0;
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                self.deeper(|_| Ok(()))?;
            }
            if self.take(".") {
                let Some(Token { word: Word::Name(name), range }) = self.peek() else {
                    return Err(self.missing("a property name after `.`"));
                };
                self.at += 1;
                ast = Ast { kind: Kind::Member(Box::new(ast), name.clone()), range: (start, range.1) };
            } else if self.take("[") {
                let index = self.choice()?;
                let end = self.expect("]")?.1;
                ast = Ast { kind: Kind::Index(Box::new(ast), Box::new(index)), range: (start, end) };
            } else {
                self.depth = depth;
                return Ok(ast);
            }
        }
    }

    fn primary(&mut self) -> Result<Ast, Problem> {
        let Some(token) = self.next() else { return Err(self.missing("a value")) };
        let kind = match &token.word {
            Word::Number(number) => Kind::Number(number.clone()),
            Word::String(text) => Kind::String(text.clone()),
            Word::Name(name) => return self.name(name, token.range),
            Word::Sign("(") => {
                let inner = self.choice()?;
                let end = self.expect(")")?.1;
                return Ok(Ast { kind: inner.kind, range: (token.range.0, end) });
            }
            Word::Sign("[") => {
                let (items, end) = self.list("]")?;
                return Ok(Ast { kind: Kind::List(items), range: (token.range.0, end) });
            }
            Word::Sign("{") => return self.map(token.range.0),
            Word::Sign(_) | Word::End => return Err(unexpected(token, "a value")),
        };
        Ok(Ast { kind, range: token.range })
    }

    fn name(&mut self, name: &str, range: (u32, u32)) -> Result<Ast, Problem> {
        if self.take("(") {
            let (arguments, end) = self.list(")")?;
            return Ok(Ast { kind: Kind::Call(name.to_owned(), arguments), range: (range.0, end) });
        }
        let kind = match name {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" => Kind::Null,
            _ => Kind::Name(name.to_owned()),
        };
        Ok(Ast { kind, range })
    }

    fn list(&mut self, close: &str) -> Result<(Vec<Ast>, u32), Problem> {
        let mut items = Vec::new();
        while !self.is_sign(close) {
            items.push(self.choice()?);
            if !self.take(",") {
                break;
            }
        }
        if self.is_sign(close) {
            Ok((items, self.expect(close)?.1))
        } else {
            Err(self.missing(&format!("`,` or `{close}`")))
        }
    }

    fn map(&mut self, start: u32) -> Result<Ast, Problem> {
        let mut entries = Vec::new();
        while !self.is_sign("}") {
            let Some(Token { word: Word::String(key) | Word::Name(key), .. }) = self.peek() else {
                return Err(self.missing("a key"));
            };
            self.at += 1;
            self.expect(":")?;
            entries.push((key.clone(), self.choice()?));
            if !self.take(",") {
                break;
            }
        }
        let end = self.expect("}")?.1;
        Ok(Ast { kind: Kind::Map(entries), range: (start, end) })
    }
}

fn unexpected(token: &Token, expected: &str) -> Problem {
    let found = match &token.word {
        Word::Name(name) => format!("`{name}`"),
        Word::Number(number) => format!("`{number}`"),
        Word::String(_) => "a string".to_owned(),
        Word::Sign(sign) => format!("`{sign}`"),
        Word::End => "the end of the expression".to_owned(),
    };
    let mut diagnostic = Diagnostic::error("EXPR-001", format!("expected {expected}, found {found}"));
    let keyword = match &token.word {
        Word::Name(name) => match name.as_str() {
            "and" => Some("&&"),
            "or" => Some("||"),
            "not" => Some("!"),
            "eq" | "is" => Some("=="),
            _ => None,
        },
        _ => None,
    };
    if let Some(sign) = keyword {
        diagnostic = diagnostic.hint(format!("write `{sign}`"));
    } else if token.word == Word::End {
        diagnostic = diagnostic.hint("complete the expression before `}}`");
    }
    Problem::new(token.range, diagnostic)
}
