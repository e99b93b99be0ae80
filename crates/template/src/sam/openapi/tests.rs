//! Paths as permissions write them, and edits that fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::swagger::SwaggerEditor;
use super::*;
use base::{FileId, Span};

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };
const NOWHERE: KeySpans = KeySpans { path: SPAN, method: SPAN };

#[test]
fn path_variables_become_stars() {
    let cases = [
        ("/users/{id}", "/users/*", "/users/*"),
        ("/{proxy+}", "/*", "/*"),
        ("/{rest+}", "/*", "/{rest+}"),
        ("/{a b}/{c}", "/{a b}/*", "/{a b}/*"),
        ("/{", "/{", "/{"),
        ("/{}/{{x}}", "/{}/{*}", "/{}/{*}"),
        ("/{+}", "/{+}", "/{+}"),
    ];
    for (path, rest, http) in cases {
        assert_eq!(get_path_without_trailing_slash(path), rest);
        assert_eq!(get_http_path_without_trailing_slash(path), http);
    }
}

#[test]
fn versions() {
    for (text, yes) in
        [("3.0", true), ("3.0.1", true), ("3", false), ("3.10", false), ("3.0.1.2", false), ("2.0", false)]
    {
        assert_eq!(is_open_api_3(&Node::new(text, Span::default())), yes, "{text}");
    }
}

#[test]
fn a_failed_edit_leaves_no_path() {
    let mut body = SwaggerEditor::skeleton(Span::default());
    let failed = edit(&mut body, |editor: &mut SwaggerEditor| {
        editor.add_path("/a", Some("GET"), NOWHERE)?;
        Err::<(), _>(crate::sam::Fault::template("no"))
    });
    assert!(failed.is_err());
    let kept = edit(&mut body, |editor: &mut SwaggerEditor| {
        assert!(!editor.has_path("/a", None)?);
        editor.add_path("/b", Some("Any"), NOWHERE)
    });
    kept.unwrap();
    assert!(body.at(&["paths", "/b", ANY_METHOD]).is_some());
}
