//! Gates: a go / no-go on a day, for a milestone or a release, on checks that show that it may be said.

use super::draft::{Control, Field, FieldError};
use super::kind::State;
use super::readiness::{role_label, same};
use super::transition::Move;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a gate has of its own.
pub const FIELDS: &[Field] = &[
    Field::new("on", "Go / no-go on", Control::Date).required(),
    Field::new("milestone", "For the milestone", Control::Item),
    Field::new("release", "For the release", Control::Item),
    Field::new("forum", "Forum", Control::Line(200)),
    Field::new("sign_off_roles", "Signed off by", Control::Tags)
        .hint("The roles that sign off, separated by commas: engineering, security, support."),
    Field::new("sign_off_holders", "Who holds each role", Control::Holders).hint(
        "One a line: Security | Ada Lovelace. Only who holds a role signs for it. A role called sponsor or manager is held by those of the program.",
    ),
    Field::new("quorum", "Quorum", Control::Int(0, 50))
        .hint("How many of these roles have to say go. All of them if left out."),
];

/// Who holds a role that signs a gate off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    pub role: String,
    pub person: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    pub on: NaiveDate,
    pub milestone: Option<Uuid>,
    pub release: Option<Uuid>,
    pub forum: String,
    pub sign_off_roles: Vec<String>,
    /// Whose word each role's is; a role may have several, of whom any signs.
    pub sign_off_holders: Vec<Holder>,
    pub quorum: Option<i16>,
    pub decided_on: Option<NaiveDate>,
    pub decided_by: Option<Uuid>,
    pub decision_reason: String,
    pub conditions: String,
    /// What was said by who let it go although roles had not signed.
    pub override_reason: String,
    /// How its checks stood when it said so. `None` where it isn't known, as of what was imported: they count as at the end of its day.
    pub checked: Option<Checked>,
}

/// How the checks of a gate stand: what readiness counts of them (metric 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    pub passed: i64,
    /// All but those that don't apply; a waived one applies, and has not passed.
    pub applicable: i64,
    pub waived: i64,
}

impl Checked {
    /// Counts checks by their states.
    #[must_use]
    pub fn of(states: impl IntoIterator<Item = State>) -> Self {
        let mut checked = Self::default();
        states.into_iter().for_each(|state| checked.count(state));
        checked
    }

    pub fn count(&mut self, state: State) {
        self.applicable += i64::from(state != State::NotApplicable);
        self.passed += i64::from(state == State::Passed);
        self.waived += i64::from(state == State::Waived);
    }

    /// `7 of 9 passed, 1 waived`.
    #[must_use]
    pub fn words(self) -> String {
        let Self { passed, applicable, waived } = self;
        match (applicable, waived) {
            (0, _) => "none".to_owned(),
            (_, 0) => format!("{passed} of {applicable} passed"),
            _ => format!("{passed} of {applicable} passed, {waived} waived"),
        }
    }

    /// Passed ÷ applicable, 0 to 1; `None` where nothing applies.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        super::metrics::Amount::ratio(self.passed, self.applicable).value
    }
}

/// Whether a gate in this state has said its word.
#[must_use]
pub const fn is_decided(state: State) -> bool {
    matches!(state, State::Go | State::ConditionalGo | State::NoGo)
}

impl Gate {
    /// Who holds a role of the gate: whom the gate names for it; of a role that is called after one of the program's, and for which
    /// the gate names nobody, its sponsor or manager.
    #[must_use]
    pub fn holders(&self, role: &str, sponsor: Option<Uuid>, manager: Option<Uuid>) -> Vec<Uuid> {
        let named = self.sign_off_holders.iter().filter(|holder| same(&holder.role, role));
        let named: Vec<Uuid> = named.map(|holder| holder.person).collect();
        if !named.is_empty() {
            return named;
        }
        let of_program = match role.trim().to_lowercase().as_str() {
            "sponsor" | "program sponsor" => sponsor,
            "manager" | "program manager" => manager,
            _ => None,
        };
        of_program.into_iter().collect()
    }

    pub(super) fn check(&self, errors: &mut Vec<FieldError>) {
        let signs = |role: &str| self.sign_off_roles.iter().any(|known| same(known, role));
        let odd = self.sign_off_holders.iter().find(|holder| !signs(&holder.role));
        if let Some(odd) = odd {
            let message = format!("{} is not among the roles that sign off.", role_label(&odd.role));
            errors.push(FieldError::new("sign_off_holders", message));
        }
        let roles = self.sign_off_roles.len();
        if self.quorum.is_some_and(|quorum| usize::try_from(quorum).unwrap_or(0) > roles) {
            let message = match roles {
                0 => "A quorum is of roles: name those that sign off.".to_owned(),
                1 => "One role signs off, so the quorum is at most 1.".to_owned(),
                _ => format!("{roles} roles sign off, so the quorum is at most {roles}."),
            };
            errors.push(FieldError::new("quorum", message));
        }
    }

    pub(super) fn moved(&mut self, step: &Move) {
        let decided = is_decided(step.to);
        self.decided_on = decided.then_some(step.on);
        self.decided_by = step.by.filter(|_| decided);
        self.checked = None;
        self.decision_reason = if decided { step.reason.clone() } else { String::new() };
        self.conditions =
            if step.to == State::ConditionalGo { step.conditions.clone() } else { String::new() };
        self.override_reason =
            if decided && step.to != State::NoGo { step.override_reason.clone() } else { String::new() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_held_by_whom_the_gate_names_else_by_those_of_the_program() {
        let [ann, ben, eva, max] = [1, 2, 3, 4].map(Uuid::from_u128);
        let held = |role: &str, person| Holder { role: role.to_owned(), person };
        let mut gate = Gate {
            sign_off_roles: ["Security", "Sponsor", "Program manager", "Support"].map(str::to_owned).to_vec(),
            sign_off_holders: vec![held("security", ann), held("Security", ben)],
            ..Gate::default()
        };
        let holders = |gate: &Gate, role| gate.holders(role, Some(eva), Some(max));
        assert_eq!(holders(&gate, " SECURITY"), [ann, ben]);
        assert_eq!(holders(&gate, "sponsor"), [eva]);
        assert_eq!(holders(&gate, "Program manager"), [max]);
        assert!(holders(&gate, "Support").is_empty(), "nobody is named for it");
        gate.sign_off_holders.push(held("Sponsor", ben));
        assert_eq!(holders(&gate, "Sponsor"), [ben], "the gate names somebody else");

        let mut errors = Vec::new();
        gate.check(&mut errors);
        assert_eq!(errors, []);
        gate.sign_off_holders.push(held("Weather", ben));
        gate.check(&mut errors);
        assert_eq!(errors[0].message, "Weather is not among the roles that sign off.");
    }

    #[test]
    fn a_quorum_is_of_the_roles_that_sign() {
        let wrong = |roles: &[&str], quorum| {
            let sign_off_roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let mut errors = Vec::new();
            Gate { sign_off_roles, quorum: Some(quorum), ..Gate::default() }.check(&mut errors);
            errors.into_iter().map(|error| (error.field, error.message)).collect::<Vec<_>>()
        };
        assert_eq!(wrong(&["security", "support"], 2), []);
        assert_eq!(wrong(&[], 0), []);
        let told = "2 roles sign off, so the quorum is at most 2.".to_owned();
        assert_eq!(wrong(&["security", "support"], 9), [("quorum".to_owned(), told)]);
        assert_eq!(wrong(&["security"], 2)[0].1, "One role signs off, so the quorum is at most 1.");
        assert_eq!(wrong(&[], 1)[0].1, "A quorum is of roles: name those that sign off.");
    }
}
