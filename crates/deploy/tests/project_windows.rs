//! Deployment windows and freezes, above all where clocks change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use landfall_deploy::window::{Freeze, State, Weekdays, Window, WindowKind, Windows};
use proptest::prelude::*;

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn every_day() -> Weekdays {
    [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ]
    .into_iter()
    .fold(Weekdays::default(), Weekdays::with)
}

fn windows(zone_name: &str, days: Weekdays, from: Time, to: Time) -> Windows {
    let mut windows = Windows::built_in();
    windows
        .add(Window { name: "W".to_owned(), kind: WindowKind::Weekly { time_zone: zone(zone_name), days, from, to } });
    windows
}

fn shown(windows: &Windows, window: &str, now: &str) -> String {
    match windows.state_at(window, "prod", now.parse().unwrap()) {
        State::Open(open) => format!("open until {}", open.until.map_or("ever".to_owned(), |t| t.to_string())),
        State::Closed(closed) => {
            format!("closed until {}: {}", closed.opens_at.map_or("ever".to_owned(), |t| t.to_string()), closed.because)
        }
    }
}

#[test]
fn built_in_windows_follow_the_pacific_clock() {
    let windows = Windows::built_in();
    assert_eq!(shown(&windows, "NONE", "2026-11-22T03:00:00Z"), "open until ever");
    // Winter: eight hours behind UTC; 2026-11-23 is a Monday.
    assert_eq!(shown(&windows, "PACIFIC_WORKING_HOURS", "2026-11-23T17:00:00Z"), "open until 2026-11-24T01:00:00Z");
    assert_eq!(
        shown(&windows, "PACIFIC_WORKING_HOURS_REDUCED", "2026-11-23T17:00:00Z"),
        "closed until 2026-11-23T18:00:00Z: the window `PACIFIC_WORKING_HOURS_REDUCED` is open Monday to Friday from \
         10:00 to 16:00 in America/Los_Angeles, where it is Monday 09:00"
    );
    // Summer: seven hours behind.
    assert_eq!(shown(&windows, "PACIFIC_WORKING_HOURS", "2026-07-01T16:00:00Z"), "open until 2026-07-02T00:00:00Z");
    // Over a weekend on which the clock is set back (2026-11-01).
    assert!(
        shown(&windows, "PACIFIC_WORKING_HOURS", "2026-10-31T02:00:00Z")
            .starts_with("closed until 2026-11-02T17:00:00Z")
    );
    // Over the weekend on which it is set forward (2026-03-08).
    assert!(
        shown(&windows, "PACIFIC_WORKING_HOURS", "2026-03-07T12:00:00Z")
            .starts_with("closed until 2026-03-09T16:00:00Z")
    );
    assert_eq!(shown(&windows, "OTHER", "2026-03-07T12:00:00Z"), "closed until ever: there is no window `OTHER`");
}

#[test]
fn a_window_that_opens_in_a_skipped_hour_opens_when_the_clock_has_jumped() {
    let windows = windows("Europe/Berlin", every_day(), time(2, 30, 0, 0), time(4, 0, 0, 0));
    // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC.
    assert!(shown(&windows, "W", "2026-03-29T00:30:00Z").starts_with("closed until 2026-03-29T01:00:00Z"));
    assert_eq!(shown(&windows, "W", "2026-03-29T01:00:00Z"), "open until 2026-03-29T02:00:00Z");
}

#[test]
fn a_window_inside_a_skipped_hour_does_not_open_that_day() {
    let windows = windows("Europe/Berlin", every_day(), time(2, 15, 0, 0), time(2, 45, 0, 0));
    assert!(shown(&windows, "W", "2026-03-29T00:30:00Z").starts_with("closed until 2026-03-30T00:15:00Z"));
}

#[test]
fn an_hour_that_comes_twice_is_inside_both_times() {
    let windows = windows("Europe/Berlin", every_day(), time(2, 0, 0, 0), time(2, 30, 0, 0));
    // 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
    assert_eq!(shown(&windows, "W", "2026-10-25T00:10:00Z"), "open until 2026-10-25T00:30:00Z");
    assert!(shown(&windows, "W", "2026-10-25T00:40:00Z").starts_with("closed until 2026-10-25T01:00:00Z"));
    assert_eq!(shown(&windows, "W", "2026-10-25T01:10:00Z"), "open until 2026-10-25T01:30:00Z");
}

#[test]
fn a_window_across_midnight_belongs_to_the_day_on_which_it_opens() {
    let friday = Weekdays::default().with(Weekday::Friday);
    let windows = windows("Asia/Tokyo", friday, time(22, 0, 0, 0), time(2, 0, 0, 0));
    // Friday 2026-11-20, 23:00 in Tokyo.
    assert_eq!(shown(&windows, "W", "2026-11-20T14:00:00Z"), "open until 2026-11-20T17:00:00Z");
    assert_eq!(shown(&windows, "W", "2026-11-20T16:59:59Z"), "open until 2026-11-20T17:00:00Z");
    assert_eq!(
        shown(&windows, "W", "2026-11-19T16:00:00Z"),
        "closed until 2026-11-20T13:00:00Z: the window `W` is open Friday from 22:00 to 02:00 of the next day in \
         Asia/Tokyo, where it is Friday 01:00"
    );
}

#[test]
fn freezes_hold_whole_days_of_their_zone_and_only_their_stages() {
    let mut windows = Windows::built_in();
    windows.freeze(Freeze {
        name: "year end".to_owned(),
        from: date(2026, 12, 20),
        to: date(2027, 1, 3),
        time_zone: zone("Europe/Berlin"),
        stages: vec!["prod".to_owned()],
    });
    assert_eq!(shown(&windows, "NONE", "2026-12-19T22:59:59Z"), "open until 2026-12-19T23:00:00Z");
    assert_eq!(
        shown(&windows, "NONE", "2026-12-19T23:00:00Z"),
        "closed until 2027-01-03T23:00:00Z: the freeze `year end` lasts from 2026-12-20 to 2027-01-03 in Europe/Berlin"
    );
    assert!(
        shown(&windows, "PACIFIC_WORKING_HOURS", "2026-12-25T23:00:00Z")
            .starts_with("closed until 2027-01-04T17:00:00Z")
    );
    assert!(windows.is_open("NONE", "staging", "2026-12-25T23:00:00Z".parse().unwrap()));
}

#[test]
fn a_freeze_can_begin_at_a_midnight_that_does_not_exist() {
    // In Beirut the clock was set forward at midnight of 2022-03-27.
    let mut windows = Windows::built_in();
    let day: Date = date(2022, 3, 27);
    windows.freeze(Freeze { name: "f".into(), from: day, to: day, time_zone: zone("Asia/Beirut"), stages: vec![] });
    assert_eq!(shown(&windows, "NONE", "2022-03-26T20:00:00Z"), "open until 2022-03-26T22:00:00Z");
    assert!(shown(&windows, "NONE", "2022-03-26T22:00:00Z").starts_with("closed until 2022-03-27T21:00:00Z"));
}

#[test]
fn the_edge_of_time_does_not_panic() {
    let windows = windows("Pacific/Apia", every_day(), time(9, 0, 0, 0), time(17, 0, 0, 0));
    for now in [Timestamp::MIN, Timestamp::MAX] {
        let _ = windows.state_at("W", "prod", now);
        let _ = windows.state_at("NONE", "prod", now);
    }
}

/// The answer found by asking the clock on the wall minute by minute.
fn by_minutes(windows: &Windows, now: Timestamp, open: bool) -> Option<Timestamp> {
    let minute = now.as_second().div_euclid(60) * 60;
    (1..=60 * 24 * 9)
        .map(|n| Timestamp::from_second(minute + n * 60).unwrap())
        .find(|at| windows.is_open("W", "prod", *at) != open)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_next_change_is_the_one_that_the_clock_shows(
        zone_name in prop::sample::select(vec![
            "Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Beirut", "America/St_Johns",
            "Africa/Casablanca", "America/Havana", "Pacific/Chatham", "UTC", "Asia/Kolkata", "America/Nuuk",
        ]),
        from in 0i32..96, to in 0i32..96, mask in 1u8..128,
        year in 2020i16..2036, change in 0usize..2, minutes in -3000i64..3000,
    ) {
        let clock = |quarter: i32| time((quarter / 4) as i8, (quarter % 4 * 15) as i8, 0, 0);
        let days = (0..7i8).filter(|n| mask & (1 << n) != 0)
            .fold(Weekdays::default(), |days, n| days.with(Weekday::from_monday_zero_offset(n).unwrap()));
        let windows = windows(zone_name, days, clock(from), clock(to));
        // Near a change of the clock, where there is one.
        let new_year = date(year, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let near = zone(zone_name).following(new_year).nth(change).map_or(new_year, |t| t.timestamp());
        let now = near + SignedDuration::from_secs(minutes * 60 + 7);
        let (open, found) = match windows.state_at("W", "prod", now) {
            State::Open(open) => (true, open.until),
            State::Closed(closed) => (false, closed.opens_at),
        };
        prop_assert_eq!(open, windows.is_open("W", "prod", now));
        prop_assert_eq!(found, by_minutes(&windows, now, open));
    }
}
