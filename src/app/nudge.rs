//! Nudges: what is to be done about items and programs, as they stand now. They stop with the write that does it.

use super::access::Entered;
use super::{App, Ctx, Result};
use crate::domain::ids::{PersonId, ProgramId};
use crate::domain::item::Item;
use crate::domain::kind::Reference;
use crate::domain::nudge::{Nudge, first_report, nudges};
use crate::domain::subject::{Subject, Unreported};
use crate::domain::watch::goes_to;
use crate::store;
use crate::store::subject::Scope;
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};

/// What there is something to do about.
#[derive(Clone, Debug)]
pub enum About {
    Item(Box<Subject>),
    /// A program that has no status report.
    Program(Unreported),
}

/// An item or a program with what is to be done about it.
#[derive(Clone, Debug)]
pub struct Told {
    pub about: About,
    pub nudges: Vec<Nudge>,
    /// Whom it is said to: the owner, else the program's manager.
    pub to: Option<PersonId>,
}

impl Told {
    /// The item, where it is about one.
    #[must_use]
    pub fn item(&self) -> Option<Reference> {
        match &self.about {
            About::Item(subject) => Some(subject.reference()),
            About::Program(_) => None,
        }
    }

    /// The reference of the item, or the key of the program.
    #[must_use]
    pub fn reference(&self) -> String {
        self.item().map_or_else(|| self.key().to_owned(), |item| item.to_string())
    }

    /// Where it is seen to.
    #[must_use]
    pub fn path(&self) -> String {
        self.item().map_or_else(|| format!("/programs/{}/reports", self.key()), |item| item.path())
    }

    /// The program's key.
    #[must_use]
    pub fn key(&self) -> &str {
        match &self.about {
            About::Item(subject) => &subject.key,
            About::Program(program) => &program.key,
        }
    }

    #[must_use]
    pub fn title(&self) -> &str {
        match &self.about {
            About::Item(subject) => &subject.title,
            About::Program(program) => &program.name,
        }
    }

    /// What it is: the name in the API, and the one that a reader sees.
    #[must_use]
    pub fn kind(&self) -> (&'static str, &'static str) {
        match &self.about {
            About::Item(subject) => (subject.kind.name(), subject.kind.label()),
            About::Program(_) => ("program", "Program"),
        }
    }

    /// The state that a reader sees.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match &self.about {
            About::Item(subject) => subject.state.label(),
            About::Program(_) => "active",
        }
    }

    /// The name of whoever answers for it.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        match &self.about {
            About::Item(subject) => subject.owner_name.as_deref(),
            About::Program(program) => program.manager_name.as_deref(),
        }
    }

    #[must_use]
    pub fn next_on(&self) -> Option<NaiveDate> {
        match &self.about {
            About::Item(subject) => subject.next_on,
            About::Program(_) => None,
        }
    }
}

/// What is to be done about an item, unless the past is shown.
///
/// # Errors
/// When the database is away.
pub async fn of_item(app: &App, entered: &Entered, item: &Item) -> Result<Vec<Nudge>> {
    if entered.as_of().is_some() {
        return Ok(Vec::new());
    }
    let subjects = store::subject::all(&app.db, Scope::Item(item.id)).await?;
    let Some(subject) = subjects.first() else { return Ok(Vec::new()) };
    let watch = super::watch::of(app, entered).await?;
    Ok(nudges(subject, entered.today(), &watch.terms(entered.program())))
}

/// Whether the first status report of a program is due, unless the past is shown.
///
/// # Errors
/// When the database is away.
pub async fn of_reports(app: &App, entered: &Entered) -> Result<Option<Nudge>> {
    if entered.as_of().is_some() {
        return Ok(None);
    }
    let found = store::subject::unreported(&app.db, Scope::Program(entered.program().id)).await?;
    let Some(program) = found.first() else { return Ok(None) };
    let watch = super::watch::of(app, entered).await?;
    Ok(first_report(program, entered.today(), &watch.terms(entered.program())))
}

/// What is to be done in a program: first about the program itself.
///
/// # Errors
/// When the database is away.
pub async fn of_program(app: &App, entered: &Entered) -> Result<Vec<Told>> {
    let scope = Scope::Program(entered.program().id);
    let (subjects, unreported, watch) = tokio::try_join!(
        async { Ok(store::subject::all(&app.db, scope).await?) },
        async { Ok(store::subject::unreported(&app.db, scope).await?) },
        super::watch::of(app, entered),
    )?;
    let (day, terms) = (entered.today(), watch.terms(entered.program()));
    let manager = entered.program().manager;
    let first = unreported.into_iter().filter_map(|program| {
        let nudge = first_report(&program, day, &terms)?;
        Some(Told { about: About::Program(program), nudges: vec![nudge], to: manager })
    });
    let items = subjects.into_iter().filter_map(|subject| {
        let nudges = nudges(&subject, day, &terms);
        let to = goes_to(&subject, nudges.first()?.rule, manager);
        Some(Told { about: About::Item(Box::new(subject)), nudges, to })
    });
    Ok(first.chain(items).collect())
}

/// What the reader is to do, over all programs that they may see.
///
/// # Errors
/// When the database is away.
pub async fn mine(app: &App, ctx: &Ctx) -> Result<Vec<Told>> {
    if ctx.as_of.is_some_and(|day| day < ctx.today()) {
        return Ok(Vec::new());
    }
    let scope = Scope::Person(ctx.reader());
    let (subjects, unreported) =
        tokio::try_join!(store::subject::all(&app.db, scope), store::subject::unreported(&app.db, scope))?;
    let of_items = subjects.iter().map(|subject| subject.program);
    let ids: BTreeSet<ProgramId> = of_items.chain(unreported.iter().map(|one| one.program)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ProgramId> = ids.into_iter().collect();
    let programs: HashMap<ProgramId, _> = store::watch::programs(&app.db, Some(&ids))
        .await?
        .into_iter()
        .map(|(program, watch)| {
            (program.id, (program.today(ctx.now), watch.terms(&program), program.manager))
        })
        .collect();
    let to = Some(ctx.viewer.person);
    let first = unreported.into_iter().filter_map(|program| {
        let (day, terms, _) = programs.get(&program.program)?;
        let nudge = first_report(&program, *day, terms)?;
        Some(Told { about: About::Program(program), nudges: vec![nudge], to })
    });
    let items = subjects.into_iter().filter_map(|subject| {
        let (day, terms, manager) = programs.get(&subject.program)?;
        let mut nudges = nudges(&subject, *day, terms);
        nudges.retain(|nudge| goes_to(&subject, nudge.rule, *manager) == to);
        (!nudges.is_empty()).then(|| Told { about: About::Item(Box::new(subject)), nudges, to })
    });
    Ok(first.chain(items).collect())
}
