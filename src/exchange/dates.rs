//! Dates as sheets write them. Whether `03/04/2026` begins with the day or the month is decided for a whole column.

use chrono::{DateTime, Datelike, NaiveDate};

/// Which number comes first in `03/04/2026`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    DayFirst,
    MonthFirst,
}

/// How a column writes its dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub order: Order,
    /// No value of the column told the order: values such as `03/04/2026` were taken as day first.
    pub assumed: bool,
    /// Some values begin with the day and others with the month: those that could be either are refused.
    pub mixed: bool,
    /// The year of dates that name none (`7/31`).
    pub year: Option<i32>,
}

/// Finds the form of a column from all its values.
pub fn form_of<'a>(values: impl IntoIterator<Item = &'a str>) -> Form {
    let (mut day_first, mut month_first, mut either) = (false, false, false);
    for value in values {
        let Some((first, second, _, mark)) = numbers(value.trim()) else { continue };
        match (first > 12, second > 12) {
            (true, _) => day_first = true,
            (_, true) => month_first = true,
            // Only a date with dots tells its order by itself.
            _ if mark == '.' => day_first = true,
            _ => either |= first != second,
        }
    }
    Form {
        order: if month_first && !day_first { Order::MonthFirst } else { Order::DayFirst },
        assumed: either && !day_first && !month_first,
        mixed: day_first && month_first,
        year: None,
    }
}

/// Whether a value can be read both ways: `03/04/2026`, but not `03/03/2026` or `31/03/2026`.
#[must_use]
pub fn is_ambiguous(text: &str) -> bool {
    numbers(text.trim())
        .is_some_and(|(first, second, _, mark)| first <= 12 && second <= 12 && first != second && mark != '.')
}

/// Reads a date, with or without a time of day behind it (which is dropped).
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the value.
pub fn parse(text: &str, form: Form) -> Result<NaiveDate, &'static str> {
    let text = text.trim();
    iso(text).or_else(|| named_month(text)).map_or_else(|| slashed(text, form), Ok).and_then(|day| {
        if (1900..=2200).contains(&day.year()) { Ok(day) } else { Err("is no year of a plan") }
    })
}

/// `2026-07-24`, `2026/7/4`, `2026-07-24T12:00:00Z`, `2026-07-24 10:00`, `20260724`.
fn iso(text: &str) -> Option<NaiveDate> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.date_naive());
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let (date, _) = without_time(text)?;
    let mut parts = date.split(['-', '/', '.']);
    let year = parts.next().filter(|year| year.len() == 4)?;
    let (month, day) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(number(year)?.try_into().ok()?, number(month)?, number(day)?)
}

/// `25/Jun/26`, `25 June 2026`, `June 25, 2026`, `25-Jun-2026`, with a time or a weekday around it.
fn named_month(text: &str) -> Option<NaiveDate> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '/' | '-' | ',' | '.'))
        .filter(|word| !word.is_empty())
        .collect();
    let at = words.iter().take(3).position(|word| month_of(word).is_some())?;
    let month = month_of(words[at])?;
    let (day, year) = match at {
        0 => (words.get(1)?, words.get(2)?),
        _ => (&words[at - 1], words.get(at + 1)?),
    };
    let day = day.trim_end_matches(|c: char| c.is_alphabetic());
    if at + 2 < words.len() && at > 0 && !words[at + 2].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    NaiveDate::from_ymd_opt(full_year(year)?, month, number(day)?)
}

fn slashed(text: &str, form: Form) -> Result<NaiveDate, &'static str> {
    let Some((first, second, year, mark)) = numbers(text) else {
        return match text.split_once('/').map(|(a, b)| (number(a), number(b))) {
            Some((Some(first), Some(second))) => {
                let year = form.year.ok_or("names no year")?;
                let (day, month) = if form.order == Order::DayFirst && second <= 12 {
                    (first, second)
                } else {
                    (second, first)
                };
                NaiveDate::from_ymd_opt(year, month, day).ok_or("is no date")
            }
            _ => Err("is no date"),
        };
    };
    if form.mixed && is_ambiguous(text) {
        return Err("can be read two ways, and the column writes dates both ways");
    }
    let month_first = mark != '.' && (second > 12 || (form.order == Order::MonthFirst && first <= 12));
    let (day, month) = if month_first { (second, first) } else { (first, second) };
    NaiveDate::from_ymd_opt(year, month, day).ok_or("is no date")
}

/// The parts of `03/04/2026`: first, second, year, and the mark between them.
fn numbers(text: &str) -> Option<(u32, u32, i32, char)> {
    let (date, _) = without_time(text)?;
    let mark = date.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let mut parts = date.split(mark);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || first.len() > 2 || second.len() > 2 {
        return None;
    }
    Some((number(first)?, number(second)?, full_year(year)?, mark))
}

/// Cuts a time of day off: a date alone stays as it is. `None` if what follows isn't a time.
fn without_time(text: &str) -> Option<(&str, &str)> {
    let cut = text.find([' ', 'T']).unwrap_or(text.len());
    let (date, time) = text.split_at(cut);
    let time = time.trim_start_matches([' ', 'T']);
    let plausible = time.is_empty()
        || (time.starts_with(|c: char| c.is_ascii_digit())
            && time.len() <= 20
            && time.contains(':')
            && time.chars().all(|c| {
                c.is_ascii_digit()
                    || matches!(c, ':' | '.' | '+' | '-' | ' ' | 'Z' | 'A' | 'P' | 'M' | 'a' | 'p' | 'm')
            }));
    plausible.then_some((date, time))
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Two digits are of this century up to 69, as spreadsheets and POSIX have it.
fn full_year(text: &str) -> Option<i32> {
    let year = i32::try_from(number(text)?).ok()?;
    match text.trim().len() {
        4 => Some(year),
        2 if year < 70 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// A month by its name or the first three letters of it: English, German, French, Spanish, Russian.
fn month_of(word: &str) -> Option<u32> {
    const NAMES: [&[&str]; 12] = [
        &["jan", "ene", "янв"],
        &["feb", "fév", "fev", "фев"],
        &["mar", "mär", "mrz", "мар"],
        &["apr", "avr", "abr", "апр"],
        &["may", "mai", "май", "мая"],
        &["jun", "июн"],
        &["jul", "июл"],
        &["aug", "aoû", "aou", "ago", "авг"],
        &["sep", "сен"],
        &["oct", "okt", "окт"],
        &["nov", "ноя"],
        &["dec", "dez", "déc", "dic", "дек"],
    ];
    let word = word.to_lowercase();
    if !(3..=18).contains(&word.len()) || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    if word.starts_with("juin") {
        return Some(6);
    }
    if word.starts_with("juil") {
        return Some(7);
    }
    let start: String = word.chars().take(3).collect();
    let at = NAMES.iter().position(|names| names.contains(&start.as_str()))?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_forms_that_sheets_write() {
        for text in [
            "2026-07-24",
            "2026-7-24",
            "2026/07/24",
            "20260724",
            "2026-07-24T12:00:00Z",
            "2026-07-24T15:57:06.522-0200",
            "2026-07-24 10:00",
            "24/07/2026",
            "7/24/2026",
            "24.07.26",
            "24-07-2026",
            "24/Jul/26 5:30 PM",
            "24/июл/26 09:59",
            "24 July 2026",
            "24th July 2026",
            "July 24, 2026",
            "Jul 24 2026",
            "24-Jul-2026",
            "24/jul/26 4:51 PM",
            " 24/07/2026 00:00 ",
        ] {
            assert_eq!(parse(text, Form::default()), Ok(day("2026-07-24")), "{text}");
        }
        let with_year = Form { year: Some(2018), order: Order::MonthFirst, ..Form::default() };
        assert_eq!(parse("7/31", with_year), Ok(day("2018-07-31")));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "TBD",
            "soon",
            "2026-02-30",
            "31/02/2026",
            "7/31",
            "12",
            "£153.60",
            "Q3 2026",
            "1/2/3/4",
            "2026-07-24 and later",
            "Exempt under Section 26",
            "May the force be with you",
            "0001-01-01",
            "9999-12-31",
            "-1/-1/2026",
            "99999999999/1/1",
        ] {
            assert!(parse(text, Form::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_order_is_decided_by_the_column() {
        let form = form_of(["03/04/2026", "12/31/2026"]);
        assert_eq!(parse("03/04/2026", form), Ok(day("2026-03-04")));
        let form = form_of(["03/04/2026", "31/12/2026", "n/a"]);
        assert_eq!(parse("03/04/2026", form), Ok(day("2026-04-03")));
        let form = form_of(["03/04/2026", "04/04/2026"]);
        assert!(form.assumed && is_ambiguous("03/04/2026") && !is_ambiguous("04/04/2026"));
        let form = form_of(["31/12/2026", "12/31/2026"]);
        assert!(form.mixed);
        assert!(parse("03/04/2026", form).is_err());
        assert_eq!(parse("31/12/2026", form), parse("12/31/2026", form));
    }
}
