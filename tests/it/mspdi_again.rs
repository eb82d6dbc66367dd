//! Plans that are imported more than once: the same, a later version, another, and the program's own export.

use crate::mspdi_program::{House, PLAN, house, written};
use plumbline::app::mspdi as programs;

fn task(uid: i64, name: &str, more: &str) -> String {
    format!(
        "<Task><UID>{uid}</UID><Name>{name}</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration>{more}</Task>"
    )
}

fn after(uid: i64, lag: i64) -> String {
    format!(
        "<PredecessorLink><PredecessorUID>{uid}</PredecessorUID><Type>1</Type><LinkLag>{lag}</LinkLag><LagFormat>7</LagFormat></PredecessorLink>"
    )
}

fn plan(head: &str, tasks: &[String]) -> String {
    format!(
        "<Project>{head}<StartDate>2026-06-01T08:00:00</StartDate><Tasks>{}</Tasks></Project>",
        tasks.concat()
    )
}

const GUID: &str = "6F1D2B1A-0000-4000-8000-00000000000";

fn guid(digit: u8) -> String {
    format!("<GUID>{GUID}{digit}</GUID>")
}

impl House {
    /// All rows that an import could change, as one text.
    async fn all(&self) -> Vec<String> {
        self.text(
            "select i::text || coalesce(a::text, '') || coalesce(m::text, '') from item i
             left join activity a on a.item = i.id left join milestone m on m.item = i.id
             union all select l::text from schedule_link l union all select d::text from baseline_date d
             union all select h::text from imported h order by 1",
        )
        .await
    }
}

#[tokio::test]
async fn another_plan_takes_over_nothing_of_the_first() {
    let house = house().await;
    let first = [task(1, "Dig", ""), task(2, "Pour", &after(1, 0)), task(3, "Cure", "")];
    let other = [task(1, "Interview", ""), task(2, "Draft", &after(1, 0)), task(3, "Print", "")];
    // What the first and the second plan say of themselves, and whether the tasks are those of the first.
    let cases = [
        ("<Title>Quay</Title>", "<Title>Book</Title>", false, false),
        ("<Title>Quay</Title>", "<Title>Quay</Title>", false, false),
        ("<Title>Quay</Title>", "<Title>Book</Title>", true, false),
        ("<Name>quay.xml</Name>", "<Name>book.xml</Name>", false, false),
        (&guid(1), &guid(2), true, false),
        ("<Title>Quay</Title>", "<Title>Quay</Title>", true, true),
        ("<Name>quay v1.xml</Name>", "<Name>quay v2.xml</Name>", true, true),
        (&guid(1), &guid(1), false, true),
    ];
    for (place, (one, two, same_tasks, taken)) in cases.into_iter().enumerate() {
        let key = format!("P{place}");
        house.import(plan(one, &first).as_bytes(), &key).await.expect("it is taken");
        let before = house.all().await;
        let second = plan(two, if same_tasks { &first } else { &other });
        let done = house.import(second.as_bytes(), &key).await;
        assert_eq!(done.is_ok(), taken, "{place}: {done:?}");
        if let Err(why) = done {
            let why = why.to_string();
            assert!(
                why.contains("plan.xml is another plan than the one that P") && why.lines().count() == 1,
                "{why}"
            );
            assert_eq!(house.all().await, before, "nothing is written");
        }
    }
}

#[tokio::test]
async fn a_task_is_known_by_its_guid_before_its_uid() {
    let house = house().await;
    let of = |digit: u8| guid(digit);
    let first = [task(1, "Dig", &of(1)), task(2, "Pour", &of(2)), task(3, "Cure", &of(3))];
    house.import(plan(&of(9), &first).as_bytes(), "HRB").await.expect("it is taken");
    // The same tasks under other numbers, one with another name, and a new one under a number that another had.
    let second = [
        task(1, "Fence", &of(4)),
        task(7, "Dig deep", &of(1)),
        task(2, "Pour", &of(2)),
        task(3, "Cure", &of(3)),
    ];
    let done = house.import(plan(&of(9), &second).as_bytes(), "HRB").await.expect("it is taken");
    assert_eq!((done.made["activities"], done.changed["activities"]), (1, 1));
    let titles = house.text("select title from item order by number").await;
    assert_eq!(titles, ["Dig deep", "Pour", "Cure", "Fence"]);
    assert!(done.left.is_empty(), "{:?}", done.left);
    let again = house.import(plan(&of(9), &second).as_bytes(), "HRB").await.expect("it is taken");
    assert!(again.made.is_empty() && again.changed.is_empty(), "{again:?}");
}

#[tokio::test]
async fn what_a_later_version_no_longer_has_is_named_and_left_as_it_is() {
    let house = house().await;
    let title = "<Title>Quay</Title>";
    let whole = [
        task(1, "Dig", ""),
        task(2, "Pour", &after(1, 0)),
        task(3, "Cure", &after(2, 0)),
        task(4, "Paint", ""),
    ];
    house.import(plan(title, &whole).as_bytes(), "HRB").await.expect("it is taken");
    // “Paint” is gone, “Dig” is inactive, and “Cure” waits for nothing.
    let later = [task(1, "Dig", "<Active>0</Active>"), task(2, "Pour", ""), task(3, "Cure", "")];
    let expected = ["HRB-T1 “Dig” (inactive there)", "HRB-T4 “Paint”", "HRB-T2 → HRB-T3 FS"];
    for _ in 0..2 {
        let done = house.import(plan(title, &later).as_bytes(), "HRB").await.expect("it is taken");
        assert_eq!(done.left, expected);
        assert!(done.made.is_empty() && done.changed.is_empty(), "{done:?}");
    }
    assert_eq!(house.text("select state::text from item").await, ["not_started"; 4]);
    assert_eq!(house.text("select type::text from schedule_link").await.len(), 2);
    // What is cancelled or archived lingers no longer.
    sqlx::query("update item set state = 'cancelled' where title = 'Paint'")
        .execute(&house.database.pool)
        .await
        .unwrap();
    let done = house.import(plan(title, &later).as_bytes(), "HRB").await.expect("it is taken");
    assert_eq!(done.left, [expected[0], expected[2]]);
}

#[tokio::test]
async fn a_lag_that_goes_back_to_what_it_was_does() {
    let house = house().await;
    let with = |lag| plan("<Title>Quay</Title>", &[task(1, "Dig", ""), task(2, "Pour", &after(1, lag))]);
    for (lag, days) in [(0, "0"), (4800, "1"), (0, "0"), (4800, "1")] {
        house.import(with(lag).as_bytes(), "HRB").await.expect("it is taken");
        assert_eq!(house.text("select lag::float8::text from schedule_link").await, [days]);
        let again = house.import(with(lag).as_bytes(), "HRB").await.expect("it is taken");
        assert!(again.made.is_empty() && again.changed.is_empty(), "{again:?}");
    }
}

#[tokio::test]
async fn the_export_of_a_program_imported_into_it_changes_nothing() {
    let house = house().await;
    house.import(PLAN.as_bytes(), "HRB").await.expect("it is taken");
    // An activity that came from no plan, before one that did.
    house
        .text(
            "with made as (insert into item (id, program, kind, number, title, state, open, raised_on, effective_on, version, created_at, updated_at, closed_on)
               select gen_random_uuid(), program, kind, 9, 'Fence', 'done', false, raised_on, effective_on, 1, created_at, updated_at, '2026-06-01' from item where title = 'Quay' returning *)
             insert into activity select (jsonb_populate_record(a, jsonb_build_object('item', made.id))).* from activity a, made, item q
             where q.title = 'Survey' and a.item = q.id returning item::text",
        )
        .await;
    let before = house.all().await;
    let (plan, _) = programs::export(&house.app, &house.stamp(), "HRB", None).await.expect("it is exported");
    let done = house.import(&written(&plan), "HRB").await.expect("it is taken");
    assert!(done.made.is_empty() && done.changed.is_empty() && done.left.is_empty(), "{done:?}");
    assert_eq!(house.all().await, before);
    // A change to it in the file is one to the same item.
    let xml = String::from_utf8(written(&plan)).expect("UTF-8").replace(">Fence<", ">Gate<");
    let done = house.import(xml.as_bytes(), "HRB").await.expect("it is taken");
    assert_eq!(done.changed.into_iter().collect::<Vec<_>>(), [("activities", 1)]);
    assert_eq!(house.text("select number::text from item where title = 'Gate'").await, ["9"]);
}
