//! What is asked of a forecast, as it is typed in a query, and its bounds.

use crate::domain::draft::FieldError;
use crate::domain::ids::ItemId;
use crate::domain::schedule::simulate::{Distribution, ITERATIONS};

/// Iterations at most.
pub const MOST_ITERATIONS: u32 = 100_000;
/// The seed unless another is asked for: a page that is loaded again shows the same.
pub const SEED: u64 = 1;
/// The rank correlation of durations within a project unless another is asked for, in hundredths.
pub const CORRELATION: u8 = 30;

/// How an activity spreads that has no three points of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spread {
    /// It takes as long as its likely duration says.
    #[default]
    Certain,
    /// As the activities of its program usually do that have three points.
    Usual,
}

impl Spread {
    pub const ALL: [Self; 2] = [Self::Certain, Self::Usual];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Usual => "usual",
        }
    }
}

/// The names of distributions.
pub const DISTRIBUTIONS: [(&str, Distribution); 2] =
    [("pert", Distribution::Pert), ("triangular", Distribution::Triangular)];

/// The name of a distribution.
#[must_use]
pub const fn distribution_name(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::Pert => "pert",
        Distribution::Triangular => "triangular",
    }
}

/// What is asked of a forecast. The same of the same plan is the same forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    pub iterations: u32,
    pub seed: u64,
    pub distribution: Distribution,
    /// The rank correlation of two durations within a project, in hundredths: 0 to 100.
    pub correlation: u8,
    pub spread: Spread,
    /// The item whose curve and drivers are told; none: the last open milestone.
    pub to: Option<ItemId>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            iterations: ITERATIONS.get(),
            seed: SEED,
            distribution: Distribution::Pert,
            correlation: CORRELATION,
            spread: Spread::Certain,
            to: None,
        }
    }
}

impl Parameters {
    /// Reads what is asked for; `said` gives the text of a name of the query. What is left out or empty is as usual.
    ///
    /// # Errors
    /// What is no number or out of its range, each by its field.
    pub fn read(said: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<FieldError>> {
        let said = |name: &str| said(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut asked = Self::default();
        let mut errors = Vec::new();
        let mut refuse = |field: &str, why: String| errors.push(FieldError::new(field, why));
        if let Some(text) = said("iterations") {
            match text.parse().ok().filter(|number| (1..=MOST_ITERATIONS).contains(number)) {
                Some(number) => asked.iterations = number,
                None => refuse(
                    "iterations",
                    format!("iterations: give a whole number from 1 to {MOST_ITERATIONS}."),
                ),
            }
        }
        if let Some(text) = said("seed") {
            match text.parse() {
                Ok(number) => asked.seed = number,
                Err(_) => {
                    refuse("seed", "seed: give a whole number from 0 to 18446744073709551615.".to_owned());
                }
            }
        }
        if let Some(text) = said("distribution") {
            match DISTRIBUTIONS.iter().find(|(name, _)| *name == text) {
                Some((_, distribution)) => asked.distribution = *distribution,
                None => refuse("distribution", "distribution: give pert or triangular.".to_owned()),
            }
        }
        if let Some(text) = said("correlation") {
            match text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number)) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "from 0 to 100 by the filter"
                )]
                Some(number) => asked.correlation = (number * 100.0).round() as u8,
                None => {
                    refuse("correlation", "correlation: give a number from 0 to 1, such as 0.3.".to_owned());
                }
            }
        }
        if let Some(text) = said("spread") {
            match Spread::ALL.iter().find(|spread| spread.name() == text) {
                Some(spread) => asked.spread = *spread,
                None => refuse("spread", "spread: give certain or usual.".to_owned()),
            }
        }
        if errors.is_empty() { Ok(asked) } else { Err(errors) }
    }

    /// The correlation as a number from 0 to 1.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        f64::from(self.correlation) / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Parameters, Vec<String>> {
        let said =
            |name: &str| query.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        Parameters::read(said).map_err(|errors| errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn what_is_left_out_is_as_usual() {
        let usual = read(&[("iterations", ""), ("seed", "  ")]).unwrap();
        assert_eq!(usual, Parameters::default());
        assert_eq!((usual.iterations, usual.seed, usual.correlation), (10_000, 1, 30));
        let asked = read(&[("iterations", "500"), ("correlation", "0.255"), ("distribution", "triangular")]);
        let asked = asked.unwrap();
        assert_eq!((asked.iterations, asked.correlation), (500, 26));
        assert_eq!(asked.distribution, Distribution::Triangular);
    }

    #[test]
    fn what_is_out_of_range_is_refused_each_by_its_field() {
        let refused = read(&[
            ("iterations", "100001"),
            ("seed", "-1"),
            ("distribution", "normal"),
            ("correlation", "NaN"),
            ("spread", "wide"),
        ]);
        assert_eq!(refused.unwrap_err(), ["iterations", "seed", "distribution", "correlation", "spread"]);
        for wrong in ["0", "1e3", "1.5", "many"] {
            assert!(read(&[("iterations", wrong)]).is_err(), "{wrong}");
        }
        assert!(read(&[("correlation", "1.01")]).is_err());
    }
}
