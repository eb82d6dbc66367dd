//! What a scenario does, as its page shows it.

use crate::app::scenario::Outcome;
use crate::domain::health::{Health, Rag};
use crate::domain::kind::Reference;
use crate::domain::scenario::{Effect, Hidden, Moved, Placed};
use crate::web::figures::{rag, rag_word};
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
}

impl View {
    pub fn new(outcome: &Outcome, shell: &Shell) -> Self {
        let (seen, hidden) = outcome.seen();
        let names = |all: &[Placed]| all.iter().map(|of| named(of, shell)).collect();
        let lines = |effect| seen.dependencies(effect).map(|moved| line(moved, shell)).collect();
        let mut milestones: Vec<MoveLine> = seen.milestones().map(|moved| line(moved, shell)).collect();
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
        }
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

    /// Whether nothing moves, nothing turns and nothing is added or dropped.
    pub fn is_nothing(&self) -> bool {
        self.programs.is_empty() && self.hidden == Hidden::default()
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
