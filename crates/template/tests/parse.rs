//! Reading templates: values, places, problems.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::Sources;
use landfall_template as template;
use template::{Dialect, Node, parse, write};

fn read(text: &str, dialect: Dialect) -> (Node, String) {
    let mut sources = Sources::new();
    let file = sources.add("t.yaml", text);
    let (node, problems) = parse(file, text, dialect);
    (node, problems.iter().map(|p| p.render(&sources)).collect())
}

/// The tree as compact JSON; fails on any message.
fn json(text: &str) -> String {
    let (node, problems) = read(text, Dialect::Template);
    assert_eq!(problems, "", "{text}");
    write::compact(&node)
}

#[test]
fn short_functions_become_long() {
    let table = [
        ("a: !Ref B", r#"{"a":{"Ref":"B"}}"#),
        ("a: !Ref 123", r#"{"a":{"Ref":"123"}}"#),
        ("a: !Base64 true", r#"{"a":{"Fn::Base64":"true"}}"#),
        ("a: !GetAtt A.B.C", r#"{"a":{"Fn::GetAtt":["A","B.C"]}}"#),
        ("a: !GetAtt [A, B]", r#"{"a":{"Fn::GetAtt":["A","B"]}}"#),
        ("a: !Condition C", r#"{"a":{"Condition":"C"}}"#),
        ("a: !If [C, yes, !Ref B]", r#"{"a":{"Fn::If":["C",true,{"Ref":"B"}]}}"#),
        ("a: !Transform {Name: AWS::Include}", r#"{"a":{"Fn::Transform":{"Name":"AWS::Include"}}}"#),
        (
            "a: !Join\n  - ''\n  - - x\n    - !Sub |\n        ${A}\n",
            r#"{"a":{"Fn::Join":["",["x",{"Fn::Sub":"${A}\n"}]]}}"#,
        ),
        ("a: !Sub\n  - ${X}\n  - X: 1", r#"{"a":{"Fn::Sub":["${X}",{"X":1}]}}"#),
        ("!Ref A", r#"{"Ref":"A"}"#),
        ("a: !Cidr [!Ref A, 6, 8]", r#"{"a":{"Fn::Cidr":[{"Ref":"A"},6,8]}}"#),
    ];
    for (yaml, expected) in table {
        assert_eq!(json(yaml), expected, "{yaml}");
    }
}

#[test]
fn keys_are_text_as_python_would_print_them() {
    assert_eq!(
        json("200: a\non: b\n~: c\n1.50: d\n'x': f\n? g\n: h"),
        r#"{"200":"a","true":"b","null":"c","1.5":"d","x":"f","g":"h"}"#
    );
}

#[test]
fn anchors_and_merges_keep_order_and_precedence() {
    assert_eq!(
        json("base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nuse:\n  <<: [*b, *o]\n  z: 5\n"),
        r#"{"base":{"x":1,"y":2},"other":{"y":3,"z":4},"use":{"y":2,"z":5,"x":1}}"#
    );
    assert_eq!(json("a: &x !Ref B\nb: *x\nc: '<<'\n"), r#"{"a":{"Ref":"B"},"b":{"Ref":"B"},"c":"<<"}"#);
}

#[test]
fn line_ends_byte_order_marks_and_wide_characters_keep_their_places() {
    let text = "\u{feff}ä: ü\r\nb:\r\n  - 'ö'\r\n  - !Sub ${É}\r\n";
    let (node, problems) = read(text, Dialect::Template);
    assert_eq!(problems, "");
    let slice = |node: &Node| &text[node.span.start as usize..node.span.end as usize];
    assert_eq!(slice(node.get("ä").unwrap()), "ü");
    let list = node.get("b").unwrap();
    assert_eq!(slice(list), "- 'ö'\r\n  - !Sub ${É}");
    assert_eq!(slice(&list.as_list().unwrap()[0]), "'ö'");
    assert_eq!(slice(&list.as_list().unwrap()[1]), "!Sub ${É}");
    assert_eq!(slice(list.as_list().unwrap()[1].get("Fn::Sub").unwrap()), "${É}");
    let key = node.as_map().unwrap().key_span("b").unwrap();
    assert_eq!(&text[key.start as usize..key.end as usize], "b");
}

#[test]
fn places_cover_exactly_what_was_written() {
    let text =
        "a:\n  b: !GetAtt X.Y.Z # note\n  c: |\n    text\n    more\n\nd: {e: [1, 2]}\nf:\ng: !If\n  - A\n  - B\n";
    let (node, _) = read(text, Dialect::Template);
    let at = |path: &[&str]| {
        let span = node.at(path).unwrap().span;
        &text[span.start as usize..span.end as usize]
    };
    assert_eq!(at(&["a", "b"]), "!GetAtt X.Y.Z");
    assert_eq!(at(&["a", "c"]), "text\n    more");
    assert_eq!(at(&["a"]), "b: !GetAtt X.Y.Z # note\n  c: |\n    text\n    more");
    assert_eq!(at(&["d"]), "{e: [1, 2]}");
    assert_eq!(at(&["d", "e"]), "[1, 2]");
    assert_eq!(at(&["f"]), "");
    assert_eq!(at(&["g"]), "!If\n  - A\n  - B");
    assert_eq!(at(&["g", "Fn::If"]), "- A\n  - B");
    let parts = node.at(&["a", "b", "Fn::GetAtt"]).unwrap().as_list().unwrap();
    let part = |n: usize| &text[parts[n].span.start as usize..parts[n].span.end as usize];
    assert_eq!((part(0), part(1)), ("X", "Y.Z"));
}

#[test]
fn json_is_read_exactly() {
    assert_eq!(
        json(
            "{\"a\": 1e3, \"b\": 123456789012345678901, \"c\": \"\\u00e4\\ud83d\\ude00\\/\", \"d\": [], \"e\": {}, \"y\": \"yes\"}"
        ),
        "{\"a\":1000.0,\"b\":123456789012345678901,\"c\":\"ä😀/\",\"d\":[],\"e\":{},\"y\":\"yes\"}"
    );
    assert_eq!(json("{a: b, c: !Ref D}"), r#"{"a":"b","c":{"Ref":"D"}}"#, "a YAML flow mapping is not JSON");
}

#[test]
fn our_own_files_have_the_core_schema() {
    let (node, problems) = read("a: no\nb: 012345678901\nc: true\nd: on\ne: !!str 5\n", Dialect::Strict);
    assert_eq!(problems, "");
    assert_eq!(write::compact(&node), r#"{"a":"no","b":12345678901,"c":true,"d":"on","e":"5"}"#);
    match &node.get("b").unwrap().value {
        template::Value::Number(n) => assert_eq!(n.text, "012345678901"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_file_is_null_without_messages() {
    for text in ["", "# only a comment\n", "---\n", "\u{feff}"] {
        assert_eq!(json(text), "null");
    }
}

#[test]
fn what_stands_before_a_syntax_error_is_kept() {
    let (node, problems) = read("a:\n  b: 1\n  c: [1, 2\nd: 3\n", Dialect::Template);
    assert!(problems.contains("TMPL-003"), "{problems}");
    assert_eq!(node.at(&["a", "b"]).and_then(Node::as_int), Some(1));
}

#[test]
fn aliases_cannot_explode() {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (n, c) in ('b'..='k').enumerate() {
        let before = char::from(b'a' + u8::try_from(n).unwrap());
        text.push_str(&format!("{c}: &{c} [{}]\n", vec![format!("*{before}"); 10].join(",")));
    }
    let (_, problems) = read(&text, Dialect::Template);
    assert!(problems.contains("aliases repeat too much"), "{problems}");
}

#[test]
fn a_block_at_the_end_of_a_file_ends_as_the_file_does() {
    assert_eq!(json("a: |\n  x\n"), r#"{"a":"x\n"}"#);
    assert_eq!(json("a: |\n  x"), r#"{"a":"x"}"#);
    assert_eq!(json("a: >\n  x\n  y"), r#"{"a":"x y"}"#);
    assert_eq!(json("a: |\n  x\n# end"), r#"{"a":"x\n"}"#);
    assert_eq!(json("a: |+\n  x"), r#"{"a":"x"}"#);
}

#[test]
fn invisible_line_separators_are_errors_in_templates_only() {
    let text = "a: b\u{2028}c\n";
    assert!(read(text, Dialect::Template).1.contains("TMPL-016"));
    assert_eq!(read(text, Dialect::Strict).1, "");
    assert_eq!(json("{\"a\": \"b\u{2028}\"}"), "{\"a\":\"b\\u2028\"}");
}

#[test]
fn brackets_and_quotes_may_go_on_at_the_left() {
    let table = [
        ("a:\n  b:\n    c: [\n1,\n  2\n]\n    d: x\n", r#"{"a":{"b":{"c":[1,2],"d":"x"}}}"#),
        ("a:\n  b: {\nc: d,\n  e: [f,\ng]\n}\n", r#"{"a":{"b":{"c":"d","e":["f","g"]}}}"#),
        ("a:\n  b: \"c\nd\n\n  e\"\n  f: g\n", r#"{"a":{"b":"c d\ne","f":"g"}}"#),
        ("a:\n  b: 'it''s\nhere'\n", r#"{"a":{"b":"it's here"}}"#),
        ("a:\n  b: \"é \\\"c\\\"\nd\"\n  e: [\n'f\ng'\n]\n", r#"{"a":{"b":"é \"c\" d","e":["f g"]}}"#),
    ];
    for (text, expected) in table {
        assert_eq!(json(text), expected, "{text}");
    }
}

#[test]
fn what_goes_on_at_the_left_keeps_its_place() {
    let text = "é: [\nb,\n  {c: d}\n]\ne: f\n";
    let indented = format!("top:\n  {}", text.replace("e: f", "  e: f"));
    let (node, problems) = read(&indented, Dialect::Template);
    assert_eq!(problems, "");
    let list = node.at(&["top", "é"]).unwrap().as_list().unwrap();
    let shown = |node: &Node| indented[node.span.start as usize..node.span.end as usize].to_owned();
    assert_eq!((shown(&list[0]), shown(&list[1])), ("b".to_owned(), "{c: d}".to_owned()));
    assert_eq!(shown(node.at(&["top", "e"]).unwrap()), "f");
}
