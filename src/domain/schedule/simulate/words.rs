//! Drivers in words.

use super::super::Moment;
use super::drivers::{Bar, Driver, Over};

/// How the words name things and count days.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub driver: &'a str,
    pub target: &'a str,
    /// Minutes of a working day of the driver, in which its duration is counted.
    pub minutes_a_day: i32,
}

/// A driver in a sentence: "Integration test drives 38 % of the spread; when it takes over 12 days, Launch is past 14 Mar 2026 in 7
/// of 10 runs." None for one that the strongest don't include, or that chance alone could make.
#[must_use]
pub fn in_words(driver: &Driver, words: Words) -> Option<String> {
    let bar = driver.bar.as_ref().filter(|_| driver.share > 0.0)?;
    let when = match bar.over {
        Over::Duration(minutes) => format!("when it takes over {}", days(minutes, words.minutes_a_day)),
        Over::Remaining(minutes) => {
            format!("when the rest of it takes over {}", days(minutes, words.minutes_a_day))
        }
        Over::Occurs => "when it occurs".into(),
    };
    Some(format!(
        "{} drives {} of the spread; {when}, {} is past {} in {}.",
        words.driver,
        percent(driver.share),
        words.target,
        day(bar.by),
        runs(bar),
    ))
}

fn day(moment: Moment) -> String {
    moment.finish_day().format("%-d %b %Y").to_string()
}

fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    if whole < 1.0 { "less than 1 %".into() } else { format!("{whole} %") }
}

/// Days with a decimal below ten of them.
fn days(minutes: i32, minutes_a_day: i32) -> String {
    let days = f64::from(minutes) / f64::from(minutes_a_day.max(1));
    let days = if days < 9.95 { (days * 10.0).round() / 10.0 } else { days.round() };
    let plural = if (days - 1.0).abs() < 1e-9 { "" } else { "s" };
    format!("{days} day{plural}")
}

/// How often it was late, in tenths where it wasn't always or never so.
fn runs(bar: &Bar) -> String {
    let tenths = (f64::from(bar.late) * 10.0 / f64::from(bar.of.max(1))).round();
    match (bar.late, tenths) {
        (0, _) => "no run".into(),
        (late, _) if late == bar.of => "every run".into(),
        (_, 0.0) => "fewer than 1 of 10 runs".into(),
        (_, 10.0) => "nearly every run".into(),
        _ => format!("{tenths} of 10 runs"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::drivers::{Source, Swing};
    use super::*;
    use crate::domain::schedule::ItemIx;
    use chrono::NaiveDate;

    fn driver(share: f64, over: Over, late: u32) -> Driver {
        let by = Moment::start_of(NaiveDate::from_ymd_opt(2026, 3, 15).unwrap());
        let swing = Swing { p10: by, p50: by, p90: by };
        let bar = Bar { low: swing, high: swing, over, by, late, of: 3333 };
        Driver { source: Source::Item(ItemIx(0)), criticality: 0.9, sensitivity: 0.6, share, bar: Some(bar) }
    }

    fn told(driver: &Driver) -> String {
        let words = Words { driver: "Integration test", target: "Launch", minutes_a_day: 480 };
        in_words(driver, words).unwrap_or_default()
    }

    #[test]
    fn a_driver_is_a_sentence() {
        // Midnight before the 15th is the end of the 14th.
        assert_eq!(
            told(&driver(0.384, Over::Duration(5760), 2333)),
            "Integration test drives 38 % of the spread; when it takes over 12 days, Launch is past 14 Mar 2026 in 7 of 10 runs."
        );
        assert_eq!(
            told(&driver(0.004, Over::Remaining(700), 100)),
            "Integration test drives less than 1 % of the spread; when the rest of it takes over 1.5 days, Launch is past 14 Mar 2026 in fewer than 1 of 10 runs."
        );
    }

    #[test]
    fn all_and_nothing_are_not_rounded_to() {
        for (late, words) in
            [(0, "no run"), (1, "fewer than 1 of 10 runs"), (3332, "nearly every run"), (3333, "every run")]
        {
            let told = told(&driver(0.2, Over::Occurs, late));
            assert!(
                told.ends_with(&format!("when it occurs, Launch is past 14 Mar 2026 in {words}.")),
                "{told}"
            );
        }
    }

    #[test]
    fn what_chance_could_make_is_not_told() {
        assert_eq!(told(&driver(0.0, Over::Occurs, 1)), "");
    }

    #[test]
    fn days_are_short() {
        assert_eq!(
            [480, 0, 1200, 4740, 12_345].map(|minutes| days(minutes, 480)),
            ["1 day", "0 days", "2.5 days", "9.9 days", "26 days"]
        );
    }
}
