//! Comments on items.

use super::{Db, Result, Tx};
use crate::domain::ids::{ItemId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// A comment.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Comment {
    pub id: Uuid,
    pub author: Option<String>,
    pub author_id: Option<PersonId>,
    /// Markdown.
    pub body: String,
    pub effective_on: NaiveDate,
    pub created_at: DateTime<Utc>,
}

/// The comments of an item made by a day, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &Db, item: ItemId, as_of: Option<NaiveDate>) -> Result<Vec<Comment>> {
    sqlx::query_as!(
        Comment,
        r#"select c.id, p.name as "author?", c.author as "author_id?: PersonId", c.body, c.effective_on, c.created_at
           from comment c left join person p on p.id = c.author
           where c.item = $1 and ($2::date is null or c.effective_on <= $2) order by c.created_at, c.id"#,
        item.0,
        as_of,
    )
    .fetch_all(db.pool())
    .await
}

/// Writes a comment.
///
/// # Errors
/// `comment_body_length`.
pub async fn insert(tx: &mut Tx, id: Uuid, item: ItemId, body: &str, on: NaiveDate) -> Result<()> {
    let (now, author) = (tx.stamp().now, tx.stamp().actor);
    sqlx::query!(
        "insert into comment (id, item, author, body, effective_on, created_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        item.0,
        author.map(|id| id.0),
        body,
        on,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
