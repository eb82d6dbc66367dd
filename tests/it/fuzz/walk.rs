//! After whatever was sent: the application is ready, every item and every page of a log can be read, today and as of a past
//! day, and history is whole.

use super::House;
use crate::support::app::TestUser;
use plumbline::domain::kind::Kind;
use serde_json::Value;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row};

const THEN: &str = "2026-05-15";

/// Every row of a collection, page by page.
async fn all(user: &TestUser, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = user.get(&format!("{path}?limit=200{cursor}")).await.is(200).json();
        rows.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

pub async fn everything_can_be_read(house: &House) {
    let user = house.admin();
    user.page("/readyz").await.is(200);
    let mut unread = Vec::new();
    let mut read = 0_usize;
    for program in all(user, "/api/v1/programs").await {
        let key = program["key"].as_str().expect("a program has a key");
        for page in ["", "/metrics", "/raid", "/schedule", "/history", "/budget", "/calendars", "/surveys"] {
            unread.extend(page_of(user, &format!("/programs/{key}{page}")).await);
            unread.extend(page_of(user, &format!("/programs/{key}{page}?as_of={THEN}")).await);
        }
        for kind in Kind::ALL {
            let log = format!("/programs/{key}/{}", kind.plural());
            for item in all(user, &format!("/api/v1{log}")).await {
                let one = format!("{log}/{}", item["number"]);
                unread.extend(page_of(user, &one).await);
                for (path, missing) in [("", false), ("/history", false), ("?as_of=2026-05-15", true)] {
                    let path = format!("/api/v1{one}{path}");
                    let status = user.get(&path).await.status;
                    if status != 200 && !(missing && status == 404) {
                        unread.push(format!("{path}: {status}"));
                    }
                }
                read += 1;
            }
            unread.extend(log_of(user, &log).await);
            unread.extend(page_of(user, &format!("{log}?as_of={THEN}")).await);
        }
    }
    assert!(read > 200, "only {read} items were read");
    assert!(unread.is_empty(), "can't be read any more:\n{}", unread.join("\n"));
    history_is_whole(&house.demo.pool()).await;
}

async fn page_of(user: &TestUser, path: &str) -> Option<String> {
    let answer = user.page(path).await;
    // What wasn't there yet isn't there.
    let early = path.contains("as_of") && answer.status == 404;
    (answer.status != 200 && !early).then(|| format!("{path}: {}", answer.status))
}

/// Every page of a log.
async fn log_of(user: &TestUser, path: &str) -> Option<String> {
    let mut at = path.to_owned();
    for _ in 0..100 {
        let answer = user.page(&at).await;
        if answer.status != 200 {
            return Some(format!("{at}: {}", answer.status));
        }
        let page = scraper::Html::parse_document(&answer.text);
        let next = scraper::Selector::parse("a[rel=next]").expect("a selector");
        let href = page.select(&next).next().and_then(|link| link.attr("href"))?;
        href.clone_into(&mut at);
    }
    Some(format!("{path} has no last page"))
}

/// In every table that keeps history: no two versions hold at once, the last is the row as it stands, what was taken away holds
/// no longer, and the versions of an item are numbered without a gap.
pub async fn history_is_whole(pool: &PgPool) {
    let tables = sqlx::query(
        "select c.relname::text as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as key
         from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
         join pg_class h on h.relname = c.relname
         join pg_namespace hn on hn.oid = h.relnamespace and hn.nspname = 'history'
         join pg_index i on i.indrelid = c.oid and i.indisprimary
         join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
         where c.relkind = 'r' and h.relkind = 'r' group by c.relname",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(tables.len() > 40, "only {} tables keep history", tables.len());
    let count =
        async |sql: String| -> i64 { sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap() };
    for table in tables {
        let (table, key): (String, String) = (table.get("name"), table.get("key"));
        let torn = format!(
            "select count(*) from (
                 select until_on, lead(effective_on) over (partition by {key} order by entry) as next from history.\"{table}\"
             ) v where until_on > coalesce(next, 'infinity')"
        );
        assert_eq!(count(torn).await, 0, "{table}: versions that hold at once");
        let differing = format!(
            "select count(*) from (select * from history.\"{table}\" where until_on = 'infinity') h
             full join \"{table}\" t using ({key})
             where to_jsonb(t) is distinct from
                   to_jsonb(h) - '{{until_on,recorded_at,recorded_by,recorded_reason,entry}}'::text[]"
        );
        assert_eq!(count(differing).await, 0, "{table}: rows that are not their last version");
    }
    for (what, sql) in [
        (
            "versions of items with gaps between them",
            "select count(*) from (
                 select version, row_number() over (partition by id order by entry) as n from history.item) v where version <> n",
        ),
        (
            "items without what their kind has of its own",
            "select count(*) from item i where item_detail(i.id, i.kind, null) is null",
        ),
        (
            "items whose first version no event tells of",
            "select count(*) from item i where not exists (select from event e where e.item = i.id)",
        ),
    ] {
        assert_eq!(count(sql.to_owned()).await, 0, "{what}");
    }
}
