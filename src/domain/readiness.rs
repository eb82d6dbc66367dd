//! Whether it may go: where a check stands on a day, how many of a gate's checks pass, and which roles have yet to sign.

use super::check::AREAS;
use super::draft;
use super::kind::State;
use super::metrics::stats::short;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a check stands on a day: its state, but that a waiver ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Passed,
    Waived,
    /// It was waived until an earlier day.
    Expired,
    Failed,
    InProgress,
    Unstarted,
    NotApplicable,
}

impl Standing {
    /// The standing of a check in a state; a waiver holds to the end of the day until which it is given.
    #[must_use]
    pub fn of(state: State, waived_until: Option<NaiveDate>, day: NaiveDate) -> Self {
        match state {
            State::Passed => Self::Passed,
            State::Waived if waived_until.is_some_and(|until| until < day) => Self::Expired,
            State::Waived => Self::Waived,
            State::Failed => Self::Failed,
            State::InProgress => Self::InProgress,
            State::NotApplicable => Self::NotApplicable,
            _ => Self::Unstarted,
        }
    }

    /// Whether a mandatory check that stands so keeps its gate from going.
    #[must_use]
    pub const fn blocks(self) -> bool {
        !matches!(self, Self::Passed | Self::Waived | Self::NotApplicable)
    }

    /// Whether it shows that its gate may go: it has passed, or somebody answers for it.
    #[must_use]
    pub const fn shows(self) -> bool {
        matches!(self, Self::Passed | Self::Waived)
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Waived => "waived",
            Self::Expired => "waiver expired",
            Self::Failed => "failed",
            Self::InProgress => "in progress",
            Self::Unstarted => "unstarted",
            Self::NotApplicable => "not applicable",
        }
    }

    /// Red, amber, green or none.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Passed => "green",
            Self::Waived | Self::InProgress => "amber",
            Self::Failed | Self::Expired => "red",
            Self::Unstarted | Self::NotApplicable => "none",
        }
    }
}

/// How many checks stand where. The pass rate is *passed ÷ applicable*: a waived check is applicable and not passed, and is
/// counted beside (metric 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub passed: u32,
    pub applicable: u32,
    pub waived: u32,
    /// Waivers that have ended.
    pub expired: u32,
    pub failed: u32,
    /// Neither passed nor failed nor waived yet.
    pub open: u32,
    /// Of these, those that somebody has begun.
    pub in_progress: u32,
    pub not_applicable: u32,
}

impl Tally {
    #[must_use]
    pub fn of(standings: impl IntoIterator<Item = Standing>) -> Self {
        let mut tally = Self::default();
        for standing in standings {
            match standing {
                Standing::Passed => tally.passed += 1,
                Standing::Waived => tally.waived += 1,
                Standing::Expired => tally.expired += 1,
                Standing::Failed => tally.failed += 1,
                Standing::InProgress => {
                    (tally.open, tally.in_progress) = (tally.open + 1, tally.in_progress + 1);
                }
                Standing::Unstarted => tally.open += 1,
                Standing::NotApplicable => tally.not_applicable += 1,
            }
            tally.applicable += u32::from(standing != Standing::NotApplicable);
        }
        tally
    }

    /// Passed ÷ applicable, 0 to 1; none where nothing applies.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.applicable > 0).then(|| f64::from(self.passed) / f64::from(self.applicable))
    }

    /// The rate in percent with a decimal where it has one, as metric 9 says it; 100 is said only of all, 0 only of none.
    #[must_use]
    pub fn percent(&self) -> Option<String> {
        let permille = self.rate()? * 1_000.0;
        let shown = match self.passed {
            0 => 0.0,
            all if all == self.applicable => 1_000.0,
            _ => permille.round().clamp(1.0, 999.0),
        };
        Some(short(shown / 10.0))
    }
}

/// What a role says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "sign_off_verdict", rename_all = "snake_case")]
pub enum Verdict {
    Go,
    ConditionalGo,
    NoGo,
}

/// Verdicts, as a form offers them.
pub const VERDICTS: draft::Choices =
    &[("go", "Go"), ("conditional_go", "Go, on conditions"), ("no_go", "No-go")];

impl Verdict {
    /// The verdict of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Go, Self::ConditionalGo, Self::NoGo].into_iter().find(|verdict| verdict.name() == name)
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::ConditionalGo => "conditional_go",
            Self::NoGo => "no_go",
        }
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::ConditionalGo => "go on conditions",
            Self::NoGo => "no-go",
        }
    }

    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Go => "green",
            Self::ConditionalGo => "amber",
            Self::NoGo => "red",
        }
    }

    /// Whether it consents to what a gate is to say.
    const fn consents(self, to: State) -> bool {
        match to {
            State::ConditionalGo => !matches!(self, Self::NoGo),
            _ => matches!(self, Self::Go),
        }
    }
}

/// How far the roles of a gate have signed: each role once, by what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// What the gate is to say.
    to: State,
    /// Of the roles, so many have to consent.
    pub needed: usize,
    /// The roles in the order of the gate, with what each says.
    pub roles: Vec<(String, Option<Verdict>)>,
}

impl Quorum {
    /// Who has consented to a gate that is to say `to`: of its roles, so many as its quorum says, or all.
    #[must_use]
    pub fn of(roles: &[String], quorum: Option<i16>, signed: &[(String, Verdict)], to: State) -> Self {
        let said = |role: &String| {
            let said = signed.iter().find(|(other, _)| same(other, role)).map(|(_, verdict)| *verdict);
            (role.clone(), said)
        };
        let needed =
            quorum.map_or(roles.len(), |quorum| usize::try_from(quorum).unwrap_or(0).min(roles.len()));
        Self { to, needed, roles: roles.iter().map(said).collect() }
    }

    fn who(&self, said: impl Fn(Option<Verdict>) -> bool) -> Vec<String> {
        self.roles.iter().filter(|(_, verdict)| said(*verdict)).map(|(role, _)| role.clone()).collect()
    }

    /// The roles that say this, or that have not signed.
    #[must_use]
    pub fn says(&self, verdict: Option<Verdict>) -> Vec<String> {
        self.who(|said| said == verdict)
    }

    /// How many have consented.
    #[must_use]
    pub fn given(&self) -> usize {
        self.roles.len() - self.missing().len()
    }

    /// How many have signed, whatever they say.
    #[must_use]
    pub fn signed(&self) -> usize {
        self.roles.len() - self.says(None).len()
    }

    /// The roles that have not consented.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.who(|said| !said.is_some_and(|verdict| verdict.consents(self.to)))
    }

    #[must_use]
    pub fn is_met(&self) -> bool {
        self.given() >= self.needed
    }

    /// “1 go, 1 on conditions; 3 needed”: how many say what, and how many have to, where that isn't all.
    #[must_use]
    pub fn counted(&self) -> String {
        let words =
            [(Verdict::Go, "go"), (Verdict::ConditionalGo, "on conditions"), (Verdict::NoGo, "no-go")];
        let said = words.map(|(verdict, word)| (self.says(Some(verdict)).len(), word));
        let said: Vec<String> = said
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let needed = (self.needed < self.roles.len()).then(|| format!("{} needed", self.needed));
        [Some(said.join(", ")).filter(|said| !said.is_empty()), needed]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// “On conditions: Engineering. Not signed: Support.”: what those say who have not consented.
    #[must_use]
    pub fn rest(&self) -> String {
        let words = [
            (Some(Verdict::ConditionalGo), "On conditions"),
            (Some(Verdict::NoGo), "No-go"),
            (None, "Not signed"),
        ];
        let rest = words.into_iter().filter(|(said, _)| !said.is_some_and(|said| said.consents(self.to)));
        let told = rest.map(|(said, word)| (word, self.says(said))).filter(|(_, who)| !who.is_empty());
        told.map(|(word, who)| format!("{word}: {}.", roles(&who))).collect::<Vec<_>>().join(" ")
    }
}

/// A role as a reader sees it: a short one is an abbreviation.
#[must_use]
pub fn role_label(role: &str) -> String {
    if role.chars().count() <= 3 {
        return role.to_uppercase();
    }
    let mut letters = role.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Roles as a reader sees them.
#[must_use]
pub fn roles(roles: &[String]) -> String {
    roles.iter().map(|role| role_label(role)).collect::<Vec<_>>().join(", ")
}

/// Whether two roles are the same, however they are written.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Characters of a title that is made of a criterion.
const TITLE: usize = 80;

/// A title for a check that has none: the first words of its criterion.
#[must_use]
pub fn title_of(criterion: &str) -> String {
    let line = criterion.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let mut title = String::new();
    for word in line.split_whitespace() {
        if !title.is_empty() && title.chars().count() + word.chars().count() >= TITLE {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.extend(word.chars().take(TITLE));
    }
    title + " …"
}

/// The conditions on which it goes: one a line, with a day after a bar where one is given.
///
/// # Errors
/// What stands after a bar and is no day, in the words that a reader is told.
pub fn conditions(text: &str) -> Result<Vec<(String, Option<NaiveDate>)>, String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['-', '*', '•']).trim());
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let Some((what, day)) = line.rsplit_once('|') else { return Ok((line.to_owned(), None)) };
            let (what, day) = (what.trim(), day.trim());
            if what.is_empty() {
                return Err(format!("“{line}” doesn't say what is to be done."));
            }
            match draft::date(&Value::from(day)) {
                Ok(Some(due)) => Ok((what.to_owned(), Some(due))),
                _ => Err(format!(
                    "“{day}” is not a day: after a bar stands the day when “{what}” is due, as 2026-07-10."
                )),
            }
        })
        .collect()
}

/// The label of an area.
#[must_use]
pub fn area_label(area: &str) -> &'static str {
    AREAS.iter().find(|(name, _)| *name == area).map_or("Other", |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_waiver_holds_to_the_end_of_its_last_day() {
        let of = |until: Option<&str>, on| Standing::of(State::Waived, until.map(day), day(on));
        assert_eq!(of(Some("2026-06-30"), "2026-06-30"), Standing::Waived);
        assert_eq!(of(Some("2026-06-30"), "2026-07-01"), Standing::Expired);
        assert_eq!(of(None, "2036-07-01"), Standing::Waived);
        assert!(!Standing::Waived.blocks() && Standing::Expired.blocks());
    }

    #[test]
    fn the_pass_rate_counts_what_applies_and_a_waived_check_is_not_passed() {
        use Standing::{Expired, Failed, InProgress, NotApplicable, Passed, Unstarted, Waived};
        let tally = Tally::of([
            Passed,
            Passed,
            Passed,
            Waived,
            Expired,
            Failed,
            InProgress,
            Unstarted,
            NotApplicable,
            NotApplicable,
        ]);
        assert_eq!((tally.passed, tally.applicable, tally.waived, tally.expired), (3, 8, 1, 1));
        assert_eq!((tally.failed, tally.open, tally.in_progress, tally.not_applicable), (1, 2, 1, 2));
        assert_eq!((tally.rate(), tally.percent()), (Some(0.375), Some("37.5".into())));
        let of = |passed, applicable| Tally { passed, applicable, ..Tally::default() }.percent().unwrap();
        assert_eq!([of(5, 9), of(0, 9), of(9, 9), of(7, 10)], ["55.6", "0", "100", "70"]);
        assert_eq!([of(2_999, 3_000), of(1, 3_000)], ["99.9", "0.1"], "all and none are said of no others");
        assert_eq!(Tally::of([NotApplicable]).rate(), None);
        assert_eq!(Tally::of([]).percent(), None);
    }

    #[test]
    fn every_state_of_a_check_blocks_but_passed_waived_and_not_applicable() {
        use super::super::kind::Kind;
        let blocking: Vec<_> = Kind::Check
            .states()
            .iter()
            .filter(|state| Standing::of(**state, None, day("2026-06-30")).blocks())
            .collect();
        assert_eq!(blocking, [&State::Unstarted, &State::InProgress, &State::Failed]);
    }

    #[test]
    fn the_quorum_names_the_roles_that_are_missing() {
        let roles = ["Engineering", "Security", "Support"].map(str::to_owned);
        let signed = [
            ("engineering ".to_owned(), Verdict::Go),
            ("Security".to_owned(), Verdict::ConditionalGo),
            ("Marketing".to_owned(), Verdict::Go),
        ];
        let all = Quorum::of(&roles, None, &signed, State::Go);
        assert_eq!((all.needed, all.given(), all.signed(), all.is_met()), (3, 1, 2, false));
        assert_eq!(all.missing(), ["Security", "Support"]);
        assert_eq!(all.counted(), "1 go, 1 on conditions");
        assert_eq!(all.rest(), "On conditions: Security. Not signed: Support.");
        assert_eq!(
            (role_label("qa"), role_label("site reliability")),
            ("QA".into(), "Site reliability".into())
        );
        assert!(Quorum::of(&roles, Some(1), &signed, State::Go).is_met());
        let on_conditions = Quorum::of(&roles, Some(2), &signed, State::ConditionalGo);
        assert!(on_conditions.is_met(), "who says go on conditions consents to that");
        assert_eq!(on_conditions.rest(), "Not signed: Support.");
        assert_eq!(on_conditions.counted(), "1 go, 1 on conditions; 2 needed");
        let none = Quorum::of(&[], Some(4), &[], State::Go);
        assert!(none.is_met(), "a gate without roles waits for none");
    }

    #[test]
    fn a_check_is_called_by_the_first_words_of_its_criterion() {
        assert_eq!(title_of(" Backups restore.\nTried last week"), "Backups restore.");
        let long = "word ".repeat(40);
        let title = title_of(&long);
        assert!(title.ends_with("word …") && title.chars().count() <= TITLE + 2, "{title}");
        assert_eq!(title_of(&"x".repeat(300)).chars().count(), TITLE + 2);
    }

    #[test]
    fn conditions_are_one_a_line_with_a_day_after_a_bar() {
        let read =
            conditions("- Runbook reviewed | 2026-07-10\n\n* Two on call\nA | B | 2026-07-11").unwrap();
        assert_eq!(
            read,
            [
                ("Runbook reviewed".to_owned(), Some(day("2026-07-10"))),
                ("Two on call".to_owned(), None),
                ("A | B".to_owned(), Some(day("2026-07-11")))
            ]
        );
        let wrong = conditions("Two on call\nClose the bug | 2026-02-31").unwrap_err();
        assert_eq!(
            wrong,
            "“2026-02-31” is not a day: after a bar stands the day when “Close the bug” is due, as 2026-07-10."
        );
        assert!(conditions("Close the bug | soon").is_err() && conditions("Close the bug |").is_err());
        assert_eq!(conditions("| 2026-07-10").unwrap_err(), "“| 2026-07-10” doesn't say what is to be done.");
    }
}
