//! `landfall explain`: the long form of any message, offline. The texts are the sections of `docs/codes.md`.

use crate::args::ExplainArgs;
use crate::screen;
use crate::trouble::{Exit, Trouble};
use base::Diagnostic;

/// One section per code: `## CODE: title`, then paragraphs.
const CODES: &str = include_str!("../../../../docs/codes.md");

/// Prints one explanation, or the list of codes.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Trouble> {
    let Some(code) = &args.code else {
        let list: String = sections().map(|(code, title, _)| format!("{code:<10} {title}\n")).collect();
        screen::data(&list)?;
        return Ok(Exit::Done);
    };
    let wanted = code.to_uppercase();
    match sections().find(|(code, _, _)| *code == wanted) {
        Some((code, title, text)) => {
            screen::data(&format!("{code}: {title}\n\n{}\n", text.trim()))?;
            Ok(Exit::Done)
        }
        None => {
            let message = format!("there is no message with the code `{code}`");
            Err(Trouble::usage(Diagnostic::error("CLI-007", message).hint("`landfall explain` lists all codes")))
        }
    }
}

/// Title and text of a code.
pub(crate) fn section(code: &str) -> Option<(&'static str, &'static str)> {
    sections().find(|(known, ..)| *known == code).map(|(_, title, text)| (title, text.trim()))
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    CODES.split("\n## ").skip(1).filter_map(|section| {
        let (head, text) = section.split_once('\n')?;
        let (code, title) = head.split_once(": ")?;
        Some((code.trim(), title.trim(), text))
    })
}
