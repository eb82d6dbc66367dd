//! Surveys: who was asked, and what was answered. The link that answers without an account is kept as its SHA-256.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, ProgramId};
use crate::domain::survey::Survey;
use chrono::NaiveDate;
use uuid::Uuid;

/// Somebody who can be asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub stakeholder: ItemId,
    pub number: i32,
    pub title: String,
    pub invited_on: Option<NaiveDate>,
    /// Whether they answered, where it is told.
    pub answered: Option<bool>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub id: Uuid,
    pub value: i16,
    pub comment: String,
    /// Who signed it; empty for nobody.
    pub name: String,
    pub on: NaiveDate,
    /// It answers an invitation.
    pub invited: bool,
}

/// What a link opens.
#[derive(Clone, Debug)]
pub struct Opened {
    pub invitation: Uuid,
    pub program: ProgramId,
    pub time_zone: String,
    pub program_name: String,
    /// The program's manager.
    pub asks: Option<String>,
    pub survey: Survey,
    pub answer: Option<Answer>,
}

/// The active stakeholders of a program, and whether each was asked, as it stood.
///
/// # Errors
/// When the database refuses.
pub async fn asked(
    db: &Db,
    program: ProgramId,
    survey: Uuid,
    as_of: Option<NaiveDate>,
) -> Result<Vec<Asked>> {
    sqlx::query_as!(
        Asked,
        r#"
        select i.id as "stakeholder!: ItemId", i.number as "number!", i.title as "title!", v.invited_on as "invited_on?",
               exists (select from survey_answer_at($3) a where a.invitation = v.id) as "answered?"
        from item_at($3) i
        left join survey_invitation_at($3) v on v.stakeholder = i.id and v.survey = $2
        where i.program = $1 and i.kind = 'stakeholder' and i.archived_at is null and (i.state = 'active' or v.id is not null)
        order by i.number
        "#,
        program.0,
        survey,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// How many were asked in each survey of a program, as it stood.
///
/// # Errors
/// When the database refuses.
pub async fn invited(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<(Uuid, i64)>> {
    let rows = sqlx::query!(
        r#"select survey as "survey!", count(*) as "count!" from survey_invitation_at($2) where program = $1 group by survey"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.survey, row.count)).collect())
}

/// The answers to the surveys of a program, as they stood, in no order.
///
/// # Errors
/// When the database refuses.
pub async fn answers(db: &Db, program: ProgramId, as_of: Option<NaiveDate>) -> Result<Vec<(Uuid, Answer)>> {
    let rows = sqlx::query!(
        r#"select survey as "survey!", id as "id!", value as "value!", comment as "comment!", name as "name!", "on" as "on!",
                  invitation is not null as "invited!"
           from survey_answer_at($2) where program = $1"#,
        program.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await?;
    let rows = rows.into_iter().map(|row| {
        let answer = Answer {
            id: row.id,
            value: row.value,
            comment: row.comment,
            name: row.name,
            on: row.on,
            invited: row.invited,
        };
        (row.survey, answer)
    });
    Ok(rows.collect())
}

/// The surveys of a program by id, with number and title, as they stand in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn numbered(tx: &mut Tx, program: ProgramId) -> Result<Vec<(Uuid, i32, String)>> {
    let rows = sqlx::query!(
        "select id, number, title from survey where program = $1 and archived_at is null",
        program.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number, row.title)).collect())
}

/// Somebody to be asked: the invitation, the stakeholder, and what is kept of the link.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: Uuid,
    pub stakeholder: ItemId,
    pub secret_hash: Vec<u8>,
}

/// Invites people to a survey; of those who were invited already the link is replaced.
///
/// # Errors
/// When the database refuses.
pub async fn invite(
    tx: &mut Tx,
    program: ProgramId,
    survey: Uuid,
    people: &[Invitation],
    on: NaiveDate,
) -> Result<()> {
    let ids: Vec<_> = people.iter().map(|one| one.id).collect();
    let stakeholders: Vec<_> = people.iter().map(|one| one.stakeholder.0).collect();
    let hashes: Vec<_> = people.iter().map(|one| one.secret_hash.clone()).collect();
    sqlx::query!(
        "insert into survey_invitation as v (id, program, survey, stakeholder, secret_hash, invited_on, effective_on)
         select g.id, $4, $5, g.stakeholder, g.secret_hash, $6, $6
         from unnest($1::uuid[], $2::uuid[], $3::bytea[]) g (id, stakeholder, secret_hash)
         order by g.stakeholder
         on conflict (survey, stakeholder) do update set secret_hash = excluded.secret_hash,
             effective_on = greatest(v.effective_on, excluded.effective_on)",
        &ids,
        &stakeholders,
        &hashes,
        program.0,
        survey,
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a link opens, by what is kept of it.
///
/// # Errors
/// When the database refuses.
pub async fn open(db: &Db, secret_hash: &[u8]) -> Result<Option<Opened>> {
    let row = sqlx::query!(
        r#"select v.id, v.program as "program: ProgramId", g.time_zone, g.name as program_name,
                  m.name as "asks?", to_jsonb(s) as "survey!", a.id as "answer?",
                  a.value as "value?", a.comment as "comment?", a.name as "name?", a."on" as "on?"
           from survey_invitation v
           join survey s on s.id = v.survey
           join program g on g.id = v.program and g.archived_at is null
           left join person m on m.id = g.manager
           left join survey_answer a on a.invitation = v.id
           where v.secret_hash = $1"#,
        secret_hash,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let answer = row.answer.zip(row.value).zip(row.on).map(|((id, value), on)| Answer {
        id,
        value,
        comment: row.comment.unwrap_or_default(),
        name: row.name.unwrap_or_default(),
        on,
        invited: true,
    });
    let survey = serde_json::from_value(row.survey).map_err(|wrong| super::Error::Decode(wrong.into()))?;
    Ok(Some(Opened {
        invitation: row.id,
        program: row.program,
        time_zone: row.time_zone,
        program_name: row.program_name,
        asks: row.asks,
        survey,
        answer,
    }))
}

/// Writes an answer; that of an invitation in the place of the one before.
///
/// # Errors
/// When the database refuses.
pub async fn answer(
    tx: &mut Tx,
    survey: &Survey,
    invitation: Option<Uuid>,
    answer: &Answer,
    effective_on: NaiveDate,
) -> Result<()> {
    sqlx::query!(
        r#"insert into survey_answer as a (id, program, survey, invitation, value, comment, name, "on", effective_on)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (invitation) where invitation is not null do update set value = excluded.value,
               comment = excluded.comment, name = excluded.name, "on" = excluded."on",
               effective_on = greatest(a.effective_on, excluded.effective_on)"#,
        answer.id,
        survey.head.program.0,
        survey.head.id,
        invitation,
        answer.value,
        answer.comment,
        answer.name,
        answer.on,
        effective_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
