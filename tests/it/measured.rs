//! The metrics of plan, decisions and the log, beside their definitions in plain SQL.

use crate::support::oracle::agree;
use plumbline::domain::metrics::Metric;

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
