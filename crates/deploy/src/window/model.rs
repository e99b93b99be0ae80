//! What windows and freezes are.

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;

/// All windows that a pipeline knows, and its freezes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    windows: IndexMap<String, Window>,
    freezes: Vec<Freeze>,
}

/// A deployment window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// When it is open.
    pub kind: WindowKind,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Always.
    Always,
    /// On some days of the week between two times of the clock on the wall. An hour that the clock skips is not there,
    /// an hour that it shows twice counts twice.
    Weekly {
        /// Where the clock hangs.
        #[serde(with = "jiff::fmt::serde::tz::required")]
        time_zone: TimeZone,
        /// The days on which it opens.
        days: Weekdays,
        /// When it opens.
        from: Time,
        /// When it closes: the first time that is outside. Not later than `from` means on the next day.
        to: Time,
    },
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Weekdays(u8);

/// A time in which nothing starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Freeze {
    /// What it is called.
    pub name: String,
    /// First day, whole.
    pub from: Date,
    /// Last day, whole.
    pub to: Date,
    /// Where these are the days.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub time_zone: TimeZone,
    /// The stages that it holds; empty means all of them.
    pub stages: Vec<String>,
}

/// Whether a stage may start now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Yes.
    Open(Open),
    /// No.
    Closed(Closed),
}

/// A window that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// When it closes; nothing means not within the next 400 days.
    pub until: Option<Timestamp>,
}

/// A window that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When it opens; nothing means not within the next 400 days.
    pub opens_at: Option<Timestamp>,
    /// Why, for a person: which window or freeze, and what the clock there shows.
    pub because: String,
}

impl Windows {
    /// Open at any time.
    pub const NONE: &'static str = "NONE";
    /// Monday to Friday, 09:00 to 17:00 in `America/Los_Angeles`.
    pub const PACIFIC_WORKING_HOURS: &'static str = "PACIFIC_WORKING_HOURS";
    /// Monday to Friday, 10:00 to 16:00 in `America/Los_Angeles`.
    pub const PACIFIC_WORKING_HOURS_REDUCED: &'static str = "PACIFIC_WORKING_HOURS_REDUCED";
    /// The names that a pipeline cannot give to its own windows.
    pub const BUILT_IN: [&'static str; 3] =
        [Self::NONE, Self::PACIFIC_WORKING_HOURS, Self::PACIFIC_WORKING_HOURS_REDUCED];

    /// The built-in windows, and no freezes.
    pub fn built_in() -> Self {
        let pacific = super::words::zone("America/Los_Angeles").unwrap_or(TimeZone::UTC);
        let weekly = |from: i8, to: i8| WindowKind::Weekly {
            time_zone: pacific.clone(),
            days: Weekdays::WORKING,
            from: jiff::civil::time(from, 0, 0, 0),
            to: jiff::civil::time(to, 0, 0, 0),
        };
        let mut windows = Self { windows: IndexMap::new(), freezes: Vec::new() };
        windows.add(Window { name: Self::NONE.to_owned(), kind: WindowKind::Always });
        windows.add(Window { name: Self::PACIFIC_WORKING_HOURS.to_owned(), kind: weekly(9, 17) });
        windows.add(Window { name: Self::PACIFIC_WORKING_HOURS_REDUCED.to_owned(), kind: weekly(10, 16) });
        windows
    }

    /// Adds a window; one of the same name is replaced.
    pub fn add(&mut self, window: Window) {
        self.windows.insert(window.name.clone(), window);
    }

    /// Adds a freeze.
    pub fn freeze(&mut self, freeze: Freeze) {
        self.freezes.push(freeze);
    }

    /// The window of this name.
    pub fn get(&self, name: &str) -> Option<&Window> {
        self.windows.get(name)
    }

    /// The names of all windows, built-in ones first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.windows.keys().map(String::as_str)
    }

    /// All freezes.
    pub fn freezes(&self) -> &[Freeze] {
        &self.freezes
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Weekdays {
    /// Monday to Friday.
    pub const WORKING: Self = Self(0b1_1111);

    /// With one more day.
    #[must_use]
    pub fn with(self, day: Weekday) -> Self {
        Self(self.0 | 1 << day.to_monday_zero_offset())
    }

    /// Whether it has the day.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }

    /// Whether it has none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its days from Monday on.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        (0..7).filter_map(|n| Weekday::from_monday_zero_offset(n).ok()).filter(move |day| self.contains(*day))
    }
}

/// The day's English name.
pub(super) fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

impl fmt::Display for Weekdays {
    /// `Monday to Friday`, `every day`, or `Monday, Tuesday, Friday`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<Weekday> = self.iter().collect();
        match (days.first(), days.last()) {
            (Some(_), Some(_)) if days.len() == 7 => f.write_str("every day"),
            (Some(first), Some(last))
                if days.len() > 2
                    && usize::from(last.to_monday_zero_offset().unsigned_abs())
                        == usize::from(first.to_monday_zero_offset().unsigned_abs()) + days.len() - 1 =>
            {
                write!(f, "{} to {}", day_name(*first), day_name(*last))
            }
            _ => f.write_str(&days.into_iter().map(day_name).collect::<Vec<_>>().join(", ")),
        }
    }
}
