//! The map file: how the columns of foreign files become fields. It is TOML.
//!
//! ```toml
//! [program]                      # fields of the program, by their API names
//! key = "ATLAS"
//! name = "Atlas"
//!
//! [programs.MOD]                 # where rows go to several programs: what is of one alone
//! name = "Ministry of Defence"
//!
//! [constants]                    # names that every slot may use
//! data_on = "2026-07-24"
//!
//! [table.states]                 # a value table, for the filters in, alias and contains
//! "WIP" = "mitigating"
//!
//! [[file]]                       # one for each file; * in the name stands for anything
//! name = "risks*.csv"
//! program = "{Department}"       # to which program a row belongs, by its key; without it to that of [program]
//! columns = { end = "Project - End Date*" }   # short names for headings of that shape
//! let = { day = "{Raised|date}" }
//!
//! [[file.index]]                 # a value table made from the rows of this file
//! name = "risk_day"
//! key = "{ID}"
//! value = "{day}"
//!
//! [[file.rule]]                  # what is said of a row; a refused row makes nothing
//! when = { Title = ["TBD", ""] }
//! severity = "refused"
//! column = "Title"
//! say = "the row has no title"
//!
//! [[file.make]]                  # what a row makes; a row may make several things
//! kind = "risk"
//! key = "risk/{ID}"
//! effective_on = "{day}"
//! fields = { title = "{Title|plain}", raised_on = "{day}", owner = { handle = "{Owner|handle}" } }
//! ```
//!
//! **Slots.** `{name}` is filled from a column, a `let` of the file, a constant or the variable of `for_each`; `{file}` and
//! `{line}` tell where the row stands. `{@name}` is filled from the column whose heading is the value of `name`. `{a ?? b ?? 'text'}` takes the first that isn't empty. A text in which every slot
//! is empty is empty, and a field that is empty is left out.
//!
//! **Filters** stand behind a name: `{title|plain|cut:80}`.
//!
//! | filter | gives |
//! | --- | --- |
//! | `lower`, `upper` | the text in that case |
//! | `plain` | the text without Markdown's marks, on one line |
//! | `sentence:N` | the first sentence, plain, at most N characters |
//! | `cut:N` | at most N characters, cut at a word |
//! | `first:SEP`, `last:SEP` | what stands before the first, or behind the last SEP; the whole text without one |
//! | `between:A..B` | what stands between A and B; nothing without them |
//! | `split:SEP` | a list of the parts |
//! | `date` | the day as YYYY-MM-DD; the order of day and month is decided by the whole column |
//! | `handle` | `@name`, whether or not the @ was written |
//! | `like:PATTERN` | the text if it has that shape (`#` digits, `*` anything), else nothing |
//! | `in:TABLE` | the value of the table for this text, or nothing |
//! | `alias:TABLE` | the same, but the text itself where the table doesn't have it; a change is reported |
//! | `contains:TABLE` | the value of the first key of the table (in alphabetical order) that stands in the text |
//! | `later:NAME` | the later of two days |
//! | `amount:N` | the number in `£1,234.50`, times N (1 if left out): pounds from millions with `amount:1000000` |
//!
//! **Conditions** of `when` name a column, `let`, constant or variable, and all must hold: `x = "text"` (a text with slots),
//! `x = ["one", "of"]`, `x = { empty = true }`, `x = { not = ["a", "b"] }`, `x = { like = "v1.#" }`,
//! `x = { in = "TABLE" }`, `x = { not_in = "TABLE" }`.
//!
//! **`[[file.make]]`**: `kind` is `person`, `team`, `project`, one of the kinds of items, or `forecast`, `transition`,
//! `link`. `key` names the thing, so that rows of several files find each other: a `forecast` and a `transition` give the
//! key of the item that they change. `fields` are those of the API; a reference to a project or an item is
//! `{ key = "…" }`, to a person `{ handle = "…" }` or `{ name = "…" }`, to a team `{ name = "…" }`. A transition has
//! `to`, a forecast `forecast_on`, a `declared` (its key is that of the project) `confidence`, `confidence_on` and `confidence_note`, a
//! `budget_line` `category`, `period_on` (the first of a month), `planned`, `forecast` and the like, a link `from`, `to` (keys of items) and `relation`, a schedule link `predecessor`,
//! `successor` (keys of items), `type`, `lag_days` and `lag_unit`. `effective_on` is the day from which
//! it holds, `reason` why. `for_each = { name = "stage", of = ["alpha", "beta"] }` makes one for each value (`of` may also be
//! a text with a `split`). A make may have rules of its own, `[[file.make.rule]]`.
//!
//! **`[[assume]]`** settles items whose fate the source doesn't tell: `kind`, `before` (a day), `to` (a state), `tag`,
//! `reason`. It applies to items still in their first state whose last forecast or committed day lies before that day.
//!
//! Indexes are made for all files before any row makes anything, in the order in which they stand. `pick` says which value
//! is kept where several rows have one key: the `first`, the `last`, or `only` one on which all agree. Several indexes may
//! fill one table.

use super::template::Template;
use super::{Severity, Unreadable};
use crate::domain::kind::{Kind, State};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A map file, read and checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportMap {
    /// Fields of the program, by API name.
    #[serde(default)]
    pub program: Option<serde_json::Map<String, serde_json::Value>>,
    /// What is of one program alone, by its key, where rows go to several.
    #[serde(default)]
    pub programs: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    #[serde(default)]
    pub table: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub file: Vec<FileMap>,
    #[serde(default)]
    pub assume: Vec<Assume>,
}

/// What becomes of the rows of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileMap {
    /// The file's name; `*` stands for anything.
    pub name: String,
    /// Whether the import goes on without it.
    #[serde(default)]
    pub optional: bool,
    /// The key of the program to which a row belongs.
    #[serde(default)]
    pub program: Option<Template>,
    /// Short names for the columns whose heading has a shape.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    #[serde(default, rename = "let")]
    pub lets: BTreeMap<String, Template>,
    #[serde(default)]
    pub index: Vec<Index>,
    #[serde(default)]
    pub rule: Vec<Rule>,
    #[serde(default)]
    pub make: Vec<Make>,
}

/// A value table made from rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    pub name: String,
    #[serde(default)]
    pub when: BTreeMap<String, Condition>,
    pub key: Template,
    pub value: Template,
    #[serde(default)]
    pub pick: Pick,
}

/// Which value an index keeps where several rows have the same key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    #[default]
    First,
    Last,
    /// None, unless all rows agree.
    Only,
}

/// What is said of a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    pub when: BTreeMap<String, Condition>,
    pub severity: RuleSeverity,
    #[serde(default)]
    pub column: Option<Template>,
    pub say: Template,
}

/// The severities as a map writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSeverity {
    Note,
    Kept,
    Refused,
}

impl From<RuleSeverity> for Severity {
    fn from(severity: RuleSeverity) -> Self {
        match severity {
            RuleSeverity::Note => Self::Note,
            RuleSeverity::Kept => Self::Kept,
            RuleSeverity::Refused => Self::Refused,
        }
    }
}

/// What a row makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    pub kind: MadeKind,
    #[serde(default)]
    pub when: BTreeMap<String, Condition>,
    #[serde(default)]
    pub for_each: Option<ForEach>,
    #[serde(default)]
    pub rule: Vec<Rule>,
    pub key: Template,
    #[serde(default)]
    pub effective_on: Option<Template>,
    #[serde(default)]
    pub reason: Option<Template>,
    #[serde(default)]
    pub fields: BTreeMap<String, Spec>,
}

/// The kinds of things that rows make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeKind {
    Person,
    Team,
    Project,
    Milestone,
    Activity,
    Risk,
    Assumption,
    Issue,
    Dependency,
    Decision,
    Change,
    Action,
    Gate,
    Check,
    Release,
    Benefit,
    Stakeholder,
    Meeting,
    Lesson,
    Forecast,
    Transition,
    Link,
    ScheduleLink,
    /// The delivery confidence that is declared of a project.
    Declared,
    BudgetLine,
}

/// Several drafts of one row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    pub name: String,
    pub of: Spec,
}

/// Settles items whose fate the source doesn't tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assume {
    pub kind: Kind,
    pub before: String,
    pub to: State,
    pub tag: String,
    pub reason: String,
}

/// A value to be: a text with slots, a number, a flag, a list, or a group of named values.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum Spec {
    Text(Template),
    Constant(serde_json::Value),
    List(Vec<Spec>),
    Group(BTreeMap<String, Spec>),
}

impl TryFrom<toml::Value> for Spec {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        Ok(match value {
            toml::Value::String(text) => Self::Text(text.try_into()?),
            toml::Value::Integer(number) => Self::Constant(number.into()),
            toml::Value::Float(number) => Self::Constant(number.into()),
            toml::Value::Boolean(flag) => Self::Constant(flag.into()),
            toml::Value::Datetime(day) => Self::Constant(day.to_string().into()),
            toml::Value::Array(list) => {
                Self::List(list.into_iter().map(Self::try_from).collect::<Result<_, _>>()?)
            }
            toml::Value::Table(group) => Self::Group(
                group
                    .into_iter()
                    .map(|(name, value)| Ok((name, Self::try_from(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
        })
    }
}

/// What must hold of a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum Condition {
    OneOf(Vec<Template>),
    Not(Vec<Template>),
    Empty(bool),
    Like(String),
    In(String),
    NotIn(String),
}

impl TryFrom<toml::Value> for Condition {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        fn texts(value: toml::Value) -> Result<Vec<Template>, String> {
            match value {
                toml::Value::String(text) => Ok(vec![text.try_into()?]),
                toml::Value::Array(list) => list
                    .into_iter()
                    .map(texts)
                    .collect::<Result<Vec<_>, _>>()
                    .map(|all| all.into_iter().flatten().collect()),
                other => Err(format!("a condition compares with texts, not with {other}")),
            }
        }
        let toml::Value::Table(table) = value else { return Ok(Self::OneOf(texts(value)?)) };
        let mut entries = table.into_iter();
        match (entries.next(), entries.next()) {
            (Some((name, value)), None) => match (name.as_str(), value) {
                ("not", value) => Ok(Self::Not(texts(value)?)),
                ("empty", toml::Value::Boolean(empty)) => Ok(Self::Empty(empty)),
                ("like", toml::Value::String(pattern)) => Ok(Self::Like(pattern)),
                ("in", toml::Value::String(table)) => Ok(Self::In(table)),
                ("not_in", toml::Value::String(table)) => Ok(Self::NotIn(table)),
                (name, _) => Err(format!("there is no condition “{name}” with such a value")),
            },
            _ => Err("a condition is a text, a list, or one of empty, not, like, in, not_in".into()),
        }
    }
}

impl ImportMap {
    /// Reads a map file.
    ///
    /// # Errors
    /// One line with what is wrong and where.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let map: Self = toml::from_str(text).map_err(|error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            Unreadable::new(format!("map, line {line}: {}", error.message()))
        })?;
        map.check()?;
        Ok(map)
    }

    /// The fields of one of several programs: what is of all, with what is of it alone laid over.
    pub(crate) fn program_of(&self, key: &str) -> serde_json::Map<String, serde_json::Value> {
        let mut fields = self.program.clone().unwrap_or_default();
        fields.extend(self.programs.get(key).cloned().unwrap_or_default());
        fields.insert("key".into(), key.into());
        fields.entry("name").or_insert_with(|| key.into());
        fields
    }

    fn check(&self) -> Result<(), Unreadable> {
        let indexes = self.file.iter().flat_map(|file| &file.index).map(|index| index.name.as_str());
        let mut known: Vec<&str> = self.table.keys().map(String::as_str).collect();
        for index in indexes {
            if self.table.contains_key(index) {
                return Err(Unreadable::new(format!("map: the table “{index}” is given twice.")));
            }
            known.push(index);
        }
        for file in &self.file {
            for template in file.templates() {
                if let Some(table) = template.tables().find(|table| !known.contains(table)) {
                    return Err(Unreadable::new(format!(
                        "map, file {}: there is no table “{table}”.",
                        file.name
                    )));
                }
            }
            for condition in file.conditions() {
                if let (_, Condition::In(table) | Condition::NotIn(table)) = condition
                    && !known.contains(&table.as_str())
                {
                    return Err(Unreadable::new(format!(
                        "map, file {}: there is no table “{table}”.",
                        file.name
                    )));
                }
            }
        }
        for assume in &self.assume {
            if assume.before.parse::<chrono::NaiveDate>().is_err() {
                return Err(Unreadable::new(format!("map: “{}” is no day (YYYY-MM-DD).", assume.before)));
            }
            if !assume.kind.next_states(assume.kind.first_state()).contains(&assume.to) {
                let (kind, to) = (assume.kind.label().to_lowercase(), assume.to.label());
                return Err(Unreadable::new(format!("map: a new {kind} can't become {to}.")));
            }
        }
        Ok(())
    }
}

impl FileMap {
    /// Every text with slots of this file's map.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        let mut all: Vec<&Template> = self.lets.values().chain(&self.program).collect();
        for index in &self.index {
            all.extend([&index.key, &index.value]);
        }
        for make in &self.make {
            all.push(&make.key);
            all.extend(make.effective_on.iter().chain(&make.reason));
            make.fields.values().for_each(|spec| spec.templates(&mut all));
            make.for_each.iter().for_each(|each| each.of.templates(&mut all));
        }
        all.extend(
            self.rules().map(|rule| &rule.say).chain(self.rules().filter_map(|rule| rule.column.as_ref())),
        );
        for (_, condition) in self.conditions() {
            if let Condition::OneOf(texts) | Condition::Not(texts) = condition {
                all.extend(texts);
            }
        }
        all
    }

    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rule.iter().chain(self.make.iter().flat_map(|make| &make.rule))
    }

    /// Every condition of this file's map, with the name that it is about.
    pub(crate) fn conditions(&self) -> Vec<(&String, &Condition)> {
        let whens = self.index.iter().map(|index| &index.when);
        let whens = whens.chain(self.make.iter().map(|make| &make.when));
        whens.chain(self.rules().map(|rule| &rule.when)).flatten().collect()
    }
}

impl Spec {
    fn templates<'a>(&'a self, all: &mut Vec<&'a Template>) {
        match self {
            Self::Text(template) => all.push(template),
            Self::Constant(_) => {}
            Self::List(list) => list.iter().for_each(|spec| spec.templates(all)),
            Self::Group(group) => group.values().for_each(|spec| spec.templates(all)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_map_is_refused_with_its_line() {
        for (text, expected) in [
            ("[program]\nkey = \"A\"\n[wrong]\n", "map, line 3: unknown field `wrong`"),
            (
                "[[file]]\nname = \"a\"\n[[file.make]]\nkind = \"rsk\"\nkey = \"x\"\n",
                "map, line 4: unknown variant `rsk`",
            ),
            (
                "[[file]]\nname = \"a\"\nlet = { x = \"{y|in:days}\" }\n",
                "map, file a: there is no table “days”.",
            ),
            ("[[file]]\nname = \"a\"\nlet = { x = \"{y\" }\n", "map, line 3: “{y” has a { without its }"),
            (
                "[[file]]\nname = \"a\"\n[[file.rule]]\nseverity = \"note\"\nsay = \"x\"\nwhen = { a = { is = \"b\" } }\n",
                "map, line 6: there is no condition “is”",
            ),
            (
                "[[assume]]\nkind = \"milestone\"\nbefore = \"soon\"\nto = \"achieved\"\ntag = \"x\"\nreason = \"y\"\n",
                "map: “soon” is no day",
            ),
            ("a = ", "map, line 1: "),
        ] {
            let error = ImportMap::read(text).unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains('\n'), "{error}");
        }
    }
}
