//! Plans of Microsoft Project, scheduled: against the dates that Project itself wrote into them.

use crate::mspdi::SAMPLES;
use chrono::NaiveDateTime;
use plumbline::exchange::mspdi::schedule::{Scheduled, schedule};
use plumbline::exchange::mspdi::{Limits, Plan, read};

fn sample(name: &str) -> Plan {
    let (_, bytes) = SAMPLES.iter().find(|(known, _)| *known == name).expect("a sample");
    read(name, *bytes, &Limits::default()).expect("it is read").plan
}

/// What differs between Project's dates and ours, a line a value.
fn differences(plan: &Plan, scheduled: &Scheduled) -> Vec<String> {
    let mut found = Vec::new();
    for (place, dates) in scheduled.converted.tasks.iter().zip(&scheduled.dates) {
        let task = &plan.tasks[*place];
        let mut compare = |what: &str, theirs: Option<NaiveDateTime>, ours: NaiveDateTime| {
            if theirs != Some(ours) {
                found.push(format!("{} {what}: {theirs:?} is {ours}", task.uid));
            }
        };
        compare("early start", task.early_start, dates.early_start.date_time());
        compare("early finish", task.early_finish, dates.early_finish.date_time());
        compare("late start", task.late_start, dates.late_start.date_time());
        compare("late finish", task.late_finish, dates.late_finish.date_time());
        if task.total_slack != Some(dates.total_float * 10) {
            found.push(format!(
                "{} total slack: {:?} is {}",
                task.uid,
                task.total_slack,
                dates.total_float * 10
            ));
        }
        if task.critical != Some(dates.critical) {
            found.push(format!("{} critical: {:?} is {}", task.uid, task.critical, dates.critical));
        }
    }
    found
}

#[test]
fn all_four_link_types_with_lags_and_leads_come_out_as_in_project() {
    for name in
        ["task-links-project2007-mspdi.xml", "mspdirelations.xml", "baselines.xml", "mspdi-legacy-sample.xml"]
    {
        let plan = sample(name);
        let scheduled = schedule(&plan).expect("it is scheduled");
        assert_eq!(scheduled.converted.tasks.len(), plan.tasks.len(), "{name}: all tasks");
        assert_eq!(Some(scheduled.finish.date_time()), plan.finish, "{name}");
        assert_eq!(differences(&plan, &scheduled), Vec::<String>::new(), "{name}");
    }
}
