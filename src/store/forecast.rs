//! What may happen to the plans of programs: their open risks with what they threaten.

use super::{Db, Result};
use crate::domain::forecast::Threat;
use crate::domain::ids::{ItemId, ProgramId};
use chrono::NaiveDate;
use uuid::Uuid;

/// The open risks of programs as they stood, but for archived ones, by program and number.
///
/// # Errors
/// When the database refuses.
pub async fn threats(db: &Db, programs: &[ProgramId], as_of: Option<NaiveDate>) -> Result<Vec<Threat>> {
    let programs: Vec<Uuid> = programs.iter().map(|program| program.0).collect();
    let rows = sqlx::query!(
        r#"
        select i.id as "id!: ItemId", i.program as "program!: ProgramId", i.number as "number!", i.title as "title!",
               r.probability, r.opportunity as "opportunity!", r.schedule_effect_days,
               array(select l.to_item from link_at($2) l
                     where l.from_item = i.id and l.relation = 'threatens' order by l.to_item) as "threatens!: Vec<Uuid>"
        from item_at($2) i
        join risk_at($2) r on r.item = i.id and r.program = i.program
        where i.program = any($1) and i.kind = 'risk' and i.open and i.archived_at is null
        order by array_position($1, i.program), i.number
        "#,
        &programs,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    let threats = rows.into_iter().map(|row| Threat {
        item: row.id,
        program: row.program,
        number: row.number,
        title: row.title,
        probability: row.probability,
        opportunity: row.opportunity,
        effect_days: row.schedule_effect_days.and_then(|days| days.try_into().ok()),
        threatens: row.threatens.into_iter().map(ItemId).collect(),
    });
    Ok(threats.collect())
}
