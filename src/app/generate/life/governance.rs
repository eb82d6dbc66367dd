//! How a program is governed: releases with their gates and checks, benefits and what was measured of them, stakeholders and
//! what they answered, meetings and what came of them, reports with their ratings, and money.

use super::super::{HISTORY_DAYS, id, words};
use super::{Life, Sim, last, working};
use crate::domain::benefit::Point;
use crate::domain::check::AREAS;
use crate::domain::ids::ItemId;
use crate::domain::item::Detail;
use crate::domain::kind::{Kind, State};
use crate::domain::report::DIMENSIONS;
use crate::domain::transition::Move;
use crate::store::bulk::{Noted, NotedVersion};
use chrono::{Datelike, Days, Months, NaiveDate};
use rand::RngExt;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Releases of a program, one a quarter.
const RELEASES: u64 = 10;
const BENEFITS: usize = 5;
const STAKEHOLDERS: usize = 8;
const CATEGORIES: [&str; 3] = ["People", "Licences", "Hardware"];
const COLOURS: [&str; 3] = ["green", "amber", "red"];

impl Sim {
    pub(super) fn governance(&mut self) {
        for at in 0..RELEASES {
            self.release(at);
        }
        for at in 0..BENEFITS {
            self.benefit(at);
        }
        self.stakeholders();
        self.meetings();
        self.reports();
        self.budget();
        for _ in 0..40 {
            let on = self.some_day();
            let at = self.rng.random_range(0..self.milestones.len());
            let item = self.milestones[at].0;
            let what = words::reason(&mut self.rng);
            self.note("rework", on, json!({"item": item, "on": on, "what": what, "days": 2, "version": 1}));
        }
    }

    /// Keeps what was recorded on a day; its id.
    fn note(&mut self, table: &'static str, on: NaiveDate, values: Value) -> Uuid {
        let at = self.moment(on, None);
        let made = id(&mut self.rng, at);
        let by = self.house.program.manager;
        let mut row = Map::new();
        row.insert("id".into(), json!(made));
        row.extend(values.as_object().cloned().unwrap_or_default());
        self.lived.noted.push(Noted { table, versions: vec![NotedVersion { row, on, at, by }] });
        made
    }

    /// A later version of what was noted last.
    fn amend(&mut self, on: NaiveDate, values: &Value) {
        let at = self.moment(on, None);
        let by = self.house.program.manager;
        let Some(noted) = self.lived.noted.last_mut() else { return };
        let Some(before) = noted.versions.last() else { return };
        let mut row = before.row.clone();
        row.extend(values.as_object().cloned().unwrap_or_default());
        noted.versions.push(NotedVersion { row, on, at: at.max(before.at), by });
    }

    fn release(&mut self, at: u64) {
        let launch = working(self.start + Days::new(70 + (HISTORY_DAYS + 100) / RELEASES * at));
        let raised = launch - Days::new(60);
        if raised > self.today {
            return;
        }
        let raised = working(raised).min(self.today);
        let title = format!("Release {}", launch.format("%Y-%m"));
        let mut life = self.begin(Kind::Release, raised, title, |_, _, item| {
            if let Detail::Release(own) = &mut item.detail {
                own.launch_on = Some(launch);
            }
        });
        let release = last(&life).id;
        let launched = self.gate(release, launch, raised);
        for _ in 0..self.rng.random_range(3..9) {
            if let Some(on) = self.later(raised, 5, 58) {
                self.happening(release, "defect", on);
            }
        }
        if let Some(launched) = launched.filter(|on| self.to(&mut life, State::Launched, *on).is_some()) {
            for (kind, most) in [("defect", 3), ("incident", 4)] {
                for _ in 0..self.rng.random_range(0..most) {
                    if let Some(on) = self.later(launched, 0, 40) {
                        self.happening(release, kind, on);
                    }
                }
            }
            if let Some(on) = self.later(launched, 31, 45) {
                self.to(&mut life, State::Reviewed, on);
            }
        }
        self.keep(life);
    }

    fn happening(&mut self, release: ItemId, kind: &str, on: NaiveDate) {
        let count = self.rng.random_range(1..4);
        let title = words::issue(&mut self.rng);
        self.note(
            "release_event",
            on,
            json!({"release": release, "kind": kind, "on": on, "count": count, "title": title, "source": "",
                "external_id": null}),
        );
    }

    /// The gate before a launch, with its checks; the day of the launch, if it came to that.
    fn gate(&mut self, release: ItemId, launch: NaiveDate, raised: NaiveDate) -> Option<NaiveDate> {
        let on = working(launch - Days::new(7));
        let title = format!("Go / no-go of {}", launch.format("%B %Y"));
        let mut gate = self.begin(Kind::Gate, raised, title, |_, _, item| {
            if let Detail::Gate(own) = &mut item.detail {
                own.on = on;
                own.release = Some(release.0);
                own.sign_off_roles = vec!["engineering".into(), "support".into()];
            }
        });
        let gate_id = last(&gate).id;
        for (area, label) in AREAS.iter().take(9) {
            let due = self.day_after(raised, 20, 50);
            let title = format!("{label} is ready");
            let mandatory = self.chance(60);
            let mut check = self.begin(Kind::Check, raised, title, |_, _, item| {
                if let Detail::Check(own) = &mut item.detail {
                    own.gate = gate_id.0;
                    own.area = (*area).into();
                    own.mandatory = mandatory;
                    own.due_on = Some(due);
                }
            });
            self.checked(&mut check, raised);
            self.keep(check);
        }
        let launched = (on <= self.today).then_some(on).and_then(|on| {
            self.to(&mut gate, State::InReview, on)?;
            let by = self.by(&gate).map(|person| person.0);
            if self.chance(20) {
                let conditions = "Watch the load for a week".to_owned();
                self.go(&mut gate, &Move { by, conditions, ..Move::new(State::ConditionalGo, on) })?;
            } else {
                self.go(&mut gate, &Move { by, ..Move::new(State::Go, on) })?;
            }
            Some(launch).filter(|launch| *launch <= self.today)
        });
        self.keep(gate);
        launched
    }

    fn checked(&mut self, check: &mut Life, raised: NaiveDate) -> Option<()> {
        let mut day = self.later(raised, 5, 25)?;
        if self.chance(6) {
            return self.to(check, State::NotApplicable, day);
        }
        self.to(check, State::InProgress, day)?;
        day = self.later(day, 5, 40)?;
        if self.chance(15) {
            self.to(check, State::Failed, day)?;
            day = self.later(day, 3, 20)?;
        }
        if self.chance(8) {
            let until = Some(self.day_after(day, 20, 60));
            let reason = "It is done by hand until then.".to_owned();
            return self.go(check, &Move { reason, until, ..Move::new(State::Waived, day) });
        }
        self.to(check, State::Passed, day)
    }

    fn benefit(&mut self, at: usize) {
        let raised = working(self.start + Days::new(10 * at as u64));
        let from = f64::from(self.rng.random_range(20..200_i32));
        let gain = f64::from(self.rng.random_range(40..400_i32)) * if at == 3 { -0.1 } else { 1.0 };
        let plan = (0..5_u32).map(|n| Point {
            on: self.start + Months::new(6 * n + 3),
            value: from + gain * f64::from(n) / 4.0,
        });
        let plan: Vec<Point> = plan.collect();
        let weight = f64::from(self.rng.random_range(1..5_i32));
        let titles =
            ["Orders a day", "Reports without a call", "Users who stay", "Days to close", "Papers saved"];
        let mut life = self.begin(Kind::Benefit, raised, titles[at % titles.len()].into(), |_, _, item| {
            if let Detail::Benefit(own) = &mut item.detail {
                own.unit = "a day".into();
                own.baseline = from;
                own.plan = plan;
                own.weight = weight;
            }
        });
        let benefit = last(&life).id;
        if let Some(on) = self.later(raised, 20, 40) {
            self.to(&mut life, State::Tracking, on);
        }
        self.keep(life);
        let mut on = raised;
        while let Some(next) = self.later(on, 25, 40) {
            on = next;
            let gone = f64::from(u32::try_from((on - self.start).num_days()).unwrap_or_default()) / 820.0;
            let share = gone * f64::from(self.rng.random_range(60..115_i32)) / 100.0;
            let value = ((from + gain * share) * 100.0).round() / 100.0;
            self.note(
                "measurement",
                on,
                json!({"benefit": benefit, "adoption_target": null, "on": on, "value": value, "note": "", "version": 1}),
            );
        }
        for quarter in 1..=8_u64 {
            let due = working(self.start + Days::new(92 * quarter));
            let target = 20 * quarter;
            let adoption = self.note(
                "adoption_target",
                raised,
                json!({"benefit": benefit, "title": format!("Teams that use it, quarter {quarter}"), "unit": "teams",
                    "target": target, "due_on": due, "version": 1}),
            );
            for part in [60, 85, self.rng.random_range(80..120)] {
                if let Some(on) = self.later(due - Days::new(40), 0, 50) {
                    self.note(
                        "measurement",
                        on,
                        json!({"benefit": benefit, "adoption_target": adoption, "on": on,
                            "value": target * part / 100, "note": "", "version": 1}),
                    );
                }
            }
        }
    }

    fn stakeholders(&mut self) {
        let groups = [
            "Finance",
            "Works council",
            "Operations",
            "Key customers",
            "Audit",
            "Sales",
            "Suppliers",
            "The board",
        ];
        let mut known = Vec::new();
        for at in 0..STAKEHOLDERS {
            let raised = self.start;
            let life =
                self.begin(Kind::Stakeholder, raised, groups[at % groups.len()].into(), |sim, _, item| {
                    if let Detail::Stakeholder(own) = &mut item.detail {
                        own.influence = Some(sim.rng.random_range(1..=5));
                        own.interest = Some(sim.rng.random_range(1..=5));
                    }
                });
            known.push(last(&life).id);
            self.keep(life);
        }
        for number in 1..=12_u64 {
            let Some(opened) =
                Some(working(self.start + Days::new(58 * number))).filter(|on| *on <= self.today)
            else {
                return;
            };
            let survey = self.note(
                "survey",
                opened,
                json!({"number": number, "title": format!("How is it going? {number}"),
                    "question": "How content are you with the program?", "opened_on": opened,
                    "closes_on": opened + Days::new(30), "version": 1}),
            );
            for stakeholder in known.clone() {
                let invitation = self.note(
                    "survey_invitation",
                    opened,
                    json!({"survey": survey, "stakeholder": stakeholder, "secret_hash": null, "invited_on": opened}),
                );
                let answered = self.later(opened, 0, 25).filter(|_| self.chance(65));
                if let Some(on) = answered {
                    let value = self.rng.random_range(2..=5);
                    self.note(
                        "survey_answer",
                        on,
                        json!({"survey": survey, "invitation": invitation, "stakeholder": stakeholder, "value": value,
                            "comment": "", "name": "", "on": on}),
                    );
                }
            }
        }
    }

    fn meetings(&mut self) {
        // What can come of a meeting: decisions and actions, with the day on which they were raised.
        let items = self.lived.pasts.iter().filter_map(|past| {
            let first = &past.versions.first()?.item;
            matches!(first.kind, Kind::Decision | Kind::Action).then_some((first.id, first.effective_on))
        });
        let items: Vec<(ItemId, NaiveDate)> = items.collect();
        for fortnight in 0..HISTORY_DAYS / 14 {
            let on = working(self.start + Days::new(14 * fortnight + 3));
            let key = fortnight.is_multiple_of(2);
            let forum = if key { "Steering committee" } else { "Weekly" };
            let mut life =
                self.begin(Kind::Meeting, on.min(self.today), format!("{forum} of {on}"), |_, _, item| {
                    if let Detail::Meeting(own) = &mut item.detail {
                        own.on = on;
                        own.forum = forum.into();
                        own.key = key;
                        own.minutes = Some(60);
                    }
                });
            let meeting = last(&life).id;
            if on <= self.today {
                let state = if self.chance(95) { State::Held } else { State::Cancelled };
                self.to(&mut life, state, on);
                if self.chance(65) && !items.is_empty() {
                    let (item, raised) = items[self.rng.random_range(0..items.len())];
                    let noted = on.max(raised);
                    let at = self.moment(noted, None);
                    let row = json!({"meeting": meeting, "item": item, "part": "outcome", "position": 0, "note": "",
                        "carried_from": null});
                    let row = row.as_object().cloned().unwrap_or_default();
                    let by = self.house.program.manager;
                    let version = NotedVersion { row, on: noted, at, by };
                    self.lived.noted.push(Noted { table: "meeting_item", versions: vec![version] });
                }
            }
            self.keep(life);
        }
    }

    fn reports(&mut self) {
        for fortnight in 1..HISTORY_DAYS / 14 {
            let to = working(self.start + Days::new(14 * fortnight));
            if to > self.today {
                return;
            }
            let computed: BTreeMap<String, String> = DIMENSIONS
                .iter()
                .map(|(name, _)| ((*name).to_owned(), COLOURS[self.rng.random_range(0..3)].to_owned()))
                .collect();
            let mut declared = computed.clone();
            let gap = self.chance(20);
            if gap && let Some(worse) = declared.values_mut().find(|colour| *colour != "green") {
                "green".clone_into(worse);
            }
            let mut life = self.begin(Kind::Report, to, format!("Status to {to}"), |_, _, item| {
                if let Detail::Report(own) = &mut item.detail {
                    own.period_from = to - Days::new(13);
                    own.period_to = to;
                    own.declared = declared;
                    own.computed = computed;
                    own.rules_version = Some(crate::domain::health::RULES_VERSION);
                    own.headline = "On the whole as planned.".into();
                }
            });
            let report = last(&life).id;
            let published =
                self.later(to, 0, 3).filter(|on| self.to(&mut life, State::Published, *on).is_some());
            self.keep(life);
            let Some(published) = published else { continue };
            for reader in 0..self.rng.random_range(0..4_usize) {
                let Some(on) = self.later(published, 0, 12) else { continue };
                let Some(person) = self.house.people.get(reader).map(|person| person.id) else { continue };
                let at = self.moment(on, None);
                let row = json!({"report": report, "person": person, "value": self.rng.random_range(2..=5), "comment": "",
                    "on": on});
                let row = row.as_object().cloned().unwrap_or_default();
                let version = NotedVersion { row, on, at, by: Some(person) };
                self.lived.noted.push(Noted { table: "report_rating", versions: vec![version] });
            }
        }
    }

    /// Money by category and quarter of a year: planned at the start, spent once the quarter is over, forecast anew before.
    fn budget(&mut self) {
        let first = self.start.with_day(1).unwrap_or(self.start);
        for category in CATEGORIES {
            for quarter in 0..11_u32 {
                let period = first + Months::new(3 * quarter);
                let project = usize::try_from(quarter).unwrap_or_default() % self.house.projects.len();
                let project = self.house.projects.get(project).map(|project| project.id);
                let planned = self.rng.random_range(20..200_i64) * 1_000;
                self.note(
                    "budget_line",
                    self.start,
                    json!({"project": project, "category": category, "period_on": period, "planned": planned,
                        "committed": null, "actual": null, "forecast": planned, "note": "", "archived_at": null,
                        "version": 1}),
                );
                let mut on = self.start;
                for version in 2..=3 {
                    let Some(next) = self.later(on, 60, 240) else { break };
                    on = next;
                    let forecast = planned * self.rng.random_range(90..120) / 100;
                    let spent = (period + Months::new(1) <= on).then_some(forecast);
                    self.amend(on, &json!({"forecast": forecast, "actual": spent, "version": version}));
                }
            }
        }
    }
}
