//! Deployment windows and freezes of a pipeline file.

use super::read::{Reader, nodes, text, texts};
use crate::window::{Freeze, Weekdays, Window, WindowKind, Windows, read_date, read_days, read_time, read_time_zone};
use base::Diagnostic;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use template::{Map, Node};

/// The built-in windows, those of the file, and its freezes.
pub(super) fn read(reader: &mut Reader<'_>, body: &Map) -> Windows {
    let mut windows = Windows::built_in();
    if let Some(map) = body.get("deployment_time_windows").and_then(Node::as_map) {
        for (name, entry) in map.entries() {
            if Windows::BUILT_IN.contains(&name) {
                let message = format!("`{name}` is a built-in window and cannot be changed");
                reader.out.push(
                    Diagnostic::error("WIND-005", message).at(entry.key_span).hint("give the window another name"),
                );
                continue;
            }
            // A window that cannot be read is still known by its name, or every stage that uses it would be wrong too.
            let kind = entry.node.as_map().and_then(|map| window(reader, map)).unwrap_or(WindowKind::Always);
            windows.add(Window { name: name.to_owned(), kind });
        }
    }
    for node in nodes(body, "freezes") {
        if let Some(freeze) = node.as_map().and_then(|map| freeze(reader, body, map)) {
            windows.freeze(freeze);
        }
    }
    windows
}

fn window(reader: &mut Reader<'_>, map: &Map) -> Option<WindowKind> {
    let time_zone = time_zone(reader, map);
    let days = days(reader, map);
    let (from, to) = (time(reader, map, "from"), time(reader, map, "to"));
    Some(WindowKind::Weekly { time_zone: time_zone?, days: days?, from: from?, to: to? })
}

fn time_zone(reader: &mut Reader<'_>, map: &Map) -> Option<TimeZone> {
    let node = map.get("time_zone")?;
    match read_time_zone(node.as_str()?) {
        Ok(zone) => Some(zone),
        Err(diagnostic) => {
            reader.out.push(diagnostic.at(node.span));
            None
        }
    }
}

fn days(reader: &mut Reader<'_>, map: &Map) -> Option<Weekdays> {
    if !map.contains_key("days") {
        return Some(Weekdays::WORKING);
    }
    let mut all = Weekdays::default();
    let mut good = true;
    for node in nodes(map, "days") {
        let text = node.as_str()?;
        match read_days(text) {
            Some(days) => all = days.iter().fold(all, Weekdays::with),
            None => {
                let diagnostic =
                    Diagnostic::error("WIND-003", format!("`{text}` is not a day of the week")).at(node.span);
                reader.out.push(
                    diagnostic
                        .hint("write `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`, or a range such as `mon-fri`"),
                );
                good = false;
            }
        }
    }
    if good && all.is_empty() {
        let span = map.get("days").map(|node| node.span).unwrap_or_default();
        let diagnostic = Diagnostic::error("WIND-003", "a window without days never opens").at(span);
        reader.out.push(diagnostic.hint("name at least one day, or remove `days` for Monday to Friday"));
        good = false;
    }
    good.then_some(all)
}

fn time(reader: &mut Reader<'_>, map: &Map, key: &str) -> Option<Time> {
    let node = map.get(key)?;
    let text = node.as_str()?;
    let time = read_time(text).filter(|_| !(key == "from" && text == "24:00"));
    if time.is_none() {
        let diagnostic = Diagnostic::error("WIND-002", format!("`{text}` is not a time of day")).at(node.span);
        reader
            .out
            .push(diagnostic.hint("write hours and minutes with two digits each, such as `\"09:00\"` or `\"17:30\"`"));
    }
    time
}

fn freeze(reader: &mut Reader<'_>, body: &Map, map: &Map) -> Option<Freeze> {
    let time_zone = if map.contains_key("time_zone") { time_zone(reader, map) } else { Some(TimeZone::UTC) };
    let (from, to) = (date(reader, map, "from"), date(reader, map, "to"));
    let stages = freeze_stages(reader, body, map);
    let (from, to) = (from?, to?);
    if to < from {
        let span = map.get("to").map(|node| node.span).unwrap_or_default();
        let diagnostic = Diagnostic::error("WIND-004", format!("the freeze ends on {to}, before it begins")).at(span);
        reader.out.push(diagnostic.why(format!("it begins on {from}")).hint("write the last day, which is frozen too"));
    }
    Some(Freeze { name: text(map, "name")?.to_owned(), from, to, time_zone: time_zone?, stages })
}

fn date(reader: &mut Reader<'_>, map: &Map, key: &str) -> Option<Date> {
    let node = map.get(key)?;
    let text = node.as_str()?;
    let date = read_date(text);
    if date.is_none() {
        let diagnostic = Diagnostic::error("WIND-004", format!("`{text}` is not a date")).at(node.span);
        reader.out.push(diagnostic.hint("write year, month and day, such as `2026-12-20`"));
    }
    date
}

fn freeze_stages(reader: &mut Reader<'_>, body: &Map, map: &Map) -> Vec<String> {
    let known: Vec<&str> =
        nodes(body, "stages").into_iter().filter_map(|stage| stage.get("name").and_then(Node::as_str)).collect();
    for node in nodes(map, "stages") {
        let Some(name) = node.as_str().filter(|name| !known.contains(name)) else { continue };
        let diagnostic = Diagnostic::error("PIPE-010", format!("there is no stage `{name}`")).at(node.span);
        let hint = crate::suggest::hint(name, known.iter().copied());
        reader.out.push(diagnostic.hint(hint.unwrap_or_else(|| "name a stage of this pipeline".to_owned())));
    }
    texts(map, "stages")
}
