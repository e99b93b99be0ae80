//! Whether a window is open at an instant, and when that changes.
//!
//! The rule is one question about the clock on the wall, [`Windows::is_open`]. Everything else follows from it: the
//! instants at which its answer may change are known, so the next change is found by asking it at each of them.

use super::model::day_name;
use super::{Closed, Freeze, Open, State, Window, WindowKind, Windows};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// How far ahead the next change is looked for.
const HORIZON_DAYS: i64 = 400;

impl Windows {
    /// Whether `stage`, which keeps to `window`, may start at `now`. The end of an open time and the start of the next
    /// one are exact, also across changes of the clock. A window that is not known is closed.
    pub fn state_at(&self, window: &str, stage: &str, now: Timestamp) -> State {
        let Some(window) = self.get(window) else {
            return State::Closed(Closed { opens_at: None, because: format!("there is no window `{window}`") });
        };
        let freezes: Vec<&Freeze> = self.freezes().iter().filter(|freeze| freeze.holds(stage)).collect();
        let rule = Rule { window, freezes };
        match rule.closed_because(now) {
            None => State::Open(Open { until: rule.next_change(now, true) }),
            Some(because) => State::Closed(Closed { opens_at: rule.next_change(now, false), because }),
        }
    }

    /// Whether `stage`, which keeps to `window`, may start at `now`.
    pub fn is_open(&self, window: &str, stage: &str, now: Timestamp) -> bool {
        self.get(window).is_some_and(|window| window.contains(now))
            && !self.freezes().iter().any(|freeze| freeze.holds(stage) && freeze.contains(now))
    }
}

impl Window {
    /// Whether the clock on the wall shows a time in the window.
    fn contains(&self, at: Timestamp) -> bool {
        let WindowKind::Weekly { time_zone, days, from, to } = &self.kind else { return true };
        let local = time_zone.to_datetime(at);
        let today = days.contains(local.weekday());
        if from < to {
            return today && *from <= local.time() && local.time() < *to;
        }
        let yesterday = local.date().yesterday().is_ok_and(|day| days.contains(day.weekday()));
        (today && local.time() >= *from) || (yesterday && local.time() < *to)
    }
}

impl Freeze {
    fn holds(&self, stage: &str) -> bool {
        self.stages.is_empty() || self.stages.iter().any(|held| held == stage)
    }

    fn contains(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&self.time_zone.to_datetime(at).date())
    }
}

struct Rule<'a> {
    window: &'a Window,
    freezes: Vec<&'a Freeze>,
}

impl Rule<'_> {
    fn is_open(&self, at: Timestamp) -> bool {
        self.window.contains(at) && !self.freezes.iter().any(|freeze| freeze.contains(at))
    }

    fn closed_because(&self, now: Timestamp) -> Option<String> {
        if let Some(freeze) = self.freezes.iter().find(|freeze| freeze.contains(now)) {
            let zone = freeze.time_zone.iana_name().unwrap_or("UTC");
            return Some(format!("the freeze `{}` lasts from {} to {} in {zone}", freeze.name, freeze.from, freeze.to));
        }
        let WindowKind::Weekly { time_zone, days, from, to } = &self.window.kind else { return None };
        if self.window.contains(now) {
            return None;
        }
        let local = time_zone.to_datetime(now);
        let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        let next_day = if to <= from { " of the next day" } else { "" };
        Some(format!(
            "the window `{}` is open {days} from {} to {}{next_day} in {}, where it is {} {}",
            self.window.name,
            clock(*from),
            clock(*to),
            time_zone.iana_name().unwrap_or("UTC"),
            day_name(local.weekday()),
            clock(local.time()),
        ))
    }

    /// The first instant after `now` at which it is no longer as it is.
    fn next_change(&self, now: Timestamp, open: bool) -> Option<Timestamp> {
        // Two days at a time, so that an ordinary answer does not look through a year.
        (0..HORIZON_DAYS / 2).find_map(|step| {
            let start = now.checked_add(SignedDuration::from_hours(48 * step)).ok()?;
            let end = start.checked_add(SignedDuration::from_hours(48)).ok()?;
            let mut edges = self.edges(start, end);
            edges.sort();
            edges.into_iter().find(|at| *at > now && *at <= end && self.is_open(*at) != open)
        })
    }

    /// The instants at which the answer may change, those between `start` and `end` among them.
    fn edges(&self, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
        let mut edges = Vec::new();
        if let WindowKind::Weekly { time_zone, from, to, .. } = &self.window.kind {
            for day in days_between(time_zone, start, end) {
                for time in [*from, *to] {
                    edges.extend(instants(time_zone, day.to_datetime(time)));
                }
            }
            edges.extend(clock_changes(time_zone, start, end));
        }
        for freeze in &self.freezes {
            let after = freeze.to.tomorrow().ok();
            for day in [Some(freeze.from), after].into_iter().flatten() {
                edges.extend(instants(&freeze.time_zone, day.to_datetime(Time::midnight())));
            }
            edges.extend(clock_changes(&freeze.time_zone, start, end));
        }
        edges
    }
}

fn days_between(zone: &TimeZone, start: Timestamp, end: Timestamp) -> impl Iterator<Item = Date> {
    let (first, last) = (zone.to_datetime(start).date(), zone.to_datetime(end).date());
    first.series(1.day()).take_while(move |day| *day <= last)
}

/// The instants at which the clock shows this time: one, two when it is set back, none when it is skipped.
fn instants(zone: &TimeZone, local: DateTime) -> Vec<Timestamp> {
    let offsets = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => vec![offset],
        AmbiguousOffset::Fold { before, after } => vec![before, after],
        AmbiguousOffset::Gap { .. } => Vec::new(),
    };
    offsets.into_iter().filter_map(|offset| offset.to_timestamp(local).ok()).collect()
}

fn clock_changes(zone: &TimeZone, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let before = start.checked_sub(SignedDuration::from_secs(1)).unwrap_or(start);
    zone.following(before).map(|change| change.timestamp()).take_while(|at| *at <= end).take(8).collect()
}
