//! RACI: of a project or a decision, who is responsible, who alone is accountable, who is consulted and who informed.

use super::draft::{Control, Field, FieldError};
use super::ids::{ItemId, ProjectId};
use super::record::{Head, Record, RecordKind};
use serde::{Deserialize, Serialize};

/// The fields of a subject's row.
pub const FIELDS: &[Field] = &[
    Field::new("project", "Project", Control::Project),
    Field::new("item", "Decision", Control::Item).hint("By reference; a project or a decision, not both."),
    Field::new("accountable", "Accountable", Control::Item).required().hint("One stakeholder, by reference."),
    Field::new("responsible", "Responsible", Control::Items),
    Field::new("consulted", "Consulted", Control::Items),
    Field::new("informed", "Informed", Control::Items),
];

/// The roles, by the letter of each.
pub const ROLES: [(&str, &str, &str); 4] = [
    ("responsible", "R", "Responsible"),
    ("accountable", "A", "Accountable"),
    ("consulted", "C", "Consulted"),
    ("informed", "I", "Informed"),
];

/// Who has which role in a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raci {
    #[serde(flatten)]
    pub head: Head,
    pub project: Option<ProjectId>,
    pub item: Option<ItemId>,
    /// Stakeholders, all of them. None only before it is read.
    pub accountable: Option<ItemId>,
    pub responsible: Vec<ItemId>,
    pub consulted: Vec<ItemId>,
    pub informed: Vec<ItemId>,
}

impl Record for Raci {
    const KIND: RecordKind = RecordKind::Raci;
    const FIELDS: &'static [Field] = FIELDS;

    fn blank(head: Head) -> Self {
        Self {
            head,
            project: None,
            item: None,
            accountable: None,
            responsible: Vec::new(),
            consulted: Vec::new(),
            informed: Vec::new(),
        }
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn told(&self) -> String {
        if self.project.is_some() { "a project".to_owned() } else { "a decision".to_owned() }
    }

    fn check(&mut self, errors: &mut Vec<FieldError>) {
        if self.project.is_some() == self.item.is_some() {
            errors.push(FieldError::new("project", "Say what it is of: one project or one decision."));
        }
        let mut seen: Vec<ItemId> = Vec::new();
        for (name, list) in [
            ("responsible", &mut self.responsible),
            ("consulted", &mut self.consulted),
            ("informed", &mut self.informed),
        ] {
            list.dedup();
            if list.iter().any(|one| seen.contains(one))
                || (name != "responsible" && list.iter().any(|one| Some(*one) == self.accountable))
            {
                errors.push(FieldError::new(
                    name,
                    "Somebody has two roles here: leave the one that says most.",
                ));
            }
            seen.extend(list.iter());
        }
    }
}

impl Raci {
    /// All stakeholders that it names.
    pub fn stakeholders(&self) -> impl Iterator<Item = ItemId> + '_ {
        self.accountable
            .into_iter()
            .chain([&self.responsible, &self.consulted, &self.informed].into_iter().flatten().copied())
    }

    /// The letters of a stakeholder's roles: `A`, `R`, `AR` for who is both, empty for none.
    #[must_use]
    pub fn letters(&self, who: ItemId) -> String {
        let mut letters = String::new();
        if self.accountable == Some(who) {
            letters.push('A');
        }
        for (letter, list) in [('R', &self.responsible), ('C', &self.consulted), ('I', &self.informed)] {
            if list.contains(&who) {
                letters.push(letter);
            }
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ProgramId;
    use uuid::Uuid;

    fn raci() -> Raci {
        let head = Head {
            id: Uuid::nil(),
            program: ProgramId(Uuid::nil()),
            version: 1,
            archived_at: None,
            effective_on: "2026-06-01".parse().unwrap(),
        };
        Raci { project: Some(ProjectId(Uuid::nil())), ..Raci::blank(head) }
    }

    #[test]
    fn one_is_accountable_and_may_do_the_work_too_but_nobody_else_has_two_roles() {
        let who = |n| ItemId(Uuid::from_u128(n));
        let wrong = |raci: &Raci| {
            let mut errors = Vec::new();
            raci.clone().check(&mut errors);
            errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        let good = Raci {
            accountable: Some(who(1)),
            responsible: vec![who(1), who(2)],
            informed: vec![who(3)],
            ..raci()
        };
        assert!(wrong(&good).is_empty());
        assert_eq!([1, 2, 3, 4].map(|n| good.letters(who(n))), ["AR", "R", "I", ""]);
        assert_eq!(wrong(&Raci { consulted: vec![who(2)], ..good.clone() }), ["consulted"]);
        assert_eq!(wrong(&Raci { informed: vec![who(1)], ..good.clone() }), ["informed"]);
        assert_eq!(wrong(&Raci { project: None, ..good.clone() }), ["project"]);
        assert_eq!(wrong(&Raci { item: Some(who(9)), ..good }), ["project"]);
    }
}
