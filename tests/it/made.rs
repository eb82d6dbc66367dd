//! Data that the application makes by itself: generated data sets, and the story of the demonstration. It has to satisfy what
//! real writes satisfy.

use crate::support::{self, TestDatabase};
use chrono::{DateTime, Utc};
use plumbline::app::generate::{self, Size};
use plumbline::app::{App, Error, demo};
use plumbline::clock::Clock;
use plumbline::domain::kind::Kind;
use plumbline::store::Db;
use sqlx::AssertSqlSafe;

/// A Saturday, on which nobody writes.
const NOW: &str = "2026-11-21T03:00:00Z";

async fn house() -> (App, TestDatabase) {
    let database = support::database().await;
    let now: DateTime<Utc> = NOW.parse().unwrap();
    (App::new(Db::new(database.url.parse().unwrap(), 4), Clock::held_at(now)), database)
}

async fn count(database: &TestDatabase, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&database.pool).await.unwrap()
}

/// What the triggers see to: versions follow each other without a gap, and the last is the row as it stands.
async fn history_is_whole(database: &TestDatabase) {
    let kinds = Kind::ALL.map(|kind| (kind.name(), "item"));
    let noted = [
        "release_event",
        "rework",
        "adoption_target",
        "measurement",
        "survey",
        "survey_invitation",
        "survey_answer",
        "budget_line",
    ];
    let others = [("item", "id"), ("schedule_link", "id"), ("report_rating", "report, person")];
    let others = others.into_iter().chain([("meeting_item", "meeting, item, part")]);
    for (table, key) in kinds.into_iter().chain(others).chain(noted.map(|table| (table, "id"))) {
        let torn = format!(
            "select count(*) from (
                 select until_on, lead(effective_on) over (partition by {key} order by entry) as next from history.\"{table}\"
             ) v where until_on <> coalesce(next, 'infinity')"
        );
        assert_eq!(count(database, &torn).await, 0, "{table}: versions that don't follow each other");
        let differing = format!(
            "select count(*) from \"{table}\" t
             left join (select * from history.\"{table}\" where until_on = 'infinity') h using ({key})
             where to_jsonb(t) is distinct from
                   to_jsonb(h) - '{{until_on,recorded_at,recorded_by,recorded_reason,entry}}'::text[]"
        );
        assert_eq!(count(database, &differing).await, 0, "{table}: rows that are not their last version");
        let ahead = format!(
            "select count(*) from history.\"{table}\" where effective_on > '2026-11-21' or recorded_at > '{NOW}'"
        );
        assert_eq!(count(database, &ahead).await, 0, "{table}: versions from the future");
    }
    for (what, sql) in [
        (
            "version numbers with gaps",
            "select count(*) from (
                 select version, row_number() over (partition by id order by entry) as n from history.item) v where version <> n",
        ),
        (
            "item numbers with gaps",
            "select count(*) from (
                 select number, row_number() over (partition by program, kind order by number) as n from item) v where number <> n",
        ),
        (
            "counters that stand elsewhere",
            "select count(*) from (select program, kind, max(number) as last from item group by 1, 2) i
             full join counter c using (program, kind) where c.last is distinct from i.last",
        ),
        ("items that are open and closed", "select count(*) from item where open = (closed_on is not null)"),
        (
            "items that nothing tells the beginning of",
            "select count(*) from item i where not exists (select from event e where e.item = i.id and e.name = 'raised')",
        ),
        (
            "committed milestones that are in no baseline",
            "select count(*) from milestone m where committed_on is not null and not exists (
                 select from baseline_date d join baseline b on b.id = d.baseline
                 where d.item = m.item and d.committed_on = m.committed_on)",
        ),
    ] {
        assert_eq!(count(database, sql).await, 0, "{what}");
    }
}

/// No item is reached from itself, by another way than the one that refuses it.
async fn no_cycle(database: &TestDatabase) {
    let round = "with recursive edge (a, b) as (
             select predecessor, successor from schedule_link
             union select provider_milestone, item from dependency where provider_milestone is not null
             union select item, consumer_milestone from dependency where consumer_milestone is not null
         ), reach (a, b) as (select a, b from edge union select r.a, e.b from reach r join edge e on e.a = r.b)
         select count(*) from reach where a = b";
    assert_eq!(count(database, round).await, 0, "items that wait for themselves");
}

#[tokio::test]
async fn a_generated_data_set_is_as_large_as_it_says_and_its_history_is_whole() {
    let (app, database) = house().await;
    let made = generate::generate(&app, Size::S, 7, |_, _| {}).await.unwrap();
    assert_eq!(made.programs, 1);
    assert_eq!(count(&database, "select count(*) from project").await, 6);
    assert_eq!(count(&database, "select count(*) from item where kind = 'milestone'").await, 60);
    let raid = "select count(*) from item where kind in ('risk', 'assumption', 'dependency')
                or kind = 'issue' and not exists (
                    select from link l where l.to_item = item.id and l.relation = 'materialised_as')";
    assert_eq!(count(&database, raid).await, 600);
    history_is_whole(&database).await;
    assert_eq!(count(&database, "select count(*) from item where kind = 'activity'").await, 120);
    assert!(count(&database, "select count(*) from schedule_link").await > 114);
    no_cycle(&database).await;
    // The triggers keep history again.
    sqlx::query(
        "update item set title = 'Another', version = version + 1 where kind = 'risk' and number = 1",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    assert_eq!(count(&database, "select count(*) from history.item where title = 'Another'").await, 1);
    assert!(matches!(generate::generate(&app, Size::S, 7, |_, _| {}).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_data() {
    let mut prints = Vec::new();
    for seed in [7, 7, 8] {
        let (app, database) = house().await;
        generate::generate(&app, Size::S, seed, |_, _| {}).await.unwrap();
        let print: String = sqlx::query_scalar(
            "select md5(string_agg(to_jsonb(h)::text, '' order by entry)) from history.item h",
        )
        .fetch_one(&database.pool)
        .await
        .unwrap();
        prints.push(print);
    }
    assert_eq!(prints[0], prints[1]);
    assert_ne!(prints[0], prints[2]);
}

#[tokio::test]
async fn the_story_of_the_demonstration_holds_together_and_its_history_is_whole() {
    let (app, database) = house().await;
    assert_eq!(demo::tell(&app, demo::ATLAS).await.unwrap(), ["ATLAS", "BEACON"]);
    demo::accounts(&app, "a password for the tests").await.unwrap();
    history_is_whole(&database).await;
    let milestones = "select count(*) from item i join program p on p.id = i.program where p.key = 'ATLAS' and i.kind = 'milestone'";
    assert_eq!(count(&database, milestones).await, 41);
    for (what, sql) in [
        (
            "a re-plan by an approved change",
            "select count(*) from baseline where number = 1 and change is not null",
        ),
        (
            "a dependency past needed-by",
            "select count(*) from item where kind = 'dependency' and open and next_on < '2026-11-21'",
        ),
        ("a promise after the need", "select count(*) from dependency where promised_by > needed_by"),
        ("decisions that wait", "select count(*) from item where kind = 'decision' and state = 'waiting'"),
        (
            "a risk that nobody has scored",
            "select count(*) from item where kind = 'risk' and open and score is null",
        ),
        ("a risk that happened", "select count(*) from link where relation = 'materialised_as'"),
        ("a risk that was accepted", "select count(*) from item where kind = 'risk' and state = 'accepted'"),
        ("issues across teams", "select count(*) from issue where blocking and blocked_team <> owing_team"),
        ("mentions", "select count(*) from mention"),
        (
            "a gate that goes on conditions",
            "select count(*) from item where kind = 'gate' and state = 'conditional_go'",
        ),
        ("conditions that are actions", "select count(*) from action a join gate g on g.item = a.from_item"),
        (
            "a gate ahead with a mandatory check that failed",
            "select count(*) from \"check\" c join item i on i.id = c.item join item g on g.id = c.gate
             where g.open and c.mandatory and i.state = 'failed'",
        ),
        ("a waiver that has expired", "select count(*) from \"check\" where waived_until < '2026-11-21'"),
        ("sign-offs", "select count(*) from sign_off"),
        ("incidents of releases", "select count(*) from release_event where kind = 'incident'"),
        ("steps that were taken", "select count(*) from release_step"),
        ("activities under way", "select count(*) from activity where percent_complete between 1 and 99"),
        ("summaries", "select count(*) from activity where parent is not null"),
        ("constraints", "select count(*) from activity where constraint_on is not null"),
        ("three types of links", "select count(distinct type) - 2 from schedule_link"),
        ("lags and leads", "select count(*) from schedule_link where lag <> 0"),
        (
            "links of the schedule in both directions between programs",
            "select count(distinct from_program) - 1 from schedule_link where from_program <> program",
        ),
        ("programs that hang together", "select count(*) from program_reach"),
        (
            "links across programs",
            "select count(*) from link l join item a on a.id = l.from_item join item b on b.id = l.to_item where a.program <> b.program",
        ),
    ] {
        assert!(count(&database, sql).await > 0, "{what}");
    }
    no_cycle(&database).await;
    assert_eq!(count(&database, "select count(*) from account").await, 5);
    assert!(matches!(demo::tell(&app, demo::ATLAS).await, Err(Error::Refused(_))));
}
