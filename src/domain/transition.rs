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
        }
    }
}

const SIDES: Choices = &[("provider", "For the provider"), ("consumer", "For the consumer")];

const ON: Field = Field::new("on", "On", Control::Date).hint("Today if left out.");
const REASON: Field = Field::new("reason", "Reason", Control::Text(5_000));
const PLAIN: &[Field] = &[ON, REASON];
const AGREE: &[Field] = &[Field::new("as", "Agree", Control::Choice(SIDES)), ON, REASON];
const ACCEPT: &[Field] = &[Field::new("until", "Accepted until", Control::Date).required(), ON, REASON];
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

/// What a change to `to` asks for, for forms and the API.
#[must_use]
pub const fn fields(kind: Kind, to: State) -> &'static [Field] {
    match (kind, to) {
        (Kind::Dependency, State::Agreed) => AGREE,
        (Kind::Risk, State::Accepted) => ACCEPT,
        (Kind::Decision, State::Deferred) => DEFER,
        (Kind::Decision, State::Waiting) => ESCALATE,
        (Kind::Decision, State::Decided) => DECIDE,
        (Kind::Decision, State::Superseded) => SUPERSEDE,
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
    let again = kind == Kind::Dependency && step.to == State::Agreed && item.state == State::Agreed;
    if !again {
        legal(item, step.to)?;
    }
    let mut to = step.to;
    match &mut item.detail {
        Detail::Milestone(milestone) => milestone.moved(step),
        Detail::Risk(risk) => {
            if step.to == State::Accepted && step.until.is_some_and(|until| until <= step.on) {
                return Err(Refused::because("until", "A risk is accepted until a later day."));
            }
            risk.moved(step);
        }
        Detail::Assumption(assumption) => assumption.moved(step),
        Detail::Issue(issue) => issue.moved(step),
        Detail::Dependency(dependency) => match (step.to, step.side, item.state) {
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
            _ => dependency.moved(step),
        },
        Detail::Decision(decision) => {
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

fn legal(item: &Item, to: State) -> Result<(), Refused> {
    let ways = item.kind.next_states(item.state);
    if ways.contains(&to) {
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
