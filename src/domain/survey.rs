//! Surveys: a question, who was asked, and what they answered.

use super::draft::{Control, Field};
use super::record::{Head, Record, RecordKind};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The fields of a survey.
pub const FIELDS: &[Field] = &[
    Field::new("title", "Title", Control::Line(200)).required(),
    Field::new("question", "Question", Control::Text(2_000))
        .required()
        .hint("Answered from 1, not at all, to 5, fully. Who answers sees the title and the question, and nothing else of the program."),
    Field::new("closes_on", "Closes after", Control::Date).hint("The last day on which it can be answered; left out, it stays open."),
];

/// The fields of an answer.
pub const ANSWER_FIELDS: &[Field] = &[
    Field::new("value", "Your answer", Control::Int(1, 5)).required(),
    Field::new("comment", "Comment", Control::Text(2_000)),
    Field::new("name", "Your name", Control::Line(120))
        .hint("Only if you want it shown beside your comment."),
];

/// Of fewer answers than these nothing is told but how many there are: what one or two people said tells who they are.
pub const LEAST_ANSWERS: u32 = 3;

/// What an answer's values say.
pub const SCALE: [(i16, &str); 5] =
    [(1, "1, not at all"), (2, "2, a little"), (3, "3, partly"), (4, "4, mostly"), (5, "5, fully")];

/// A survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    #[serde(flatten)]
    pub head: Head,
    pub number: i32,
    pub title: String,
    pub question: String,
    pub opened_on: NaiveDate,
    pub closes_on: Option<NaiveDate>,
}

impl Record for Survey {
    const KIND: RecordKind = RecordKind::Survey;
    const FIELDS: &'static [Field] = FIELDS;

    fn blank(head: Head) -> Self {
        Self {
            opened_on: head.effective_on,
            head,
            number: 0,
            title: String::new(),
            question: String::new(),
            closes_on: None,
        }
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn told(&self) -> String {
        format!("{}, {}", self.number, self.title)
    }

    fn place(&self) -> (NaiveDate, String) {
        (self.opened_on, format!("{:08}", self.number))
    }

    fn check(&mut self, errors: &mut Vec<super::draft::FieldError>) {
        if self.closes_on.is_some_and(|closes| closes < self.opened_on) {
            errors.push(super::draft::FieldError::new("closes_on", "It closes before it opens."));
        }
    }
}

impl Survey {
    /// Whether it can be answered on a day: until it closes, or is archived.
    #[must_use]
    pub fn is_open(&self, day: NaiveDate) -> bool {
        self.head.archived_at.is_none() && self.closes_on.is_none_or(|closes| day <= closes)
    }
}

/// What a survey came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Results {
    pub count: u32,
    pub mean: Option<f64>,
    pub invited: u32,
    /// Of those who were invited, how many answered.
    pub answered: u32,
    /// How many gave each value from 1 to 5; none of fewer than [`LEAST_ANSWERS`].
    pub given: Option<[u32; 5]>,
}

impl Results {
    /// Adds up answers: each a value and whether it answers an invitation.
    #[must_use]
    pub fn new(answers: impl IntoIterator<Item = (i16, bool)>, invited: u32) -> Self {
        let mut results = Self { invited, ..Self::default() };
        let (mut sum, mut given) = (0, [0; 5]);
        for (value, asked) in answers {
            results.count += 1;
            results.answered += u32::from(asked);
            sum += u32::try_from(value).unwrap_or_default();
            if let Some(given) = usize::try_from(value - 1).ok().and_then(|at| given.get_mut(at)) {
                *given += 1;
            }
        }
        if results.is_told() {
            results.mean = Some(f64::from(sum) / f64::from(results.count));
            results.given = Some(given);
        }
        results
    }

    /// Whether it is told what was answered.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.count >= LEAST_ANSWERS
    }

    /// The share of those invited who answered; none where nobody was.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.invited > 0).then(|| f64::from(self.answered) / f64::from(self.invited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_a_mean_and_invitations_a_rate() {
        let results = Results::new([(5, true), (4, true), (2, false)], 4);
        assert_eq!((results.count, results.given), (3, Some([0, 1, 0, 1, 1])));
        assert!((results.mean.unwrap() - 11.0 / 3.0).abs() < 1e-12);
        assert_eq!(
            results.rate(),
            Some(0.5),
            "an answer that nobody was asked for is no answer to an invitation"
        );
        let two = Results::new([(5, true), (1, true)], 2);
        assert_eq!((two.count, two.mean, two.given), (2, None, None), "two people's answers are not told");
        let none = Results::new([], 0);
        assert_eq!((none.mean, none.rate()), (None, None), "nothing is not nought");
    }
}
