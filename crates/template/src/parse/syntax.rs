//! What the scanner's errors mean for the person who wrote the file.

use super::place::Places;
use base::{Diagnostic, Span};
use saphyr_parser::ScanError;

/// Patterns of the scanner's messages, with our message, the reason and the fix. The first match counts.
const EXPLAINED: &[(&str, &str, &str, &str)] = &[
    (
        "unknown anchor",
        "the alias names an anchor that does not stand before it",
        "`*name` repeats the value that was marked `&name` further up",
        "define the anchor first, or quote the text if it is not an alias",
    ),
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "the line is indented differently from its neighbours, or a text with `: ` in it is not quoted",
        "check the indentation, or put the text in quotes",
    ),
    (
        "mapping keys are not allowed",
        "a key stands where none can be",
        "the line is indented differently from its neighbours",
        "indent the key as far as the other keys of its mapping",
    ),
    (
        "did not find expected key",
        "a key is expected here",
        "the line is indented like a mapping's keys but is not `key: value`, or is indented less than its neighbours",
        "check the indentation and that the key ends in `:`",
    ),
    (
        "simple key expect",
        "a key without `:`",
        "the lines around it are keys of a mapping, so this one has to be `key: value`",
        "add the `:`, or indent the line if it continues the text above",
    ),
    (
        "did not find expected '-' indicator",
        "a list item is expected here",
        "the lines before it are items of a list, which start with `- `",
        "start the line with `- `, or indent it differently",
    ),
    (
        "block sequence entries are not allowed",
        "a `-` stands where no list can start",
        "a list starts on a line of its own after `key:`",
        "put the item on a new line",
    ),
    (
        "expected ',' or ']'",
        "the list in `[ ]` is missing a `,` or its `]`",
        "items between brackets are separated by commas",
        "add the missing character",
    ),
    (
        "expected ',' or '}'",
        "the mapping in `{ }` is missing a `,` or its `}`",
        "keys between braces are separated by commas; `${Name}` and `{{…}}` have to be quoted at the start of a value",
        "add the missing character, or quote the text",
    ),
    (
        "unexpected end of stream",
        "a quote is opened and never closed",
        "the text goes on to the end of the file",
        "close the quote",
    ),
    (
        "trailing content after double-quoted",
        "text follows a closing quote",
        "a quoted value ends at its quote",
        "put the whole value in the quotes, or write `\\\"` for a quote inside",
    ),
    (
        "unknown escape character",
        "an unknown escape in double quotes",
        "a backslash in double quotes starts an escape such as `\\n`",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "hexadecimal number",
        "an incomplete escape in double quotes",
        "`\\x`, `\\u` and `\\U` need 2, 4 and 8 hexadecimal digits",
        "complete the escape, or use single quotes",
    ),
    (
        "Unicode character escape",
        "an escape that names no character",
        "the code after `\\u` or `\\U` is not that of a character",
        "correct the escape",
    ),
    (
        "comments must be separated",
        "a `#` directly after a value",
        "a comment starts with a space and `#`",
        "put a space before the `#`, or quote the text",
    ),
    (
        "recursion limit",
        "the document is nested too deeply",
        "more than 128 levels are not read",
        "flatten the document",
    ),
    (
        "misplaced bracket",
        "a closing bracket without its opening one",
        "brackets and braces come in pairs",
        "remove it, or quote the text",
    ),
    (
        "handle wasn't declared",
        "a tag with two `!`",
        "`!a!b` needs a declaration that templates do not have",
        "write a short function such as `!Ref`, or quote the text",
    ),
    (
        "unexpected character",
        "a value cannot start with this character",
        "`@`, `` ` `` and `%` are reserved in YAML",
        "put the value in quotes",
    ),
    (
        "invalid indentation",
        "the indentation does not fit",
        "the continued value is indented less than the key it belongs to",
        "indent it further than its key",
    ),
    (
        "alphabetic or numeric character",
        "`*` or `&` without a name",
        "at the start of a value `*` means an alias and `&` an anchor",
        "put the value in quotes",
    ),
    (
        "wrongly indented line in block scalar",
        "the first lines of the text block are indented deeper than its content",
        "the first line that is not empty sets the indentation of a `|` or `>` block",
        "indent the blank lines no deeper than the text",
    ),
];

/// The scanner's error as a message about the file; `at` is the character at which it stopped.
pub(super) fn explain(error: &ScanError, at: usize, places: &Places<'_>) -> Diagnostic {
    let span = visible(places, places.span(at, at + 1));
    let info = error.info();
    if info.starts_with("tab") || info.contains(" tab") {
        return Diagnostic::error("TMPL-003", "a tab stands where YAML needs spaces")
            .at(span)
            .why("indentation in YAML is spaces only")
            .hint("replace the tab by spaces");
    }
    match EXPLAINED.iter().find(|(pattern, ..)| info.contains(pattern)) {
        Some((_, message, why, hint)) => Diagnostic::error("TMPL-003", *message).at(span).why(*why).hint(*hint),
        None => Diagnostic::error("TMPL-003", "this is not valid YAML")
            .at(span)
            .why(format!("the YAML reader says: {info}"))
            .hint("check indentation, quotes and brackets on this line and the one above"),
    }
}

/// The scanner often stops at a line end or the end of the file: point at the last thing that can be seen.
fn visible(places: &Places<'_>, span: Span) -> Span {
    let text = places.text();
    if !places.slice(span).trim().is_empty() {
        return span;
    }
    let skipped = places.bytes(0, 0).start;
    let before = text.get(..(span.start - skipped) as usize).unwrap_or(text).trim_end();
    let start = before.char_indices().next_back().map_or(0, |(at, _)| at);
    places.bytes(start, before.len())
}
