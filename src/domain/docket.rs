//! What a meeting is to speak of, proposed from what waits; and its minutes.

use super::calendar::Calendar;
use super::ids::ItemId;
use super::kind::{Kind, State};
use super::metrics::HIGH_SCORE;
use super::nudge::AGREE_DAYS;
use super::subject::{Own, Subject, waits};
use super::words::working_days;
use chrono::{Days, NaiveDate};
use serde::Serialize;
use std::collections::HashMap;

/// A gate within so many days of a meeting is spoken of.
const GATE_DAYS: u64 = 30;
/// A milestone that is later than committed by more than so many working days is spoken of.
const LATE_WORKING_DAYS: i64 = 10;
/// Points that are proposed at most: a meeting has an hour.
const MOST: usize = 15;

/// Why a point is proposed, in the order of the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    CarriedOver,
    DecisionWaiting,
    /// A change request that waits to be approved or rejected.
    ApprovalWaiting,
    ActionOverdue,
    /// An acceptance that has run out, an assumption that was to be validated.
    Lapsed,
    /// It is due by the day of the meeting.
    ActionDue,
    /// It is needed by the day of the meeting.
    NeededBy,
    /// It is needed soon after the meeting, and not agreed.
    NotAgreed,
    Red,
    GateAhead,
}

impl Why {
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::CarriedOver => "carried over",
            Self::DecisionWaiting => "decision that waits",
            Self::ApprovalWaiting => "approval that waits",
            Self::ActionOverdue => "overdue action",
            Self::Lapsed => "past its day",
            Self::ActionDue => "action due by then",
            Self::NeededBy => "needed by then",
            Self::NotAgreed => "not agreed",
            Self::Red => "red",
            Self::GateAhead => "gate ahead",
        }
    }
}

/// A point that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed<'s> {
    pub subject: &'s Subject,
    pub why: Why,
    /// What is the matter, in words.
    pub says: String,
}

/// Proposes what a meeting on a day speaks of: what its forum didn't reach last time, then decisions that wait, overdue actions and those
/// due by then, what has run out, what is needed by then or soon after and not agreed, what is red and gates that come. Within each the most urgent first. How late something is is told as of today.
#[must_use]
pub fn propose<'s>(
    subjects: &'s [Subject],
    carried: &[ItemId],
    (today, day): (NaiveDate, NaiveDate),
    calendar: &Calendar,
) -> Vec<Proposed<'s>> {
    // What was left stays in its order.
    let carried: HashMap<ItemId, i64> = carried.iter().copied().zip(0..).collect();
    let mut found: Vec<(Why, i64, Proposed<'s>)> = subjects
        .iter()
        .filter_map(|subject| {
            let (why, urgency, says) = matter(subject, (today, day), calendar);
            let (why, urgency) = match carried.get(&subject.item) {
                Some(place) => (Why::CarriedOver, -place),
                None => (why?, urgency?),
            };
            Some((why, urgency, Proposed { subject, why, says }))
        })
        .collect();
    found.sort_by_key(|(why, urgency, point)| (*why, -urgency, point.subject.kind, point.subject.number));
    found.into_iter().map(|(.., point)| point).take(MOST).collect()
}

/// What is the matter with an item: why it is spoken of, how urgent it is, and the words.
fn matter(
    subject: &Subject,
    (today, day): (NaiveDate, NaiveDate),
    calendar: &Calendar,
) -> (Option<Why>, Option<i64>, String) {
    let late = |days: i64| format!("{days} day{} late", if days == 1 { "" } else { "s" });
    let lapsed = |since: NaiveDate, says: String| (Some(Why::Lapsed), Some((day - since).num_days()), says);
    let red = |urgency: i64, says: String| (Some(Why::Red), Some(urgency), says);
    match &subject.own {
        Own::Decision(asked) if waits(subject.state, asked, day) => {
            let age = asked.since().map_or(0, |since| calendar.working_days(since, today));
            let says = match subject.next_on {
                Some(on) => format!("waits for {age} working days, needed by {}", on.format("%-d %b %Y")),
                None => format!("waits for {age} working days"),
            };
            (Some(Why::DecisionWaiting), Some(age), says)
        }
        Own::Risk { score: Some(score), opportunity: false, .. }
            if *score >= HIGH_SCORE && subject.state != State::Accepted =>
        {
            red((*score).into(), format!("high risk, {score} of 25"))
        }
        Own::Risk { accepted_until: Some(until), .. } if *until < day => {
            let ran = if *until < today { "ran" } else { "runs" };
            lapsed(*until, format!("its acceptance {ran} out on {}", until.format("%-d %b %Y")))
        }
        Own::Risk { outgrown: Some(accepted), mitigated_until, .. }
            if subject.state != State::Accepted && mitigated_until.is_none_or(|until| until < day) =>
        {
            lapsed(
                subject.updated_on,
                format!("was accepted {}, which doesn’t cover it any more", accepted.words()),
            )
        }
        Own::Assumption { validate_by: Some(by) } if *by < day && subject.is_open() => {
            lapsed(*by, format!("to be validated by {}", by.format("%-d %b %Y")))
        }
        Own::Change { submitted_on } if subject.state == State::Submitted => {
            let since = submitted_on.unwrap_or(subject.updated_on);
            let age = calendar.working_days(since, today);
            let says = format!("waits for {}", working_days(age));
            (Some(Why::ApprovalWaiting), Some(age), says)
        }
        Own::Issue { severity: 1, .. } => red(30, "critical issue".to_owned()),
        Own::Issue { blocking: true, .. } => red(25, "blocks a team".to_owned()),
        Own::Dependency { needed_by: Some(needed), .. } if *needed < today => {
            let days = (today - *needed).num_days();
            red(days.min(24), format!("needed {days} day{} ago", if days == 1 { "" } else { "s" }))
        }
        Own::Dependency { needed_by: Some(needed), .. } if *needed <= day => {
            let says = format!("needed by {}", needed.format("%-d %b %Y"));
            (Some(Why::NeededBy), Some((day - *needed).num_days()), says)
        }
        Own::Dependency { needed_by: Some(needed), agreed: false, .. }
            if subject.state == State::Proposed
                && day.checked_add_days(Days::new(AGREE_DAYS)).is_some_and(|soon| *needed < soon) =>
        {
            let says = format!("needed by {} and not agreed", needed.format("%-d %b %Y"));
            (Some(Why::NotAgreed), Some((day - *needed).num_days()), says)
        }
        Own::Milestone { committed_on: Some(committed), forecast_on: Some(forecast) } => {
            let slip = calendar.working_days(*committed, *forecast);
            if slip > LATE_WORKING_DAYS {
                red(slip.min(29), format!("forecast {slip} working days after its commitment"))
            } else {
                (None, None, String::new())
            }
        }
        Own::Other if subject.kind == Kind::Action => match subject.next_on {
            Some(on) if on < today => {
                let days = (today - on).num_days();
                (Some(Why::ActionOverdue), Some(days), late(days))
            }
            Some(on) if on <= day => {
                (Some(Why::ActionDue), Some((day - on).num_days()), format!("due {}", on.format("%-d %b %Y")))
            }
            _ => (None, None, String::new()),
        },
        Own::Other if subject.kind == Kind::Gate => {
            let soon = day.checked_add_days(Days::new(GATE_DAYS)).unwrap_or(day);
            match subject.next_on.filter(|on| *on <= soon) {
                Some(on) => {
                    let says = format!("on {}", on.format("%-d %b %Y"));
                    (Some(Why::GateAhead), Some((soon - on).num_days()), says)
                }
                None => (None, None, String::new()),
            }
        }
        _ => (None, None, String::new()),
    }
}

/// What the minutes of a meeting tell.
#[derive(Clone, Debug, Default)]
pub struct Minutes {
    pub title: String,
    pub reference: String,
    pub on: NaiveDate,
    pub forum: String,
    /// It was held: who was invited was present, and what was not reached was left.
    pub held: bool,
    pub attendees: Vec<String>,
    /// What was taken: reference, title, and what is decided or who does it by when.
    pub decisions: Vec<(String, String, String)>,
    pub actions: Vec<(String, String, String)>,
    pub others: Vec<(String, String, String)>,
    /// Points that were reached, those that the next meeting has, and the others: reference, title, note.
    pub reached: Vec<(String, String, String)>,
    pub carried: Vec<(String, String, String)>,
    pub left: Vec<(String, String, String)>,
    pub notes: String,
}

/// One line of text that Markdown reads as it is written.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' => out.extend(['\\', c]),
            '\r' | '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

impl Minutes {
    /// The minutes, in Markdown. Of what there is none, nothing is said.
    #[must_use]
    pub fn markdown(&self) -> String {
        use std::fmt::Write as _;
        let mut out =
            format!("# {}\n\n{} · {}", plain(&self.title), self.reference, self.on.format("%-d %B %Y"));
        if !self.forum.is_empty() {
            let _ = write!(out, " · {}", plain(&self.forum));
        }
        out.push('\n');
        if !self.attendees.is_empty() {
            let who = if self.held { "Present" } else { "Invited" };
            let _ = write!(out, "\n{who}: {}\n", plain(&self.attendees.join(", ")));
        }
        for (heading, rows) in [
            ("Decisions", &self.decisions),
            ("Actions", &self.actions),
            ("Also raised", &self.others),
            ("Spoken of", &self.reached),
            ("Carried over", &self.carried),
            (if self.held { "Not reached" } else { "Agenda" }, &self.left),
        ] {
            if rows.is_empty() {
                continue;
            }
            let _ = write!(out, "\n## {heading}\n\n");
            for (reference, title, said) in rows {
                let _ = write!(out, "- {} ({reference})", plain(title));
                if !said.is_empty() {
                    let _ = write!(out, ": {}", plain(said));
                }
                out.push('\n');
            }
        }
        if !self.notes.trim().is_empty() {
            let _ = write!(out, "\n## Notes\n\n{}\n", self.notes.trim());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject::Asked;
    use super::super::subject::tests::{day, subject};
    use super::*;
    use uuid::Uuid;

    fn nth(number: u128, subject: Subject) -> Subject {
        let count = i32::try_from(number).unwrap();
        Subject { item: ItemId(Uuid::from_u128(number)), number: count, ..subject }
    }

    fn decision(number: u128, since: &str) -> Subject {
        let asked = Asked { requested_on: Some(day(since)), ..Asked::default() };
        nth(number, subject(Kind::Decision, State::Waiting, Own::Decision(asked)))
    }

    fn action(number: u128, due: &str) -> Subject {
        let action = subject(Kind::Action, State::Open, Own::Other);
        nth(number, Subject { next_on: Some(day(due)), ..action })
    }

    #[test]
    fn an_agenda_begins_with_what_was_left_and_goes_by_urgency() {
        let risk = |number, score| {
            let own = Own::Risk {
                score: Some(score),
                opportunity: false,
                accepted_until: None,
                outgrown: None,
                mitigated_until: None,
            };
            nth(number, subject(Kind::Risk, State::Open, own))
        };
        let gate = |number, on: &str| {
            nth(number, Subject { next_on: Some(day(on)), ..subject(Kind::Gate, State::Planned, Own::Other) })
        };
        let milestone = |number, forecast: &str| {
            let own =
                Own::Milestone { committed_on: Some(day("2026-08-03")), forecast_on: Some(day(forecast)) };
            nth(number, subject(Kind::Milestone, State::Planned, own))
        };
        let subjects = [
            gate(1, "2026-07-20"),
            gate(2, "2026-09-20"),
            action(3, "2026-06-29"),
            action(4, "2026-06-01"),
            action(5, "2026-07-01"),
            decision(6, "2026-06-25"),
            decision(7, "2026-06-01"),
            risk(8, 16),
            risk(9, 8),
            milestone(10, "2026-08-17"),
            milestone(11, "2026-08-18"),
            action(12, "2026-12-01"),
        ];
        let left = [ItemId(Uuid::from_u128(12)), ItemId(Uuid::from_u128(99))];
        let points = propose(&subjects, &left, (day("2026-06-30"), day("2026-06-30")), &Calendar::default());
        let told: Vec<_> = points.iter().map(|point| (point.subject.number, point.why)).collect();
        assert_eq!(
            told,
            [
                (12, Why::CarriedOver),
                (7, Why::DecisionWaiting),
                (6, Why::DecisionWaiting),
                (4, Why::ActionOverdue),
                (3, Why::ActionOverdue),
                (8, Why::Red),
                (11, Why::Red),
                (1, Why::GateAhead),
            ]
        );
        assert_eq!(points[1].says, "waits for 21 working days, needed by 31 Aug 2026");
        assert_eq!(points[6].says, "forecast 11 working days after its commitment");
    }

    #[test]
    fn what_is_due_by_the_meeting_is_not_overdue_and_late_is_told_as_of_today() {
        let subjects = [action(1, "2026-06-20"), action(2, "2026-07-01"), action(3, "2026-07-09")];
        let days = (day("2026-06-30"), day("2026-07-07"));
        let points = propose(&subjects, &[], days, &Calendar::default());
        let told: Vec<_> =
            points.iter().map(|point| (point.subject.number, point.why, point.says.as_str())).collect();
        assert_eq!(
            told,
            [(1, Why::ActionOverdue, "10 days late"), (2, Why::ActionDue, "due 1 Jul 2026")],
            "what is due after the meeting isn't spoken of"
        );
    }

    #[test]
    fn an_agenda_proposes_approvals_that_wait_and_what_has_run_out_or_is_not_agreed() {
        let risk = |number, state, until: &str| {
            let own = Own::Risk {
                score: Some(6),
                opportunity: false,
                accepted_until: Some(day(until)),
                outgrown: None,
                mitigated_until: None,
            };
            nth(number, subject(Kind::Risk, state, own))
        };
        let assumption = |number, by: &str| {
            let own = Own::Assumption { validate_by: Some(day(by)) };
            nth(number, subject(Kind::Assumption, State::Open, own))
        };
        let dependency = |number, state, needed: &str| {
            let agreed = state == State::Agreed;
            let own = Own::Dependency { needed_by: Some(day(needed)), promised_by: None, agreed };
            nth(number, subject(Kind::Dependency, state, own))
        };
        let change = |number, state| {
            let own = Own::Change { submitted_on: Some(day("2026-06-23")) };
            nth(number, subject(Kind::Change, state, own))
        };
        let subjects = [
            dependency(1, State::Proposed, "2026-07-13"),
            dependency(2, State::Agreed, "2026-07-13"),
            dependency(3, State::Proposed, "2026-07-14"),
            assumption(4, "2026-06-29"),
            assumption(5, "2026-06-30"),
            risk(6, State::Accepted, "2026-06-20"),
            risk(7, State::Accepted, "2026-06-30"),
            risk(8, State::Open, "2026-06-28"),
            change(9, State::Submitted),
            change(10, State::Draft),
        ];
        let points = propose(&subjects, &[], (day("2026-06-30"), day("2026-06-30")), &Calendar::default());
        let told: Vec<_> =
            points.iter().map(|point| (point.subject.number, point.why, point.says.as_str())).collect();
        assert_eq!(
            told,
            [
                (9, Why::ApprovalWaiting, "waits for 5 working days"),
                (6, Why::Lapsed, "its acceptance ran out on 20 Jun 2026"),
                (8, Why::Lapsed, "its acceptance ran out on 28 Jun 2026"),
                (4, Why::Lapsed, "to be validated by 29 Jun 2026"),
                (1, Why::NotAgreed, "needed by 13 Jul 2026 and not agreed"),
            ]
        );
    }

    #[test]
    fn an_agenda_is_no_longer_than_an_hour_and_empty_when_nothing_waits() {
        let many: Vec<_> = (1..=40).map(|number| action(number, "2026-06-01")).collect();
        assert_eq!(
            propose(&many, &[], (day("2026-06-30"), day("2026-06-30")), &Calendar::default()).len(),
            MOST
        );
        let later = [action(1, "2026-07-31")];
        assert_eq!(propose(&later, &[], (day("2026-06-30"), day("2026-06-30")), &Calendar::default()), []);
    }

    #[test]
    fn minutes_tell_what_was_decided_and_who_does_what() {
        let minutes = Minutes {
            title: "Steering *June*".into(),
            reference: "ATLAS-MTG3".into(),
            on: day("2026-06-30"),
            forum: "Steering".into(),
            attendees: vec!["Ann".into(), "Bob".into()],
            decisions: vec![("ATLAS-DEC4".into(), "Two weeks or four?".into(), "Two weeks".into())],
            actions: vec![("ATLAS-ACT9".into(), "Ask the vendor".into(), "Ann, by 7 Jul 2026".into())],
            held: true,
            carried: vec![("ATLAS-R1".into(), "Late feed".into(), String::new())],
            left: vec![("ATLAS-R2".into(), "No feed".into(), String::new())],
            notes: "All agreed.".into(),
            ..Minutes::default()
        };
        assert_eq!(
            minutes.markdown(),
            "# Steering \\*June\\*\n\nATLAS-MTG3 · 30 June 2026 · Steering\n\nPresent: Ann, Bob\n\n\
             ## Decisions\n\n- Two weeks or four? (ATLAS-DEC4): Two weeks\n\n\
             ## Actions\n\n- Ask the vendor (ATLAS-ACT9): Ann, by 7 Jul 2026\n\n\
             ## Carried over\n\n- Late feed (ATLAS-R1)\n\n## Not reached\n\n- No feed (ATLAS-R2)\n\n## Notes\n\nAll agreed.\n"
        );
        let ahead = Minutes { held: false, carried: Vec::new(), decisions: Vec::new(), ..minutes };
        let told = ahead.markdown();
        assert!(told.contains("Invited: Ann, Bob") && told.contains("## Agenda\n\n- No feed"), "{told}");
        assert!(!told.contains("Present") && !told.contains("Not reached"), "{told}");
    }
}
