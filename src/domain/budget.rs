//! The budget: money by category and month, and what is thought to be spent in the end.

use super::draft::{Control, Field, FieldError};
use super::ids::ProjectId;
use super::record::{Head, Record, RecordKind, month_of};
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fields of a line. Amounts are in the program's currency.
pub const FIELDS: &[Field] = &[
    Field::new("category", "Category", Control::Line(120))
        .required()
        .hint("Such as People, Licences, Vendors."),
    Field::new("period_on", "Month", Control::Date).required().hint("Any day of the month."),
    Field::new("project", "Project", Control::Project),
    Field::new("planned", "Planned", Control::Amount),
    Field::new("committed", "Committed", Control::Amount).hint("Ordered or under contract."),
    Field::new("actual", "Actual", Control::Amount).hint("What was spent."),
    Field::new("forecast", "Forecast", Control::Amount).hint("What is thought to be spent in the end."),
    Field::new("note", "Note", Control::Line(500)),
];

/// Money of a category in a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BudgetLine {
    #[serde(flatten)]
    pub head: Head,
    pub project: Option<ProjectId>,
    pub category: String,
    /// The first day of the month.
    pub period_on: NaiveDate,
    pub planned: Option<f64>,
    pub committed: Option<f64>,
    pub actual: Option<f64>,
    pub forecast: Option<f64>,
    pub note: String,
}

impl Record for BudgetLine {
    const KIND: RecordKind = RecordKind::BudgetLine;
    const FIELDS: &'static [Field] = FIELDS;

    fn blank(head: Head) -> Self {
        Self {
            period_on: head.effective_on,
            head,
            project: None,
            category: String::new(),
            planned: None,
            committed: None,
            actual: None,
            forecast: None,
            note: String::new(),
        }
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn told(&self) -> String {
        format!("{}, {}", self.category, self.period_on.format("%b %Y"))
    }

    fn place(&self) -> (NaiveDate, String) {
        (self.period_on, self.category.to_lowercase())
    }

    fn check(&mut self, errors: &mut Vec<FieldError>) {
        self.period_on = month_of(self.period_on);
        for (name, amount) in
            [("planned", self.planned), ("committed", self.committed), ("forecast", self.forecast)]
        {
            if amount.is_some_and(|amount| amount < 0.0) {
                errors
                    .push(FieldError::new(name, "It is not negative; what comes back is an actual amount."));
            }
        }
        if [self.planned, self.committed, self.actual, self.forecast].iter().all(Option::is_none) {
            errors.push(FieldError::new(
                "planned",
                "Give an amount: what is planned, committed, spent or forecast.",
            ));
        }
    }
}

/// What a line comes to in the end: its forecast; where none is stated, what was spent if its month is over by `day`, else what is
/// planned; never less than what was spent already.
#[must_use]
pub fn at_completion(line: &BudgetLine, day: NaiveDate) -> f64 {
    let over = line.period_on.checked_add_months(Months::new(1)).is_some_and(|next| next <= day);
    let spent = line.actual.filter(|_| over);
    let end = line.forecast.or(spent).or(line.planned).unwrap_or(0.0);
    line.actual.map_or(end, |actual| end.max(actual))
}

/// What lines come to together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sums {
    pub planned: f64,
    pub committed: f64,
    pub actual: f64,
    pub at_completion: f64,
}

impl Sums {
    fn add(&mut self, line: &BudgetLine, day: NaiveDate) {
        self.planned += line.planned.unwrap_or(0.0);
        self.committed += line.committed.unwrap_or(0.0);
        self.actual += line.actual.unwrap_or(0.0);
        self.at_completion += at_completion(line, day);
    }

    /// By how much more is thought to be spent than `budget`, in percent of it; none without a budget.
    #[must_use]
    pub fn over(&self, budget: f64) -> Option<f64> {
        (budget > 0.0).then(|| (self.at_completion - budget) * 100.0 / budget)
    }
}

/// The lines of a budget by category and month, with their sums.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub months: Vec<NaiveDate>,
    /// By category: its months (none where it has no line), and its sum.
    pub rows: Vec<(String, Vec<Option<Sums>>, Sums)>,
    pub by_month: Vec<Sums>,
    pub all: Sums,
}

impl Table {
    /// Lays lines out as they stand on a day.
    #[must_use]
    pub fn new(lines: &[BudgetLine], day: NaiveDate) -> Self {
        let mut months: Vec<_> = lines.iter().map(|line| line.period_on).collect();
        months.sort_unstable();
        months.dedup();
        let mut rows: BTreeMap<String, (String, Vec<Option<Sums>>, Sums)> = BTreeMap::new();
        let mut by_month = vec![Sums::default(); months.len()];
        let mut all = Sums::default();
        for line in lines {
            let row = rows
                .entry(line.category.to_lowercase())
                .or_insert_with(|| (line.category.clone(), vec![None; months.len()], Sums::default()));
            // Of several spellings the first by the alphabet, as the health names it.
            if line.category < row.0 {
                row.0.clone_from(&line.category);
            }
            if let Ok(at) = months.binary_search(&line.period_on) {
                row.1[at].get_or_insert_with(Sums::default).add(line, day);
                by_month[at].add(line, day);
            }
            row.2.add(line, day);
            all.add(line, day);
        }
        Self { months, rows: rows.into_values().collect(), by_month, all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ProgramId;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn line(
        category: &str,
        on: &str,
        planned: Option<f64>,
        actual: Option<f64>,
        forecast: Option<f64>,
    ) -> BudgetLine {
        let head = Head {
            id: Uuid::nil(),
            program: ProgramId(Uuid::nil()),
            version: 1,
            archived_at: None,
            effective_on: day("2026-01-01"),
        };
        let mut line =
            BudgetLine { category: category.into(), planned, actual, forecast, ..BudgetLine::blank(head) };
        line.period_on = day(on);
        line.check(&mut Vec::new());
        line
    }

    #[test]
    fn a_line_comes_to_its_forecast_else_what_a_month_that_is_over_cost_else_its_plan() {
        let stated = line("People", "2026-05-20", Some(100.0), Some(90.0), Some(120.0));
        assert_eq!(stated.period_on, day("2026-05-01"), "a period is a month");
        let comes_to = |line: &BudgetLine, on: &str| Some(at_completion(line, day(on)));
        assert_eq!(comes_to(&stated, "2026-06-30"), Some(120.0));
        let spent = line("People", "2026-05-01", Some(100.0), Some(90.0), None);
        assert_eq!(comes_to(&spent, "2026-05-31"), Some(100.0), "the month still runs");
        assert_eq!(comes_to(&spent, "2026-06-01"), Some(90.0));
        assert_eq!(
            comes_to(&line("People", "2026-05-01", Some(100.0), None, None), "2026-06-30"),
            Some(100.0)
        );
        assert_eq!(comes_to(&line("People", "2026-05-01", None, None, None), "2026-06-30"), Some(0.0));
    }

    #[test]
    fn lines_stand_by_category_and_month_with_their_sums() {
        let lines = [
            line("People", "2026-05-01", Some(100.0), Some(110.0), None),
            line("people", "2026-05-01", Some(50.0), None, None),
            line("Licences", "2026-07-01", Some(40.0), None, Some(60.0)),
        ];
        let table = Table::new(&lines, day("2026-06-30"));
        assert_eq!(
            table.months,
            [day("2026-05-01"), day("2026-07-01")],
            "a month without lines is not shown"
        );
        let names: Vec<_> = table.rows.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["Licences", "People"], "a category is one however it is written");
        let people = &table.rows[1];
        assert_eq!(
            people.1[0].map(|sums| (sums.planned, sums.actual, sums.at_completion)),
            Some((150.0, 110.0, 160.0))
        );
        assert_eq!(people.1[1], None);
        assert_eq!((table.all.planned, table.all.at_completion), (190.0, 220.0));
        assert_eq!(table.by_month.get(1).map(|sums| sums.at_completion), Some(60.0));
        assert_eq!(table.all.over(200.0), Some(10.0));
        assert_eq!(table.all.over(0.0), None);
    }
}
