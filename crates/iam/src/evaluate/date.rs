//! Dates in conditions: ISO 8601 as W3C profiles it, or seconds since 1970 ("Date condition operators").

/// Milliseconds since 1970-01-01T00:00Z, or nothing when the text is no date.
pub(crate) fn parse(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>()
        && text.len() > 4
    {
        return seconds.checked_mul(1000);
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut numbers = date.split('-');
    let year = digits(numbers.next()?, 4)?;
    let month = numbers.next().map_or(Some(1), |m| digits(m, 2))?;
    let day = numbers.next().map_or(Some(1), |d| digits(d, 2))?;
    if numbers.next().is_some() || !(1..=12).contains(&month) || !(1..=month_length(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * 86_400_000;
    match time {
        None => Some(midnight),
        Some(time) => Some(midnight + time_of_day(time)?),
    }
}

fn time_of_day(text: &str) -> Option<i64> {
    let (clock, offset) = split_offset(text)?;
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, milliseconds(fraction)?),
        None => (clock, 0),
    };
    let mut numbers = clock.split(':');
    let hour = digits(numbers.next()?, 2)?;
    let minute = digits(numbers.next()?, 2)?;
    let second = numbers.next().map_or(Some(0), |s| digits(s, 2))?;
    if numbers.next().is_some() || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second) * 1000 + fraction - offset)
}

/// The clock part and the offset from UTC in milliseconds.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = match text[at + 1..].split_once(':') {
        Some((h, m)) => (digits(h, 2)?, digits(m, 2)?),
        None => (digits(text.get(at + 1..at + 3)?, 2)?, digits(text.get(at + 3..)?, 2)?),
    };
    Some((&text[..at], sign * (hours * 60 + minutes) * 60_000))
}

fn digits(text: &str, width: usize) -> Option<i64> {
    let good = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    good.then(|| text.parse().ok()).flatten()
}

fn milliseconds(text: &str) -> Option<i64> {
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let padded: String = text.chars().chain("000".chars()).take(3).collect();
    good.then(|| padded.parse().ok()).flatten()
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that leap days come last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_are_instants() {
        let table = [
            ("1970-01-01", Some(0)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2020-02-29T12:00:00Z", Some(1_582_977_600_000)),
            ("2026-11-22T02:00:00Z", Some(1_795_312_800_000)),
            ("2026-11-22T03:00:00+01:00", Some(1_795_312_800_000)),
            ("2026-11-22T02:00Z", Some(1_795_312_800_000)),
            ("2026-11-22T02:00:00.250Z", Some(1_795_312_800_250)),
            ("1795312800", Some(1_795_312_800_000)),
            ("2021-02-29", None),
            ("2020-13-01", None),
            ("yesterday", None),
            ("2020-01-01T25:00:00Z", None),
            ("", None),
            ("é", None),
            ("2020-01-01T00:00+é", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
