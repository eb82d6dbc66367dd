//! What a program watches over and whom it tells: the rules of its nudges, the levels by which its decisions climb, how often it
//! reports, and the channel of its chat.

use super::calendar::Calendar;
use super::draft::{Choices, Control, Draft, Field, FieldError, Holds, Part, Refused, Rows};
use super::ids::PersonId;
use super::item::{Detail, Item};
use super::kind::State;
use super::nudge::{Rule, Terms};
use super::program::Program;
use super::risk::Demands;
use super::subject::{Asked, Subject};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const RULES: Choices = &[
    ("no_owner", "Nobody owns it"),
    ("next_date_passed", "Its next date has passed"),
    ("no_update", "No update for 14 days"),
    ("not_agreed", "Needed within 14 days and not agreed"),
    ("promised_late", "Promised after it is needed"),
    ("decision_waiting", "A decision waits too long"),
    ("risk_unmitigated", "A high risk without a dated mitigation"),
    ("acceptance_expired", "The acceptance of a risk has run out"),
    ("assumption_untested", "An assumption was not validated in time"),
    ("report_due", "A status report is due"),
];
const FORMS: Choices = &[("slack", "Slack"), ("teams", "Microsoft Teams")];

/// The levels by which decisions climb.
pub const LEVELS: Rows = Rows {
    one: "level",
    many: "levels",
    most: 6,
    parts: &[Part { name: "to", holds: Holds::Line(200) }, Part { name: "after_days", holds: Holds::Number }],
};

/// What can be set.
pub const FIELDS: &[Field] = &[
    Field::new("rules", "Rules", Control::Choices(RULES)).hint("Evaluated every day, and told to whoever owns the item."),
    Field::new("levels", "Escalation of decisions", Control::Rows(&LEVELS))
        .hint("One level a line: who (manager, sponsor, or a person's e-mail address) | working days on the level before. Who can't see the program is passed over."),
    Field::new("report_every_days", "A report is due every (days)", Control::Int(1, 366)),
    Field::new("chat_form", "Chat", Control::Choice(FORMS)),
    Field::new("chat_url", "Incoming webhook of the channel", Control::Line(2_000))
        .hint("One message a day, none when nothing waits. Who knows the address can write there."),
];

/// Whom a decision goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    Manager,
    Sponsor,
    #[serde(untagged)]
    Person(PersonId),
}

/// A level of escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    pub to: To,
    /// Working days on the level before; of the first, of all waiting.
    pub after_days: i64,
}

/// The form of a chat's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "chat_form", rename_all = "snake_case")]
pub enum ChatForm {
    #[default]
    Slack,
    Teams,
}

/// What a program watches. Without a word from anybody: all rules, and decisions that go to the program's manager after 5
/// working days and to its sponsor after 5 more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    pub rules_off: Vec<Rule>,
    pub levels: Vec<Level>,
    pub report_every_days: i16,
    /// Empty for none.
    pub chat_url: String,
    pub chat_form: ChatForm,
    /// 0 while nobody has set anything.
    pub version: i32,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            rules_off: Vec::new(),
            levels: vec![Level { to: To::Manager, after_days: 5 }, Level { to: To::Sponsor, after_days: 5 }],
            report_every_days: 7,
            chat_url: String::new(),
            chat_form: ChatForm::Slack,
            version: 0,
        }
    }
}

impl Watch {
    /// What the nudges of the program go by.
    #[must_use]
    pub fn terms(&self, program: &Program) -> Terms {
        Terms {
            calendar: program.calendar(),
            off: self.rules_off.clone(),
            decision_days: program.thresholds().decision_wait_working_days,
            report_every_days: self.report_every_days.into(),
            demands: Demands::of(program),
        }
    }

    /// As a form shows it and an API body is laid over it. `person` gives the e-mail address or name of somebody.
    #[must_use]
    pub fn draft(&self, person: impl Fn(PersonId) -> String) -> Draft {
        let on = Rule::ALL.into_iter().filter(|rule| !self.rules_off.contains(rule)).map(Rule::name);
        let level = |level: &Level| {
            let to = match &level.to {
                To::Manager => "manager".to_owned(),
                To::Sponsor => "sponsor".to_owned(),
                To::Person(id) => person(*id),
            };
            serde_json::json!({"to": to, "after_days": level.after_days})
        };
        let form = match self.chat_form {
            ChatForm::Slack => "slack",
            ChatForm::Teams => "teams",
        };
        Draft(Map::from_iter([
            ("rules".to_owned(), Value::from(on.collect::<Vec<_>>())),
            ("levels".to_owned(), Value::from(self.levels.iter().map(level).collect::<Vec<_>>())),
            ("report_every_days".to_owned(), Value::from(self.report_every_days)),
            ("chat_form".to_owned(), Value::from(form)),
            ("chat_url".to_owned(), Value::from(self.chat_url.clone())),
        ]))
    }

    /// Takes checked values; `person` finds somebody by what a level names.
    ///
    /// # Errors
    /// A level that names nobody or no number of days.
    pub fn fill(
        &mut self,
        values: &Map<String, Value>,
        person: impl Fn(&str) -> Option<PersonId>,
    ) -> Result<(), Refused> {
        let mut errors = Vec::new();
        let on: Vec<&str> = listed(values, "rules").iter().filter_map(Value::as_str).collect();
        self.rules_off = Rule::ALL.into_iter().filter(|rule| !on.contains(&rule.name())).collect();
        self.levels.clear();
        for row in listed(values, "levels") {
            let said = |name: &str| row[name].as_str().unwrap_or_default().trim().to_owned();
            let to = match said("to").to_lowercase().as_str() {
                "manager" => Some(To::Manager),
                "sponsor" => Some(To::Sponsor),
                name => person(name).map(To::Person),
            };
            let after_days =
                row["after_days"].as_f64().filter(|days| (0.0..=365.0).contains(days) && days.fract() == 0.0);
            #[expect(clippy::cast_possible_truncation, reason = "a whole number up to 365")]
            let after_days = after_days.map(|days| days as i64);
            match (to, after_days) {
                (Some(to), Some(after_days)) => self.levels.push(Level { to, after_days }),
                (None, _) => errors.push(FieldError::new(
                    "levels",
                    format!("There is nobody “{}”: give manager, sponsor or an e-mail address.", said("to")),
                )),
                (_, None) => errors.push(FieldError::new(
                    "levels",
                    format!("After how many working days does it go to {}? 0 to 365.", said("to")),
                )),
            }
        }
        if let Some(every) = values.get("report_every_days").and_then(Value::as_i64) {
            self.report_every_days = i16::try_from(every).unwrap_or(7);
        }
        self.chat_form = match values.get("chat_form").and_then(Value::as_str) {
            Some("teams") => ChatForm::Teams,
            _ => ChatForm::Slack,
        };
        values
            .get("chat_url")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
            .clone_into(&mut self.chat_url);
        if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }) }
    }
}

fn listed<'v>(values: &'v Map<String, Value>, name: &str) -> &'v [Value] {
    values.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Who stands on the levels of a program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    pub manager: Option<PersonId>,
    pub sponsor: Option<PersonId>,
    /// Who of them can't see the program: nothing would reach them.
    pub shut_out: &'a [PersonId],
}

impl Standing<'_> {
    #[must_use]
    pub const fn of(program: &Program) -> Self {
        Self { manager: program.manager, sponsor: program.sponsor, shut_out: &[] }
    }

    /// Everybody who stands on a level.
    #[must_use]
    pub fn people(self, levels: &[Level]) -> Vec<PersonId> {
        levels.iter().filter_map(|level| self.person(&level.to)).collect()
    }

    fn reached(self, to: &To) -> Option<PersonId> {
        self.person(to).filter(|person| !self.shut_out.contains(person))
    }

    const fn person(self, to: &To) -> Option<PersonId> {
        match to {
            To::Manager => self.manager,
            To::Sponsor => self.sponsor,
            To::Person(id) => Some(*id),
        }
    }
}

/// The level that a waiting decision reaches at the end of `day`, from 1, and whom it then waits for. None while the clock of where it
/// stands runs. It climbs by one level at a time, each with a clock of its own; a level on which nobody stands whom it
/// would reach is passed over.
#[must_use]
pub fn climbs(
    watch: &Watch,
    who: Standing<'_>,
    asked: &Asked,
    day: NaiveDate,
    calendar: &Calendar,
) -> Option<(i16, PersonId)> {
    let levels = || (1..).zip(&watch.levels);
    // Whom somebody escalated it to by hand may stand on a level already.
    let by_hand = || {
        let to = asked.escalated_to?;
        levels().filter(|(_, level)| who.person(&level.to) == Some(to)).map(|(number, _)| number).last()
    };
    let current: i16 = asked.level.or_else(by_hand).unwrap_or(0);
    let since = if asked.escalated_to.is_some() {
        asked.level_on.or(asked.escalated_on).or(asked.requested_on)
    } else {
        asked.since()
    };
    let since = since.into_iter().chain(asked.deferred_until.filter(|until| *until <= day)).max()?;
    let (number, after, person) =
        levels().filter(|(number, _)| *number > current).find_map(|(number, level)| {
            let person = who.reached(&level.to).filter(|person| asked.escalated_to != Some(*person))?;
            Some((number, level.after_days, person))
        })?;
    (calendar.working_days(since, day) >= after).then_some((number, person))
}

/// A decision that was put off until a day that has come by `day`, as it waits again from then on, and until when it was put off. None
/// of all else. Its clocks stay as they were: its latency runs from when it was asked for, that of its level from the end of the deferral.
#[must_use]
pub fn returned(stored: &Item, day: NaiveDate) -> Option<(Item, NaiveDate)> {
    let Detail::Decision(own) = &stored.detail else { return None };
    let until = own.deferred_until.filter(|until| stored.state == State::Deferred && *until <= day)?;
    let mut item = stored.clone();
    item.state = State::Waiting;
    item.effective_on = until.max(stored.effective_on);
    item.version += 1;
    item.settle();
    Some((item, until))
}

/// Whom a nudge about an item goes to: its owner, whom a decision waits for, else the manager of the program.
#[must_use]
pub fn goes_to(subject: &Subject, rule: Rule, manager: Option<PersonId>) -> Option<PersonId> {
    let asked = match &subject.own {
        super::subject::Own::Decision(asked) if rule == Rule::DecisionWaiting => asked.escalated_to,
        _ => None,
    };
    asked.or(subject.owner).or(manager)
}

/// Why an address can't be a chat's webhook: it is to be a public one over TLS, so that nobody sends the server to its neighbours, or of
/// a host that `inside` allows.
///
/// # Errors
/// What is wrong with it.
pub fn webhook(address: &str, inside: impl Fn(&str) -> bool) -> Result<(), &'static str> {
    let Ok(url) = url::Url::parse(address) else { return Err("This is no address.") };
    if url.scheme() != "https" {
        return Err("The address begins with https://.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("The address has no name or password before its host.");
    }
    if url.host_str().is_some_and(inside) {
        return Ok(());
    }
    if url.port().is_some_and(|port| port != 443) {
        return Err("The address has no port.");
    }
    match url.host() {
        Some(url::Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let inside = ["localhost", "local", "internal", "lan", "home", "corp"];
            let last = name.rsplit('.').next().unwrap_or_default();
            if !name.contains('.') || inside.contains(&last) {
                return Err("The host is to be a public one.");
            }
            Ok(())
        }
        _ => Err("The host is to be a name, not a number."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::decision::Decision;
    use super::super::ids::{ItemId, ProgramId};
    use super::super::kind::Kind;
    use super::super::subject::tests::day;
    use super::*;
    use uuid::Uuid;

    const MANAGER: PersonId = PersonId(Uuid::from_u128(1));
    const SPONSOR: PersonId = PersonId(Uuid::from_u128(2));
    const OTHER: PersonId = PersonId(Uuid::from_u128(3));
    const WHO: Standing<'_> = Standing { manager: Some(MANAGER), sponsor: Some(SPONSOR), shut_out: &[] };

    fn climb(asked: &Asked, who: Standing<'_>, on: &str) -> Option<(i16, PersonId)> {
        climbs(&Watch::default(), who, asked, day(on), &Calendar::default())
    }

    #[test]
    fn a_decision_climbs_by_levels_with_their_own_clocks() {
        // Monday 1 June; five working days after it is Monday 8 June.
        let asked = Asked { requested_on: Some(day("2026-06-01")), ..Asked::default() };
        assert_eq!(climb(&asked, WHO, "2026-06-07"), None);
        assert_eq!(climb(&asked, WHO, "2026-06-08"), Some((1, MANAGER)));
        // However late it is looked at, it climbs by one level.
        assert_eq!(climb(&asked, WHO, "2026-08-31"), Some((1, MANAGER)));
        let first =
            Asked { escalated_to: Some(MANAGER), level: Some(1), level_on: Some(day("2026-06-10")), ..asked };
        assert_eq!(climb(&first, WHO, "2026-06-16"), None, "the second clock began on the 10th");
        assert_eq!(climb(&first, WHO, "2026-06-17"), Some((2, SPONSOR)));
        let last =
            Asked { escalated_to: Some(SPONSOR), level: Some(2), level_on: Some(day("2026-06-17")), ..asked };
        assert_eq!(climb(&last, WHO, "2026-12-31"), None, "there is nobody above");
    }

    #[test]
    fn what_was_put_off_waits_again_from_its_day_with_its_clocks_as_they_were() {
        let item = |state| {
            let own = Decision {
                requested_on: Some(day("2026-06-01")),
                deferred_until: Some(day("2026-06-10")),
                needed_by: Some(day("2026-07-31")),
                ..Decision::default()
            };
            Item {
                id: ItemId(Uuid::nil()),
                program: ProgramId(Uuid::nil()),
                kind: Kind::Decision,
                number: 1,
                title: "It".into(),
                description: String::new(),
                owner: None,
                raised_by: None,
                project: None,
                state,
                tags: Vec::new(),
                raised_on: day("2026-06-01"),
                next_on: Some(day("2026-06-10")),
                closed_on: None,
                score: None,
                archived_at: None,
                version: 3,
                effective_on: day("2026-06-02"),
                detail: Detail::Decision(Box::new(own)),
            }
        };
        let deferred = item(State::Deferred);
        assert!(returned(&deferred, day("2026-06-09")).is_none());
        let (back, until) = returned(&deferred, day("2026-06-22")).unwrap();
        assert_eq!((back.state, until, back.effective_on), (State::Waiting, day("2026-06-10"), until));
        assert_eq!(
            (back.version, back.next_on),
            (4, Some(day("2026-07-31"))),
            "it is needed by its day again"
        );
        assert_eq!(back.detail, deferred.detail);
        assert!(
            returned(&back, day("2026-06-22")).is_none()
                && returned(&item(State::Decided), day("2026-06-22")).is_none()
        );
        // Five working days after Wednesday 10 June are over on the 17th.
        let asked = Asked {
            requested_on: Some(day("2026-06-01")),
            deferred_until: Some(day("2026-06-10")),
            ..Asked::default()
        };
        assert_eq!(climb(&asked, WHO, "2026-06-16"), None);
        assert_eq!(climb(&asked, WHO, "2026-06-17"), Some((1, MANAGER)));
    }

    #[test]
    fn who_was_asked_by_hand_is_not_asked_again_or_passed_below() {
        let by_hand = Asked {
            requested_on: Some(day("2026-06-01")),
            escalated_on: Some(day("2026-06-02")),
            escalated_to: Some(SPONSOR),
            ..Asked::default()
        };
        assert_eq!(climb(&by_hand, WHO, "2026-12-31"), None);
        let to_other = Asked { escalated_to: Some(OTHER), ..by_hand };
        assert_eq!(climb(&to_other, WHO, "2026-06-08"), None);
        assert_eq!(climb(&to_other, WHO, "2026-06-09"), Some((1, MANAGER)));
    }

    #[test]
    fn a_level_on_which_nobody_stands_is_passed_over() {
        let asked = Asked { requested_on: Some(day("2026-06-01")), ..Asked::default() };
        let sponsor = Standing { manager: None, ..WHO };
        assert_eq!(climb(&asked, sponsor, "2026-06-08"), Some((2, SPONSOR)));
        let outside = Standing { shut_out: &[MANAGER], ..WHO };
        assert_eq!(climb(&asked, outside, "2026-06-08"), Some((2, SPONSOR)), "it would not reach the first");
        assert_eq!(climb(&asked, Standing { shut_out: &[MANAGER, SPONSOR], ..WHO }, "2026-12-31"), None);
        assert_eq!(climb(&asked, Standing::default(), "2026-06-08"), None);
        assert_eq!(climb(&Asked::default(), WHO, "2026-06-08"), None, "nobody asked for it");
    }

    #[test]
    fn the_clock_of_a_deferred_decision_begins_when_it_is_back() {
        let asked = Asked {
            requested_on: Some(day("2026-06-01")),
            deferred_until: Some(day("2026-06-15")),
            ..Asked::default()
        };
        assert_eq!(climb(&asked, WHO, "2026-06-19"), None);
        assert_eq!(climb(&asked, WHO, "2026-06-22"), Some((1, MANAGER)));
    }

    #[test]
    fn a_webhook_is_a_public_address_over_tls_or_one_that_is_allowed() {
        let none = |_: &str| false;
        assert_eq!(webhook("https://hooks.example.com/services/T/B/x", none), Ok(()));
        for wrong in [
            "hooks.example.com/x",
            "http://hooks.example.com/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://2130706433/x",
            "https://localhost/x",
            "https://db.internal/x",
            "https://printer/x",
            "https://hooks.example.com:8080/x",
            "https://me@hooks.example.com/x",
        ] {
            assert!(webhook(wrong, none).is_err(), "{wrong}");
        }
        let allowed = |host: &str| ["db.internal", "127.0.0.1"].contains(&host);
        assert_eq!(webhook("https://db.internal:8080/x", allowed), Ok(()));
        assert_eq!(webhook("https://127.0.0.1/x", allowed), Ok(()));
        assert!(webhook("http://db.internal/x", allowed).is_err(), "never without TLS");
        assert!(webhook("https://me@db.internal/x", allowed).is_err());
    }

    #[test]
    fn what_is_set_comes_back_as_it_was_typed() {
        let mut watch = Watch::default();
        let typed = watch.draft(|_| String::new());
        assert_eq!(typed.text("rules").split(", ").count(), Rule::ALL.len());
        let find = |name: &str| (name == "ann@example.org").then_some(OTHER);
        let mut values = typed.0.clone();
        values.insert("rules".into(), serde_json::json!(["no_owner"]));
        values.insert("levels".into(), serde_json::json!([{"to": "ann@example.org", "after_days": 3}]));
        watch.fill(&values, find).unwrap();
        assert_eq!(watch.rules_off.len(), Rule::ALL.len() - 1);
        assert_eq!(watch.levels, [Level { to: To::Person(OTHER), after_days: 3 }]);
        let stored = serde_json::to_value(&watch.levels).unwrap();
        assert_eq!(serde_json::from_value::<Vec<Level>>(stored).unwrap(), watch.levels);
        for (to, after) in [("bob@example.org", 3), ("manager", 1000)] {
            values.insert("levels".into(), serde_json::json!([{"to": to, "after_days": after}]));
            assert_eq!(watch.fill(&values, find).unwrap_err().errors[0].field, "levels");
        }
    }

    #[test]
    fn the_rules_of_the_form_are_all_rules() {
        let named: Vec<_> = RULES.iter().map(|(name, _)| *name).collect();
        assert_eq!(named, Rule::ALL.map(Rule::name));
    }
}
