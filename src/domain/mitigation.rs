//! What is being done about risks, seen from the actions that mitigate them: a risk's fact changes whenever one of its
//! actions, or the link to it, does.

use super::facts::{ActionFact, ActionLink, Mitigation, RiskFact, Track, Version, in_force};
use super::ids::ItemId;
use super::kind::{Kind, State};
use super::metrics::standing::is_open;
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};

/// Gives each risk the mitigation that was done or under way from day to day, of the actions linked to it in `links`.
pub fn weigh(risks: &mut [Track<RiskFact>], actions: &[Track<ActionFact>], links: &[ActionLink]) {
    let actions: HashMap<ItemId, &Track<ActionFact>> =
        actions.iter().map(|track| (track.item, track)).collect();
    let mut of_risk: HashMap<ItemId, Vec<(ActionLink, &Track<ActionFact>)>> = HashMap::new();
    for link in links {
        if let Some(action) = actions.get(&link.action) {
            of_risk.entry(link.item).or_default().push((*link, action));
        }
    }
    for risk in risks {
        if let Some(linked) = of_risk.get(&risk.item) {
            risk.versions = weighed(&risk.versions, linked);
        }
    }
}

fn weighed(
    versions: &[Version<RiskFact>],
    linked: &[(ActionLink, &Track<ActionFact>)],
) -> Vec<Version<RiskFact>> {
    let Some(first) = versions.first().map(|version| version.effective_on) else { return Vec::new() };
    let mut days: BTreeSet<NaiveDate> = versions.iter().map(|version| version.effective_on).collect();
    for (link, action) in linked {
        days.insert(link.from);
        days.extend(link.until);
        for version in &action.versions {
            days.insert(version.effective_on);
            // A version may name a closing day that is still ahead of it.
            days.extend(version.fact.common.closed_on);
        }
    }
    let mut weighed: Vec<Version<RiskFact>> = Vec::new();
    for day in days.range(first..) {
        let Some(mut fact) = in_force(versions, *day).copied() else { continue };
        fact.mitigation = under_way(linked, *day);
        if weighed.last().is_none_or(|last| last.fact != fact) {
            weighed.push(Version { effective_on: *day, fact });
        }
    }
    weighed
}

fn under_way(linked: &[(ActionLink, &Track<ActionFact>)], day: NaiveDate) -> Mitigation {
    let mut mitigation = Mitigation::default();
    for (link, action) in linked {
        let holds = link.from <= day && link.until.is_none_or(|until| until > day);
        let Some(fact) = action.at(day).filter(|fact| holds && !fact.common.archived) else { continue };
        if is_open(&fact.common, Kind::Action, day) {
            mitigation.open_until = mitigation.open_until.max(fact.due_on);
        } else if fact.common.state == State::Done {
            mitigation.completed = true;
        }
    }
    mitigation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Common;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn common(state: State, raised: &str, closed: Option<&str>) -> Common {
        Common {
            state,
            project: None,
            owner: None,
            raised_on: day(raised),
            next_on: None,
            closed_on: closed.map(day),
            updated_on: day(raised),
            archived: false,
        }
    }

    fn track<T>(id: u128, kind: Kind, versions: Vec<(&str, T)>) -> Track<T> {
        let versions =
            versions.into_iter().map(|(on, fact)| Version { effective_on: day(on), fact }).collect();
        Track { item: ItemId(Uuid::from_u128(id)), kind, number: 1, title: String::new(), versions }
    }

    #[test]
    fn a_risk_is_mitigated_while_its_action_is_linked_and_open() {
        let risk = RiskFact {
            common: common(State::Open, "2026-01-01", None),
            score: Some(20),
            opportunity: false,
            review_on: None,
            accepted_until: None,
            mitigation: Mitigation::default(),
        };
        let action = |state, closed| ActionFact {
            common: common(state, "2026-01-05", closed),
            due_on: Some(day("2026-03-01")),
        };
        let mut risks = [track(1, Kind::Risk, vec![("2026-01-01", risk)])];
        let actions = [track(
            2,
            Kind::Action,
            vec![
                ("2026-01-05", action(State::Open, None)),
                ("2026-02-10", action(State::Done, Some("2026-02-10"))),
            ],
        )];
        let link = ActionLink {
            action: actions[0].item,
            item: risks[0].item,
            from: day("2026-01-10"),
            until: Some(day("2026-04-01")),
        };
        weigh(&mut risks, &actions, &[link]);
        let at = |on: &str| risks[0].at(day(on)).unwrap().mitigation;
        assert_eq!(at("2026-01-09"), Mitigation::default());
        assert_eq!(at("2026-01-10").open_until, Some(day("2026-03-01")));
        assert_eq!(at("2026-02-10"), Mitigation { completed: true, open_until: None });
        assert_eq!(at("2026-04-01"), Mitigation::default(), "the link was taken away");
        // What is done about it isn't an update of the risk itself.
        assert_eq!(risks[0].at(day("2026-03-01")).unwrap().common.updated_on, day("2026-01-01"));
    }
}
