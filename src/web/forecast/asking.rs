//! What a forecast is asked for: its form, with what was typed, and the page while there is no answer, for it is being made, was
//! stopped, or can't be made.

use super::page::choices_of;
use crate::app::access::Entered;
use crate::app::forecast::Ask;
use crate::domain::draft::FieldError;
use crate::domain::forecast::{DISTRIBUTIONS, MOST_ITERATIONS, Spread, distribution_name};
use crate::domain::kind::Kind;
use crate::web::extract::Place;
use crate::web::listing::Choice;
use crate::web::shell::Shell;
use askama::Template;

/// The form.
pub(super) struct AskForm {
    pub(super) targets: Vec<Choice>,
    fields: Vec<Typed>,
    pub(super) distributions: Vec<Choice>,
    pub(super) spreads: Vec<Choice>,
    /// Errors of the three lists, by their names.
    errors: Vec<(&'static str, String)>,
    /// Something can be simulated; else only the target is asked.
    pub(super) whole: bool,
    pub(super) verb: &'static str,
}

/// A field that is typed into.
pub(super) struct Typed {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) least: &'static str,
    pub(super) most: String,
    pub(super) step: &'static str,
    pub(super) error: Option<String>,
}

impl AskForm {
    pub(super) fn new(place: &Place, entered: &Entered, ask: &Ask, errors: &[FieldError]) -> Self {
        let asked = &ask.asked;
        let wrong = |name: &str| {
            let error = errors.iter().find(|error| error.field == name)?;
            // The API names the parameter; here it stands beside its field.
            let words = error.message.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
            let words = words.unwrap_or(&error.message);
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
        };
        let typed = |name: &str, usual: String| {
            place.value(name).filter(|text| !text.trim().is_empty()).unwrap_or(usual)
        };
        let field = |name, label, usual: String, (least, most): (&'static str, String), step| Typed {
            name,
            label,
            value: typed(name, usual),
            least,
            most,
            step,
            error: wrong(name),
        };
        let mut fields = vec![
            field(
                "iterations",
                "Iterations",
                asked.iterations.to_string(),
                ("1", MOST_ITERATIONS.to_string()),
                "1",
            ),
            field(
                "correlation",
                "Correlation in a project",
                asked.correlation().to_string(),
                ("0", "1".into()),
                "0.01",
            ),
            field("seed", "Seed", asked.seed.to_string(), ("0", String::new()), "1"),
        ];
        if errors.iter().any(|error| error.field == "as_of") {
            fields.push(field("as_of", "As of", String::new(), ("", String::new()), ""));
        }
        let chosen = |name: &str, usual: &str, mut choices: Vec<Choice>| {
            let text = typed(name, usual.to_owned());
            if wrong(name).is_some() && choices.iter().all(|choice| choice.value != text) {
                for choice in &mut choices {
                    choice.chosen = false;
                }
                choices.push(Choice { label: text.clone(), value: text, chosen: true });
            }
            choices
        };
        let distribution = distribution_name(asked.distribution);
        let [pert, triangular] = DISTRIBUTIONS.map(|(name, _)| name);
        let distributions = choices_of(&[(pert, "PERT beta"), (triangular, "Triangular")], distribution);
        let spread = asked.spread.name();
        let spreads = choices_of(
            &[(Spread::Certain.name(), "are certain"), (Spread::Usual.name(), "spread as usual here")],
            spread,
        );
        let lists = ["to", "distribution", "spread"];
        Self {
            targets: chosen("to", "", targets(entered, ask)),
            distributions: chosen("distribution", distribution, distributions),
            spreads: chosen("spread", spread, spreads),
            errors: lists.into_iter().filter_map(|name| Some((name, wrong(name)?))).collect(),
            fields,
            whole: true,
            verb: "Simulate",
        }
    }

    /// The form of a plan that can be simulated, or of one of which nothing is to be said but its dates.
    pub(super) fn of(self, has_activities: bool, varied: bool) -> Self {
        let verb = if varied { "Simulate" } else { "Show" };
        Self { whole: has_activities || varied, verb, ..self }
    }

    pub(super) fn error(&self, name: &str) -> Option<&String> {
        self.errors.iter().find(|(other, _)| *other == name).map(|(_, error)| error)
    }

    /// A field by its name.
    pub(super) fn typed(&self, name: &str) -> impl Iterator<Item = &Typed> {
        self.fields.iter().filter(move |field| field.name == name)
    }

    /// What is wrong, as (id of the field, its label, message).
    pub(super) fn wrong(&self) -> Vec<(&'static str, &'static str, &str)> {
        let label = |name| match name {
            "to" => "Towards",
            "spread" => "Activities without a spread",
            _ => "Distribution",
        };
        let lists = self.errors.iter().map(|(name, error)| (*name, label(*name), error.as_str()));
        let fields =
            self.fields.iter().filter_map(|field| Some((field.name, field.label, field.error.as_deref()?)));
        fields.chain(lists).collect()
    }
}

/// What a forecast can be made towards: the open milestones by date, and what is chosen now.
fn targets(entered: &Entered, ask: &Ask) -> Vec<Choice> {
    let plan = &ask.plan;
    let open = plan.items_of(entered.program().id).filter(|(ix, node)| {
        plan.is_open(*ix) && (node.kind == Kind::Milestone || Some(node.item) == ask.asked.to)
    });
    let mut open: Vec<_> = open.collect();
    open.sort_by_key(|(ix, node)| (plan.finishes_on(*ix), node.number));
    let choice = |(ix, node): (_, &crate::domain::plan::NodeFact)| {
        let reference = plan.reference(ix).to_string();
        Choice {
            label: format!("{} ({reference})", node.title),
            value: reference,
            chosen: Some(node.item) == ask.asked.to,
        }
    };
    open.into_iter().map(choice).collect()
}

/// Why there is no answer.
pub(super) enum Wait {
    /// Something can't be taken.
    Refused,
    /// It is being made: per cent that are done.
    Running(u32),
    Stopped,
}

#[derive(Template)]
#[template(path = "forecast/asking.html")]
pub(super) struct AskingPage {
    pub(super) shell: Shell,
    pub(super) key: String,
    pub(super) ask: AskForm,
    pub(super) wait: Wait,
    /// What the forecast is towards.
    pub(super) target: String,
    pub(super) iterations: String,
    /// The query of the page, with which it is watched, looked at again and stopped.
    pub(super) query: String,
}

impl AskingPage {
    fn percent(&self) -> Option<u32> {
        if let Wait::Running(percent) = self.wait { Some(percent) } else { None }
    }

    fn is_stopped(&self) -> bool {
        matches!(self.wait, Wait::Stopped)
    }

    fn address(&self, end: &str) -> String {
        format!(
            "/programs/{}/forecast{end}{}{}",
            self.key,
            if self.query.is_empty() { "" } else { "?" },
            self.query
        )
    }
}
