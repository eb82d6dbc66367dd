//! Texts with slots: `"KEP-{kep} {title|plain}"`. The language is described in [`super::map`].

use serde::Deserialize;

/// A text whose slots are filled from a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// The first of these that isn't empty.
    Slot(Vec<Term>),
}

/// A value and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub source: Source,
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Name(String),
    /// The column whose heading is the value of this name.
    Under(String),
    Literal(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Lower,
    Upper,
    Plain,
    Date,
    Handle,
    Sentence(usize),
    Cut(usize),
    First(String),
    Last(String),
    Split(String),
    Between(String, String),
    Like(String),
    In(String),
    Alias(String),
    Contains(String),
    Later(String),
    /// A number with a sign of money and separators, times this.
    Amount(u64),
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            let close =
                rest[open..].find('}').ok_or_else(|| format!("“{text}” has a {{ without its }}"))? + open;
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            let terms = rest[open + 1..close].split("??").map(term).collect::<Result<Vec<_>, _>>();
            parts.push(Part::Slot(terms.map_err(|why| format!("“{text}”: {why}"))?));
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }
}

fn term(text: &str) -> Result<Term, String> {
    let mut pieces = text.trim().split('|');
    let source = pieces.next().unwrap_or_default().trim();
    let source = match source.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(literal) => Source::Literal(literal.to_owned()),
        None if source.is_empty() => return Err("a slot names no column".into()),
        None => match source.strip_prefix('@') {
            Some(name) => Source::Under(name.to_owned()),
            None => Source::Name(source.to_owned()),
        },
    };
    Ok(Term { source, filters: pieces.map(filter).collect::<Result<_, _>>()? })
}

fn filter(text: &str) -> Result<Filter, String> {
    let (name, argument) =
        text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
    let name = name.trim();
    let argued = || {
        argument.filter(|a| !a.is_empty()).ok_or_else(|| format!("“{name}” needs a value, as in {name}:…"))
    };
    let text = || argued().map(str::to_owned);
    let count = || argued()?.trim().parse().map_err(|_| format!("“{name}” needs a whole number"));
    Ok(match name {
        "lower" => Filter::Lower,
        "upper" => Filter::Upper,
        "plain" => Filter::Plain,
        "date" => Filter::Date,
        "handle" => Filter::Handle,
        "sentence" => Filter::Sentence(count()?),
        "cut" => Filter::Cut(count()?),
        "first" => Filter::First(text()?),
        "last" => Filter::Last(text()?),
        "split" => Filter::Split(text()?),
        "like" => Filter::Like(text()?),
        "in" => Filter::In(text()?),
        "alias" => Filter::Alias(text()?),
        "contains" => Filter::Contains(text()?),
        "later" => Filter::Later(text()?),
        "amount" if argument.is_none() => Filter::Amount(1),
        "amount" => {
            let times = argued()?.trim().parse();
            Filter::Amount(times.map_err(|_| format!("“{name}” needs a whole number"))?)
        }
        "between" => {
            let both = text()?;
            let (from, to) = both.split_once("..").ok_or("“between” needs two texts, as in between:(..)")?;
            Filter::Between(from.to_owned(), to.to_owned())
        }
        other => return Err(format!("there is no filter “{other}”")),
    })
}

impl Template {
    /// The names of columns and the like that the slots use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.terms().flat_map(|term| {
            let source = match &term.source {
                Source::Name(name) | Source::Under(name) => Some(name.as_str()),
                Source::Literal(_) => None,
            };
            let others = term.filters.iter().filter_map(|filter| match filter {
                Filter::Later(name) => Some(name.as_str()),
                _ => None,
            });
            source.into_iter().chain(others)
        })
    }

    /// The names of tables that the slots look into.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &str> {
        self.terms().flat_map(|term| &term.filters).filter_map(|filter| match filter {
            Filter::In(table) | Filter::Alias(table) | Filter::Contains(table) => Some(table.as_str()),
            _ => None,
        })
    }

    fn terms(&self) -> impl Iterator<Item = &Term> {
        self.parts.iter().flat_map(|part| match part {
            Part::Text(_) => &[][..],
            Part::Slot(terms) => terms,
        })
    }

    /// The only column that the text is made of, to name it in a report.
    pub(crate) fn column(&self) -> Option<&str> {
        let mut names = self.names();
        names.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_and_what_is_wrong_in_them_is_named() {
        let template = Template::try_from("M {a|lower ?? b|in:days ?? 'none'}!".to_owned()).unwrap();
        assert_eq!(template.parts.len(), 3);
        assert_eq!(template.names().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(template.tables().collect::<Vec<_>>(), ["days"]);
        for (wrong, why) in [
            ("{a", "“{a” has a { without its }"),
            ("{}", "“{}”: a slot names no column"),
            ("{a|shout}", "“{a|shout}”: there is no filter “shout”"),
            ("{a|cut:x}", "“{a|cut:x}”: “cut” needs a whole number"),
            ("{a|first}", "“{a|first}”: “first” needs a value, as in first:…"),
        ] {
            assert_eq!(Template::try_from(wrong.to_owned()).unwrap_err(), why);
        }
    }
}
