//! The schedule: whether what was committed will be kept.
//!
//! A milestone whose date the network computes is judged by the later of what is stated and what the network says, so that an
//! optimistic statement hides nothing. Of one that is linked to nothing no float is known, so it is judged like one on the critical
//! path, and the reason says so: leaving out links makes nothing greener.

use super::{Found, Rag, Reason, Scene, be, count, days, float_days, have, plain, working_days};
use crate::domain::kind::Kind;
use crate::domain::metrics::standing::{after, days_between, forecast, is_open, is_out};
use crate::domain::plan::Place;
use crate::domain::words;
use chrono::NaiveDate;

/// The date by which a milestone is judged.
struct Judged {
    on: NaiveDate,
    /// What is stated, where the network says a later day.
    stated: Option<NaiveDate>,
}

impl Judged {
    /// The later of what is stated and what the network says; the network's alone where that is what the forecast is.
    fn of(stated: NaiveDate, place: Option<&Place>) -> Self {
        match place.filter(|place| place.computed) {
            Some(place) if place.by_network => Self { on: place.on, stated: None },
            Some(place) if place.on > stated => Self { on: place.on, stated: Some(stated) },
            _ => Self { on: stated, stated: None },
        }
    }

    fn said(&self) -> String {
        match self.stated {
            Some(stated) => {
                format!("the network says {}, stated is {}", words::day(self.on), words::day(stated))
            }
            None => format!("forecast {}", words::day(self.on)),
        }
    }
}

pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let (day, limits) = (scene.day, &scene.thresholds);
    let (mut late, mut slipping, mut overdue, mut stale) =
        (Found::default(), Found::default(), Found::default(), Found::default());
    let tight = too_late(scene);
    let (mut present, mut open, mut committed_ones, mut next, mut any_unlinked) = (0, 0, 0, None, false);
    let (mut late_by_network, mut slipping_by_network) = (0, 0);
    for track in &scene.facts.milestones {
        let Some(fact) = track.at(day).filter(|fact| scene.has(&fact.common) && !is_out(fact, day)) else {
            continue;
        };
        present += 1;
        if !is_open(&fact.common, Kind::Milestone, day) {
            continue;
        }
        open += 1;
        let place = scene.place(track.item);
        let computed = place.filter(|place| place.computed).map(|place| place.on);
        let Some(forecast) = forecast(fact).or(computed) else { continue };
        let judged = Judged::of(forecast, place);
        let by_network = place.is_some_and(|place| place.computed && place.by_network);
        let unlinked = place.is_none_or(|place| !place.linked);
        let critical = unlinked || place.is_some_and(|place| place.critical);
        if judged.on >= day {
            next = next.into_iter().chain([(judged.on, track.number)]).min();
        }
        if let Some(committed) = fact.committed_on {
            committed_ones += 1;
            let slip = scene.working_days(committed, judged.on);
            let float = match place {
                Some(place) if !critical => {
                    format!("; not on the critical path, float {}", working_days(place.float_days))
                }
                Some(_) if unlinked => "; linked to nothing, so its float isn't known".to_owned(),
                _ => String::new(),
            };
            let note = || {
                format!(
                    "{} late: {}, committed {}{float}",
                    working_days(slip),
                    judged.said(),
                    words::day(committed)
                )
            };
            if slip > limits.schedule_red_working_days && critical {
                any_unlinked |= unlinked;
                late_by_network += usize::from(judged.stated.is_some());
                late.add(track, slip, note());
            } else if slip > limits.schedule_amber_working_days {
                slipping_by_network += usize::from(judged.stated.is_some());
                slipping.add(track, slip, note());
            }
            if committed < day && forecast < day && !by_network {
                let past = days_between(committed, day);
                overdue.add(
                    track,
                    past,
                    format!("{} overdue, last forecast {}", days(past), words::day(forecast)),
                );
            }
        }
        let known_overdue = fact.committed_on.is_some_and(|committed| committed < day) && forecast < day;
        let due = !known_overdue && forecast <= after(day, limits.forecast_due_days);
        let age = fact.forecast_stated_on.map(|stated| days_between(stated, day));
        if due && !by_network && age.is_none_or(|age| age > limits.forecast_update_days) {
            let left = days_between(day, forecast);
            let said = age.map_or("never stated".to_owned(), |age| format!("stated {} ago", days(age)));
            let due = if left < 0 {
                format!("forecast for {}, which has passed, and", words::day(forecast))
            } else {
                format!("due in {}, forecast", days(left))
            };
            stale.add(track, -left, format!("{due} {said}"));
        }
    }
    let mut reasons: Vec<Reason> = [
        overdue.reason(Rag::Red, "schedule.overdue", |number, worst| {
            let what = count(number, "milestone", "milestones");
            format!("{what} {} overdue without a new forecast, the longest by {}.", be(number), days(worst))
        }),
        late.reason(Rag::Red, "schedule.forecast_late", |number, worst| {
            format!(
                "{} {}{} forecast past the committed date by more than {}{}, the worst by {worst}.",
                count(number, "milestone", "milestones"),
                match (scene.network, any_unlinked) {
                    (None, _) => "",
                    (Some(_), false) => "on the critical path ",
                    (Some(_), true) => "on the critical path or linked to nothing ",
                },
                be(number),
                working_days(limits.schedule_red_working_days),
                by_network(late_by_network)
            )
        }),
        tight,
        slipping.reason(Rag::Amber, "schedule.forecast_slipping", |number, worst| {
            format!(
                "{} {} forecast past the committed date by more than {}{}, the worst by {worst}.",
                count(number, "milestone", "milestones"),
                be(number),
                working_days(limits.schedule_amber_working_days),
                by_network(slipping_by_network)
            )
        }),
        stale.reason(Rag::Amber, "schedule.forecast_stale", |number, _| {
            format!(
                "{} due within {} {} had no forecast update for {}.",
                count(number, "milestone", "milestones"),
                days(limits.forecast_due_days),
                have(number),
                days(limits.forecast_update_days)
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        reasons.push(nothing_wrong(scene, present, open, committed_ones, next));
    }
    reasons
}

/// How many of them are late by what the network says, and not by what is stated.
fn by_network(number: usize) -> String {
    if number == 0 { String::new() } else { format!(" ({number} by the network, not by what is stated)") }
}

/// The open work that can't keep a deadline or a constraint.
fn too_late(scene: &Scene<'_>) -> Option<Reason> {
    let mut found = Found::default();
    let ours = scene.network.into_iter().flat_map(|network| network.too_late.iter());
    let limit = scene.thresholds.schedule_float_working_days;
    let ours = ours.filter(|late| late.float_days < limit);
    for late in ours.filter(|late| scene.project.is_none() || late.project == scene.project) {
        let note = format!("total float {}: {}", float_days(late.float_days), late.cause_for(scene.project));
        found.add_named(&late.name, -late.float_days, note);
    }
    found.reason(Rag::Amber, "schedule.negative_float", |number, worst| {
        format!(
            "{} {} total float below {}, down to {}.",
            count(number, "open activity or milestone", "open activities and milestones"),
            have(number),
            float_days(limit),
            float_days(-worst)
        )
    })
}

/// The reason where no rule found anything: good, or nothing to judge by. `next` is the open milestone that is forecast
/// first, with its date.
fn nothing_wrong(
    scene: &Scene<'_>,
    present: usize,
    open: usize,
    committed: usize,
    next: Option<(NaiveDate, i32)>,
) -> Reason {
    let milestones = |number| count(number, "milestone", "milestones");
    match (present, open, committed) {
        (0, ..) => {
            plain(Rag::Grey, "schedule.no_data", "No milestone is kept, so the schedule can't be judged.")
        }
        (_, 0, _) => {
            let text = format!("No milestone is open; {} achieved.", milestones(present));
            plain(Rag::Green, "schedule.good", text)
        }
        (.., 0) => {
            let text = format!("{} open, none with a committed date.", milestones(open));
            plain(Rag::Grey, "schedule.no_data", text)
        }
        _ => {
            let next = next.map_or(String::new(), |(date, number)| {
                format!(" Next is {} on {}.", scene.reference(Kind::Milestone, number), words::day(date))
            });
            let limit = working_days(scene.thresholds.schedule_amber_working_days);
            let text = format!(
                "{} open, none forecast past the committed date by more than {limit}.{next}",
                milestones(open)
            );
            plain(Rag::Green, "schedule.good", text)
        }
    }
}
