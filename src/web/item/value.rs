//! What the pages of benefits and stakeholders have of their own: the plan and what was measured, how somebody stands and when they
//! are spoken to.

use super::page::Own;
use crate::app::access::Entered;
use crate::app::{self, App, Ctx, benefit, stakeholder};
use crate::domain::item::{Detail, Item};
use crate::domain::measurement::{AdoptionTarget, Measurement};
use crate::domain::stakeholder::{ATTITUDES, CADENCES, Stakeholder, label};
use crate::store::item::Stored;
use crate::web::benefit as face;
use crate::web::chart::{PlanChart, PlanData, Words};
use crate::web::form::Fields;
use crate::web::shell::Shell;
use askama::Template;
use chrono::NaiveDate;

/// The parts of the kind, as safe HTML; empty for a kind that has none here.
///
/// # Errors
/// When the database is away.
pub async fn of(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    stored: &Stored,
    tried: Option<&Own>,
    shell: &Shell,
) -> app::Result<String> {
    let item = &stored.item;
    let may = entered.may_edit(item) && item.archived_at.is_none();
    let part = match &item.detail {
        Detail::Benefit(_) => match benefit::around(app, entered, stored).await? {
            Some(around) => benefit_part(entered, item, around, may, tried).render(),
            None => return Ok(String::new()),
        },
        Detail::Stakeholder(own) => {
            let roles = stakeholder::roles(app, ctx, entered).await?;
            let lines = roles.all.iter().filter_map(|raci| {
                let letters = raci.letters(item.id);
                let subject = match roles.names.item(raci.item) {
                    Some((reference, title)) => format!("{} {reference}", title.clone().unwrap_or_default()),
                    None => format!("Project {}", roles.names.project(raci.project).unwrap_or_default()),
                };
                (!letters.is_empty()).then_some((letters, subject))
            });
            StakeholderPart {
                path: format!("/programs/{}/stakeholders/{}", entered.key(), item.number),
                raci: shell.program_href("/raci"),
                lines: lines.collect(),
                late: own.next_contact_on.is_some_and(|next| next < entered.day()),
                own: (**own).clone(),
                today: entered.today(),
                may,
            }
            .render()
        }
        _ => return Ok(String::new()),
    };
    part.map_err(|error| app::Error::Internal(Box::new(error)))
}

/// An adoption target as its page shows it.
struct Target {
    own: AdoptionTarget,
    last: Option<f64>,
    met: bool,
    /// It was to be met by the day that is shown.
    due: bool,
    measured: bool,
}

#[derive(Template)]
#[template(path = "benefit/part.html")]
struct BenefitPart {
    path: String,
    standing: benefit::Standing,
    chart: PlanChart,
    measured: Vec<(Measurement, String)>,
    targets: Vec<Target>,
    measure: Option<Fields>,
    target: Option<Fields>,
    /// Which of the forms is open, since it came back.
    open: &'static str,
    offered: Vec<String>,
}

fn benefit_part(
    entered: &Entered,
    item: &Item,
    around: benefit::Around,
    may: bool,
    tried: Option<&Own>,
) -> BenefitPart {
    let benefit::Around { standing, measured, targets } = around;
    let day = entered.day();
    let values = |of: &[Measurement]| -> Vec<(NaiveDate, f64)> {
        of.iter().filter(|one| one.adoption_target.is_none()).map(|one| (one.day(), one.value)).collect()
    };
    let description = match standing.realised {
        Some(share) => format!(
            "Dashed is the plan, the line is what was measured. By {} {} of what was planned has come.",
            day.format("%-d %b %Y"),
            face::share(share)
        ),
        None => "Dashed is the plan, the line is what was measured.".to_owned(),
    };
    let chart = PlanChart::new(PlanData {
        words: Words::new("plan", "Plan and actual", description),
        unit: standing.own.unit.clone(),
        baseline: standing.own.baseline,
        plan: standing.own.plan.iter().map(|point| (point.on, point.value)).collect(),
        measured: values(&measured),
        day,
        planned: standing.planned,
    });
    let none = Own::default();
    let own = tried.unwrap_or(&none);
    let (measure, target) = face::forms(own);
    let title_of = |one: &Measurement| {
        let of = targets.iter().find(|target| Some(target.head.id) == one.adoption_target);
        of.map(|target| target.title.clone()).unwrap_or_default()
    };
    let lines = measured.iter().rev().map(|one| (one.clone(), title_of(one))).collect();
    let offered = targets.iter().map(|target| target.title.clone()).collect();
    let targets = targets.into_iter().map(|own| {
        let (last, met) = own.standing(&measured, day);
        let measured = measured.iter().any(|one| one.adoption_target == Some(own.head.id));
        Target { due: own.due_on.is_some_and(|due| due < day), own, last, met, measured }
    });
    BenefitPart {
        path: format!("/programs/{}/benefits/{}", entered.key(), item.number),
        chart,
        targets: targets.collect(),
        measured: lines,
        measure: may.then_some(measure),
        target: entered.may_manage().then_some(target),
        open: own.form,
        offered,
        standing,
    }
}

#[derive(Template)]
#[template(path = "stakeholder/part.html")]
struct StakeholderPart {
    path: String,
    raci: String,
    own: Stakeholder,
    /// Letters and subject.
    lines: Vec<(String, String)>,
    late: bool,
    today: NaiveDate,
    may: bool,
}

impl StakeholderPart {
    fn attitude(name: Option<&String>) -> &'static str {
        label(ATTITUDES, name.map(String::as_str))
    }

    fn cadence(&self) -> &'static str {
        label(CADENCES, self.own.cadence.as_deref())
    }
}
