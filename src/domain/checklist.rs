//! Checklists: what gates of a sort are checked for, to begin from. Some are here for everybody; a program makes its own.

use super::draft::{Control, Field};
use serde::{Deserialize, Serialize};

/// A criterion of a checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    pub criterion: String,
    pub area: String,
    pub mandatory: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self { criterion: String::new(), area: "other".into(), mandatory: true }
    }
}

/// What is said to keep a gate's checks as a checklist.
pub const FIELDS: &[Field] = &[
    Field::new("name", "Name", Control::Line(120)).required(),
    Field::new("gate", "From the checks of", Control::Item).required(),
];

/// A checklist that is there for everybody.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    pub name: &'static str,
    /// (area, mandatory, criterion).
    pub checks: &'static [(&'static str, bool, &'static str)],
}

impl BuiltIn {
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |(area, mandatory, criterion): &(&str, bool, &str)| Entry {
            criterion: (*criterion).to_owned(),
            area: (*area).to_owned(),
            mandatory: *mandatory,
        };
        self.checks.iter().map(entry).collect()
    }
}

/// The checklists that are there for everybody.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "Service launch",
        checks: &[
            ("engineering", true, "No open defect of severity 1 or 2"),
            ("engineering", true, "Load test at twice the expected peak meets the latency targets"),
            ("operations", true, "Dashboards and alerts cover each promised service level"),
            ("operations", true, "The runbook was walked through by somebody who didn't write it"),
            ("operations", true, "Rolling back was rehearsed within the last 30 days"),
            ("operations", false, "A backup was restored and compared"),
            ("security", true, "Penetration test done; nothing high is open"),
            ("security", true, "Access is reviewed and secrets are rotated"),
            ("support", true, "Support is trained and knows whom to call"),
            ("support", false, "Answers to the expected questions are published"),
            ("legal", true, "Privacy assessment signed"),
            ("marketing", false, "The announcement is approved, with its day"),
            ("product", true, "Success measures have a baseline and an owner"),
        ],
    },
    BuiltIn {
        name: "Data migration",
        checks: &[
            ("data", true, "Two dress rehearsals on a full copy, the last one within the window"),
            ("data", true, "Reconciliation shows no unexplained difference"),
            ("data", true, "The mapping is signed off by the owners of the data"),
            ("engineering", true, "The migration can be run again without harm"),
            ("engineering", true, "Cut-over fits its window with a third to spare"),
            ("operations", true, "The way back was rehearsed, with the point of no return named"),
            ("operations", true, "Backups of source and target are taken and were restored"),
            ("security", true, "Data in transit and copies left behind are protected and accounted for"),
            ("finance", true, "Closing balances agree before and after"),
            ("support", true, "Users know what changes on which day"),
            ("legal", false, "Retention of the old system is agreed"),
        ],
    },
    BuiltIn {
        name: "Feature release",
        checks: &[
            ("engineering", true, "All acceptance criteria are tested and pass"),
            ("engineering", true, "The feature can be switched off without a deployment"),
            ("engineering", false, "Documentation for developers is up to date"),
            ("operations", true, "What to watch after the launch is agreed, with limits"),
            ("security", true, "The change was reviewed for its risks"),
            ("support", true, "Release notes and help are published"),
            ("product", true, "It is shown to its customers, who accept it"),
            ("marketing", false, "The announcement is approved"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::AREAS;
    use std::collections::BTreeSet;

    #[test]
    fn every_built_in_entry_has_a_known_area_and_stands_once() {
        for list in BUILT_IN {
            let criteria: BTreeSet<_> = list.checks.iter().map(|(.., criterion)| criterion).collect();
            assert_eq!(criteria.len(), list.checks.len(), "{}", list.name);
            assert!(list.checks.iter().any(|(_, mandatory, _)| *mandatory), "{}", list.name);
            for (area, ..) in list.checks {
                assert!(AREAS.iter().any(|(name, _)| name == area), "{area}");
            }
        }
    }
}
