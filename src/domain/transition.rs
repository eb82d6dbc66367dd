//! Changes of state: what each needs, what is refused, and what it leaves behind in the item.

use super::draft::{Choices, Control, Field, FieldError, Refused};
use super::item::{Detail, Item};
use super::kind::{Kind, State};
use chrono::NaiveDate;
use uuid::Uuid;

/// A side of a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Provider,
    Consumer,
}

impl Side {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Consumer => "consumer",
        }
    }

    /// What the history says where somebody speaks for a side of which they are not.
    #[must_use]
    pub const fn in_place(self) -> &'static str {
        match self {
            Self::Provider => "In the provider’s place.",
            Self::Consumer => "In the consumer’s place.",
        }
    }
}

/// A change of state as asked for.
#[derive(Clone, Debug)]
pub struct Move {
    pub to: State,
    /// The effective date.
    pub on: NaiveDate,
    /// Who does it.
    pub by: Option<Uuid>,
    pub reason: String,
    /// Which side agrees, for a dependency.
    pub side: Option<Side>,
    /// Until when a risk is accepted or a decision deferred.
    pub until: Option<NaiveDate>,
    pub escalated_to: Option<Uuid>,
    pub escalated_on: Option<NaiveDate>,
    pub option: String,
    pub rationale: String,
    pub superseded_by: Option<Uuid>,
    /// On what a gate says go.
    pub conditions: String,
    /// Why it goes although roles have not signed.
    pub override_reason: String,
    /// What shows that a check is met.
    pub evidence_title: String,
    pub evidence_url: String,
}

impl Move {
    /// A change of state with nothing but a date.
    #[must_use]
    pub const fn new(to: State, on: NaiveDate) -> Self {
        Self {
            to,
            on,
            by: None,
            reason: String::new(),
            side: None,
            until: None,
            escalated_to: None,
            escalated_on: None,
            option: String::new(),
            rationale: String::new(),
            superseded_by: None,
            conditions: String::new(),
            override_reason: String::new(),
            evidence_title: String::new(),
            evidence_url: String::new(),
        }
    }
}

const SIDES: Choices = &[("provider", "For the provider"), ("consumer", "For the consumer")];

const ON: Field = Field::new("on", "On", Control::Date).hint("Today if left out.");
const REASON: Field = Field::new("reason", "Reason", Control::Text(5_000));
const PLAIN: &[Field] = &[ON, REASON];
const REFUSE: &[Field] = &[REASON.required(), ON];
const AGREE: &[Field] = &[Field::new("as", "Which side agrees", Control::Choice(SIDES)), ON, REASON];
const ACCEPT: &[Field] =
    &[Field::new("until", "Accepted until", Control::Date).required(), REASON.required(), ON];
const DEFER: &[Field] = &[Field::new("until", "Deferred until", Control::Date).required(), ON, REASON];
const ESCALATE: &[Field] = &[
    Field::new("escalated_to", "Escalate to", Control::Person).hint("Leave empty unless it is escalated."),
    Field::new("escalated_on", "Escalated on", Control::Date),
    ON,
    REASON,
];
const DECIDE: &[Field] = &[
    Field::new("option", "Option", Control::Line(200))
        .hint("One of the options, or what was decided instead."),
    Field::new("rationale", "Rationale", Control::Text(10_000)),
    ON,
    REASON,
];
const SUPERSEDE: &[Field] =
    &[Field::new("superseded_by", "Superseded by", Control::Item).required(), ON, REASON];

const CONDITIONS: &[Field] = &[
    Field::new("conditions", "Conditions", Control::Text(10_000)).required().hint(
        "One a line: each becomes an action. The day it is due may follow a bar: Runbook reviewed | 2026-07-10",
    ),
    OVERRIDE,
    ON,
    REASON,
];
const OVERRIDE: Field = Field::new("override_reason", "Why without the quorum", Control::Text(2_000))
    .hint("Only where roles have not signed, or nothing shows that it may go: it is kept, and shown with the verdict.");
const GO: &[Field] = &[OVERRIDE, ON, REASON];
const EVIDENCE: &[Field] = &[
    Field::new("evidence_title", "Evidence", Control::Line(300)),
    Field::new("evidence_url", "Link to the evidence", Control::Link(2_000)),
    ON,
    REASON,
];
const WAIVE: &[Field] =
    &[REASON.required(), Field::new("until", "Waived until", Control::Date).required(), ON];

/// What is done with sentences of a report that no longer hold and that a person has touched.
const STALE: Choices = &[("keep", "Publish them as they stand")];
const PUBLISH: &[Field] = &[
    Field::new("stale_words", "Sentences that no longer hold", Control::Choice(STALE))
        .hint("Without it a draft with such sentences is not published, and they are named."),
    ON,
    REASON,
];

/// What a change to `to` asks for, for forms and the API.
#[must_use]
pub const fn fields(kind: Kind, to: State) -> &'static [Field] {
    match (kind, to) {
        (Kind::Dependency, State::Agreed) => AGREE,
        (Kind::Dependency, State::Rejected | State::Withdrawn) | (Kind::Change, State::Rejected) => REFUSE,
        (Kind::Risk, State::Accepted) => ACCEPT,
        (Kind::Decision, State::Deferred) => DEFER,
        (Kind::Decision, State::Waiting) => ESCALATE,
        (Kind::Decision, State::Decided) => DECIDE,
        (Kind::Decision, State::Superseded) => SUPERSEDE,
        (Kind::Gate, State::ConditionalGo) => CONDITIONS,
        (Kind::Gate, State::Go) => GO,
        (Kind::Release, State::RolledBack) => REFUSE,
        (Kind::Check, State::Passed | State::Failed) => EVIDENCE,
        (Kind::Check, State::Waived) => WAIVE,
        (Kind::Report, State::Published) => PUBLISH,
        (Kind::Check, State::NotApplicable) => REFUSE,
        _ => PLAIN,
    }
}

/// Makes the change, in the item as read.
///
/// # Errors
/// An illegal change is refused with the legal ones named; a needed date that is missing or before the item's latest
/// version likewise.
pub fn apply(item: &mut Item, step: &Move) -> Result<(), Refused> {
    let kind = item.kind;
    legal(item, step.to)?;
    let again = consents(item, step.to);
    let mut to = step.to;
    match &mut item.detail {
        Detail::Milestone(milestone) => milestone.moved(step),
        Detail::Activity(activity) => {
            if step.to == State::Done && !activity.may_finish(step.on) {
                return Err(Refused::because("on", "It can't have finished before it started."));
            }
            activity.moved(step);
        }
        Detail::Risk(risk) => {
            if step.to == State::Accepted && step.until.is_some_and(|until| until <= step.on) {
                return Err(Refused::because("until", "A risk is accepted until a later day."));
            }
            risk.moved(step);
        }
        Detail::Assumption(assumption) => assumption.moved(step),
        Detail::Issue(issue) => issue.moved(step),
        Detail::Dependency(dependency) => match (step.to, step.side, item.state) {
            (State::Agreed, Some(Side::Provider), State::Delivered) => {
                return Err(Refused::because(
                    "to",
                    "It is delivered: the consumer accepts it, or says why not. A date that waits is agreed to after that.",
                ));
            }
            (State::Agreed, _, State::Delivered) => {
                if step.reason.is_empty() {
                    return Err(Refused::because("reason", "Say why the delivery is not accepted."));
                }
                dependency.moved(step);
            }
            (State::Agreed, Some(side), _) => {
                if again && !dependency.waits_for(side) {
                    return Err(Refused::because(
                        "to",
                        "Both sides have agreed already, and no changed date waits.",
                    ));
                }
                to = dependency.agree(side, step);
            }
            (State::Agreed, None, _) => {
                return Err(Refused::because("as", "Say which side agrees: provider or consumer."));
            }
            (State::Rejected | State::Withdrawn, ..) if step.reason.is_empty() => {
                return Err(Refused::because("reason", "Say why: the other side reckons with it."));
            }
            _ => dependency.moved(step),
        },
        Detail::Decision(decision) => {
            let escalated = step.escalated_to.is_some() || step.escalated_on.is_some();
            if step.to == State::Deferred && step.until.is_some_and(|until| until <= step.on) {
                return Err(Refused::because("until", "A decision is put off until a later day."));
            }
            if step.to == State::Waiting && item.state == State::Waiting && !escalated {
                return Err(Refused::because(
                    "escalated_to",
                    "It waits already: say to whom it is escalated, or when it was.",
                ));
            }
            if step.to == State::Decided {
                if step.option.is_empty() && step.rationale.is_empty() {
                    return Err(Refused::because("option", "Say what was decided."));
                }
                if decision.clock_from().is_some_and(|from| step.on < from) {
                    return Err(Refused::because("on", "A decision is not made before it is asked for."));
                }
            }
            decision.moved(step);
        }
        Detail::Change(change) => {
            if change.submitted_on.is_some_and(|on| step.on < on) {
                return Err(Refused::because("on", "A change is not decided before it is submitted."));
            }
            change.moved(step);
        }
        Detail::Action(action) => action.moved(step),
        Detail::Gate(gate) => gate.moved(step),
        Detail::Check(check) => {
            if step.to == State::Waived && step.until.is_some_and(|until| until <= step.on) {
                return Err(Refused::because("until", "A check is waived until a later day."));
            }
            check.moved(step);
        }
        Detail::Release(release) => release.moved(step),
        Detail::Report(report) => report.moved(step),
        Detail::Benefit(benefit) => benefit.moved(step),
        Detail::Stakeholder(_) => {}
        Detail::Meeting(meeting) => meeting.moved(step),
        Detail::Lesson(lesson) => lesson.moved(step),
    }
    item.state = to;
    item.closed_on = if to.is_open(kind) { None } else { item.closed_on.or(Some(step.on)) };
    item.settle();
    Ok(())
}

/// Takes the item through a state of which nothing is known but that it lies on the way to the next: it leaves nothing behind,
/// neither a date nor a name.
///
/// # Errors
/// An illegal change is refused with the legal ones named.
pub fn pass(item: &mut Item, to: State) -> Result<(), Refused> {
    legal(item, to)?;
    item.state = to;
    Ok(())
}

/// Whether it is a side's consent to a changed date of a dependency that is agreed already.
fn consents(item: &Item, to: State) -> bool {
    item.kind == Kind::Dependency && to == State::Agreed && item.state == State::Agreed
}

/// Refuses a change that the item's life doesn't have.
///
/// # Errors
/// The legal ones are named.
pub fn legal(item: &Item, to: State) -> Result<(), Refused> {
    let ways = item.kind.next_states(item.state);
    if ways.contains(&to) || consents(item, to) {
        return Ok(());
    }
    let names: Vec<_> = ways.iter().map(|state| state.name()).collect();
    let (what, from) = (item.kind.label().to_lowercase(), item.state.label());
    let ways = if names.is_empty() {
        "this is its end".to_owned()
    } else {
        format!("it can go to {}", names.join(", "))
    };
    let message = format!("A {what} that is {from} can't become {}: {ways}.", to.label());
    Err(Refused::because("to", message))
}

/// What is refused whatever the change: an effective date before the item's latest version.
///
/// # Errors
/// Names the latest version's date.
pub fn not_before_latest(item: &Item, on: NaiveDate) -> Result<(), Refused> {
    if on < item.effective_on {
        let latest = item.effective_on;
        let error = FieldError::new(
            "effective_on",
            format!(
                "History is appended to, never rewritten: the latest version is of {latest}, give that day or a later one."
            ),
        );
        return Err(Refused { errors: vec![error], ..Refused::default() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ItemId, PersonId, ProgramId};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn item(kind: Kind, state: State) -> Item {
        Item {
            id: ItemId(Uuid::nil()),
            program: ProgramId(Uuid::nil()),
            kind,
            number: 1,
            title: "t".into(),
            description: String::new(),
            owner: Some(PersonId(Uuid::nil())),
            raised_by: None,
            project: None,
            state,
            tags: Vec::new(),
            raised_on: day("2026-06-01"),
            next_on: None,
            closed_on: None,
            score: None,
            archived_at: None,
            version: 1,
            effective_on: day("2026-06-01"),
            detail: Detail::blank(kind),
        }
    }

    fn errors(result: Result<(), Refused>) -> Vec<String> {
        result.expect_err("was taken").errors.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn an_illegal_change_is_refused_with_the_legal_ones_named() {
        let mut risk = item(Kind::Risk, State::Open);
        let told = errors(apply(&mut risk, &Move::new(State::Decided, day("2026-06-02"))));
        assert_eq!(
            told,
            [
                "A risk that is open can't become decided: it can go to mitigating, accepted, materialised, closed."
            ]
        );
        let mut done = item(Kind::Change, State::Rejected);
        let told = errors(apply(&mut done, &Move::new(State::Approved, day("2026-06-02"))));
        assert_eq!(told, ["A change request that is rejected can't become approved: this is its end."]);
    }

    #[test]
    fn every_state_change_that_is_not_legal_is_refused_for_every_kind() {
        for kind in Kind::ALL {
            for from in kind.states() {
                for to in State::ALL {
                    let mut moved = item(kind, *from);
                    let legal = kind.next_states(*from).contains(&to);
                    let step = Move {
                        option: "this".into(),
                        reason: "why".into(),
                        side: Some(Side::Provider),
                        ..Move::new(to, day("2026-06-02"))
                    };
                    if apply(&mut moved, &step).is_ok() {
                        assert!(legal, "{kind:?}: {from:?} → {to:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_dependency_is_agreed_when_both_sides_have() {
        let mut dependency = item(Kind::Dependency, State::Proposed);
        let by = |side| Move {
            side: Some(side),
            by: Some(Uuid::max()),
            ..Move::new(State::Agreed, day("2026-06-02"))
        };
        apply(&mut dependency, &by(Side::Provider)).unwrap();
        assert_eq!(dependency.state, State::Proposed);
        apply(&mut dependency, &by(Side::Consumer)).unwrap();
        assert_eq!(dependency.state, State::Agreed);
        assert_eq!(
            errors(apply(&mut dependency, &by(Side::Consumer))),
            ["Both sides have agreed already, and no changed date waits."]
        );
    }

    #[test]
    fn a_dependency_is_rejected_or_withdrawn_for_a_reason() {
        for to in [State::Rejected, State::Withdrawn] {
            let mut dependency = item(Kind::Dependency, State::Proposed);
            let told = errors(apply(&mut dependency, &Move::new(to, day("2026-06-02"))));
            assert_eq!(told, ["Say why: the other side reckons with it."]);
            let why = Move { reason: "Bought instead".into(), ..Move::new(to, day("2026-06-02")) };
            apply(&mut dependency, &why).unwrap();
            let Detail::Dependency(own) = &dependency.detail else { panic!() };
            assert_eq!((dependency.state, own.outcome.as_str()), (to, "Bought instead"));
        }
    }

    #[test]
    fn a_change_request_that_is_decided_keeps_its_words() {
        for state in [State::Approved, State::Rejected, State::Implemented] {
            let decided = Item { title: "Two weeks".into(), ..item(Kind::Change, state) };
            for name in ["title", "description", "reason"] {
                let mut values = decided.draft().0;
                values.insert(name.into(), "Four weeks".into());
                let refused = decided.clone().fill(values, day("2026-06-13")).expect_err("was taken");
                assert!(refused.errors[0].message.contains("decided"), "{name}");
            }
            let mut values = decided.draft().0;
            values.insert("tags".into(), serde_json::json!(["q3"]));
            decided.clone().fill(values, day("2026-06-13")).expect("how it is filed may change");
        }
    }

    #[test]
    fn a_date_changed_after_agreement_waits_for_the_other_side() {
        let mut dependency = item(Kind::Dependency, State::Proposed);
        for side in [Side::Provider, Side::Consumer] {
            apply(&mut dependency, &Move { side: Some(side), ..Move::new(State::Agreed, day("2026-06-02")) })
                .unwrap();
        }
        let mut values = dependency.draft().0;
        values.insert("promised_by".into(), "2026-07-01".into());
        for side in ["provider", "consumer"] {
            values.shift_remove(side);
        }
        dependency.fill(values, day("2026-06-03")).unwrap();
        let Detail::Dependency(own) = &dependency.detail else { panic!() };
        assert_eq!((own.promised_by, own.proposed_promised_by), (None, Some(day("2026-07-01"))));
        assert!(own.waits_for(Side::Consumer) && !own.waits_for(Side::Provider));
        apply(
            &mut dependency,
            &Move { side: Some(Side::Consumer), ..Move::new(State::Agreed, day("2026-06-04")) },
        )
        .unwrap();
        let Detail::Dependency(own) = &dependency.detail else { panic!() };
        assert_eq!((own.promised_by, own.proposed_promised_by), (Some(day("2026-07-01")), None));
    }

    #[test]
    fn a_decision_is_made_after_it_is_asked_for_and_then_stands() {
        let mut decision = item(Kind::Decision, State::Draft);
        apply(&mut decision, &Move::new(State::Waiting, day("2026-06-10"))).unwrap();
        let early = Move { option: "two weeks".into(), ..Move::new(State::Decided, day("2026-06-09")) };
        assert_eq!(errors(apply(&mut decision, &early)), ["A decision is not made before it is asked for."]);
        assert_eq!(
            errors(apply(&mut decision, &Move::new(State::Decided, day("2026-06-11")))),
            ["Say what was decided."]
        );
        apply(&mut decision, &Move { on: day("2026-06-12"), ..early }).unwrap();
        assert_eq!(decision.closed_on, Some(day("2026-06-12")));
        let mut values = decision.draft().0;
        values.insert("recommendation".into(), "four weeks".into());
        let refused = decision.fill(values, day("2026-06-13")).expect_err("was taken");
        assert!(refused.errors[0].message.contains("supersede"));
    }

    #[test]
    fn a_committed_date_changes_only_through_a_baseline() {
        let mut milestone = item(Kind::Milestone, State::Planned);
        let with = |item: &Item, name: &str, on: &str| {
            let mut values = item.draft().0;
            values.insert(name.into(), on.into());
            values
        };
        milestone.fill(with(&milestone, "committed_on", "2026-07-01"), day("2026-06-01")).unwrap();
        let Detail::Milestone(own) = &milestone.detail else { panic!() };
        assert_eq!(
            (own.original_on, own.forecast_on, own.forecast_stated_on),
            (Some(day("2026-07-01")), Some(day("2026-07-01")), None)
        );
        let refused = milestone
            .clone()
            .fill(with(&milestone, "committed_on", "2026-08-01"), day("2026-06-02"))
            .expect_err("was taken");
        assert_eq!(refused.errors[0].field, "committed_on");
        milestone.fill(with(&milestone, "forecast_on", "2026-07-09"), day("2026-06-02")).unwrap();
        let Detail::Milestone(own) = &milestone.detail else { panic!() };
        assert_eq!(
            (own.forecast_on, own.forecast_stated_on),
            (Some(day("2026-07-09")), Some(day("2026-06-02")))
        );
        assert_eq!(milestone.next_on, Some(day("2026-07-09")));
    }

    #[test]
    fn an_issue_that_reopens_is_no_longer_resolved() {
        let mut issue = item(Kind::Issue, State::Open);
        apply(&mut issue, &Move::new(State::Resolved, day("2026-06-05"))).unwrap();
        assert_eq!(issue.closed_on, Some(day("2026-06-05")));
        apply(&mut issue, &Move::new(State::Open, day("2026-06-06"))).unwrap();
        let Detail::Issue(own) = &issue.detail else { panic!() };
        assert_eq!((own.resolved_on, issue.closed_on), (None, None));
    }
}
