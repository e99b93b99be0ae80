//! Every code that a message can have is explained in `docs/codes.md`, and nothing else is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Codes of the program's sources, each with one file that uses it.
fn used() -> BTreeMap<(String, u32), PathBuf> {
    let mut found = BTreeMap::new();
    for member in fs::read_dir(crates()).unwrap() {
        let sources = member.unwrap().path().join("src");
        if sources.is_dir() {
            walk(&sources, &mut found);
        }
    }
    found
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn walk(folder: &Path, found: &mut BTreeMap<(String, u32), PathBuf>) {
    let mut test_files = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut texts = Vec::new();
    for path in entries.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let (program, modules) = without_tests(&fs::read_to_string(path).unwrap());
        test_files.extend(modules.into_iter().flat_map(|module| places(path, &module)));
        texts.push((path.clone(), program));
    }
    for (path, program) in texts.into_iter().filter(|(path, _)| !test_files.contains(path)) {
        for code in literals(&program) {
            found.entry(code).or_insert_with(|| path.clone());
        }
    }
    for inner in entries.iter().filter(|path| path.is_dir() && !test_files.contains(path)) {
        // `name.rs` beside `name/` may say that a module in there is for tests.
        let mut below = BTreeMap::new();
        walk(inner, &mut below);
        below.retain(|_, path| !test_files.iter().any(|test| path.starts_with(test)));
        found.extend(below);
    }
}

/// Where a module that a file declares may lie.
fn places(declared_in: &Path, module: &str) -> Vec<PathBuf> {
    let folder = declared_in.parent().unwrap();
    if module.ends_with(".rs") {
        return vec![folder.join(module)];
    }
    let own = folder.join(declared_in.file_stem().unwrap());
    [folder.to_path_buf(), own]
        .iter()
        .flat_map(|place| [place.join(format!("{module}.rs")), place.join(module)])
        .collect()
}

/// The lines that are part of the program, and the names or paths of modules that are for tests only. The sources are
/// formatted by rustfmt, so an item ends with a brace that is indented like its beginning.
fn without_tests(text: &str) -> (String, Vec<String>) {
    let mut program = String::new();
    let mut modules = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            if !line.trim_start().starts_with("//") {
                program.push_str(line);
                program.push('\n');
            }
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let mut path = None;
        for line in lines.by_ref() {
            let item = line.trim();
            if let Some(rest) = item.strip_prefix("#[path = \"") {
                path = rest.strip_suffix("\"]").map(str::to_owned);
            }
            if let Some(name) = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
                modules.push(path.take().unwrap_or_else(|| name.to_owned()));
                break;
            }
            let outermost = line.get(end.len() - 1..).is_some_and(|rest| !rest.starts_with(' '));
            if line == end || item.ends_with(';') && outermost {
                break;
            }
        }
    }
    (program, modules)
}

/// What stands in quotes and has the form of a code.
fn literals(text: &str) -> Vec<(String, u32)> {
    let starts = text.match_indices('"').map(|(at, _)| &text[at + 1..]);
    starts.filter_map(|rest| code(rest.split_once('"')?.0)).collect()
}

/// `PIPE-004` as family and number.
fn code(text: &str) -> Option<(String, u32)> {
    let (family, number) = text.split_once('-')?;
    let good = (2..=8).contains(&family.len())
        && family.bytes().all(|b| b.is_ascii_uppercase())
        && number.len() == 3
        && number.bytes().all(|b| b.is_ascii_digit());
    good.then(|| (family.to_owned(), number.parse().unwrap()))
}

/// Code, title and text of each section, in the order of the page.
fn sections() -> Vec<((String, u32), String, String)> {
    let page = fs::read_to_string(crates().join("../docs/codes.md")).unwrap();
    let sections = page.split("\n## ").skip(1).map(|section| {
        let (head, text) = section.split_once('\n').unwrap();
        let (name, title) = head.split_once(": ").unwrap_or_else(|| panic!("`{head}` is not `CODE: title`"));
        let name = code(name).unwrap_or_else(|| panic!("`{name}` is not a code"));
        (name, title.to_owned(), text.trim().to_owned())
    });
    sections.collect()
}

fn shown((family, number): &(String, u32)) -> String {
    format!("{family}-{number:03}")
}

#[test]
fn every_code_has_a_section() {
    let explained: Vec<_> = sections().into_iter().map(|(code, ..)| code).collect();
    let missing: Vec<String> = used()
        .iter()
        .filter(|(code, _)| !explained.contains(code))
        .map(|(code, path)| format!("{} in {}", shown(code), path.display()))
        .collect();
    assert!(missing.is_empty(), "add sections to `docs/codes.md` for {missing:#?}");
}

#[test]
fn every_section_explains_a_code_that_is_used() {
    let used = used();
    let stale: Vec<String> =
        sections().iter().map(|(code, ..)| code).filter(|code| !used.contains_key(code)).map(shown).collect();
    assert!(stale.is_empty(), "no message has the codes {stale:?}; remove their sections from `docs/codes.md`");
}

#[test]
fn sections_are_sorted_and_have_text() {
    let sections = sections();
    for pair in sections.windows(2) {
        let (first, second) = (&pair[0].0, &pair[1].0);
        assert!(first < second, "{} stands before {}", shown(first), shown(second));
    }
    for (code, title, text) in &sections {
        assert!(!title.ends_with('.') && title.len() <= 80, "the title of {} is not a short phrase", shown(code));
        assert!(text.len() >= 40, "{} has hardly any text", shown(code));
        assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{} has a control character", shown(code));
    }
}

#[test]
fn codes_in_tests_do_not_count() {
    let text = "fn a() { x(\"PIPE-001\") }\n// \"PIPE-009\"\n#[cfg(test)]\nmod far;\n#[cfg(test)]\nfn b() {\n    x(\"PIPE-002\");\n}\nfn c() {\n    y(\"PIPE-003\");\n}\n#[cfg(test)]\nmod tests {\n    const A: &str = \"PIPE-004\";\n}\n#[cfg(test)]\n#[path = \"odd.rs\"]\nmod odd;\n";
    let (program, modules) = without_tests(text);
    let found: Vec<String> = literals(&program).iter().map(shown).collect();
    assert_eq!(found, ["PIPE-001", "PIPE-003"]);
    assert_eq!(modules, ["far", "odd.rs"]);
    assert_eq!(literals("\"PIPE-04\" \"pipe-004\" \"A-004\" \"PIPE-0040\""), []);
}
