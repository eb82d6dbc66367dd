//! The dependency map: a drawing of who waits for what from whom, in lanes, and of one item what leads to it and comes of it.

use super::chart::{
    EdgeKind, FocusAt, Layers, LayersData, LayersEdge, LayersFocus, LayersNode, NodeKind, Words,
};
use super::extract::{Place, Web};
use super::listing::{self, Chip, Choice, Tab};
use super::present::{PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::App;
use crate::app::access;
use crate::app::dependency_map::{self, Asked, At, Edge, Map, Node, Tie};
use crate::domain::kind::{Kind, Reference, State};
use askama::Template;
use axum::extract::{Path, State as Shared};
use std::collections::HashSet;

/// The routes of the page.
pub fn routes() -> Routes {
    Routes::new().get("/programs/{key}/dependencies/map", show)
}

/// Days of age that are offered to filter by: the classes of the drawing, and then some.
const OLDER: [(&str, &str); 6] = [
    ("7", "Over 7 days"),
    ("14", "Over 14 days"),
    ("21", "Over 21 days"),
    ("30", "Over 30 days"),
    ("60", "Over 60 days"),
    ("90", "Over 90 days"),
];

#[derive(Template)]
#[template(path = "dependency/map.html")]
struct MapPage {
    shell: Shell,
    place: Place,
    key: String,
    may_raise: bool,
    asked: Asked,
    /// What the focus is on, and its page; its text as it was asked for where there is no such thing on the map.
    focus: Option<Focus>,
    tabs: Vec<Tab>,
    lanes: Vec<Choice>,
    states: Vec<Choice>,
    older: Vec<Choice>,
    chips: Vec<Chip>,
    /// The largest lanes, where the map is too large: name, lines, the map of it alone.
    largest: Vec<(String, usize, String)>,
    map: Map,
    layers: Option<Layers>,
    /// Lines are dependencies and links of the schedule: how many of the latter.
    links: usize,
    /// Dependencies of other programs on items of this one.
    others: usize,
}

struct Focus {
    reference: String,
    title: String,
    href: String,
    /// Whether it stands on the map.
    found: bool,
    /// The map with the rest, or without it.
    turn: String,
    /// The map without a focus.
    clear: String,
}

async fn show(Shared(app): Shared<App>, Web(ctx): Web, place: Place, Path(key): Path<String>) -> PageResult {
    let entered = access::enter(&app, &ctx, &key).await?;
    let asked = Asked {
        lane: place.said("lane"),
        state: place.said("state"),
        breached: place.ticked("breached"),
        older: place.said("older").parse().ok().filter(|days| (0..=100_000).contains(days)),
        focus: Reference::parse(&place.said("focus")),
        whole: place.said("rest") == "shown",
    };
    let map = dependency_map::show(&app, &ctx, &entered, &asked).await?;
    let shell = place.program_shell(&ctx, &entered, "map");
    let lane_names = map.all_lanes.iter().map(|lane| (lane.key.as_str(), lane.name.clone()));
    let lanes = listing::choices("All", &asked.lane, lane_names);
    let states = listing::states(&map.state, &map.states);
    let said = asked.older.map(|days| days.to_string()).unwrap_or_default();
    let older = listing::choices("Any age", &said, OLDER.map(|(days, label)| (days, label.to_owned())));
    let chips = place.chips(&[
        ("focus", asked.focus.as_ref().map(|focus| format!("Focus on {focus}")).unwrap_or_default()),
        ("lane", listing::chosen(&lanes)),
        ("older", asked.older.map(|days| format!("Over {days} days old")).unwrap_or_default()),
        ("breached", if asked.breached { "Late only".to_owned() } else { String::new() }),
    ]);
    let focus = asked.focus.as_ref().map(|focus| Focus {
        reference: focus.to_string(),
        title: map.focused.clone().unwrap_or_default(),
        href: shell.href(&focus.path()),
        found: map.at.is_some(),
        turn: place.with(&[("rest", (!asked.whole).then_some("shown"))]),
        clear: place.with(&[("focus", None), ("rest", None)]),
    });
    let largest =
        map.largest.iter().map(|lane| (lane.name.clone(), lane.lines, place.set("lane", &lane.key)));
    let links = map.edges.iter().filter(|edge| matches!(edge.what, Tie::Link(_))).count();
    let others: HashSet<&Reference> = map
        .edges
        .iter()
        .filter_map(|edge| match &edge.what {
            Tie::Dependency(given) => Some(&given.reference).filter(|named| named.program != entered.key()),
            Tie::Link(_) => None,
        })
        .collect();
    page(&MapPage {
        key: entered.key().to_owned(),
        may_raise: entered.may_raise(),
        tabs: place.open_tabs(&map.state, map.counts),
        lanes,
        states,
        older,
        chips,
        focus,
        largest: largest.collect(),
        layers: (!map.nodes.is_empty()).then(|| draw(&shell, &map, &asked)),
        links,
        others: others.len(),
        map,
        asked,
        shell,
        place,
    })
}

fn draw(shell: &Shell, map: &Map, asked: &Asked) -> Layers {
    let focus = map.at.as_ref().map(|at| LayersFocus {
        at: match at {
            At::Node(node) => FocusAt::Node(*node),
            At::Edges(edges) => FocusAt::Edges(edges.clone()),
        },
        // What isn't near was left out already, unless the rest is asked for.
        hide: false,
    });
    let description = match (&map.focused, asked.whole) {
        (Some(title), false) => format!("What leads to “{title}”, and what comes of it."),
        (Some(title), true) => format!("What leads to “{title}” and what comes of it; the rest is dimmed."),
        (None, _) => {
            "From who gives to who takes, with a lane for each project, team and party. The longer a \
                      dependency is open, the heavier its line."
                .to_owned()
        }
    };
    let data = LayersData {
        lanes: map.lanes.iter().map(|lane| lane.name.clone()).collect(),
        nodes: map.nodes.iter().map(|one| node(shell, one)).collect(),
        edges: map.edges.iter().map(|one| edge(shell, one)).collect(),
        focus,
    };
    Layers::new(Words::new("map", "Who waits for whom", description), data)
}

fn node(shell: &Shell, node: &Node) -> LayersNode {
    LayersNode {
        kind: match node.reference.as_ref().map(|reference| reference.kind) {
            Some(Kind::Milestone) => NodeKind::Milestone,
            Some(_) => NodeKind::Activity,
            None => NodeKind::Party,
        },
        lane: node.lane,
        title: node.title.clone(),
        reference: node.reference.as_ref().map(ToString::to_string).unwrap_or_default(),
        href: node.reference.as_ref().map(|reference| shell.href(&reference.path())).unwrap_or_default(),
        date: node.date,
        done: node.done,
    }
}

fn edge(shell: &Shell, edge: &Edge) -> LayersEdge {
    let blank = LayersEdge {
        kind: EdgeKind::Link,
        from: edge.from,
        to: edge.to,
        reference: String::new(),
        title: String::new(),
        href: String::new(),
        age: None,
        state: String::new(),
        needed: None,
        due: None,
        breach: None,
        done: false,
    };
    match &edge.what {
        Tie::Link(terms) => LayersEdge { reference: terms.clone(), ..blank },
        Tie::Dependency(given) => LayersEdge {
            kind: EdgeKind::Dependency,
            reference: given.reference.to_string(),
            title: given.title.clone(),
            href: shell.href(&given.reference.path()),
            age: given.open.then_some(given.age),
            state: given.state.label().to_owned(),
            needed: given.needed,
            due: given.due,
            breach: given.breach.clone(),
            done: matches!(given.state, State::Accepted),
            ..blank
        },
    }
}

impl MapPage {
    fn clear(&self) -> String {
        self.shell.program_href("/dependencies/map")
    }

    fn first_step(&self) -> String {
        if self.may_raise { format!("/programs/{}/dependencies/new", self.key) } else { String::new() }
    }

    fn none_yet(&self) -> bool {
        let [.., all] = self.map.counts;
        all == 0 && self.layers.is_none() && self.chips.is_empty()
    }

    fn only_late(&self) -> String {
        self.place.with(&[("breached", Some("1"))])
    }

    /// What the form of the filters keeps beside them.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let kept = ["focus", "rest"].map(|name| (name, self.place.said(name)));
        let day = self.shell.as_of.map(|day| ("as_of", day.to_string()));
        kept.into_iter().chain(day).filter(|(_, value)| !value.is_empty()).collect()
    }
}
