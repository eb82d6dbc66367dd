//! Dependencies: who owes whom, what is agreed, and what is late.

use super::chart::{Matrix, MatrixCell, Words};
use super::extract::{Place, Web};
use super::listing::{self, Chip, Choice, Heading, Pages, Tab};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::selection::{Selecting, pick};
use super::shell::Shell;
use crate::app::access::{self, Entered};
use crate::app::dependency::{self, Asked, Line, List, Owing, SIDES, Sides};
use crate::app::{App, Ctx, Error};
use crate::domain::ids::ItemId;
use askama::Template;
use axum::extract::{Path, State};

/// The routes of the page.
pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/dependencies", list)
}

const COLUMNS: &[(&str, &str, &str)] = &[
    ("title", "Dependency", ""),
    ("provider", "Provider", ""),
    ("consumer", "Consumer", ""),
    ("needed_by", "Needed by", "num"),
    ("promised_by", "Promised by", "num"),
    ("", "Agreed", ""),
    ("state", "State", ""),
    ("age", "Age, days", "num"),
    ("owner", "Owner", ""),
];

/// How many of those who owe are named before the rest is summed up.
const NAMED: usize = 10;

#[derive(Template)]
#[template(path = "dependency/list.html")]
struct ListPage {
    shell: Shell,
    place: Place,
    key: String,
    may_raise: bool,
    asked: Asked,
    tabs: Vec<Tab>,
    headings: Vec<Heading>,
    chips: Vec<Chip>,
    providers: Vec<Choice>,
    consumers: Vec<Choice>,
    owners: Vec<Choice>,
    tags: Vec<Choice>,
    states: Vec<Choice>,
    found: List,
    pages: Pages,
    /// What the box beside each row says, where it can be changed.
    picks: Vec<Option<String>>,
    selecting: Option<Selecting>,
    none_yet: bool,
    owing: Vec<Owing>,
    /// Providers that aren't named, and what they owe together.
    others: (usize, u32),
    matrix: Option<Matrix>,
}

/// What the query of the list asks for.
fn asked(place: &Place) -> Asked {
    Asked {
        filter: place.filter(),
        provider: place.said("provider"),
        consumer: place.said("consumer"),
        overdue: place.ticked("overdue"),
        unagreed: place.ticked("unagreed"),
    }
}

/// All dependencies that the list shows by a query, in its order.
pub(super) async fn listed(
    app: &App,
    ctx: &Ctx,
    entered: &Entered,
    place: &Place,
) -> Result<Vec<ItemId>, Error> {
    let mut asked = asked(place);
    asked.filter.page = 0;
    let found = dependency::list(app, ctx, entered, &asked).await?;
    Ok(found.lines.iter().map(|line| line.row.id).collect())
}

async fn list(State(app): State<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = asked(&place);
    let found = dependency::list(&app, &ctx, &entered, &asked).await?;
    let providers = listing::choices("Anyone", &asked.provider, sides(&found.providers));
    let consumers = listing::choices("Anyone", &asked.consumer, sides(&found.consumers));
    let owners = listing::owners(&asked.filter.owner, &found.facets.owners);
    let tags = listing::tags(&asked.filter.tag, &found.facets.tags);
    let chips = place.chips(&[
        ("q", listing::quoted(&asked.filter.q)),
        ("provider", named("From", &listing::chosen(&providers))),
        ("consumer", named("To", &listing::chosen(&consumers))),
        ("owner", listing::chosen(&owners)),
        ("tag", asked.filter.tag.clone()),
        ("overdue", if asked.overdue { "Past needed-by".into() } else { String::new() }),
        ("unagreed", if asked.unagreed { "Not agreed by both".into() } else { String::new() }),
    ]);
    let [.., all] = found.counts;
    let tabs = place.open_tabs(&found.state, found.counts);
    let states = listing::states(&found.state, &found.facets.states);
    let none_yet = all == 0 && chips.is_empty();
    let owing: Vec<Owing> = found.owing.iter().take(NAMED).cloned().collect();
    let rest = found.owing.iter().skip(NAMED);
    let others = (rest.clone().count(), rest.map(|owing| owing.open).sum());
    let picks: Vec<_> = found
        .lines
        .iter()
        .map(|line| pick(&entered, line.row.open, line.row.owner, line.row.id, line.row.version))
        .collect();
    let selecting = Selecting::of(&app, &entered, &place, &picks).await?;
    page(&ListPage {
        picks,
        selecting,
        shell: place.program_shell(&ctx, &entered, "dependencies"),
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        tabs,
        headings: place.headings("needed_by", COLUMNS),
        providers,
        consumers,
        owners,
        tags,
        states,
        pages: place.pages(asked.filter.page, found.lines.len(), found.total),
        none_yet,
        owing,
        others,
        matrix: matrix(&place, &found),
        found,
        chips,
        asked,
        place,
    })
}

fn named(word: &str, name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{word} {name}") }
}

fn sides(sides: &[(String, String, usize)]) -> impl Iterator<Item = (&str, String)> {
    sides.iter().map(|(key, name, open)| (key.as_str(), format!("{name} ({open})")))
}

/// The matrix; none where it would have a single cell.
fn matrix(place: &Place, found: &List) -> Option<Matrix> {
    let Sides { providers, consumers, cells } = &found.matrix;
    if providers.len() < 2 && consumers.len() < 2 {
        return None;
    }
    let all = found.owing.len();
    let which = if all > SIDES {
        format!("The {} that owe and are owed the most, of {all} that owe. ", providers.len())
    } else {
        String::new()
    };
    let description = format!(
        "{which}Open dependencies, provider down and consumer across; the colour is that of the worst one."
    );
    let cells = cells
        .iter()
        .map(|(provider, consumer, count, worst)| MatrixCell {
            provider: *provider,
            consumer: *consumer,
            count: *count,
            worst,
            href: place.with(&[
                ("provider", Some(&providers[*provider].0)),
                ("consumer", Some(&consumers[*consumer].0)),
                ("state", Some("open")),
                ("page", None),
            ]),
        })
        .collect();
    let names = |sides: &[(String, String)]| sides.iter().map(|(_, name)| name.clone()).collect();
    Some(Matrix::new(
        Words::new("matrix", "Provider × consumer", description),
        names(providers),
        names(consumers),
        cells,
    ))
}

impl ListPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn href(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/dependencies/{number}"))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn on_map(&self, number: &i32) -> String {
        self.shell.program_href(&format!("/dependencies/map?focus={}-D{number}", self.key))
    }

    fn clear(&self) -> String {
        self.shell.program_href("/dependencies")
    }

    fn from(&self, provider: &str) -> String {
        self.place.with(&[("provider", Some(provider)), ("state", Some("open")), ("page", None)])
    }

    fn only(&self, name: &str) -> String {
        self.place.with(&[(name, Some("1")), ("state", Some("open")), ("page", None)])
    }

    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/dependencies/new", self.key) } else { String::new() }
    }
}

fn agreed_class(line: &Line) -> &'static str {
    match line.agreed() {
        "both" => "good",
        "none" if line.row.open => "bad",
        _ if line.row.open => "warn",
        _ => "muted",
    }
}
