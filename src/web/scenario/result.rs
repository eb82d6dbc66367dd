//! What a scenario does, as its page shows it.

use crate::app::scenario::{Both, Odds, Outcome};
use crate::domain::health::{Health, Rag};
use crate::domain::kind::Reference;
use crate::domain::scenario::{Effect, Hidden, Moved, Placed};
use crate::web::chart::percent;
use crate::web::figures::{count, rag, rag_word};
use crate::web::shell::Shell;
use chrono::NaiveDate;

/// An item with its link; what the scenario adds has none.
#[derive(Clone, Debug)]
pub struct Named {
    pub href: String,
    pub reference: String,
    pub title: String,
}

#[derive(Clone, Debug)]
pub struct MoveLine {
    pub of: Named,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub working_days: i64,
    pub committed_on: Option<NaiveDate>,
    /// What becomes of the commitment, in a word and a class; empty for nothing.
    pub effect: (&'static str, &'static str),
    pub chances: Option<Chances>,
}

/// What becomes of the probabilities of a milestone.
#[derive(Clone, Debug)]
pub struct Chances {
    /// None for what the scenario adds.
    pub was: Option<NaiveDate>,
    pub p80: NaiveDate,
    /// Of meeting the commitment, in words, before and after; the same before and after only once.
    pub kept: Option<(Option<String>, String)>,
    /// A class: the chance falls or rises.
    pub sense: &'static str,
}

impl Chances {
    fn new(both: Both) -> Self {
        let was = both.before.and_then(|odds| odds.committed).map(|committed| committed.1);
        let is = both.after.committed.map(|committed| committed.1);
        let said = is.map(|is| (was.map(percent).filter(|was| *was != percent(is)), percent(is)));
        let sense = match (was, is, &said) {
            (Some(was), Some(is), Some((Some(_), _))) => {
                if is < was {
                    "bad"
                } else {
                    "good"
                }
            }
            _ => "",
        };
        Self { was: both.before.map(|odds| odds.p80), p80: both.after.p80, kept: said, sense }
    }
}

/// A dimension, or the whole, that has another colour with the scenario: label, (class, word) before and after, and why.
#[derive(Clone, Debug)]
pub struct Turn {
    pub label: &'static str,
    pub before: (&'static str, &'static str),
    pub after: (&'static str, &'static str),
    pub why: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct ProgramLine {
    pub href: String,
    pub name: String,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub working_days: i64,
    pub health: Option<Turn>,
    /// The dimensions that turn.
    pub turns: Vec<Turn>,
}

#[derive(Clone, Debug)]
pub struct View {
    pub milestones: Vec<MoveLine>,
    /// Activities and dependencies that move.
    pub others: usize,
    pub programs: Vec<ProgramLine>,
    pub became_critical: Vec<Named>,
    pub ceased_critical: Vec<Named>,
    pub broken: Vec<MoveLine>,
    pub mended: Vec<MoveLine>,
    pub negative: Vec<(Named, f64)>,
    pub added: Vec<(Named, NaiveDate)>,
    pub dropped: Vec<Named>,
    pub hidden: Hidden,
    /// The runs that the probabilities are of; none where nothing varies.
    pub runs: Option<u32>,
    /// Milestones whose date holds while their chances don't.
    pub shaken: Vec<(Named, Chances)>,
}

impl View {
    pub fn new(outcome: &Outcome, odds: Option<&Odds>, shell: &Shell) -> Self {
        let (seen, hidden) = outcome.seen();
        let names = |all: &[Placed]| all.iter().map(|of| named(of, shell)).collect();
        let lines = |effect| seen.dependencies(effect).map(|moved| line(moved, shell)).collect();
        let chances = |of: &Placed| odds.and_then(|odds| odds.of(of.item)).map(Chances::new);
        let mut milestones: Vec<MoveLine> = seen
            .milestones()
            .map(|moved| MoveLine { chances: chances(&moved.of), ..line(moved, shell) })
            .collect();
        milestones.sort_by_key(|line| (line.to, line.from));
        let programs = seen.finishes.iter().filter_map(|finish| {
            let program = outcome.base.plan.program(finish.program)?;
            let turned = outcome.health.iter().find(|turned| turned.program == finish.program);
            Some(ProgramLine {
                href: shell.href(&format!("/programs/{}", program.key)),
                name: program.name.clone(),
                from: finish.from,
                to: finish.to,
                working_days: finish.working_days,
                health: turned.map(|turned| Turn {
                    label: "Health",
                    before: colour(turned.before.overall),
                    after: colour(turned.after.overall),
                    why: Vec::new(),
                }),
                turns: turned.map(|turned| turns(&turned.before, &turned.after)).unwrap_or_default(),
            })
        });
        Self {
            others: seen.moved.len() - milestones.len(),
            milestones,
            programs: programs.collect(),
            became_critical: names(&seen.became_critical),
            ceased_critical: names(&seen.ceased_critical),
            broken: lines(Effect::Breaks),
            mended: lines(Effect::Mends),
            negative: seen.negative.iter().map(|late| (named(&late.of, shell), late.total_float)).collect(),
            added: seen.added.iter().map(|(of, on)| (named(of, shell), *on)).collect(),
            dropped: names(&seen.dropped),
            hidden,
            runs: odds.map(|odds| odds.iterations),
            shaken: odds
                .iter()
                .flat_map(|odds| &odds.shaken)
                .filter_map(|of| Some((named(of, shell), chances(of)?)))
                .collect(),
        }
    }

    /// The result in a sentence, for who can't see it change.
    pub fn words(&self) -> String {
        if self.is_nothing() {
            return "Nothing moves.".to_owned();
        }
        let mut said = vec![count(self.milestones.len(), "milestone moves", "milestones move")];
        if let [first, ..] = self.milestones.as_slice() {
            said.push(format!("the first, {}, to {}", first.of.title, first.to.format("%-d %B %Y")));
        }
        if !self.broken.is_empty() {
            said.push(count(self.broken.len(), "dependency breaks", "dependencies break"));
        }
        if !self.shaken.is_empty() {
            said.push(count(self.shaken.len(), "more has other chances", "more have other chances"));
        }
        let turned =
            self.programs.iter().filter_map(|program| program.health.as_ref().map(|turn| (program, turn)));
        said.extend(turned.filter(|(_, turn)| turn.before != turn.after).map(|(program, turn)| {
            format!("the health of {} turns {}", program.name, turn.after.1.to_lowercase())
        }));
        format!("{}.", said.join("; "))
    }

    /// The short lists of items, each with its heading.
    pub fn lists(&self) -> Vec<(&'static str, &[Named])> {
        vec![
            ("Becomes critical", &self.became_critical),
            ("No longer critical", &self.ceased_critical),
            ("Dropped", &self.dropped),
        ]
    }

    /// The dependencies that break and that mend: word, class, list.
    pub fn dependencies(&self) -> Vec<(&'static str, &'static str, &[MoveLine])> {
        vec![("Breaks", "bad", &self.broken), ("Mended", "good", &self.mended)]
    }

    /// Whether nothing moves, nothing turns, nothing is added or dropped, and every chance is what it was.
    pub fn is_nothing(&self) -> bool {
        self.programs.is_empty() && self.hidden == Hidden::default() && self.shaken.is_empty()
    }
}

fn named(of: &Placed, shell: &Shell) -> Named {
    let href = Reference::parse(&of.reference).map(|reference| shell.href(&reference.path()));
    Named { href: href.unwrap_or_default(), reference: of.reference.clone(), title: of.title.clone() }
}

fn line(moved: &Moved, shell: &Shell) -> MoveLine {
    MoveLine {
        of: named(&moved.of, shell),
        from: moved.from,
        to: moved.to,
        working_days: moved.working_days,
        committed_on: moved.committed_on,
        effect: match moved.effect {
            Effect::None => ("", ""),
            Effect::Breaks => ("breaks", "bad"),
            Effect::Mends => ("mended", "good"),
            Effect::StaysMissed => ("still missed", "warn"),
        },
        chances: None,
    }
}

const fn colour(of: Rag) -> (&'static str, &'static str) {
    (rag(of), rag_word(of))
}

/// The dimensions whose colour turns, with the reasons that they have then.
fn turns(before: &Health, after: &Health) -> Vec<Turn> {
    let both = before.dimensions.iter().zip(&after.dimensions);
    both.filter(|(was, is)| was.rag != is.rag)
        .map(|(was, is)| Turn {
            label: is.dimension.label(),
            before: colour(was.rag),
            after: colour(is.rag),
            why: is
                .reasons
                .iter()
                .filter(|reason| reason.rag == is.rag)
                .map(|reason| reason.text.clone())
                .collect(),
        })
        .collect()
}
