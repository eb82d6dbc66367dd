//! The metrics of plan, decisions and the log, beside their definitions in plain SQL; those of the network beside a slow scheduler,
//! and for the story beside a scan of schedules as the API answers them day by day.

mod network;
mod quality;

use crate::browser::Demo;
use crate::support::app::{TestUser, serve, user};
use crate::support::oracle::{agree, days, generated};
use chrono::{Days, NaiveDate};
use network::Slow;
use plumbline::app::generate::Size;
use plumbline::domain::metrics::Metric;
use serde_json::Value;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Each metric as one statement of the day.
const ORACLES: [(Metric, &str); 9] = [
    (
        Metric::MilestoneOnTimeRate,
        "select avg(on_time::int)::float8 from (
             select case
                 when i.state = 'achieved' then m.achieved_on <= m.original_on + 7
                 when m.original_on + 7 < $1 then false
             end as on_time
             from milestone_at($1) m join item_at($1) i on i.id = m.item
             where i.archived_at is null and i.raised_on <= $1 and i.state <> 'cancelled'
               and m.original_on > $1 - 90 and m.original_on <= $1) v",
    ),
    (
        Metric::ScheduleVariance,
        // Days from the earlier to the later one, with a sign; the program's week less its holidays, and its extra days.
        "select percentile_cont(0.5) within group (order by sign(v.until - v.since) * (
                 select count(*) from generate_series(least(v.since, v.until) + 1, greatest(v.since, v.until), '1 day') g(d)
                 where (p.working_week[extract(isodow from d)::int] and not d::date = any(p.holidays)) or d::date = any(p.extra_days)))
         from (select m.program, m.original_on as since, coalesce(m.achieved_on, m.forecast_on) as until
               from milestone_at($1) m join item_at($1) i on i.id = m.item
               where i.archived_at is null and i.raised_on <= $1 and i.state <> 'cancelled') v
         join program_at($1) p on p.id = v.program
         where v.since is not null and v.until is not null",
    ),
    (
        Metric::ScopeChangeRate,
        "select coalesce((
                 select sum(c.adds + c.removes + c.redefines)
                 from change_at($1) c join item_at($1) i on i.id = c.item
                 where i.archived_at is null and 'scope' = any(c.kinds) and i.state in ('approved', 'implemented')
                   and c.decided_on > b.made_on and c.decided_on > $1 - 90 and c.decided_on <= $1), 0)::float8
             / nullif((select count(*) from baseline_date d join item_at($1) i on i.id = d.item where d.baseline = b.id), 0)
         from baseline b where b.number = 0 and b.made_on <= $1",
    ),
    (
        Metric::DecisionLatency,
        "select percentile_cont(0.5) within group (order by (
                 select count(*) from generate_series(v.since + 1, v.decided_on, '1 day') g(d)
                 where (p.working_week[extract(isodow from d)::int] and not d::date = any(p.holidays)) or d::date = any(p.extra_days)))
         from (select d.program, coalesce(d.escalated_on, d.requested_on) as since, d.decided_on
               from decision_at($1) d join item_at($1) i on i.id = d.item
               where i.archived_at is null and d.decided_on > $1 - 90 and d.decided_on <= $1) v
         join program_at($1) p on p.id = v.program
         where v.since is not null",
    ),
    (
        Metric::DependencyAging,
        "select avg($1 - i.raised_on)::float8
         from dependency_at($1) d join item_at($1) i on i.id = d.item
         where i.archived_at is null and i.raised_on <= $1 and i.state not in ('accepted', 'rejected', 'withdrawn')",
    ),
    (
        Metric::RiskBurndown,
        "select count(*) filter (where v.open and v.score >= 15 and $1 - v.raised_on > 30 and not exists (
                 select from link_at($1) l join item_at($1) a on a.id = l.from_item join action_at($1) own on own.item = a.id
                 where l.to_item = v.id and l.relation = 'mitigates' and a.archived_at is null
                   and (a.state = 'done' or a.open and own.due_on >= $1)))::float8
         from (select i.id, i.open, i.raised_on, r.probability * r.impact as score
               from risk_at($1) r join item_at($1) i on i.id = r.item
               where i.archived_at is null and i.raised_on <= $1 and not r.opportunity) v
         having count(*) > 0 and (not bool_or(v.open) or bool_or(v.open and v.score is not null))",
    ),
    (
        Metric::IssueResolutionTime,
        "select avg(soon::int)::float8 from (
             select case
                 when i.state in ('resolved', 'closed') and d.resolved_on > $1 - 90 and d.resolved_on <= $1
                     then d.resolved_on <= i.raised_on + 14
                 when i.state not in ('resolved', 'closed') and i.raised_on > $1 - 104 and i.raised_on < $1 - 14 then false
             end as soon
             from issue_at($1) d join item_at($1) i on i.id = d.item
             where i.archived_at is null and i.raised_on <= $1) v",
    ),
    (
        Metric::ForecastAccuracy,
        "select avg((i.state = 'achieved' and abs(m.achieved_on - v.forecast_on) <= 3)::int)::float8
         from (select m.item, m.forecast_on
               from unnest(array[28, 42]) h
               cross join lateral milestone_at($1 - h) m
               join lateral item_at($1 - h) i on i.id = m.item
               where i.archived_at is null and i.state = 'planned' and i.raised_on <= $1 - h
                 and m.forecast_on > $1 - h and m.forecast_on <= $1) v
         join milestone_at($1) m on m.item = v.item join item_at($1) i on i.id = v.item
         where i.archived_at is null",
    ),
    (
        Metric::Freshness,
        "select avg((owner is not null and next_on >= $1 and effective_on >= $1 - 14 and next_on is not null)::int)::float8
         from item_at($1)
         where kind in ('risk', 'assumption', 'issue', 'dependency', 'decision', 'milestone')
           and archived_at is null and raised_on <= $1 and open",
    ),
];

#[tokio::test]
async fn the_metrics_of_plan_and_log_agree_with_plain_sql_at_twenty_days() {
    agree(&ORACLES).await;
}

/// The schedule of a day, as it is answered.
async fn schedule(reader: &TestUser, key: &str, day: NaiveDate) -> Vec<Value> {
    let path = format!("/api/v1/programs/{key}/schedule?as_of={day}");
    reader.get(&path).await.is(200).json()["items"].as_array().cloned().unwrap_or_default()
}

fn is_open(item: &Value) -> bool {
    !["achieved", "done", "cancelled", "dropped"].contains(&item["state"].as_str().unwrap_or_default())
}

fn is_work(item: &Value) -> bool {
    ["milestone", "activity"].contains(&item["kind"].as_str().unwrap_or_default()) && item["summary"] != true
}

/// The open critical milestones and activities of a day, and what is completed by then.
async fn critical(reader: &TestUser, key: &str, day: NaiveDate) -> [BTreeSet<String>; 2] {
    let items = schedule(reader, key, day).await;
    let names = |wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let own = items.iter().filter(|item| item["program"] == key && is_work(item));
        let found = own.filter(|item| wanted(item));
        found.filter_map(|item| item["ref"].as_str().map(str::to_owned)).collect()
    };
    let completed = |item: &Value| item["state"] == "achieved" || item["state"] == "done";
    [names(&|item| is_open(item) && item["critical"] == true), names(&completed)]
}

async fn metric(reader: &TestUser, key: &str, name: &str, day: NaiveDate) -> Value {
    reader.get(&format!("/api/v1/programs/{key}/metrics/{name}?as_of={day}")).await.is(200).json()
}

/// Days on which the data set has its network for longer than all that is looked back.
fn networked() -> impl Iterator<Item = NaiveDate> {
    let begun: NaiveDate = "2025-03-20".parse().unwrap();
    days().into_iter().filter(move |day| *day > begun)
}

/// In how many of the thirteen weeks to each day the critical path stayed, week by week; and that the metric says so. What was
/// critical and completed at the end of a day is asked of `at`.
async fn unchanged(
    reader: &TestUser,
    key: &str,
    days: impl Iterator<Item = NaiveDate>,
    at: impl AsyncFn(NaiveDate) -> [BTreeSet<String>; 2],
) -> Vec<u32> {
    let mut known: BTreeMap<NaiveDate, [BTreeSet<String>; 2]> = BTreeMap::new();
    let mut values = Vec::new();
    for day in days {
        let mut unchanged = 0;
        for week in 0..13 {
            let ends = [day - Days::new(7 * week), day - Days::new(7 * week + 7)];
            for end in ends {
                if let Entry::Vacant(unknown) = known.entry(end) {
                    unknown.insert(at(end).await);
                }
            }
            let [[now, completed], [was, _]] = ends.map(|end| &known[&end]);
            let left: BTreeSet<_> = was.difference(completed).cloned().collect();
            unchanged += u32::from(left == *now);
        }
        let value = metric(reader, key, "critical_path_stability", day).await["value"].clone();
        let expected = f64::from(unchanged) / 13.0;
        let close = value.as_f64().is_some_and(|value| (value - expected).abs() < 1e-9);
        assert!(close, "{key} on {day}: {value}, and week by week {expected}");
        values.push(unchanged);
    }
    assert!(known.values().any(|[critical, _]| !critical.is_empty()), "nothing of {key} is critical");
    values
}

#[tokio::test]
async fn the_stability_of_the_critical_path_agrees_with_a_scan_of_every_week() {
    let (app, database, _) = generated(Size::S).await;
    let (base, server) = serve(&app).await;
    let client = reqwest::Client::new();
    let reader = user(&app, &base, &client, "Reader", true).await;
    let key: String = sqlx::query_scalar("select key from program").fetch_one(&database.pool).await.unwrap();
    let slowly = async |day| Slow::of(&database, day).await.critical();
    let values = unchanged(&reader, &key, networked(), slowly).await;
    assert!(values.len() >= 12, "{values:?}");
    server.abort();
    // The network of the generated program stays as it was drawn; that of the story is planned anew.
    let demo = Demo::start().await;
    let reader = user(&demo.app, &demo.base, &client, "Reader", true).await;
    let today: NaiveDate = "2026-06-30".parse().unwrap();
    let told = async |day| critical(&reader, "ATLAS", day).await;
    let values = unchanged(&reader, "ATLAS", (0..20).map(|n| today - Days::new(n * 3)), told).await;
    assert!(values.iter().any(|value| *value != values[0]), "{values:?}");
}
