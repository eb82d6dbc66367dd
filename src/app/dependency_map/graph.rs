//! The whole graph that a map is a part of: dependencies of the program and of others that touch its items, and the links of the
//! schedule, between items and the parties that name none.

use super::{Edge, Given, Lane, Node, Tie};
use crate::app::access::Entered;
use crate::app::dependency::Line;
use crate::app::list::natural;
use crate::app::plan::Sight;
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::kind::Kind;
use crate::domain::plan::{NodeFact, Of, Plan, PlanLink};
use crate::domain::schedule::{ItemIx, LinkKind};
use std::collections::HashMap;

#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// In their order from top to bottom.
    pub lanes: Vec<Lane>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Which edges are links within one lane.
    pub within: Vec<bool>,
}

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stands {
    Item(ItemIx),
    /// By the key of its lane.
    Party(String),
}

struct Maker<'p> {
    plan: &'p Plan,
    sight: &'p Sight,
    own: ProgramId,
    lanes: Vec<Lane>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    at: HashMap<Stands, usize>,
}

impl Graph {
    pub fn new(lines: &[Line], plan: &Plan, sight: &Sight, entered: &Entered) -> Self {
        let own = entered.program().id;
        let mut maker = Maker {
            plan,
            sight,
            own,
            lanes: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
            at: HashMap::new(),
        };
        let mut before: HashMap<ItemIx, Vec<ItemIx>> = HashMap::new();
        let mut after = before.clone();
        for link in plan.links() {
            before.entry(link.to).or_default().push(link.from);
            after.entry(link.from).or_default().push(link.to);
        }
        for line in lines {
            let ix = plan.find(line.row.id);
            let ends = |links: &HashMap<ItemIx, Vec<ItemIx>>| {
                ix.and_then(|ix| links.get(&ix)).cloned().unwrap_or_default()
            };
            maker.own_dependency(line, &ends(&before), &ends(&after), entered.key());
        }
        for (ix, node) in
            plan.items().filter(|(_, node)| node.kind == Kind::Dependency && node.program != own)
        {
            let none = Vec::new();
            let (from, to) = (before.get(&ix).unwrap_or(&none), after.get(&ix).unwrap_or(&none));
            let touches = from.iter().chain(to).any(|end| plan.node(*end).program == own);
            if touches && sight.sees(node) {
                maker.other_dependency(ix, node, from, to);
            }
        }
        for link in plan.links() {
            maker.link(link);
        }
        maker.done()
    }
}

impl Maker<'_> {
    fn own_dependency(&mut self, line: &Line, before: &[ItemIx], after: &[ItemIx], key: &str) {
        let row = &line.row;
        let given = Given {
            reference: crate::domain::kind::Reference {
                program: key.to_owned(),
                kind: Kind::Dependency,
                number: row.number,
            },
            title: row.title.clone(),
            state: row.state,
            open: row.open,
            age: line.age,
            needed: row.needed_by,
            due: (line.ends.computed.map(|day| (day, "computed")))
                .or(row.promised_by.map(|day| (day, "promised")))
                .filter(|_| row.open && row.delivered_on.is_none()),
            breach: line.breach(),
        };
        let from = self.ends(row.provider_milestone, before, &row.provider, &row.provider_name);
        let to = self.ends(row.consumer_milestone, after, &row.consumer, &row.consumer_name);
        self.dependency(&given, &from, &to);
    }

    /// A dependency of another program: of its parties nothing is known here.
    fn other_dependency(&mut self, ix: ItemIx, node: &NodeFact, before: &[ItemIx], after: &[ItemIx]) {
        let Of::Dependency { needed_by, promised_by, provided_on, raised_on, .. } = &node.of else { return };
        let (plan, day) = (self.plan, self.plan.day());
        let computed = plan.finishes_on(ix);
        let due = if plan.is_computed(ix) {
            Some((computed, "computed"))
        } else {
            promised_by.map(|day| (day, "promised"))
        };
        let open = node.state.is_open(Kind::Dependency);
        let waiting = open && provided_on.is_none();
        let breach = needed_by.filter(|_| open).and_then(|needed| {
            let days = |days: i64| format!("{days} day{}", if days == 1 { "" } else { "s" });
            match due {
                _ if needed < day => {
                    Some(format!("{} past its needed-by date", days((day - needed).num_days())))
                }
                Some((due, who)) if waiting && due > needed => {
                    Some(format!("{who} {} after it is needed", days((due - needed).num_days())))
                }
                _ => None,
            }
        });
        let given = Given {
            reference: plan.reference(ix),
            title: node.title.clone(),
            state: node.state,
            open,
            age: (day - *raised_on).num_days().max(0),
            needed: *needed_by,
            due: due.filter(|_| waiting),
            breach,
        };
        let (key, name) = self.program_lane(node.program);
        let from = self.ends(None, before, &key, &name);
        let to = self.ends(None, after, &key, &name);
        self.dependency(&given, &from, &to);
    }

    fn dependency(&mut self, given: &Given, from: &[usize], to: &[usize]) {
        for from in from {
            for to in to.iter().filter(|to| *to != from) {
                let what = Tie::Dependency(Box::new(given.clone()));
                self.edges.push(Edge { from: *from, to: *to, what });
            }
        }
    }

    /// What stands at an end of a dependency: its milestone and whatever it is linked to, else its party.
    fn ends(&mut self, milestone: Option<ItemId>, linked: &[ItemIx], key: &str, name: &str) -> Vec<usize> {
        let mut items: Vec<ItemIx> = milestone
            .and_then(|item| self.plan.find(item))
            .into_iter()
            .chain(linked.iter().copied())
            .collect();
        items.sort_by_key(|ix| ix.0);
        items.dedup();
        items.retain(|ix| self.plan.node(*ix).kind != Kind::Dependency);
        if items.is_empty() {
            return vec![self.party(key, name)];
        }
        items.into_iter().map(|ix| self.item(ix)).collect()
    }

    fn party(&mut self, key: &str, name: &str) -> usize {
        if let Some(node) = self.at.get(&Stands::Party(key.to_owned())) {
            return *node;
        }
        let lane = self.lane(key, name);
        let node = Node { lane, title: name.to_owned(), reference: None, date: None, done: false };
        self.stand(Stands::Party(key.to_owned()), node)
    }

    fn item(&mut self, ix: ItemIx) -> usize {
        if let Some(node) = self.at.get(&Stands::Item(ix)) {
            return *node;
        }
        let fact = self.plan.node(ix);
        let node = if self.sight.sees(fact) {
            let (key, name) = self.lane_of(fact);
            Node {
                lane: self.lane(&key, &name),
                title: fact.title.clone(),
                reference: Some(self.plan.reference(ix)),
                date: self.plan.stands_on(ix),
                done: !self.plan.is_open(ix),
            }
        } else {
            Node {
                lane: self.lane("hidden", "Other programs"),
                title: "Hidden from you".to_owned(),
                reference: None,
                date: None,
                done: false,
            }
        };
        self.stand(Stands::Item(ix), node)
    }

    fn stand(&mut self, stands: Stands, node: Node) -> usize {
        self.nodes.push(node);
        let place = self.nodes.len() - 1;
        self.at.insert(stands, place);
        place
    }

    /// A project and a team of one name share a lane: to a reader they are the same.
    fn lane(&mut self, key: &str, name: &str) -> usize {
        let same = |lane: &Lane| {
            let parties = |key: &str| key.starts_with("project:") || key.starts_with("team:");
            lane.key == key
                || (parties(key) && parties(&lane.key) && lane.name.to_lowercase() == name.to_lowercase())
        };
        if let Some(place) = self.lanes.iter().position(same) {
            return place;
        }
        self.lanes.push(Lane { key: key.to_owned(), name: name.to_owned(), lines: 0 });
        self.lanes.len() - 1
    }

    fn program_lane(&self, program: ProgramId) -> (String, String) {
        self.plan.program(program).map_or_else(
            || ("hidden".to_owned(), "Other programs".to_owned()),
            |program| (format!("program:{}", program.key), program.name.clone()),
        )
    }

    /// A project of the program; another program is one lane.
    fn lane_of(&self, fact: &NodeFact) -> (String, String) {
        if fact.program != self.own {
            return self.program_lane(fact.program);
        }
        match fact.project.and_then(|project| self.plan.project(project)) {
            Some(project) => (format!("project:{}", project.key), project.name.clone()),
            None => ("project:".to_owned(), "No project".to_owned()),
        }
    }

    /// A link of the schedule between milestones and activities.
    fn link(&mut self, link: &PlanLink) {
        let (from, to) = (self.plan.node(link.from), self.plan.node(link.to));
        let through = [from, to].iter().any(|node| node.kind == Kind::Dependency);
        let seen = [from, to].iter().any(|node| self.sight.sees(node));
        if through || !seen {
            return;
        }
        let (from, to) = (self.item(link.from), self.item(link.to));
        let kind = match link.kind {
            LinkKind::FinishStart => "FS",
            LinkKind::StartStart => "SS",
            LinkKind::FinishFinish => "FF",
            LinkKind::StartFinish => "SF",
        };
        self.edges.push(Edge { from, to, what: Tie::Link(kind.to_owned()) });
    }

    /// Lanes in their order: projects, teams, parties outside, other programs; each by name.
    fn done(self) -> Graph {
        let rank = |lane: &Lane| match lane.key.split_once(':').map_or("", |(kind, _)| kind) {
            "project" => (0, lane.key == "project:"),
            "team" => (1, false),
            "external" => (2, false),
            _ => (3, false),
        };
        let mut order: Vec<usize> = (0..self.lanes.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&self.lanes[*a], &self.lanes[*b]);
            rank(a).cmp(&rank(b)).then_with(|| natural(&a.name, &b.name))
        });
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let lanes: Vec<Lane> = order.iter().map(|old| self.lanes[*old].clone()).collect();
        let nodes: Vec<Node> =
            self.nodes.into_iter().map(|node| Node { lane: place[node.lane], ..node }).collect();
        let within = self
            .edges
            .iter()
            .map(|edge| matches!(edge.what, Tie::Link(_)) && nodes[edge.from].lane == nodes[edge.to].lane);
        Graph { within: within.collect(), lanes, nodes, edges: self.edges }
    }
}
