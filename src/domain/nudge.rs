//! Nudges: the clock that makes the log move. Each rule looks at an item on a day and says what to do; it stops when that is done.

use super::calendar::Calendar;
use super::kind::{Kind, State};
use super::metrics::HIGH_SCORE;
use super::risk::{Demands, Weight};
use super::subject::{Own, Subject, Unreported, waits};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// An item that was not updated for longer than this many days is nudged.
pub const QUIET_DAYS: i64 = 14;
/// A dependency that is needed within this many days is to be agreed.
pub const AGREE_DAYS: u64 = 14;

/// A rule that a program can switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    NoOwner,
    NextDatePassed,
    NoUpdate,
    NotAgreed,
    PromisedLate,
    DecisionWaiting,
    RiskUnmitigated,
    AcceptanceExpired,
    AssumptionUntested,
    ReportDue,
}

impl Rule {
    pub const ALL: [Self; 10] = [
        Self::NoOwner,
        Self::NextDatePassed,
        Self::NoUpdate,
        Self::NotAgreed,
        Self::PromisedLate,
        Self::DecisionWaiting,
        Self::RiskUnmitigated,
        Self::AcceptanceExpired,
        Self::AssumptionUntested,
        Self::ReportDue,
    ];

    /// The name in tables and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOwner => "no_owner",
            Self::NextDatePassed => "next_date_passed",
            Self::NoUpdate => "no_update",
            Self::NotAgreed => "not_agreed",
            Self::PromisedLate => "promised_late",
            Self::DecisionWaiting => "decision_waiting",
            Self::RiskUnmitigated => "risk_unmitigated",
            Self::AcceptanceExpired => "acceptance_expired",
            Self::AssumptionUntested => "assumption_untested",
            Self::ReportDue => "report_due",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// What a program says about its nudges, beside the rules' own numbers.
#[derive(Clone, Debug)]
pub struct Terms {
    pub calendar: Calendar,
    pub off: Vec<Rule>,
    /// A decision waits too long after more than this many working days.
    pub decision_days: i64,
    /// A report is due so many days after the end of the last period.
    pub report_every_days: i64,
    /// Who accepts which risk.
    pub demands: Demands,
}

/// What an item lacks, said as what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nudge {
    pub rule: Rule,
    pub says: String,
}

fn long(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

fn days(count: i64, what: &str) -> String {
    format!("{count} {what}day{}", if count == 1 { "" } else { "s" })
}

/// What is to be done about an item at the end of `day`.
#[must_use]
pub fn nudges(subject: &Subject, day: NaiveDate, terms: &Terms) -> Vec<Nudge> {
    let said = Rule::ALL.into_iter().filter(|rule| !terms.off.contains(rule));
    said.filter_map(|rule| Some(Nudge { rule, says: says(rule, subject, day, terms)? })).collect()
}

/// What is to be done about a program that has no status report: the first is due as long after it began as one is after the other.
#[must_use]
pub fn first_report(program: &Unreported, day: NaiveDate, terms: &Terms) -> Option<Nudge> {
    let due = program.since.checked_add_days(Days::new(terms.report_every_days.unsigned_abs()))?;
    (due < day && !terms.off.contains(&Rule::ReportDue)).then(|| Nudge {
        rule: Rule::ReportDue,
        says: format!("No status report since {}: draft the first.", long(program.since)),
    })
}

/// What a rule says of an item; nothing where it is content.
fn says(rule: Rule, subject: &Subject, day: NaiveDate, terms: &Terms) -> Option<String> {
    if !subject.is_open() && rule != Rule::ReportDue {
        return None;
    }
    match rule {
        Rule::NoOwner => (is_owned(subject.kind) && subject.owner.is_none())
            .then(|| "Nobody owns it: name who answers for it.".to_owned()),
        Rule::NextDatePassed => {
            // The date of an accepted risk is that of its acceptance, of which another rule speaks.
            let accepted = subject.kind == Kind::Risk && subject.state == State::Accepted;
            let on = subject.next_on.filter(|on| *on < day && !accepted && !rests(subject, day))?;
            next_step(subject.kind, subject.state)
                .map(|(was, step)| format!("{was} {} has passed: {step}.", long(on)))
        }
        Rule::NoUpdate => {
            let age = (day - subject.updated_on).num_days();
            // What has passed doesn't stand as it is.
            let stands = subject.next_on.is_none_or(|on| on >= day);
            let step = if stands { "update it, or confirm that it stands as it is" } else { "update it" };
            (is_tended(subject.kind) && age > QUIET_DAYS && !rests(subject, day))
                .then(|| format!("No update for {}: {step}.", days(age, "")))
        }
        _ => of_kind(rule, subject, day, terms),
    }
}

/// The rules that look at one kind alone.
fn of_kind(rule: Rule, subject: &Subject, day: NaiveDate, terms: &Terms) -> Option<String> {
    match (rule, &subject.own) {
        (Rule::NotAgreed, Own::Dependency { needed_by: Some(needed), agreed: false, .. }) => {
            let soon = day.checked_add_days(Days::new(AGREE_DAYS))?;
            (subject.state == State::Proposed && *needed < soon).then(|| {
                format!("Needed by {} and not agreed: have both sides agree, or withdraw it.", long(*needed))
            })
        }
        (
            Rule::PromisedLate,
            Own::Dependency { needed_by: Some(needed), promised_by: Some(promised), .. },
        ) => (subject.state != State::Delivered && promised > needed).then(|| {
            // Calendar days, as its list, the map and the health say it.
            let late = days((*promised - *needed).num_days(), "");
            format!("Promised {late} after it is needed: agree on an earlier promise or a later need.")
        }),
        (Rule::DecisionWaiting, Own::Decision(asked)) => {
            let since = asked.since().filter(|_| waits(subject.state, asked, day))?;
            let age = terms.calendar.working_days(since, day);
            (age > terms.decision_days)
                .then(|| format!("It has waited for {}: decide, defer or escalate.", days(age, "working ")))
        }
        (
            Rule::RiskUnmitigated,
            Own::Risk { score: Some(score), opportunity: false, mitigated_until, .. },
        ) => {
            let mitigated = mitigated_until.is_some_and(|until| until >= day);
            let taken = subject.state == State::Accepted;
            (*score >= HIGH_SCORE && !mitigated && !taken).then(|| {
                format!(
                    "A high risk ({score} of 25) without a dated mitigation: add an action with a due date."
                )
            })
        }
        (Rule::AcceptanceExpired, Own::Risk { accepted_until: Some(until), .. }) => (subject.state
            == State::Accepted
            && *until < day)
            .then(|| format!("Its acceptance ran out on {}: accept it anew, or mitigate it.", long(*until))),
        (
            Rule::AcceptanceExpired,
            Own::Risk { outgrown: Some(accepted), score, opportunity, mitigated_until, .. },
        ) => {
            let mitigated = mitigated_until.is_some_and(|until| until >= day);
            let now = Weight { score: *score, opportunity: *opportunity };
            // What would be accepted by the same again says nothing any more.
            let beyond = terms.demands.authority(now) > terms.demands.authority(*accepted);
            (subject.state != State::Accepted && beyond && !mitigated).then(|| {
                format!(
                    "It was accepted {} and is {} now, which that doesn’t cover: have it accepted anew, or mitigate it.",
                    accepted.words(),
                    now.words()
                )
            })
        }
        (Rule::AssumptionUntested, Own::Assumption { validate_by: Some(by) }) => (*by < day).then(|| {
            format!("It was to be validated by {}: say whether it holds, or until when.", long(*by))
        }),
        (Rule::ReportDue, Own::Report { period_to, latest }) => match subject.state {
            State::Draft => {
                (*period_to < day).then(|| format!("Its period ended on {}: publish it.", long(*period_to)))
            }
            State::Published => {
                let due = period_to.checked_add_days(Days::new(terms.report_every_days.unsigned_abs()))?;
                (*latest && due < day)
                    .then(|| format!("The last report ends on {}: draft the next.", long(*period_to)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is left in peace until a day that somebody named: an accepted risk, a decision that was put off.
fn rests(subject: &Subject, day: NaiveDate) -> bool {
    match &subject.own {
        Own::Risk { accepted_until, .. } => {
            subject.state == State::Accepted && accepted_until.is_none_or(|until| until >= day)
        }
        Own::Decision(asked) => subject.state == State::Deferred && !waits(subject.state, asked, day),
        _ => false,
    }
}

/// Whether items of a kind have somebody who answers for them.
const fn is_owned(kind: Kind) -> bool {
    !matches!(kind, Kind::Stakeholder | Kind::Meeting | Kind::Report | Kind::Lesson)
}

/// Whether items of a kind are told of all the time: those of metric 20, ownership and freshness.
const fn is_tended(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Milestone | Kind::Risk | Kind::Assumption | Kind::Issue | Kind::Dependency | Kind::Decision
    )
}

/// What the next date of a kind is, and what to do when it has passed. None for what has a rule of its own.
const fn next_step(kind: Kind, state: State) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        Kind::Milestone => ("The forecast of", "say that it is achieved, or when it will be"),
        Kind::Activity => ("The deadline of", "finish it, or set another"),
        Kind::Risk => ("The review of", "review it and set the next"),
        Kind::Issue => ("The target date of", "resolve it, or say by when"),
        Kind::Dependency if matches!(state, State::Delivered) => {
            ("The needed-by date of", "it was delivered; accept it, or say what it lacks")
        }
        Kind::Dependency => ("The needed-by date of", "deliver it, or agree on another"),
        Kind::Decision if matches!(state, State::Deferred) => {
            ("The deferral until", "decide, or defer it anew")
        }
        Kind::Decision => ("The needed-by date of", "decide, or say by when"),
        Kind::Action => ("The due date of", "say that it is done, or by when"),
        Kind::Check => ("The due date of", "give its evidence, or say by when"),
        Kind::Gate => ("The gate of", "say how it ended, or when it is held"),
        Kind::Release => ("The launch of", "say that it was launched, or when it will be"),
        Kind::Benefit => ("The measurement of", "enter what was measured"),
        Kind::Stakeholder => ("The contact of", "speak with them and set the next"),
        Kind::Meeting => ("The meeting of", "say that it was held, or cancel it"),
        Kind::Assumption | Kind::Change | Kind::Report | Kind::Lesson => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::subject::Asked;
    use super::super::subject::tests::{day, subject};
    use super::*;

    const TODAY: &str = "2026-06-30";

    fn terms() -> Terms {
        let demands = Demands { manager_score: 10, sponsor_score: 15, has_sponsor: true };
        Terms {
            calendar: Calendar::default(),
            off: Vec::new(),
            decision_days: 5,
            report_every_days: 7,
            demands,
        }
    }

    fn rules(subject: &Subject) -> Vec<Rule> {
        nudges(subject, day(TODAY), &terms()).into_iter().map(|nudge| nudge.rule).collect()
    }

    fn risk(score: i16) -> Subject {
        let own = Own::Risk {
            score: Some(score),
            opportunity: false,
            accepted_until: None,
            outgrown: None,
            mitigated_until: None,
        };
        subject(Kind::Risk, State::Open, own)
    }

    fn dependency(needed: &str, promised: Option<&str>, agreed: bool) -> Subject {
        let own = Own::Dependency { needed_by: Some(day(needed)), promised_by: promised.map(day), agreed };
        let state = if agreed { State::Agreed } else { State::Proposed };
        subject(Kind::Dependency, state, own)
    }

    fn decision(state: State, asked: Asked) -> Subject {
        subject(Kind::Decision, state, Own::Decision(asked))
    }

    fn report(state: State, to: &str, latest: bool) -> Subject {
        Subject {
            next_on: Some(day(to)),
            ..subject(Kind::Report, state, Own::Report { period_to: day(to), latest })
        }
    }

    #[test]
    fn the_day_until_which_a_decision_was_put_off_is_not_called_the_day_it_is_needed() {
        let told = |state, asked: Asked| {
            let subject = Subject { next_on: Some(day("2026-06-12")), ..decision(state, asked) };
            let told = nudges(&subject, day(TODAY), &terms());
            told.into_iter().find(|nudge| nudge.rule == Rule::NextDatePassed).map(|nudge| nudge.says)
        };
        let until = Asked { deferred_until: Some(day("2026-06-12")), ..Asked::default() };
        assert_eq!(
            told(State::Deferred, until).as_deref(),
            Some("The deferral until 12 Jun 2026 has passed: decide, or defer it anew.")
        );
        assert_eq!(
            told(State::Waiting, Asked::default()).as_deref(),
            Some("The needed-by date of 12 Jun 2026 has passed: decide, or say by when.")
        );
    }

    #[test]
    fn nothing_is_said_of_what_is_looked_after() {
        for kind in Kind::ALL {
            let state = kind.first_state();
            assert_eq!(rules(&subject(kind, state, Own::Other)), [], "{kind:?}");
        }
    }

    #[test]
    fn no_owner_stops_when_one_is_named() {
        let orphan = Subject { owner: None, ..risk(4) };
        assert_eq!(rules(&orphan), [Rule::NoOwner]);
        assert_eq!(rules(&risk(4)), []);
        let meeting = Subject { owner: None, ..subject(Kind::Meeting, State::Planned, Own::Other) };
        assert_eq!(rules(&meeting), [], "a meeting has attendees");
    }

    #[test]
    fn a_next_date_is_said_from_the_day_after_it_and_stops_when_it_is_moved_or_done() {
        let with = |on: &str| Subject { next_on: Some(day(on)), ..risk(4) };
        assert_eq!(rules(&with(TODAY)), []);
        assert_eq!(rules(&with("2026-06-29")), [Rule::NextDatePassed]);
        let closed = Subject { state: State::Closed, ..with("2026-06-29") };
        assert_eq!(rules(&closed), []);
        let told = nudges(&with("2026-06-29"), day(TODAY), &terms());
        assert_eq!(told[0].says, "The review of 29 Jun 2026 has passed: review it and set the next.");
    }

    #[test]
    fn what_was_delivered_waits_for_whom_it_was_delivered_to() {
        let late = Subject { next_on: Some(day("2026-06-29")), ..dependency("2026-06-29", None, true) };
        let told = |state| {
            let says = nudges(&Subject { state, ..late.clone() }, day(TODAY), &terms());
            says.into_iter().map(|nudge| nudge.says).collect::<Vec<_>>().join(" ")
        };
        assert!(told(State::Agreed).contains("deliver it"));
        assert!(
            told(State::Delivered).contains("accept it") && !told(State::Delivered).contains("deliver it,")
        );
    }

    #[test]
    fn no_update_is_said_after_more_than_fourteen_days() {
        let with = |on: &str| Subject { updated_on: day(on), ..risk(4) };
        assert_eq!(rules(&with("2026-06-16")), [], "14 days");
        assert_eq!(rules(&with("2026-06-15")), [Rule::NoUpdate], "15 days");
        let action = subject(Kind::Action, State::Open, Own::Other);
        assert_eq!(rules(&Subject { updated_on: day("2026-01-01"), ..action }), [], "it has a due date");
    }

    #[test]
    fn a_dependency_is_to_be_agreed_nearer_than_fourteen_days() {
        assert_eq!(rules(&dependency("2026-07-14", None, false)), [], "14 days ahead");
        assert_eq!(rules(&dependency("2026-07-13", None, false)), [Rule::NotAgreed], "13 days ahead");
        assert_eq!(rules(&dependency("2026-07-13", None, true)), []);
    }

    #[test]
    fn a_promise_after_the_need_is_said_until_one_of_them_moves() {
        let late = dependency("2026-08-03", Some("2026-08-05"), true);
        let told = nudges(&late, day(TODAY), &terms());
        assert_eq!(told.len(), 1);
        assert!(told[0].says.starts_with("Promised 2 days after it is needed"), "{}", told[0].says);
        assert_eq!(rules(&dependency("2026-08-05", Some("2026-08-05"), true)), []);
        assert_eq!(rules(&Subject { state: State::Delivered, ..late }), []);
    }

    #[test]
    fn a_decision_waits_too_long_after_five_working_days_however_often_it_was_escalated() {
        let since = |requested: &str, escalated: Option<&str>| Asked {
            requested_on: Some(day(requested)),
            escalated_on: escalated.map(day),
            ..Asked::default()
        };
        assert_eq!(rules(&decision(State::Waiting, since("2026-06-23", None))), [], "5 working days");
        assert_eq!(rules(&decision(State::Waiting, since("2026-06-22", None))), [Rule::DecisionWaiting]);
        let escalated = since("2026-06-22", Some("2026-06-29"));
        assert_eq!(rules(&decision(State::Waiting, escalated)), [Rule::DecisionWaiting]);
        assert_eq!(rules(&decision(State::Decided, since("2026-06-22", None))), []);
        let deferred = Asked { deferred_until: Some(day("2026-07-01")), ..since("2026-06-01", None) };
        let quiet = Subject { updated_on: day("2026-06-01"), ..decision(State::Deferred, deferred) };
        assert_eq!(rules(&quiet), [], "it was put off to a day that has not come");
        let back = Asked { deferred_until: Some(day(TODAY)), ..deferred };
        assert_eq!(rules(&decision(State::Deferred, back)), [Rule::DecisionWaiting]);
    }

    #[test]
    fn a_high_risk_needs_a_mitigation_with_a_date_that_has_not_passed() {
        assert_eq!(rules(&risk(14)), []);
        assert_eq!(rules(&risk(15)), [Rule::RiskUnmitigated]);
        let until = |on: &str| {
            let own = Own::Risk {
                score: Some(20),
                opportunity: false,
                accepted_until: None,
                outgrown: None,
                mitigated_until: Some(day(on)),
            };
            subject(Kind::Risk, State::Mitigating, own)
        };
        assert_eq!(rules(&until("2026-06-29")), [Rule::RiskUnmitigated]);
        assert_eq!(rules(&until(TODAY)), []);
        let own = Own::Risk {
            score: Some(25),
            opportunity: true,
            accepted_until: None,
            outgrown: None,
            mitigated_until: None,
        };
        assert_eq!(rules(&subject(Kind::Risk, State::Open, own)), [], "an opportunity is no danger");
    }

    #[test]
    fn an_acceptance_is_said_when_it_has_run_out_and_the_risk_rests_until_then() {
        let accepted = |until: &str| {
            let own = Own::Risk {
                score: Some(20),
                opportunity: false,
                accepted_until: Some(day(until)),
                outgrown: None,
                mitigated_until: None,
            };
            let risk = subject(Kind::Risk, State::Accepted, own);
            Subject { updated_on: day("2026-03-01"), next_on: Some(day("2026-03-02")), ..risk }
        };
        assert_eq!(rules(&accepted(TODAY)), []);
        let out = rules(&accepted("2026-06-29"));
        assert_eq!(out, [Rule::NoUpdate, Rule::AcceptanceExpired]);
        let anew = accepted("2026-09-30");
        assert_eq!(rules(&anew), []);
    }

    #[test]
    fn an_acceptance_that_was_outgrown_is_said_while_the_risk_is_beyond_it() {
        let accepted = |score, opportunity| Weight { score, opportunity };
        let told = |outgrown: Weight, now: Option<i16>| {
            let own = Own::Risk {
                score: now,
                opportunity: false,
                accepted_until: None,
                outgrown: Some(outgrown),
                mitigated_until: None,
            };
            let says = nudges(&subject(Kind::Risk, State::Open, own), day(TODAY), &terms());
            says.into_iter().find(|nudge| nudge.rule == Rule::AcceptanceExpired).map(|nudge| nudge.says)
        };
        let six = accepted(Some(6), false);
        let says = told(six, Some(12)).unwrap();
        assert!(
            says.starts_with("It was accepted at 6 and is at 12 now, which that doesn’t cover"),
            "{says}"
        );
        assert_eq!((told(six, Some(4)), told(six, Some(9))), (None, None), "its owner accepts that too");
        assert!(told(six, None).unwrap().contains("at no score"));
        let says = told(accepted(Some(25), true), Some(25)).unwrap();
        assert!(says.starts_with("It was accepted as an opportunity and is at 25 now"), "{says}");
    }

    #[test]
    fn an_assumption_is_said_once_after_its_date() {
        let with = |by: &str| {
            let own = Own::Assumption { validate_by: Some(day(by)) };
            Subject { next_on: Some(day(by)), ..subject(Kind::Assumption, State::Unvalidated, own) }
        };
        assert_eq!(rules(&with(TODAY)), []);
        assert_eq!(rules(&with("2026-06-29")), [Rule::AssumptionUntested]);
        assert_eq!(rules(&Subject { state: State::Validated, ..with("2026-06-29") }), []);
    }

    #[test]
    fn a_report_is_due_when_its_period_ended_or_the_last_one_is_old() {
        assert_eq!(rules(&report(State::Draft, TODAY, true)), []);
        assert_eq!(rules(&report(State::Draft, "2026-06-29", true)), [Rule::ReportDue]);
        assert_eq!(rules(&report(State::Published, "2026-06-23", true)), [], "7 days");
        assert_eq!(rules(&report(State::Published, "2026-06-22", true)), [Rule::ReportDue]);
        assert_eq!(rules(&report(State::Published, "2026-06-22", false)), [], "the next was begun");
    }

    #[test]
    fn the_first_report_is_due_when_a_period_has_passed_since_the_program_began() {
        let says = |since: &str, terms: &Terms| {
            let program = Unreported {
                program: crate::domain::ids::ProgramId(uuid::Uuid::nil()),
                key: "ATLAS".into(),
                name: "Atlas".into(),
                manager: None,
                manager_name: None,
                since: day(since),
            };
            first_report(&program, day(TODAY), terms).map(|nudge| nudge.says)
        };
        assert_eq!(says("2026-06-23", &terms()), None, "7 days");
        assert_eq!(
            says("2026-06-22", &terms()).as_deref(),
            Some("No status report since 22 Jun 2026: draft the first.")
        );
        assert_eq!(says("2026-06-22", &Terms { report_every_days: 14, ..terms() }), None);
        assert_eq!(says("2026-06-22", &Terms { off: vec![Rule::ReportDue], ..terms() }), None);
        assert_eq!(says("2026-09-01", &terms()), None, "it has not begun");
    }

    #[test]
    fn what_has_passed_is_not_confirmed_as_it_stands() {
        let told = |next_on: &str| {
            let quiet = Subject { updated_on: day("2026-06-01"), next_on: Some(day(next_on)), ..risk(4) };
            let said = nudges(&quiet, day(TODAY), &terms());
            said.into_iter().find(|nudge| nudge.rule == Rule::NoUpdate).unwrap().says
        };
        assert_eq!(told(TODAY), "No update for 29 days: update it, or confirm that it stands as it is.");
        assert_eq!(told("2026-06-29"), "No update for 29 days: update it.");
    }

    #[test]
    fn each_rule_can_be_switched_off_and_then_says_nothing() {
        let passed = Subject { owner: None, next_on: Some(day("2026-01-01")), ..risk(20) };
        let passed = Subject { updated_on: day("2026-01-01"), ..passed };
        for rule in rules(&passed) {
            let off = Terms { off: vec![rule], ..terms() };
            let left: Vec<_> = nudges(&passed, day(TODAY), &off).into_iter().map(|n| n.rule).collect();
            assert_eq!(left.len(), 3, "{rule:?}");
            assert!(!left.contains(&rule), "{rule:?}");
        }
        let off = Terms { off: Rule::ALL.to_vec(), ..terms() };
        assert_eq!(nudges(&passed, day(TODAY), &off), []);
    }

    #[test]
    fn rules_are_found_by_the_names_under_which_they_are_stored() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_name(rule.name()), Some(rule));
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
        }
    }
}
