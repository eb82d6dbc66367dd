//! What each kind of item has of its own: one statement that writes any number of rows, new or changed. Rows travel as
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
    sqlx::query!("select put_details($1, $2)", kind as Kind, rows).execute(tx.conn()).await?;
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
