//! Risks: the heat map, the burndown and the list.

use super::chart::{Burndown, BurndownWeek, Heat, HeatCell, Words};
use super::extract::{Place, Web};
use super::listing::{self, Chip, Choice, Heading, Pages, Tab};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::selection::{Selecting, pick};
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::risk::{self, Asked, List};
use crate::app::{App, Ctx, Error};
use crate::domain::ids::ItemId;
use crate::domain::metrics::RiskWeek;
use askama::Template;
use axum::extract::{Path, State};

/// The routes of the page.
pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/risks", list)
}

const COLUMNS: &[(&str, &str, &str)] = &[
    ("title", "Risk", ""),
    ("probability", "P", "num"),
    ("impact", "I", "num"),
    ("score", "Score", "num"),
    ("response", "Response", ""),
    ("review_on", "Review", "num"),
    ("age", "Age, days", "num"),
    ("state", "State", ""),
    ("owner", "Owner", ""),
];

const LEVELS: [(&str, &str); 4] =
    [("high", "High"), ("medium", "Medium"), ("low", "Low"), ("unscored", "Unscored")];

#[derive(Template)]
#[template(path = "risk/list.html")]
struct ListPage {
    shell: Shell,
    place: Place,
    key: String,
    may_raise: bool,
    asked: Asked,
    tabs: Vec<Tab>,
    headings: Vec<Heading>,
    chips: Vec<Chip>,
    levels: Vec<Choice>,
    projects: Vec<Choice>,
    owners: Vec<Choice>,
    tags: Vec<Choice>,
    categories: Vec<Choice>,
    responses: Vec<Choice>,
    states: Vec<Choice>,
    found: List,
    pages: Pages,
    /// What the box beside each row says, where it can be changed.
    picks: Vec<Option<String>>,
    selecting: Option<Selecting>,
    none_yet: bool,
    heat: Heat,
    burndown: Burndown,
}

/// What the query of the list asks for.
fn asked(place: &Place) -> Asked {
    let grade = |name: &str| place.said(name).parse().ok().filter(|grade| (1..=5).contains(grade));
    Asked {
        filter: place.filter(),
        probability: grade("probability"),
        impact: grade("impact"),
        response: place.said("response"),
        category: place.said("category"),
        level: place.said("level"),
    }
}

/// All risks that the list shows by a query, in its order.
pub(super) async fn listed(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    place: &Place,
) -> Result<Vec<ItemId>, Error> {
    let mut asked = asked(place);
    asked.filter.page = 0;
    let found = risk::list(app, ctx, entered, &asked).await?;
    Ok(found.lines.iter().map(|line| line.row.id).collect())
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = asked(&place);
    let found = risk::list(&app, &ctx, &entered, &asked).await?;
    let levels =
        listing::choices("Any score", &asked.level, LEVELS.map(|(value, label)| (value, label.to_owned())));
    let projects = listing::projects(&asked.filter.project, &found.facets.projects);
    let owners = listing::owners(&asked.filter.owner, &found.facets.owners);
    let tags = listing::tags(&asked.filter.tag, &found.facets.tags);
    let words = |now: &str, words: &[String]| {
        listing::choices("Any", now, words.iter().map(|word| (word.as_str(), word.clone())))
    };
    let categories = words(&asked.category, &found.categories);
    let responses = words(&asked.response, &found.responses);
    let graded =
        |word: &str, grade: Option<i16>| grade.map(|grade| format!("{word} {grade}")).unwrap_or_default();
    let chips = place.chips(&[
        ("q", listing::quoted(&asked.filter.q)),
        ("probability", graded("Probability", asked.probability)),
        ("impact", graded("Impact", asked.impact)),
        ("level", listing::chosen(&levels)),
        ("project", listing::chosen(&projects)),
        ("owner", listing::chosen(&owners)),
        ("response", asked.response.clone()),
        ("category", asked.category.clone()),
        ("tag", asked.filter.tag.clone()),
    ]);
    let [.., all] = found.counts;
    let tabs = place.open_tabs(&found.state, found.counts);
    let states = listing::states(&found.state, &found.facets.states);
    let picks: Vec<_> = found
        .lines
        .iter()
        .map(|line| pick(&entered, line.row.open, line.row.owner, line.row.id, line.row.version))
        .collect();
    let selecting = Selecting::of(&app, &entered, &place, &picks).await?;
    page(&ListPage {
        picks,
        selecting,
        shell: place.program_shell(&ctx, &entered, "raid"),
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        tabs,
        headings: place.headings("-score", COLUMNS),
        levels,
        projects,
        owners,
        tags,
        categories,
        responses,
        states,
        pages: place.pages(asked.filter.page, found.lines.len(), found.total),
        none_yet: all == 0 && chips.is_empty(),
        heat: heat(&place, &found),
        burndown: burndown(&found.weeks, found.any),
        found,
        chips,
        asked,
        place,
    })
}

fn heat(place: &Place, found: &List) -> Heat {
    let cells = std::array::from_fn(|probability| {
        std::array::from_fn(|impact| HeatCell {
            count: found.heat[probability][impact],
            href: place.with(&[
                ("probability", Some(&(probability + 1).to_string())),
                ("impact", Some(&(impact + 1).to_string())),
                ("state", Some("open")),
                ("level", None),
                ("page", None),
            ]),
        })
    });
    Heat::new(
        Words::new("heat", "Heat map", "Open risks as assessed now; a figure leads to its risks."),
        cells,
        found.unscored,
    )
}

fn burndown(weeks: &[RiskWeek], any: bool) -> Burndown {
    let weeks: Vec<_> = weeks
        .iter()
        .map(|week| {
            // Risks of which none is assessed say nothing about how many are high.
            let known = any && (week.open == 0 || week.unscored < week.open);
            BurndownWeek {
                day: week.date,
                high: known.then_some(week.high),
                exposure: known.then(|| f64::from(u32::try_from(week.exposure).unwrap_or_default())),
            }
        })
        .collect();
    let description = "Open high risks (score 15 or more) and open exposure (the sum of probability × impact) at the end of each of the last 26 weeks.";
    Burndown::new(Words::new("burndown", "Burndown", description), &weeks)
}

impl ListPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn href(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/risks/{number}"))
    }

    /// There are open risks, and none of them is assessed.
    fn none_assessed(&self) -> bool {
        self.found.open > 0 && self.found.exposure == 0
    }

    fn clear(&self) -> String {
        self.shell.program_href("/risks")
    }

    fn level(&self, level: &str) -> String {
        self.place.with(&[
            ("level", Some(level)),
            ("state", Some("open")),
            ("probability", None),
            ("impact", None),
            ("page", None),
        ])
    }

    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/risks/new", self.key) } else { String::new() }
    }
}

/// The colour of a level, and its word.
fn rag(level: &str) -> &'static str {
    match level {
        "high" => "red",
        "medium" => "amber",
        "low" => "green",
        _ => "none",
    }
}
