//! Capacity: what teams are planned for, by month, over all programs, and what they have.

use super::draft::{Control, Field, FieldError};
use super::ids::{ProjectId, TeamId};
use super::record::{Head, Record, RecordKind, month_of};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The fields of an allocation; capacity is in working days.
pub const FIELDS: &[Field] = &[
    Field::new("team", "Team", Control::Team).required(),
    Field::new("project", "Project", Control::Project),
    Field::new("period_on", "Month", Control::Date).required().hint("Any day of the month."),
    Field::new("planned_days", "Planned, working days", Control::Decimal(0, 100_000)).required(),
    Field::new("available_days", "Available, working days", Control::Decimal(0, 100_000))
        .hint("What the team has in that month for all its work; left out, what the team's page says."),
    Field::new("note", "Note", Control::Line(500)),
];

/// What a team is planned to do for a project in a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    #[serde(flatten)]
    pub head: Head,
    pub project: Option<ProjectId>,
    pub team: Option<TeamId>,
    /// The first day of the month.
    pub period_on: NaiveDate,
    pub planned_days: f64,
    pub available_days: Option<f64>,
    pub note: String,
}

impl Record for Allocation {
    const KIND: RecordKind = RecordKind::Allocation;
    const FIELDS: &'static [Field] = FIELDS;

    fn blank(head: Head) -> Self {
        Self {
            period_on: head.effective_on,
            head,
            project: None,
            team: None,
            planned_days: 0.0,
            available_days: None,
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
        format!("{} days in {}", self.planned_days, self.period_on.format("%b %Y"))
    }

    fn place(&self) -> (NaiveDate, String) {
        (self.period_on, self.team.map(|team| team.to_string()).unwrap_or_default())
    }

    fn check(&mut self, _: &mut Vec<FieldError>) {
        self.period_on = month_of(self.period_on);
    }
}

/// An allocation of any program, as the reader may know it.
#[derive(Clone, Debug)]
pub struct Planned {
    pub team: TeamId,
    pub team_name: String,
    /// What the team has in a month, where nothing else is said.
    pub usual_days: Option<f64>,
    pub month: NaiveDate,
    pub days: f64,
    pub available: Option<f64>,
    pub program: Uuid,
    /// The program and the project; none where the reader may not see the program.
    pub of: Option<(String, Option<String>)>,
}

/// What a team is planned for in a month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    pub planned: f64,
    pub available: Option<f64>,
    /// By program and project, what the reader may see.
    pub parts: Vec<(String, f64)>,
    /// What programs plan that the reader may not see: how many, and their days.
    pub hidden: (usize, f64),
}

impl Load {
    /// More is planned than there is.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.available.is_some_and(|available| self.planned > available)
    }
}

/// Teams by month, as they are planned.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    pub months: Vec<NaiveDate>,
    pub teams: Vec<(TeamId, String, Vec<Option<Load>>)>,
}

impl Matrix {
    /// Lays out what is planned. What a team has in a month is the most that any allocation says of it, else what the team usually
    /// has.
    #[must_use]
    pub fn new(planned: &[Planned]) -> Self {
        let mut months: Vec<_> = planned.iter().map(|one| one.month).collect();
        months.sort_unstable();
        months.dedup();
        let mut teams: BTreeMap<(String, TeamId), Vec<Vec<&Planned>>> = BTreeMap::new();
        for one in planned {
            let row = teams
                .entry((one.team_name.clone(), one.team))
                .or_insert_with(|| vec![Vec::new(); months.len()]);
            if let Ok(at) = months.binary_search(&one.month) {
                row[at].push(one);
            }
        }
        let teams = teams
            .into_iter()
            .map(|((name, team), row)| (team, name, row.iter().map(|all| load(all)).collect()));
        Self { teams: teams.collect(), months }
    }

    /// How many months of teams have more planned than there is.
    #[must_use]
    pub fn over(&self) -> usize {
        self.teams.iter().flat_map(|(.., loads)| loads).flatten().filter(|load| load.is_over()).count()
    }
}

fn load(all: &[&Planned]) -> Option<Load> {
    let first = all.first()?;
    let stated = all.iter().filter_map(|one| one.available).max_by(f64::total_cmp);
    let mut parts: BTreeMap<String, f64> = BTreeMap::new();
    let mut hidden = BTreeSet::new();
    let mut load = Load { available: stated.or(first.usual_days), ..Load::default() };
    for one in all {
        load.planned += one.days;
        if let Some((program, project)) = &one.of {
            let name =
                project.as_ref().map_or_else(|| program.clone(), |project| format!("{program} {project}"));
            *parts.entry(name).or_default() += one.days;
        } else {
            hidden.insert(one.program);
            load.hidden.1 += one.days;
        }
    }
    load.hidden.0 = hidden.len();
    load.parts = parts.into_iter().collect();
    Some(load)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(team: u128, month: &str, days: f64, available: Option<f64>, of: Option<&str>) -> Planned {
        Planned {
            team: TeamId(Uuid::from_u128(team)),
            team_name: format!("Team {team}"),
            usual_days: (team == 2).then_some(10.0),
            month: month.parse().unwrap(),
            days,
            available,
            program: Uuid::from_u128(of.map_or(9, |of| of.len() as u128)),
            of: of.map(|of| (of.to_owned(), None)),
        }
    }

    #[test]
    fn over_allocation_counts_what_hidden_programs_plan_without_naming_them() {
        let matrix = Matrix::new(&[
            planned(1, "2026-05-01", 12.0, Some(20.0), Some("ATLAS")),
            planned(1, "2026-05-01", 6.0, None, Some("BEACON")),
            planned(1, "2026-05-01", 3.0, Some(18.0), None),
            planned(1, "2026-06-01", 20.0, Some(20.0), Some("ATLAS")),
            planned(2, "2026-06-01", 10.5, None, Some("ATLAS")),
        ]);
        assert_eq!(matrix.months.len(), 2);
        let may = matrix.teams[0].2[0].as_ref().unwrap();
        assert_eq!((may.planned, may.available, may.hidden), (21.0, Some(20.0), (1, 3.0)));
        assert_eq!(may.parts, [("ATLAS".to_owned(), 12.0), ("BEACON".to_owned(), 6.0)]);
        assert!(may.is_over());
        assert!(
            !matrix.teams[0].2[1].as_ref().unwrap().is_over(),
            "all that there is isn't more than there is"
        );
        assert_eq!(matrix.teams[1].2[0], None);
        assert!(matrix.teams[1].2[1].as_ref().unwrap().is_over(), "more than the team usually has");
        assert_eq!(matrix.over(), 2);
    }
}
