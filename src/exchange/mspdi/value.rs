//! The values of MSPDI: durations as `PT8H0M0S`, date-times without zone, times of the day, and the codes of units.

use super::Length;
use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};

/// Days.
pub(super) const DAYS: u8 = 7;
/// Percent.
pub(super) const PERCENT: u8 = 19;
/// What Project adds to a unit that is only estimated.
const ESTIMATED: u8 = 32;

/// The unit without the mark of an estimate.
fn plain(format: u8) -> u8 {
    if format >= 3 + ESTIMATED { format - ESTIMATED } else { format }
}

/// Counted on the clock.
pub(super) fn is_elapsed(format: u8) -> bool {
    matches!(plain(format), 4 | 6 | 8 | 10 | 12 | 20)
}

/// Percent of the predecessor's duration.
pub(super) fn is_percent(format: u8) -> bool {
    matches!(plain(format), 19 | 20)
}

/// Whether Project knows this code of a unit.
pub(super) fn is_format(format: u8) -> bool {
    matches!(plain(format), 3..=12 | 19..=21)
}

/// An XML Schema duration in minutes, seconds rounded to the nearest.
///
/// # Errors
/// What is wrong with it.
pub(super) fn duration(text: &str) -> Result<i32, &'static str> {
    const FORM: &str = "isn’t a duration as PT8H0M0S";
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix('P').ok_or(FORM)?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0.0_f64;
    for (part, units) in [
        (days, [('D', 86_400.0), ('W', 604_800.0)].as_slice()),
        (time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)]),
    ] {
        let mut number = String::new();
        for c in part.chars() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
            } else {
                let (_, scale) = units.iter().find(|(unit, _)| *unit == c).ok_or(FORM)?;
                seconds += number.parse::<f64>().map_err(|_| FORM)? * scale;
                number.clear();
            }
        }
        if !number.is_empty() {
            return Err(FORM);
        }
    }
    if days.is_empty() && time.is_empty() {
        return Err(FORM);
    }
    if negative && seconds > 0.0 {
        return Err("is negative");
    }
    let minutes = (seconds / 60.0).round();
    if minutes > MOST_MINUTES {
        return Err("is longer than any plan");
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked against the most just above")]
    Ok(minutes as i32)
}

/// A thousand years of the clock.
const MOST_MINUTES: f64 = 525_960_000.0;

/// Minutes as an XML Schema duration.
pub(super) fn duration_text(minutes: i32) -> String {
    format!("PT{}H{}M0S", minutes / 60, minutes % 60)
}

/// A date-time; a zone at its end is left out, for the plan's clock is the author's.
///
/// # Errors
/// What is wrong with it.
pub(super) fn date_time(text: &str) -> Result<NaiveDateTime, &'static str> {
    let trimmed = text.strip_suffix('Z').unwrap_or(text);
    let zoned = trimmed.len() > 19 && trimmed.is_char_boundary(19);
    let at = NaiveDateTime::parse_from_str(trimmed, "%Y-%m-%dT%H:%M:%S")
        .or_else(|_| NaiveDateTime::parse_from_str(trimmed, "%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|_| trimmed.parse::<chrono::NaiveDate>().map(|day| day.and_time(NaiveTime::MIN)))
        .or_else(|error| {
            let local = if zoned { &trimmed[..19] } else { return Err(error) };
            NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S")
        })
        .map_err(|_| "isn’t a date and time as 2026-05-04T08:00:00")?;
    if !(1900..3000).contains(&at.year()) {
        return Err("is in no year of a plan (1900 to 2999)");
    }
    Ok(at.with_nanosecond(0).unwrap_or(at))
}

/// A date-time as Project writes it.
pub(super) fn date_time_text(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A time of the day in minutes.
///
/// # Errors
/// What is wrong with it.
pub(super) fn time_of_day(text: &str) -> Result<u16, &'static str> {
    let time = NaiveTime::parse_from_str(text.get(..8).unwrap_or(text), "%H:%M:%S")
        .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M"))
        .map_err(|_| "isn’t a time of the day as 08:00:00")?;
    u16::try_from(time.num_seconds_from_midnight() / 60).map_err(|_| "isn’t a time of the day")
}

/// Minutes of the day as Project writes them; the end of the day is midnight.
pub(super) fn time_of_day_text(minutes: u16) -> String {
    format!("{:02}:{:02}:00", minutes / 60 % 24, minutes % 60)
}

/// A length in the unit that the file gives, or in days.
pub(super) fn length(minutes: i32, format: Option<u8>) -> Length {
    Length { minutes, format: format.unwrap_or(DAYS) }
}
