//! A schedule as other programs read it: the same JSON of a plan in a file and of a program. `D` is a day, or a date-time where the
//! plan's calendars have hours.

use serde::Serialize;

/// A whole schedule; `more` is what only one of its sources has to tell.
#[derive(Debug, Serialize)]
pub struct Schedule<'a, D, I, M> {
    /// Up to when progress is known.
    pub status_date: Option<D>,
    pub finish: Option<D>,
    /// A list of [`Row`], with what is told beside.
    pub items: I,
    /// First to last.
    pub critical_path: Vec<&'a str>,
    #[serde(flatten)]
    pub more: M,
}

/// An item of it.
#[derive(Debug, Serialize)]
pub struct Row<'a, D> {
    #[serde(rename = "ref")]
    pub reference: &'a str,
    /// In the plan that it was imported from.
    pub uid: Option<i64>,
    pub title: &'a str,
    pub early_start: D,
    pub early_finish: D,
    pub late_start: D,
    pub late_finish: D,
    pub total_float_days: f64,
    pub free_float_days: f64,
    pub critical: bool,
    /// What determines when it starts.
    pub driving: Vec<&'a str>,
}
