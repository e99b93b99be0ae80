//! What windows and freezes are.

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

/// All windows that a pipeline knows, and its freezes.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    pub(super) windows: IndexMap<String, Window>,
    pub(super) freezes: Vec<Freeze>,
}

/// A deployment window.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// When it is open.
    pub kind: WindowKind,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowKind {
    /// Always.
    Always,
    /// On some days of the week between two times of the clock on the wall.
    Weekly {
        /// An IANA name such as `Europe/Berlin`.
        time_zone: String,
        /// The days on which it opens.
        days: Weekdays,
        /// When it opens.
        from: Time,
        /// When it closes. Not later than `from` means on the next day.
        to: Time,
    },
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays(u8);

impl Weekdays {
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
}

/// A time in which nothing starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// What it is called.
    pub name: String,
    /// First day, whole.
    pub from: Date,
    /// Last day, whole.
    pub to: Date,
    /// An IANA name.
    pub time_zone: String,
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
    /// When it closes; nothing means never.
    pub until: Option<Timestamp>,
}

/// A window that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When it opens next; nothing means not within a year.
    pub opens_at: Option<Timestamp>,
    /// Why, for a person: which window or freeze.
    pub because: String,
}
