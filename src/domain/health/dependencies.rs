//! Dependencies: whether what others owe comes when it is needed.
//!
//! A late promise counts unless the dependency has the float in the network to absorb it. What follows a milestone of its
//! provider comes when the network says that it does, however early it is promised. Of a project are those that are filed under
//! it, and those filed under none that it waits for: what isn't provided in time is the delay of whoever needs it.

use super::{Found, Rag, Reason, Scene, be, count, days, have, plain, working_days};
use crate::domain::facts::DependencyFact;
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::standing::{days_between, is_open};
use crate::domain::words;

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limits) = (scene.day, &scene.thresholds);
    let (mut past, mut promised, mut unagreed, mut quiet) =
        (Found::default(), Found::default(), Found::default(), Found::default());
    let (mut present, mut open, mut absorbed) = (0, 0, 0);
    for track in &scene.facts.dependencies {
        let ours = |fact: &&DependencyFact| !fact.common.archived && scene.is_of(fact.project());
        let Some(fact) = track.at(day).filter(ours).filter(|fact| fact.common.raised_on <= day) else {
            continue;
        };
        present += 1;
        if !is_open(&fact.common, Kind::Dependency, day) {
            continue;
        }
        open += 1;
        if let Some(needed) = fact.needed_by {
            let left = days_between(day, needed);
            if left < 0 {
                past.add(track, -left, format!("needed by {}, {} ago", words::day(needed), days(-left)));
            } else {
                // What is delivered already can't come late any more.
                let delivered = fact.common.state == State::Delivered;
                let place = scene.place(track.item);
                let computed = place.filter(|place| place.computed).map(|place| place.on);
                let comes = fact.promised_by.max(computed);
                if let Some(comes) = comes.filter(|comes| !delivered && *comes > needed) {
                    let gap = days_between(needed, comes);
                    // A gap over a weekend is a gap.
                    let difference = scene.working_days(needed, comes).max(1);
                    let float = place.map_or(0, |place| place.float_days);
                    let word =
                        if fact.promised_by == Some(comes) { "promised" } else { "forecast by the network" };
                    if float < difference {
                        let kept =
                            place.map_or(String::new(), |_| format!(", float {}", working_days(float)));
                        promised.add(
                            track,
                            gap,
                            format!("{word} {}, {} after it is needed{kept}", words::day(comes), days(gap)),
                        );
                    } else {
                        absorbed += 1;
                    }
                }
                if !fact.provider_agreed && left < limits.dependency_agree_days {
                    unagreed.add(track, -left, format!("needed in {}, not agreed", days(left)));
                }
            }
        }
        let silence = days_between(fact.common.updated_on.max(fact.common.raised_on), day);
        if silence > limits.dependency_update_days {
            quiet.add(track, silence, format!("no update for {}", days(silence)));
        }
    }
    let dependencies = |number| count(number, "open dependency", "open dependencies");
    let mut reasons: Vec<Reason> = [
        past.reason(Rag::Red, "dependencies.past_needed_by", |number, worst| {
            let what = dependencies(number);
            format!("{what} {} past the needed-by day, the longest by {}.", be(number), days(worst))
        }),
        promised.reason(Rag::Red, "dependencies.promised_late", |number, worst| {
            let what = dependencies(number);
            let or_forecast = if scene.network.is_some() { "promised or forecast" } else { "promised" };
            format!(
                "{what} {} {or_forecast} after the needed-by day, the latest by {}.",
                be(number),
                days(worst)
            )
        }),
        unagreed.reason(Rag::Amber, "dependencies.not_agreed", |number, worst| {
            format!(
                "{} needed within {} {} not agreed by the provider, the first needed in {}.",
                dependencies(number),
                days(limits.dependency_agree_days),
                be(number),
                days(-worst)
            )
        }),
        quiet.reason(Rag::Amber, "dependencies.no_update", |number, worst| {
            format!(
                "{} {} had no update for more than {}, the longest for {}.",
                dependencies(number),
                have(number),
                days(limits.dependency_update_days),
                days(worst)
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        reasons.push(match (present, open) {
            (0, _) => plain(
                Rag::Grey,
                "dependencies.no_data",
                "No dependency is kept, so dependencies can't be judged.",
            ),
            (_, 0) => {
                let all = count(present, "dependency is", "dependencies are");
                plain(Rag::Green, "dependencies.good", format!("No dependency is open; {all} settled."))
            }
            _ => {
                let text = match absorbed {
                    0 => format!("{}, none past or promised after its needed-by day.", dependencies(open)),
                    some => format!(
                        "{}, none past its needed-by day; {some} promised later, within the float of the network.",
                        dependencies(open)
                    ),
                };
                plain(Rag::Green, "dependencies.good", text)
            }
        });
    }
    reasons
}
