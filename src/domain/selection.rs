//! What several items are given at once: an owner, a date, tags. What they had before is kept, so that one step takes it back.

use super::ids::PersonId;
use super::item::{Detail, Item};
use super::kind::State;
use chrono::NaiveDate;

/// The part of an item that can be changed of several at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub owner: Option<PersonId>,
    /// The date that its log is sorted by; always none for a kind whose date is not one that is simply set.
    pub due: Option<NaiveDate>,
    pub tags: Vec<String>,
}

/// What is given to each of several items. What is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The new owner; `Some(None)` leaves it without one.
    pub owner: Option<Option<PersonId>>,
    pub due: Option<NaiveDate>,
    pub add: Vec<String>,
    pub remove: Vec<String>,
}

impl Given {
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The date of an item that is simply set. What the network, the other side or a plan has a say in is not.
fn due(state: State, detail: &mut Detail) -> Option<&mut Option<NaiveDate>> {
    match detail {
        Detail::Risk(own) => Some(&mut own.review_on),
        Detail::Assumption(own) => Some(&mut own.validate_by),
        Detail::Issue(own) => Some(&mut own.due_on),
        Detail::Decision(own) if state != State::Deferred => Some(&mut own.needed_by),
        Detail::Action(own) => Some(&mut own.due_on),
        Detail::Check(own) => Some(&mut own.due_on),
        Detail::Stakeholder(own) => Some(&mut own.next_contact_on),
        _ => None,
    }
}

impl Part {
    #[must_use]
    pub fn of(item: &Item) -> Self {
        let due = due(item.state, &mut item.detail.clone()).and_then(|day| *day);
        Self { owner: item.owner, due, tags: item.tags.clone() }
    }

    /// This part once it was given something.
    #[must_use]
    pub fn given(mut self, given: &Given) -> Self {
        if let Some(owner) = given.owner {
            self.owner = owner;
        }
        self.due = given.due.or(self.due);
        self.tags.retain(|tag| !given.remove.contains(tag));
        for tag in &given.add {
            if !self.tags.contains(tag) {
                self.tags.push(tag.clone());
            }
        }
        self.tags.sort();
        self
    }

    /// The item with this part.
    ///
    /// # Errors
    /// Why it can't have it.
    pub fn put(self, item: &Item) -> Result<Item, &'static str> {
        if item.archived_at.is_some() {
            return Err("it is archived");
        }
        if !item.is_open() {
            return Err("it is closed");
        }
        let mut next = item.clone();
        match due(item.state, &mut next.detail) {
            Some(day) => *day = self.due,
            None if self.due.is_some() => return Err("its date is not set here: open it"),
            None => {}
        }
        next.owner = self.owner;
        next.tags = self.tags;
        next.settle();
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_not_given_stays() {
        let person = Some(PersonId(Uuid::from_u128(1)));
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let part = Part { owner: person, due: day("2026-07-01"), tags: vec!["gl".into(), "tax".into()] };
        assert_eq!(part.clone().given(&Given::default()), part);
        let given = Given {
            owner: Some(None),
            due: day("2026-08-01"),
            add: vec!["audit".into(), "tax".into()],
            remove: vec!["gl".into()],
        };
        let tags = vec!["audit".to_owned(), "tax".to_owned()];
        assert_eq!(part.given(&given), Part { owner: None, due: day("2026-08-01"), tags });
    }
}
