//! Time zones, times, days and dates as a pipeline file writes them.

use super::Weekdays;
use base::Diagnostic;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone of the built-in database, by its exact name.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok().filter(|zone| zone.iana_name().is_some())
}

/// A time zone by its IANA name.
pub(crate) fn read_time_zone(name: &str) -> Result<TimeZone, Box<Diagnostic>> {
    if let Some(zone) = zone(name) {
        return Ok(zone);
    }
    let database = TimeZoneDatabase::bundled();
    let names: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase().replace('_', " ");
    let near = names
        .iter()
        .find(|known| city(known) == name.trim().to_lowercase().replace('_', " "))
        .map(String::as_str)
        .or_else(|| crate::suggest::nearest(name, names.iter().map(String::as_str)));
    let diagnostic = Diagnostic::error("WIND-001", format!("unknown time zone `{name}`"));
    Err(Box::new(match near {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint("use a name of the IANA time zone database, such as `Europe/Berlin` or `UTC`"),
    }))
}

/// A time of day as `09:00`. `24:00` is midnight at the end of a day.
pub(crate) fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<i8>().ok());
    match (digits(hour)??, digits(minute)??) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

/// A date as `2026-12-20`.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok())?
}

/// One day, or days from one to another: `mon`, `Friday`, `mon-fri`.
pub(crate) fn read_days(text: &str) -> Option<Weekdays> {
    let Some((first, last)) = text.split_once('-') else { return Some(Weekdays::default().with(day(text)?)) };
    let (mut at, last) = (day(first)?, day(last)?);
    let mut days = Weekdays::default().with(at);
    while at != last {
        at = at.next();
        days = days.with(at);
    }
    Some(days)
}

fn day(text: &str) -> Option<Weekday> {
    let text = text.trim().to_lowercase();
    (0..7).filter_map(|n| Weekday::from_monday_zero_offset(n).ok()).find(|day| {
        let name = super::model::day_name(*day).to_lowercase();
        text == name || text == name[..3]
    })
}
