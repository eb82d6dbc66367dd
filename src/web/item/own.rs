//! What the page of an item has of its kind alone: the effect of a change request and who is affected by it; the scores of a risk over
//! time and what mitigates it.

use super::page::Own;
use super::words;
use crate::app::acceptance::{self, Mitigation};
use crate::app::access::Entered;
use crate::app::change::question::{self, Affected};
use crate::app::story::Story;
use crate::app::{self, App, Ctx};
use crate::domain::change::Change;
use crate::domain::decision::Choice;
use crate::domain::ids::ItemId;
use crate::domain::item::{Detail, Item};
use crate::domain::kind::{Kind, State};
use crate::domain::risk::Risk;
use crate::store::change_question::Question;
use crate::store::lookup::Names;
use crate::web::chart::{Scores, ScoresData, Words};
use crate::web::log::cells::state_class;
use crate::web::meeting;
use crate::web::shell::Shell;
use askama::Template;
use chrono::NaiveDate;

/// The parts of the kind, as safe HTML; empty for a kind that has none.
///
/// # Errors
/// When the database is away.
pub async fn of(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    item: &Item,
    story: &Story,
    tried: Option<&Own>,
    shell: &Shell,
) -> app::Result<String> {
    match &item.detail {
        Detail::Change(own) => {
            let people = people(app, ctx, entered, item).await?;
            let mut part = ChangePart::new(own, people, item, entered, &story.names, shell);
            if let Some(tried) = tried {
                part.answered_wrong(tried);
            }
            Ok(drawn(&part))
        }
        Detail::Risk(own) => {
            let mitigations = acceptance::mitigations(app, entered, item).await?;
            let part = RiskPart {
                scores: scores(own, story, item.closed_on.unwrap_or(entered.day())),
                authority: acceptance::said(app, ctx, entered, item).await?,
                accepts: item.is_open() && item.state != State::Accepted,
                lines: mitigations
                    .into_iter()
                    .map(|one| {
                        let href = shell.program_href(&format!("/actions/{}", one.number));
                        (href, state_class(Kind::Action, one.state), one)
                    })
                    .collect(),
                key: entered.key().to_owned(),
                add: (entered.may_raise() && item.archived_at.is_none() && item.is_open())
                    .then(|| format!("/programs/{0}/actions/new?from={0}-R{1}", entered.key(), item.number)),
                day: entered.day(),
            };
            Ok(drawn(&part))
        }
        Detail::Assumption(own) => {
            let expired = own.validate_by.is_some_and(|by| by < entered.day());
            let becomes = entered.may_raise()
                && item.archived_at.is_none()
                && (item.state == State::Invalidated || (item.state == State::Unvalidated && expired));
            Ok(if becomes { drawn(&AssumptionPart::new(item, entered, expired)) } else { String::new() })
        }
        Detail::Meeting(_) => meeting::part(app, ctx, entered, item, shell).await,
        _ => Ok(String::new()),
    }
}

fn drawn(part: &impl Template) -> String {
    part.render().unwrap_or_default()
}

/// Somebody who is affected by a change request.
struct Line {
    /// Empty where the reader may not see it.
    href: String,
    reference: String,
    title: String,
    needed_by: NaiveDate,
    comes_on: Option<NaiveDate>,
    who: Option<String>,
    /// The class and words of the answer; none before it is asked.
    answer: Option<(&'static str, String)>,
    comment: String,
    /// The name by which it is answered, for who may.
    may: Option<String>,
    /// What was typed as an answer and can't be taken.
    tried: Tried,
}

/// An answer as it was typed, and what is wrong with it.
#[derive(Default)]
struct Tried {
    no: bool,
    comment: String,
    wrong: Option<String>,
}

/// Who is affected.
enum People {
    /// Nobody is asked yet.
    Before(Vec<Affected>),
    /// The network can't be scheduled.
    Unknown,
    Asked(Vec<(Question, bool, bool)>),
}

async fn people(app: &App, ctx: &Ctx, entered: &Entered, item: &Item) -> app::Result<People> {
    if item.state == State::Draft {
        let found = question::affected(app, ctx, entered, item).await?;
        return Ok(found.map_or(People::Unknown, People::Before));
    }
    let questions = question::asked(app, entered, item).await?;
    let seen = question::visible(app, ctx, &questions).await?;
    let lines = questions.into_iter().zip(seen).map(|(one, seen)| {
        let may = question::may_answer(ctx, entered, item, &one);
        (one, seen, may)
    });
    Ok(People::Asked(lines.collect()))
}

/// An item that the request names: its address, reference and title.
type Named = (String, String, String);

/// That a change request is of these kinds too, which nobody ticked, with why; `added`: their names, between commas.
#[must_use]
pub fn kinds_added(own: &Change, added: &str) -> Option<String> {
    let is = |kind: &str| own.is_of(kind) && added.split(',').any(|one| one == kind);
    let why =
        own.bound().filter(|(kind, _)| is(kind)).map(|(kind, why)| format!("of {kind} too, since {why}"));
    let why: Vec<_> = why.collect();
    (!why.is_empty()).then(|| format!("It is a change {}.", why.join("; ")))
}

#[derive(Template)]
#[template(path = "item/change.html")]
struct ChangePart {
    path: String,
    added: Vec<(String, &'static str, String, String)>,
    removed: Vec<Named>,
    redefined: Vec<(Named, String, String)>,
    options: Vec<Choice>,
    approved: bool,
    draft: bool,
    /// Nobody is waited for any more.
    decided: bool,
    /// Whether it moves dates or removes items, so that somebody may be affected.
    moves: bool,
    unknown: bool,
    hidden: usize,
    lines: Vec<Line>,
    no: usize,
    open: usize,
}

impl ChangePart {
    fn new(
        own: &Change,
        people: People,
        item: &Item,
        entered: &Entered,
        names: &Names,
        shell: &Shell,
    ) -> Self {
        let named = |id: ItemId| {
            names.items.get(&id.0).map_or_else(
                || (String::new(), String::new(), "an item".to_owned()),
                |(reference, title)| {
                    let title = title.clone().unwrap_or_default();
                    (shell.href(&reference.path()), reference.to_string(), title)
                },
            )
        };
        let added = own.added.iter().map(|one| match one.item {
            Some(id) => {
                let (_, reference, title) = named(id);
                (format!("{title} {reference}"), "", String::new(), String::new())
            }
            None => (
                one.title.clone(),
                one.kind.map_or("", Kind::label),
                one.project
                    .and_then(|id| names.projects.get(&id.0))
                    .map(|(_, name)| name.clone())
                    .unwrap_or_default(),
                match (one.on, one.days) {
                    (Some(on), Some(days)) => format!("{days} working days, not before {}", words::day(on)),
                    (Some(on), None) => words::day(on),
                    (None, Some(days)) => format!("{days} working days"),
                    (None, None) => String::new(),
                },
            ),
        });
        let unknown = matches!(people, People::Unknown);
        let decided = !matches!(item.state, State::Draft | State::Submitted);
        let mut hidden = 0;
        let mut lines = Vec::new();
        match people {
            People::Unknown => {}
            People::Before(affected) => {
                for one in affected {
                    if !one.seen {
                        hidden += 1;
                        continue;
                    }
                    let Some(reference) = crate::domain::kind::Reference::parse(&one.broken.reference) else {
                        continue;
                    };
                    lines.push(Line {
                        href: shell.href(&reference.path()),
                        reference: one.broken.reference,
                        title: one.broken.title,
                        needed_by: one.broken.needed_by,
                        comes_on: one.broken.comes_on,
                        who: one.person.map(|(_, name)| name),
                        answer: None,
                        comment: String::new(),
                        may: None,
                        tried: Tried::default(),
                    });
                }
            }
            People::Asked(questions) => {
                for (one, seen, may) in questions {
                    let answer = match (one.agrees, one.answered_on) {
                        (Some(agrees), Some(on)) => {
                            let by = one.answered_by.filter(|by| one.name.as_ref() != Some(by));
                            let by = by.map(|by| format!(", told by {by}")).unwrap_or_default();
                            let word = if agrees { "Yes" } else { "No" };
                            (if agrees { "good" } else { "bad" }, format!("{word}, {}{by}", words::day(on)))
                        }
                        _ if decided => {
                            ("muted", format!("never answered, asked {}", words::day(one.asked_on)))
                        }
                        _ => ("muted", format!("asked {}", words::day(one.asked_on))),
                    };
                    lines.push(Line {
                        href: if seen { shell.href(&one.reference.path()) } else { String::new() },
                        reference: one.reference.to_string(),
                        title: if seen { one.title } else { "in a program that you may not see".to_owned() },
                        needed_by: one.needed_by,
                        comes_on: one.comes_on,
                        who: one.name,
                        answer: Some(answer),
                        comment: one.comment,
                        may: may.then(|| one.dependency.0.to_string()),
                        tried: Tried::default(),
                    });
                }
            }
        }
        let answered = |class: &str| {
            lines.iter().filter(|line| line.answer.as_ref().is_some_and(|(known, _)| *known == class)).count()
        };
        Self {
            path: format!("/programs/{}/changes/{}", entered.key(), item.number),
            added: added.collect(),
            removed: own.removed.iter().map(|id| named(*id)).collect(),
            redefined: own
                .redefined
                .iter()
                .map(|one| (named(one.item), one.title.clone(), one.acceptance_criteria.clone()))
                .collect(),
            options: own.options.clone(),
            approved: matches!(item.state, State::Approved | State::Implemented),
            draft: item.state == State::Draft,
            decided,
            moves: !own.rebaseline.is_empty() || !own.removed.is_empty(),
            unknown,
            hidden,
            no: answered("bad"),
            open: answered("muted"),
            lines,
        }
    }
}

impl ChangePart {
    /// Shows an answer that wasn't taken where it was typed.
    fn answered_wrong(&mut self, tried: &Own) {
        let dependency = tried.typed.text("dependency");
        let line = self.lines.iter_mut().find(|line| line.may.as_ref() == Some(&dependency));
        if let (Some(line), Some(error)) = (line, tried.errors.first()) {
            line.tried = Tried {
                no: tried.typed.text("agrees") == "no",
                comment: tried.typed.text("comment"),
                wrong: Some(error.message.clone()),
            };
        }
    }
}

#[derive(Template)]
#[template(path = "item/risk.html")]
struct RiskPart {
    scores: Option<Scores>,
    /// Who may accept it at its score.
    authority: String,
    accepts: bool,
    /// Address, class of the state, and the action.
    lines: Vec<(String, &'static str, Mitigation)>,
    key: String,
    add: Option<String>,
    day: NaiveDate,
}

/// The scores from the first version on, where they say more than one day does.
fn scores(own: &Risk, story: &Story, day: NaiveDate) -> Option<Scores> {
    let mut points: Vec<(NaiveDate, [Option<i16>; 3])> = Vec::new();
    for version in story.versions.iter().filter(|version| version.part == "detail") {
        let level = |name: &str| version.values.get(name).and_then(serde_json::Value::as_i64);
        let product = |p: &str, i: &str| i16::try_from(level(p)? * level(i)?).ok();
        let now = [
            product("inherent_probability", "inherent_impact"),
            product("probability", "impact"),
            product("target_probability", "target_impact"),
        ];
        match points.last_mut() {
            Some((on, last)) if *on == version.effective_on => *last = now,
            Some((_, last)) if *last == now => {}
            _ => points.push((version.effective_on, now)),
        }
    }
    if points.len() < 2 && own.score().is_none() {
        return None;
    }
    let what = if own.opportunity { "opportunity" } else { "risk" };
    let words = Words::new(
        "scores",
        "Scores over time",
        format!("Probability × impact of this {what}, 1 to 25: inherent, as assessed, and the target."),
    );
    Some(Scores::new(ScoresData { words, points, until: day }))
}

#[derive(Template)]
#[template(path = "item/assumption.html")]
struct AssumptionPart {
    action: String,
    why: &'static str,
}

impl AssumptionPart {
    fn new(item: &Item, entered: &Entered, expired: bool) -> Self {
        Self {
            action: format!("/programs/{}/assumptions/{}/become", entered.key(), item.number),
            why: if item.state == State::Invalidated {
                "It is false: what follows from that is a risk, or already an issue."
            } else if expired {
                "Its day has passed and it was not tested: treat it as what it may be."
            } else {
                ""
            },
        }
    }
}
