//! A value of the pipeline file that may hold expressions.

use super::ast::{Ast, Kind};
use super::parse::{self, MAX_DEPTH, Problem};
use super::{Number, Value};
use base::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;
use template::Node;

/// How long a text with expressions may be, in bytes.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// A value of the pipeline file: plain, one whole expression (which keeps its type), text with expressions in it, or a
/// list or mapping of these.
#[derive(Debug, Clone)]
pub struct Expr {
    pub(super) tree: Tree,
    pub(super) origin: Origin,
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// Holds no expression.
    Plain(Value),
    /// `${{ … }}` and nothing else.
    Whole(Ast),
    /// Text with expressions in it.
    Text(Vec<Piece>),
    List(Vec<Expr>),
    Map(IndexMap<String, Expr>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Expression(Ast),
}

/// Where an [`Expr`] comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    /// The text as written, for scalars.
    text: String,
    /// The span of the scalar, list or mapping; nothing for text that stands in no file.
    span: Option<Span>,
    /// For every byte of `text`, and one past it, the byte of the file; empty when unknown.
    offsets: Vec<u32>,
}

impl PartialEq for Expr {
    /// Places do not take part.
    fn eq(&self, other: &Self) -> bool {
        match (&self.tree, &other.tree) {
            (Tree::Whole(_) | Tree::Text(_), Tree::Whole(_) | Tree::Text(_)) => self.origin.text == other.origin.text,
            (a, b) => a == b,
        }
    }
}

impl Expr {
    /// A plain value.
    pub fn plain(value: impl Into<Value>) -> Self {
        let value = value.into();
        let text = value.as_str().unwrap_or_default().to_owned();
        Self { tree: Tree::Plain(value), origin: Origin { text, ..Origin::default() } }
    }

    /// Reads text that may hold expressions, as [`super::Deferred::text`] gives it.
    ///
    /// # Errors
    /// Everything that is wrong with the expressions in it. The messages have no place.
    pub fn parse_text(text: &str) -> Result<Self, Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let origin = Origin { text: text.to_owned(), ..Origin::default() };
        let expr = scalar(origin, &mut diagnostics);
        if diagnostics.is_empty() { Ok(expr) } else { Err(diagnostics) }
    }

    /// Reads a node of a document whose text is `source`. What is wrong with its expressions goes to `diagnostics`,
    /// each at its place; such an expression counts as nothing.
    pub fn from_node(node: &Node, source: &str, diagnostics: &mut Diagnostics) -> Self {
        from_node(node, source, 0, diagnostics)
    }

    /// Where it stands in the pipeline file, if it comes from one.
    pub fn span(&self) -> Option<Span> {
        self.origin.span
    }

    /// The value, if it holds no expression.
    pub fn as_plain(&self) -> Option<&Value> {
        match &self.tree {
            Tree::Plain(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is text without an expression.
    pub fn as_plain_str(&self) -> Option<&str> {
        self.as_plain().and_then(Value::as_str)
    }

    /// The steps whose outputs it names: the stage for `stages.<stage>.steps.<id>`, the step's id, and the place.
    pub fn step_references(&self) -> Vec<StepReference> {
        let mut found = Vec::new();
        self.visit(&mut |expr, ast| {
            if let Some((stage, step)) = step_reference(ast) {
                found.push(StepReference { stage, step, span: expr.locate(ast.range) });
            }
        });
        found
    }

    /// Whether it names something below `root`, for example `vars`.
    pub(crate) fn names(&self, root: &str) -> Option<Option<Span>> {
        let mut found = None;
        self.visit(&mut |expr, ast| {
            if matches!(&ast.kind, Kind::Name(name) if name == root) && found.is_none() {
                found = Some(expr.locate(ast.range));
            }
        });
        found
    }

    /// Its parts, when it is a text or one expression.
    pub(super) fn pieces(self) -> Vec<Piece> {
        match self.tree {
            Tree::Whole(ast) => vec![Piece::Expression(ast)],
            Tree::Text(pieces) => pieces,
            Tree::Plain(value) => vec![Piece::Text(value.to_string())],
            Tree::List(_) | Tree::Map(_) => Vec::new(),
        }
    }

    /// The place in the file of a range of the text.
    pub(super) fn locate(&self, range: (u32, u32)) -> Option<Span> {
        let span = self.origin.span?;
        let offset = |n: u32| self.origin.offsets.get(n as usize).copied();
        match (offset(range.0), offset(range.1)) {
            (Some(start), Some(end)) => Some(Span { file: span.file, start, end: end.max(start) }),
            _ => Some(span),
        }
    }

    fn visit(&self, see: &mut dyn FnMut(&Self, &Ast)) {
        match &self.tree {
            Tree::Plain(_) => {}
            Tree::Whole(ast) => walk(ast, &mut |ast| see(self, ast)),
            Tree::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Expression(ast) = piece {
                        walk(ast, &mut |ast| see(self, ast));
                    }
                }
            }
            Tree::List(items) => items.iter().for_each(|item| item.visit(see)),
            Tree::Map(map) => map.values().for_each(|item| item.visit(see)),
        }
    }
}

/// An output that an expression names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReference {
    /// The earlier stage, for `stages.<stage>.steps.<id>`.
    pub stage: Option<String>,
    /// The step's id or name.
    pub step: String,
    /// Where.
    pub span: Option<Span>,
}

fn walk(ast: &Ast, see: &mut dyn FnMut(&Ast)) {
    see(ast);
    match &ast.kind {
        Kind::List(items) | Kind::Call(_, items) => items.iter().for_each(|item| walk(item, see)),
        Kind::Map(entries) => entries.iter().for_each(|(_, item)| walk(item, see)),
        Kind::Member(inner, _) | Kind::Not(inner) | Kind::Minus(inner) => walk(inner, see),
        Kind::Index(a, b) | Kind::Binary(_, a, b) => [a, b].into_iter().for_each(|item| walk(item, see)),
        Kind::Choice(a, b, c) => [a, b, c].into_iter().for_each(|item| walk(item, see)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Name(_) => {}
    }
}

/// The object and the name of `a.b` and `a["b"]`.
fn part(ast: &Ast) -> Option<(&Ast, &str)> {
    match &ast.kind {
        Kind::Member(object, name) => Some((object, name)),
        Kind::Index(object, index) => match &index.kind {
            Kind::String(name) => Some((object, name)),
            _ => None,
        },
        _ => None,
    }
}

fn is_root(ast: &Ast, root: &str) -> bool {
    matches!(&ast.kind, Kind::Name(name) if name == root)
}

fn step_reference(ast: &Ast) -> Option<(Option<String>, String)> {
    let (steps, step) = part(ast)?;
    if is_root(steps, "steps") {
        return Some((None, step.to_owned()));
    }
    let (stage, "steps") = part(steps)? else { return None };
    let (stages, stage) = part(stage)?;
    is_root(stages, "stages").then(|| (Some(stage.to_owned()), step.to_owned()))
}

fn from_node(node: &Node, source: &str, depth: usize, diagnostics: &mut Diagnostics) -> Expr {
    let origin = Origin { span: Some(node.span), ..Origin::default() };
    if depth >= MAX_DEPTH {
        diagnostics.push(
            Diagnostic::error("EXPR-004", "a value is nested too deeply")
                .at(node.span)
                .why(format!("{MAX_DEPTH} levels are the limit")),
        );
        return Expr { tree: Tree::Plain(Value::Null), origin };
    }
    let tree = match &node.value {
        template::Value::Null => Tree::Plain(Value::Null),
        template::Value::Bool(b) => Tree::Plain(Value::Bool(*b)),
        template::Value::Number(n) => {
            Tree::Plain(Number::written(&n.text, n.value).map_or_else(|| Value::String(n.text.clone()), Value::Number))
        }
        template::Value::String(text) => {
            let offsets = if text.contains("${{") { offsets(text, source, node.span) } else { Vec::new() };
            return scalar(Origin { text: text.clone(), span: Some(node.span), offsets }, diagnostics);
        }
        template::Value::List(items) => {
            list(items.iter().map(|item| from_node(item, source, depth + 1, diagnostics)).collect())
        }
        template::Value::Map(map) => {
            let items = map.iter().map(|(key, item)| (key.to_owned(), from_node(item, source, depth + 1, diagnostics)));
            mapping(items.collect())
        }
    };
    Expr { tree, origin }
}

fn list(items: Vec<Expr>) -> Tree {
    let plain: Option<Vec<Value>> = items.iter().map(|item| item.as_plain().cloned()).collect();
    plain.map_or(Tree::List(items), |values| Tree::Plain(Value::List(values)))
}

fn mapping(items: IndexMap<String, Expr>) -> Tree {
    let plain: Option<IndexMap<String, Value>> =
        items.iter().map(|(key, item)| Some((key.clone(), item.as_plain()?.clone()))).collect();
    plain.map_or(Tree::Map(items), |values| Tree::Plain(Value::Map(values)))
}

fn scalar(origin: Origin, diagnostics: &mut Diagnostics) -> Expr {
    let mut expr = Expr { tree: Tree::Plain(Value::Null), origin };
    let (pieces, problems) = split(&expr.origin.text);
    for Problem { range, diagnostic } in problems {
        diagnostics.push(match expr.locate(range) {
            Some(span) => diagnostic.at(span),
            None => *diagnostic,
        });
    }
    expr.tree = match <[Piece; 1]>::try_from(pieces) {
        Ok([Piece::Expression(ast)]) => Tree::Whole(ast),
        Ok([Piece::Text(text)]) => Tree::Plain(Value::String(text)),
        Err(pieces) if pieces.is_empty() => Tree::Plain(Value::String(String::new())),
        Err(pieces) => Tree::Text(pieces),
    };
    expr
}

/// The parts of a text, and what is wrong with its expressions. `$${{` stands for the three characters `${{`.
fn split(text: &str) -> (Vec<Piece>, Vec<Problem>) {
    let mut pieces = Vec::new();
    let mut problems = Vec::new();
    let mut plain = String::new();
    if text.len() > MAX_TEXT && text.contains("${{") {
        let diagnostic = Diagnostic::error("EXPR-004", "a text with expressions is too long")
            .why(format!("{} KiB are the limit", MAX_TEXT / 1024));
        return (pieces, vec![Problem::new((0, 0), diagnostic)]);
    }
    let mut at = 0;
    while let Some(found) = text[at..].find("${{") {
        let start = at + found;
        plain.push_str(&text[at..start]);
        if plain.ends_with('$') && found > 0 {
            plain.push_str("{{");
            at = start + 3;
            continue;
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        at = match parse::expression(text, start + 3) {
            Ok((ast, end)) => {
                pieces.push(Piece::Expression(ast));
                end
            }
            Err((problem, resume)) => {
                problems.push(problem);
                resume.unwrap_or(text.len())
            }
        };
    }
    plain.push_str(&text[at..]);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    (pieces, problems)
}

/// For every byte of a scalar's value, and one past it, the byte of the file it came from. The value is walked beside
/// the raw text: quotes, escapes, line folds and indentation are what the raw text has more of.
fn offsets(value: &str, source: &str, span: Span) -> Vec<u32> {
    let (start, end) = (span.start as usize, (span.end as usize).min(source.len()));
    let Some(raw) = source.get(start..end) else { return Vec::new() };
    let raw = raw.as_bytes();
    let quote = raw.first().copied().filter(|b| matches!(b, b'"' | b'\''));
    let mut at = usize::from(quote.is_some() && raw.first() != value.as_bytes().first());
    let mut out = Vec::with_capacity(value.len() + 1);
    for byte in value.bytes() {
        at = next_match(raw, at, byte, quote.is_some());
        out.push(u32::try_from(start + at.min(raw.len())).unwrap_or(u32::MAX));
        if raw.get(at) == Some(&byte) {
            at += 1;
        }
    }
    out.push(u32::try_from(start + at.min(raw.len())).unwrap_or(u32::MAX));
    out
}

/// Where `byte` stands at or soon after `at`: what may be skipped is white space, a block scalar's header, and a
/// backslash or a doubled quote in quotes. Stays at `at` when it is not there.
fn next_match(raw: &[u8], at: usize, byte: u8, quoted: bool) -> usize {
    let mut probe = at;
    let mut header = at == 0 && matches!(raw.first(), Some(b'|' | b'>'));
    while let Some(found) = raw.get(probe) {
        if *found == byte && !header {
            return probe;
        }
        let skipped = found.is_ascii_whitespace() || header || (quoted && matches!(found, b'\\' | b'\''));
        if !skipped {
            return at;
        }
        header &= *found != b'\n';
        probe += 1;
    }
    at
}
