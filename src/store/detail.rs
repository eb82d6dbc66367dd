//! What each kind of item has of its own: one statement a kind that writes any number of rows, new or changed. Rows travel as
//! JSON whose names are the columns', so that one row and ten thousand take the same path.

use super::{Db, Result, Tx};
use crate::domain::ids::ItemId;
use crate::domain::item::Detail;
use crate::domain::kind::Kind;
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// Writes rows of a kind, as made by [`row`].
///
/// # Errors
/// A named constraint that refuses a value.
pub async fn save(tx: &mut Tx, kind: Kind, rows: &[Value]) -> Result<()> {
    let rows = Value::Array(rows.to_vec());
    match kind {
        Kind::Milestone => {
            sqlx::query!(
                "insert into milestone select * from jsonb_populate_recordset(null::milestone, $1)
                 on conflict (item) do update set
                     kind = excluded.kind, original_on = excluded.original_on,
                     committed_on = excluded.committed_on, forecast_on = excluded.forecast_on,
                     forecast_stated_on = excluded.forecast_stated_on,
                     forecast_reason = excluded.forecast_reason, achieved_on = excluded.achieved_on,
                     acceptance_criteria = excluded.acceptance_criteria, confidence = excluded.confidence,
                     forecast_from = excluded.forecast_from, effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Activity => {
            sqlx::query!(
                r#"insert into activity select * from jsonb_populate_recordset(null::activity, $1)
                 on conflict (item) do update set
                     optimistic_days = excluded.optimistic_days, likely_days = excluded.likely_days,
                     pessimistic_days = excluded.pessimistic_days, remaining_days = excluded.remaining_days,
                     percent_complete = excluded.percent_complete, actual_start_on = excluded.actual_start_on,
                     actual_finish_on = excluded.actual_finish_on, "constraint" = excluded."constraint",
                     constraint_on = excluded.constraint_on, deadline_on = excluded.deadline_on,
                     calendar = excluded.calendar, parent = excluded.parent, resources = excluded.resources,
                     effective_on = excluded.effective_on"#,
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Risk => {
            sqlx::query!(
                "insert into risk select * from jsonb_populate_recordset(null::risk, $1)
                 on conflict (item) do update set
                     cause = excluded.cause, event = excluded.event, effect = excluded.effect,
                     category = excluded.category, opportunity = excluded.opportunity,
                     inherent_probability = excluded.inherent_probability,
                     inherent_impact = excluded.inherent_impact, probability = excluded.probability,
                     impact = excluded.impact, target_probability = excluded.target_probability,
                     target_impact = excluded.target_impact, response = excluded.response,
                     response_plan = excluded.response_plan, trigger = excluded.trigger,
                     proximity_on = excluded.proximity_on, review_on = excluded.review_on,
                     schedule_effect_days = excluded.schedule_effect_days, cost_effect = excluded.cost_effect,
                     accepted_by = excluded.accepted_by, accepted_until = excluded.accepted_until,
                     acceptance_reason = excluded.acceptance_reason, effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Assumption => {
            sqlx::query!(
                "insert into assumption select * from jsonb_populate_recordset(null::assumption, $1)
                 on conflict (item) do update set
                     impact_if_false = excluded.impact_if_false, validate_by = excluded.validate_by,
                     method = excluded.method, outcome = excluded.outcome,
                     effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Issue => {
            sqlx::query!(
                "insert into issue select * from jsonb_populate_recordset(null::issue, $1)
                 on conflict (item) do update set
                     severity = excluded.severity, due_on = excluded.due_on, blocking = excluded.blocking,
                     blocked_team = excluded.blocked_team, owing_team = excluded.owing_team,
                     resolved_on = excluded.resolved_on, resolution = excluded.resolution,
                     root_cause = excluded.root_cause, effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Dependency => {
            sqlx::query!(
                "insert into dependency select * from jsonb_populate_recordset(null::dependency, $1)
                 on conflict (item) do update set
                     provider_project = excluded.provider_project, provider_team = excluded.provider_team,
                     provider_external = excluded.provider_external,
                     consumer_project = excluded.consumer_project, consumer_team = excluded.consumer_team,
                     consumer_external = excluded.consumer_external,
                     acceptance_criteria = excluded.acceptance_criteria, test_point = excluded.test_point,
                     needed_by = excluded.needed_by, promised_by = excluded.promised_by,
                     proposed_needed_by = excluded.proposed_needed_by,
                     proposed_promised_by = excluded.proposed_promised_by,
                     provider_agreed_by = excluded.provider_agreed_by,
                     provider_agreed_on = excluded.provider_agreed_on,
                     consumer_agreed_by = excluded.consumer_agreed_by,
                     consumer_agreed_on = excluded.consumer_agreed_on, delivered_on = excluded.delivered_on,
                     accepted_on = excluded.accepted_on, outcome = excluded.outcome,
                     provider_milestone = excluded.provider_milestone,
                     consumer_milestone = excluded.consumer_milestone, effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Decision => {
            sqlx::query!(
                "insert into decision select * from jsonb_populate_recordset(null::decision, $1)
                 on conflict (item) do update set
                     context = excluded.context, options = excluded.options,
                     recommendation = excluded.recommendation, needed_by = excluded.needed_by,
                     if_undecided = excluded.if_undecided, forum = excluded.forum,
                     requested_on = excluded.requested_on, escalated_on = excluded.escalated_on,
                     escalated_to = excluded.escalated_to, decided_on = excluded.decided_on,
                     decided_by = excluded.decided_by, decided_option = excluded.decided_option,
                     rationale = excluded.rationale, deferred_until = excluded.deferred_until,
                     superseded_by = excluded.superseded_by, effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Change => {
            sqlx::query!(
                "insert into change select * from jsonb_populate_recordset(null::change, $1)
                 on conflict (item) do update set
                     kinds = excluded.kinds, reason = excluded.reason, adds = excluded.adds,
                     removes = excluded.removes, redefines = excluded.redefines,
                     schedule_days = excluded.schedule_days, cost = excluded.cost,
                     rebaseline = excluded.rebaseline, submitted_on = excluded.submitted_on,
                     decided_on = excluded.decided_on, decided_by = excluded.decided_by,
                     decision_reason = excluded.decision_reason, implemented_on = excluded.implemented_on,
                     effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
        Kind::Action => {
            sqlx::query!(
                "insert into action select * from jsonb_populate_recordset(null::action, $1)
                 on conflict (item) do update set
                     due_on = excluded.due_on, from_item = excluded.from_item, done_on = excluded.done_on,
                     effective_on = excluded.effective_on",
                rows,
            )
            .execute(tx.conn())
            .await?
        }
    };
    Ok(())
}

/// The stored form of what an item has of its own.
#[must_use]
pub fn row(
    item: ItemId,
    program: crate::domain::ids::ProgramId,
    effective_on: NaiveDate,
    detail: &Detail,
) -> Value {
    let mut values = detail.values();
    values.insert("item".into(), Value::from(item.to_string()));
    values.insert("program".into(), Value::from(program.to_string()));
    values.insert("effective_on".into(), Value::from(effective_on.to_string()));
    Value::Object(values)
}

/// What one item has of its own, as it stood on a day (`None`: as it stands).
///
/// # Errors
/// When the database refuses.
pub async fn read(db: &Db, item: ItemId, kind: Kind, as_of: Option<NaiveDate>) -> Result<Map<String, Value>> {
    let detail = sqlx::query_scalar!("select item_detail($1, $2, $3)", item.0, kind as Kind, as_of)
        .fetch_one(db.pool())
        .await?;
    Ok(match detail {
        Some(Value::Object(values)) => values,
        _ => Map::new(),
    })
}
