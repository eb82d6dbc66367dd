//! What is odd about a file, and what of it isn't carried.

use super::Note;
use super::pull::Pull;
use crate::exchange::Unreadable;
use std::collections::BTreeMap;
use std::io;

/// Most notes that are kept, and most names of elements that weren't carried.
pub(super) const MOST: usize = 10_000;

/// What a project says that people would miss; all else at its head are preferences of the program that wrote it.
const MISSED_OF_PROJECT: [&str; 8] =
    ["Author", "Company", "Manager", "Subject", "Category", "OutlineCodes", "WBSMasks", "BaselineCalendar"];

/// What Project works out from the rest, and marks of its display: nobody would miss it.
const DERIVED: &[&str] = &[
    "ACWP",
    "AccrueAt",
    "ActualDuration",
    "ActualOvertimeWorkProtected",
    "ActualWorkProtected",
    "ActualsInSync",
    "AssnOwner",
    "AssnOwnerGuid",
    "BCWP",
    "BCWS",
    "BookingType",
    "BudgetCost",
    "BudgetWork",
    "CV",
    "CVP",
    "CanLevel",
    "CommitmentType",
    "Confirmed",
    "CostRateTable",
    "CostVariance",
    "CreateDate",
    "CreationDate",
    "CrossProject",
    "DisplayAsSummary",
    "DisplayOnTimeline",
    "DurationFormat",
    "EAC",
    "EarnedValueMethod",
    "EffortDriven",
    "Estimated",
    "ExternalTask",
    "FinishSlack",
    "FinishText",
    "FinishVariance",
    "FixedCostAccrual",
    "FixedMaterial",
    "GUID",
    "HasFixedRateUnits",
    "HideBar",
    "IsBaseCalendar",
    "IsBaselineCalendar",
    "IsBudget",
    "IsCostResource",
    "IsEnterprise",
    "IsGeneric",
    "IsInactive",
    "IsNull",
    "IsPublished",
    "IsSubproject",
    "IsSubprojectReadOnly",
    "LevelAssignments",
    "LevelingCanSplit",
    "LevelingDelayFormat",
    "LinkedFields",
    "Milestone",
    "OutlineNumber",
    "OverAllocated",
    "Overallocated",
    "OvertimeRateFormat",
    "PeakUnits",
    "PercentWorkComplete",
    "PhoneticAlias",
    "Phonetics",
    "PreLeveledFinish",
    "PreLeveledStart",
    "RateScale",
    "Recurring",
    "RegularWork",
    "RemainingCost",
    "RemainingWork",
    "ResponsePending",
    "Resume",
    "ResumeValid",
    "Rollup",
    "SV",
    "StandardRateFormat",
    "StartSlack",
    "StartText",
    "StartVariance",
    "Stop",
    "Type",
    "UpdateNeeded",
    "VAC",
    "WorkContour",
    "WorkGroup",
    "WorkVariance",
];

/// What is odd about a file, and what of it isn't carried.
#[derive(Default)]
pub(super) struct Notes {
    said: Vec<Note>,
    more: usize,
    not_carried: BTreeMap<String, u32>,
}

impl Notes {
    pub(super) fn say(&mut self, uid: Option<i64>, what: impl Into<String>) {
        if self.said.len() < MOST {
            self.said.push(Note { uid, what: what.into() });
        } else {
            self.more += 1;
        }
    }

    /// Counts something that isn't carried, and says which if there is more to say than its name.
    pub(super) fn miss(&mut self, what: &str, detail: Option<String>) {
        if let Some(detail) = detail {
            self.say(None, detail);
        }
        if let Some(count) = self.not_carried.get_mut(what) {
            *count += 1;
        } else if self.not_carried.len() < MOST {
            self.not_carried.insert(what.to_owned(), 1);
        }
    }

    /// Skips the open element, and counts it if it holds something that people would miss.
    pub(super) fn skip<R: io::Read>(&mut self, pull: &mut Pull<R>, within: &str) -> Result<(), Unreadable> {
        let missed = if within == "Project" {
            MISSED_OF_PROJECT.contains(&pull.name())
        } else {
            DERIVED.binary_search(&pull.name()).is_err()
        };
        let name = if missed { format!("{within}/{}", pull.name()) } else { String::new() };
        if pull.skip()? && missed {
            self.miss(&name, None);
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> (Vec<Note>, BTreeMap<String, u32>) {
        if self.more > 0 {
            self.said.push(Note { uid: None, what: format!("and {} more like these", self.more) });
        }
        (self.said, self.not_carried)
    }
}
