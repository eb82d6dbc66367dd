//! Status reports: drafted from the facts, declared beside what is computed, frozen when they are published; rated by their
//! readers, shown by a link without an account; and the record of where they were better than the evidence.

mod readers;

use super::access::Entered;
use super::{App, Ctx, Error, Result, item, measure};
use crate::domain::draft::{Draft, FieldError, Refused, date};
use crate::domain::health::{Dimension, Health, Rag};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, Reference};
use crate::domain::metrics::is_better;
use crate::domain::report::{
    self, AHEAD_DAYS, Frozen, Gap, Ground, Picks, Report, Stale, Texts, Told, compose,
};
use crate::store;
use crate::store::item::Stored;
pub use crate::store::report::{Drafted, Link, Published, Rating};
use chrono::{Days, NaiveDate};
pub use readers::{LINK, RATING, Shared, by_link, is_author, links, rate, ratings, revoke, share};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How many days a first report looks back.
const FIRST_DAYS: u64 = 14;
/// A period that a report is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// The facts of a report's day in words, and the health that they were judged by.
#[derive(Clone, Debug)]
pub struct Facts {
    pub health: Arc<Health>,
    /// With the words that Plumbline writes.
    pub written: Frozen,
}

impl Entered {
    /// The day at whose end a report to `to` takes its facts: that day, or the one that is shown where it has not come yet.
    fn report_day(&self, to: NaiveDate) -> NaiveDate {
        to.min(self.day())
    }
}

/// Writes a report of a period from the facts.
///
/// # Errors
/// When the database is away.
pub async fn write(app: &App, entered: &Entered, period: Period) -> Result<Facts> {
    let day = entered.report_day(period.to);
    let then = entered.at(day);
    let program = entered.program();
    let from = period.from.min(day);
    let before = async { Ok(store::report::before(&app.db, program.id, period.to, entered.as_of()).await?) };
    let (grounds, before) = tokio::try_join!(measure::grounds(app, &then, from), before)?;
    let picks = Picks::of(&grounds.facts, day);
    let about = async { Ok(store::report::about(&app.db, &picks.items(), day).await?) };
    let (health, measures, about) =
        tokio::try_join!(measure::health(app, &then), measure::all(app, &then), about)?;
    let before = before.and_then(|(number, frozen)| match frozen {
        Value::Object(frozen) => Some((Frozen::read(frozen).ok()?, number)),
        _ => None,
    });
    let before = before.map(|(frozen, number)| (frozen, reference(entered, number).to_string()));
    let written = compose(&Ground {
        name: &program.name,
        facts: &grounds.facts,
        day,
        from,
        to: period.to,
        health: &health,
        changes: &grounds.changes,
        measures: &measures,
        picks: &picks,
        about: &about,
        before: before.as_ref().map(|(frozen, reference)| (frozen, reference.as_str())),
    });
    Ok(Facts { health, written })
}

fn reference(entered: &Entered, number: i32) -> Reference {
    Reference { program: entered.key().to_owned(), kind: Kind::Report, number }
}

/// The period of the next report: from the end of the last published one to today.
///
/// # Errors
/// When the database is away.
pub async fn next_period(app: &App, entered: &Entered) -> Result<Period> {
    let published = published(app, entered).await?;
    let to = entered.day();
    let last = published.iter().map(|report| report.period_to).filter(|last| *last < to).max();
    let from = last.or_else(|| to.checked_sub_days(Days::new(FIRST_DAYS))).unwrap_or(to);
    Ok(Period { from, to })
}

/// The published reports of the program, in the order in which they were published.
///
/// # Errors
/// When the database is away.
pub async fn published(app: &App, entered: &Entered) -> Result<Vec<Published>> {
    Ok(store::report::published(&app.db, &[entered.program().id], entered.as_of()).await?)
}

/// The reports of the program that are not published yet, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn drafts(app: &App, entered: &Entered) -> Result<Vec<Drafted>> {
    Ok(store::report::drafts(&app.db, entered.program().id, entered.as_of()).await?)
}

/// What a published report declares of each dimension, beside what was computed when it was published.
#[derive(Clone, Debug)]
pub struct Declared {
    pub number: i32,
    pub published_on: NaiveDate,
    pub colours: BTreeMap<String, Rag>,
    /// What was computed when it was published.
    pub computed: BTreeMap<String, Rag>,
}

impl Declared {
    fn of(report: &Published) -> Self {
        Self {
            number: report.number,
            published_on: report.published_on,
            colours: rags(&report.declared),
            computed: rags(&report.computed),
        }
    }

    /// The colour that is declared for a dimension.
    #[must_use]
    pub fn colour(&self, dimension: Dimension) -> Option<Rag> {
        self.colours.get(dimension.name()).copied()
    }

    /// The dimensions that are declared better than these colours, which are computed.
    #[must_use]
    pub fn better_than(&self, dimensions: &[(Dimension, Rag, String)]) -> Vec<Dimension> {
        let better = |(dimension, rag, _): &&(Dimension, Rag, String)| {
            self.colour(*dimension).is_some_and(|declared| is_better(declared, *rag))
        };
        dimensions.iter().filter(better).map(|(dimension, ..)| *dimension).collect()
    }

    /// The dimensions that are worse and that are better by now than what was computed for the report; where either was grey nothing is
    /// known.
    #[must_use]
    pub fn trend(&self, dimensions: &[(Dimension, Rag, String)]) -> (Vec<Dimension>, Vec<Dimension>) {
        let (mut worse, mut better) = (Vec::new(), Vec::new());
        for (dimension, is, _) in dimensions {
            let was = self.computed.get(dimension.name()).copied();
            let Some(was) = was.filter(|was| *was != Rag::Grey && *is != Rag::Grey) else { continue };
            match (*is).cmp(&was) {
                std::cmp::Ordering::Greater => worse.push(*dimension),
                std::cmp::Ordering::Less => better.push(*dimension),
                std::cmp::Ordering::Equal => {}
            }
        }
        (worse, better)
    }

    /// The worst colour that is declared.
    #[must_use]
    pub fn overall(&self) -> Rag {
        self.colours.values().copied().max().unwrap_or(Rag::Grey)
    }
}

fn rags(colours: &BTreeMap<String, String>) -> BTreeMap<String, Rag> {
    colours.iter().filter_map(|(name, colour)| Some((name.clone(), report::colour(colour)?))).collect()
}

/// What the last published report of each program declares.
///
/// # Errors
/// When the database is away.
pub(super) async fn declared(
    app: &App,
    programs: &[ProgramId],
    as_of: Option<NaiveDate>,
) -> Result<HashMap<ProgramId, Declared>> {
    let published = store::report::published(&app.db, programs, as_of).await?;
    Ok(published.iter().map(|report| (report.program, Declared::of(report))).collect())
}

fn day_of(draft: &Draft, name: &str) -> Option<NaiveDate> {
    draft.0.get(name).and_then(|value| date(value).ok().flatten())
}

fn is_left_out(draft: &Draft, name: &str) -> bool {
    match draft.0.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}

/// A draft with what it leaves out written from the facts, owned by whoever drafts it, and the facts themselves; none where it has no period that can be
/// read, for which it is refused later.
///
/// # Errors
/// When the database is away.
pub(super) async fn filled(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    draft: &Draft,
) -> Result<(Draft, Option<Facts>)> {
    let mut draft = draft.clone();
    let period = day_of(&draft, "period_from").zip(day_of(&draft, "period_to"));
    let Some((from, to)) = period.filter(|(from, to)| from <= to) else {
        // What is wrong with the period is told, and not that there is no title yet.
        if is_left_out(&draft, "title") {
            draft.0.insert("title".to_owned(), Value::from("Status report"));
        }
        return Ok((draft, None));
    };
    let facts = write(app, entered, Period { from, to }).await?;
    let words = &facts.written;
    let title = format!("Status report to {}", to.format("%-d %b %Y"));
    let owner = ctx.viewer.person.to_string();
    let texts = [
        ("title", &title),
        ("owner", &owner),
        ("headline", &words.headline),
        ("decisions_needed", &words.decisions_needed),
        ("next_steps", &words.next_steps),
    ];
    for (name, text) in texts {
        if is_left_out(&draft, name) {
            draft.0.insert(name.to_owned(), Value::from(text.clone()));
        }
    }
    if is_left_out(&draft, "narrative") {
        draft.0.insert("narrative".into(), Value::Object(Map::new()));
    }
    if let Some(Value::Object(narrative)) = draft.0.get_mut("narrative") {
        for (name, text) in &words.narrative {
            let said =
                narrative.get(name).and_then(Value::as_str).is_some_and(|said| !said.trim().is_empty());
            if !said && narrative.get(name).is_none_or(|value| value.is_null() || value.is_string()) {
                narrative.insert(name.clone(), Value::from(text.clone()));
            }
        }
    }
    Ok((draft, Some(facts)))
}

/// The facts that a draft of this item is judged by and its words are written from; none for another kind, for a published report and
/// for a period that can't be read.
///
/// # Errors
/// When the database is away.
pub(super) async fn facts_for(
    app: &App,
    entered: &Entered,
    item: &Item,
    draft: &Draft,
) -> Result<Option<Facts>> {
    let Detail::Report(own) = &item.detail else { return Ok(None) };
    if own.published_on.is_some() {
        return Ok(None);
    }
    let from = day_of(draft, "period_from").unwrap_or(own.period_from);
    let to = day_of(draft, "period_to").unwrap_or(own.period_to);
    Ok(Some(write(app, entered, Period { from, to }).await?))
}

/// Judges a draft: keeps what was computed, writes anew what nobody touched, and refuses what is declared better without a reason.
///
/// # Errors
/// Refused, an error for each dimension.
pub(super) fn judge(item: &mut Item, before: Option<&Item>, facts: Option<&Facts>) -> Result<()> {
    let (Detail::Report(own), Some(facts)) = (&mut item.detail, facts) else { return Ok(()) };
    own.computed = report::colours(&facts.health);
    let before = before.and_then(|before| match &before.detail {
        Detail::Report(was) => Some(was.as_ref()),
        _ => None,
    });
    own.renew(before, &facts.written.texts());
    well_founded(own, &facts.health)
}

/// Puts a text in the place of what a form left as it was shown: nobody touched that, whatever was written anew meanwhile.
pub fn untyped(texts: &Texts, typed: &mut Draft, shown: &Map<String, Value>) {
    for (name, shown) in shown {
        let at = match name.split_once('.') {
            Some((field, part)) => typed.0.get_mut(field).and_then(|values| values.get_mut(part)),
            None => typed.0.get_mut(name),
        };
        let Some(at) = at else { continue };
        let same = at.as_str().zip(shown.as_str()).is_some_and(|(typed, shown)| report::same(typed, shown));
        if same {
            *at = Value::from(texts.get(name).cloned().unwrap_or_default());
        }
    }
}

/// Whether every sentence of a draft that no longer holds is among those that its writer was told of.
///
/// # Errors
/// Forbidden; [`Error::NotFound`].
pub async fn is_told(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    told: &Map<String, Value>,
) -> Result<bool> {
    let stale = show(app, ctx, entered, number).await?.stale;
    let known = |sentence: &String| told.values().any(|told| told.as_str() == Some(sentence));
    Ok(stale.iter().flat_map(|mark| &mark.sentences).all(known))
}

fn well_founded(own: &Report, health: &Health) -> Result<()> {
    let errors = own.unfounded(health);
    if errors.is_empty() { Ok(()) } else { Err(Refused { errors, ..Refused::default() }.into()) }
}

/// Refuses to correct what is no published report of the program, or is corrected already: corrections follow each other.
///
/// # Errors
/// Names the field.
pub(super) async fn must_correct(app: &App, entered: &Entered, item: &Item) -> Result<()> {
    let Detail::Report(own) = &item.detail else { return Ok(()) };
    let Some(revised) = own.revises.map(ItemId) else { return Ok(()) };
    let published = published(app, entered).await?;
    if revised == item.id || !published.iter().any(|report| report.item == revised) {
        return Err(Error::refused("revises", "Only a published report of this program is corrected."));
    }
    let corrections = store::report::corrections(&app.db, revised, None).await?;
    let earlier = |number: i32| item.number == 0 || number < item.number;
    match corrections.iter().find(|(number, _)| earlier(*number)) {
        Some((number, _)) => {
            let other = reference(entered, *number);
            Err(Error::refused("revises", format!("It is corrected by {other}: go on with that one.")))
        }
        None => Ok(()),
    }
}

/// Freezes a draft that is about to be published: every number and sentence of it. What nobody touched is written anew from the facts;
/// what somebody touched and no longer holds is told, unless it is to be kept.
///
/// # Errors
/// Refused where the period hasn't begun, something is declared better than the evidence without a reason, or a sentence no longer holds.
pub(super) async fn freeze(app: &App, entered: &Entered, item: &mut Item, keep_stale: bool) -> Result<()> {
    let Detail::Report(own) = &mut item.detail else { return Ok(()) };
    if own.period_from > entered.today() {
        let from = own.period_from.format("%-d %b %Y");
        let told = format!("The period begins on {from}, after today: nothing has happened in it to report.");
        return Err(Error::refused("period_from", told));
    }
    if own.period_to > entered.today() + Days::new(AHEAD_DAYS) {
        let to = own.period_to.format("%-d %b %Y");
        let told = format!(
            "The period ends on {to}: a report is published {AHEAD_DAYS} days before that at the earliest."
        );
        return Err(Error::refused("period_to", told));
    }
    let facts = write(app, entered, Period { from: own.period_from, to: own.period_to }).await?;
    well_founded(own, &facts.health)?;
    let now = facts.written.texts();
    let was = own.clone();
    own.renew(Some(&was), &now);
    let stale = own.stale(&now);
    if !stale.is_empty() && !keep_stale {
        let errors = stale.iter().map(|stale| {
            let told = format!(
                "{} Change it, or say “stale_words”: “keep” to publish it as it stands.",
                stale.says()
            );
            FieldError::new(stale.field(), told)
        });
        return Err(Refused { errors: errors.collect(), ..Refused::default() }.into());
    }
    own.settle(&facts.health);
    let frozen = Frozen { published_on: Some(entered.today()), ..in_words_of(own, facts.written) };
    own.frozen = Some(frozen.stored());
    Ok(())
}

/// What Plumbline wrote, with the words of the report laid over it.
fn in_words_of(own: &Report, written: Frozen) -> Frozen {
    Frozen {
        headline: own.headline.clone(),
        declared: rags(&own.declared),
        narrative: own.narrative.clone(),
        reasons: own
            .reasons
            .iter()
            .filter(|(_, reason)| !reason.is_empty())
            .map(|(n, r)| (n.clone(), r.clone()))
            .collect(),
        decisions_needed: own.decisions_needed.clone(),
        next_steps: own.next_steps.clone(),
        ..written
    }
}

/// A report with all that its page shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub stored: Stored,
    pub report: Report,
    pub frozen: Frozen,
    /// What Plumbline would write now; only of a draft.
    pub written: Option<Frozen>,
    /// What in the words that somebody touched no longer holds; only of a draft.
    pub stale: Vec<Stale>,
    pub published: bool,
    /// The report that this one corrects, and those that correct it, with whether each is published.
    pub revises: Option<Reference>,
    pub corrections: Vec<(Reference, bool)>,
    pub ratings: Vec<Rating>,
    pub links: Vec<Link>,
}

impl Shown {
    /// The day on which it was brought by an import, with numbers that its file says were frozen: it was not published here.
    #[must_use]
    pub fn brought_on(&self) -> Option<NaiveDate> {
        let published = self.frozen.published_on.or(self.report.published_on).filter(|_| self.published)?;
        readers::brought_on((self.stored.item.version, self.stored.created_at.date_naive()), published)
    }
}

/// A report as it is shown: what was frozen if it is published, else what would be.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn show(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<Shown> {
    let stored = item::find(app, entered, Kind::Report, number).await?;
    let Detail::Report(own) = &stored.item.detail else { return Err(Error::NotFound) };
    let mut own = Report::clone(own);
    let published = own.published_on.is_some();
    let mut stale = Vec::new();
    let (frozen, written) = if let (Some(frozen), true) = (&own.frozen, published) {
        (Frozen::read(frozen.clone()).map_err(|wrong| Error::Internal(Box::new(wrong)))?, None)
    } else {
        let facts = write(app, entered, Period { from: own.period_from, to: own.period_to }).await?;
        let (was, now) = (own.clone(), facts.written.texts());
        own.renew(Some(&was), &now);
        stale = own.stale(&now);
        (in_words_of(&own, facts.written.clone()), Some(facts.written))
    };
    let id = stored.item.id;
    let revises = match own.revises {
        Some(revised) => item::reference(app, ctx, revised).await?,
        None => None,
    };
    let corrections = store::report::corrections(&app.db, id, entered.as_of()).await?;
    let corrections =
        corrections.into_iter().map(|(n, published)| (reference(entered, n), published)).collect();
    let ratings = store::report::ratings(&app.db, id, entered.as_of()).await?;
    let links =
        if entered.may_manage() && published { store::report::links(&app.db, id).await? } else { Vec::new() };
    Ok(Shown { report: own, frozen, written, stale, published, revises, corrections, ratings, links, stored })
}

/// Begins a correction of a published report: a draft of the same period and words that names it.
///
/// # Errors
/// Forbidden; refused where the report isn't published.
pub async fn correct(app: &App, ctx: &Ctx, entered: &Entered, number: i32) -> Result<Item> {
    entered.must_raise()?;
    let stored = item::find(app, entered, Kind::Report, number).await?.item;
    let Detail::Report(own) = &stored.detail else { return Err(Error::NotFound) };
    if own.published_on.is_none() {
        return Err(Error::refused("", "It is still a draft: edit it."));
    }
    let mut draft = stored.draft();
    draft.0.insert("title".into(), Value::from(format!("{}, corrected", stored.title)));
    draft.0.insert("revises".into(), Value::from(reference(entered, number).to_string()));
    // A colour that was the computed one then is the computed one of the correction.
    let declared = own.declared.iter().filter(|(name, colour)| own.computed.get(*name) != Some(*colour));
    let declared = declared.map(|(name, colour)| (name.clone(), Value::from(colour.clone())));
    draft.0.insert("declared".into(), Value::Object(declared.collect()));
    // What nobody had touched is written anew.
    let untouched = |name: &str, text: &str| {
        own.written.as_ref().and_then(|kept| kept.get(name)).is_some_and(|kept| report::same(kept, text))
    };
    for (name, text) in [
        ("headline", &own.headline),
        ("decisions_needed", &own.decisions_needed),
        ("next_steps", &own.next_steps),
    ] {
        if untouched(name, text) {
            draft.0.insert(name.to_owned(), Value::Null);
        }
    }
    let narrative =
        own.narrative.iter().filter(|(name, text)| !untouched(&format!("narrative.{name}"), text));
    let narrative = narrative.map(|(name, text)| (name.clone(), Value::from(text.clone())));
    draft.0.insert("narrative".into(), Value::Object(narrative.collect()));
    draft.0.retain(|_, value| !value.is_null());
    item::raise(app, ctx, entered, Kind::Report, &draft, &super::WriteMeta::default()).await
}

/// Writes the words of a draft anew from the facts; what is declared stays.
///
/// # Errors
/// Forbidden, stale.
pub async fn redraft(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    number: i32,
    version: super::Over,
) -> Result<Item> {
    entered.must_raise()?;
    let shown = show(app, ctx, entered, number).await?;
    entered.must_edit(&shown.stored.item)?;
    let Some(written) = shown.written else {
        return Err(Error::refused(
            "",
            "A published report stays as it was published; correct it by a new revision.",
        ));
    };
    let words = [
        ("headline", Value::from(written.headline)),
        ("narrative", serde_json::json!(written.narrative)),
        ("decisions_needed", Value::from(written.decisions_needed)),
        ("next_steps", Value::from(written.next_steps)),
    ];
    let draft = Draft(words.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let meta = super::WriteMeta { effective_on: None, reason: "Written anew from the facts".into() };
    item::edit(app, ctx, entered, Kind::Report, number, version, &draft, &meta).await
}

/// Where published reports declared a dimension better than the evidence, and what happened after, the newest first; and what the last
/// one declares better than what is computed now.
///
/// # Errors
/// When the database is away.
pub async fn record(app: &App, entered: &Entered) -> Result<(Vec<Gap>, Vec<Dimension>)> {
    let (published, facts, health) = tokio::try_join!(
        published(app, entered),
        measure::facts(app, entered),
        measure::health(app, entered)
    )?;
    let told: Vec<Told> = published
        .iter()
        .map(|report| Told {
            reference: reference(entered, report.number),
            published_on: report.published_on,
            declared: rags(&report.declared),
            computed: rags(&report.computed),
            reasons: report.reasons.clone(),
        })
        .collect();
    let now = report::in_question(&told, &health);
    Ok((report::record(&told, &facts, &health, entered.day()), now))
}
