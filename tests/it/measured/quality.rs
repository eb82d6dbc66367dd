//! The fourteen points of schedule quality, each beside its definition: counts in plain SQL, and what needs dates and floats beside a
//! slow scheduler.

use super::network::Slow;
use super::{metric, networked, schedule};
use crate::support::TestDatabase;
use crate::support::app::{serve, user};
use crate::support::oracle::generated;
use chrono::NaiveDate;
use plumbline::app::generate::Size;
use std::collections::{BTreeMap, BTreeSet};

/// Points of the assessment by its standard: the most, or the least, that the value may be.
const MOST: [(&str, f64); 10] = [
    ("logic", 0.05),
    ("leads", 0.0),
    ("lags", 0.05),
    ("hard_constraints", 0.05),
    ("high_float", 0.05),
    ("negative_float", 0.0),
    ("high_duration", 0.05),
    ("invalid_dates", 0.0),
    ("resources", 0.0),
    ("missed_tasks", 0.05),
];
const LEAST: [(&str, f64); 4] = [
    ("relationship_types", 0.9),
    // 600 days, to five.
    ("critical_path_test", 595.0 / 600.0),
    ("critical_path_length_index", 0.95),
    ("baseline_execution_index", 0.95),
];

/// What is never met: most milestones of a generated program hang on nothing, a fifth of its links has a lag, and it is late.
const LOOSE: [&str; 4] = ["logic", "lags", "high_float", "missed_tasks"];

/// What is counted of what, by point, in plain SQL.
const COUNTS: &str = "
    with work as (
        select i.id, i.kind, i.state in ('achieved', 'done') as finished, a.likely_days, a.\"constraint\", a.resources,
               case i.kind when 'milestone' then m.committed_on else (
                   select d.committed_on from baseline b join baseline_date d on d.baseline = b.id
                   where d.item = i.id and b.made_on <= $1 order by b.made_on desc limit 1) end as committed_on
        from item_at($1) i left join milestone_at($1) m on m.item = i.id left join activity_at($1) a on a.item = i.id
        where i.kind in ('milestone', 'activity') and i.archived_at is null and i.state not in ('cancelled', 'dropped')
          and i.raised_on <= $1),
    open as (select * from work where not finished),
    active as (select * from open where kind = 'activity'),
    links as (select l.* from schedule_link_at($1) l join open o on o.id = l.successor join work w on w.id = l.predecessor)
    select 'leads', count(*) filter (where lag < 0), count(*) from links
    union all select 'lags', count(*) filter (where lag > 0), count(*) from links
    union all select 'relationship_types', count(*) filter (where type = 'FS'), count(*) from links
    union all select 'hard_constraints', count(*) filter (where \"constraint\" in (
                  'must_start_on', 'must_finish_on', 'start_no_later_than', 'finish_no_later_than')), count(*) from active
    union all select 'high_duration', count(*) filter (where likely_days > 44), count(*) from active
    union all select 'resources', count(*) filter (where jsonb_array_length(resources) = 0), count(*)
              from active where likely_days >= 1
    union all select 'baseline_execution_index', count(*) filter (where finished), count(*) filter (where committed_on <= $1)
              from work where committed_on is not null";

type Counts = BTreeMap<String, (i64, i64)>;

async fn counts(database: &TestDatabase, day: NaiveDate) -> Counts {
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as(COUNTS).bind(day).fetch_all(&database.pool).await.unwrap();
    rows.into_iter().map(|(name, number, of)| (name, (number, of))).collect()
}

/// Those of the points that need the schedule.
fn scheduled(slow: &Slow) -> Counts {
    let mut counts = Counts::new();
    let mut count = |name: &str, of: Vec<usize>, test: &dyn Fn(usize) -> bool| {
        let number = of.iter().filter(|at| test(**at)).count();
        counts.insert(name.into(), (i64::try_from(number).unwrap(), i64::try_from(of.len()).unwrap()));
    };
    let (first, last, day) = (slow.first(), slow.last(), slow.day);
    let open: Vec<usize> = slow.open().collect();
    count("logic", open.clone(), &|at| {
        let before = slow.links.iter().any(|link| link.to == at) || first == Some(at);
        let after = slow.links.iter().any(|link| link.from == at) || last == Some(at);
        !before || !after
    });
    count("high_float", open.clone(), &|at| slow.float_days(at) > 44.0);
    count("negative_float", open, &|at| slow.float_days(at) < 0.0);
    let due = (0..slow.work.len()).filter(|at| slow.work[*at].committed_on.is_some_and(|on| on <= day));
    count("missed_tasks", due.collect(), &|at| {
        let one = &slow.work[at];
        one.finished_on.unwrap_or_else(|| slow.finishes_on(at)) > one.committed_on.unwrap()
    });
    count("invalid_dates", (0..slow.work.len()).collect(), &|at| {
        let one = &slow.work[at];
        let ahead = [one.started_on, one.finished_on].into_iter().flatten().any(|on| on > day);
        let planned = if slow.is_ahead(at) { slow.starts_on(at) } else { slow.finishes_on(at) };
        ahead || slow.is_open(at) && (planned < day || one.stated_on.is_some_and(|on| on < day))
    });
    counts
}

/// Working days to the finish with its float to what is committed for it, and without.
fn length(slow: &Slow) -> Option<(i64, i64)> {
    let last = slow.last()?;
    let (finish, committed) = (slow.finishes_on(last), slow.work[last].committed_on?);
    assert!(slow.float_days(last) >= 0.0, "nothing else binds the finish of a generated program");
    let length = slow.between(slow.day, finish);
    (length > 0).then(|| (length + slow.between(finish, committed), length))
}

#[tokio::test]
async fn the_points_of_schedule_quality_agree_with_their_definitions_and_their_standard() {
    let (app, database, _) = generated(Size::S).await;
    let (base, server) = serve(&app).await;
    let reader = user(&app, &base, &reqwest::Client::new(), "Reader", true).await;
    let key: String = sqlx::query_scalar("select key from program").fetch_one(&database.pool).await.unwrap();
    let (mut days, mut exact, mut verdicts) = (0, 0, BTreeSet::new());
    let mut wrong = Vec::new();
    for day in networked() {
        let answer = metric(&reader, &key, "schedule_quality", day).await;
        let points = answer["detail"]["points"].as_array().cloned().unwrap_or_default();
        assert_eq!(points.len(), 14, "{day}");
        let slow = Slow::of(&database, day).await;
        let mut counted = counts(&database, day).await;
        counted.extend(scheduled(&slow));
        counted.extend(length(&slow).map(|found| ("critical_path_length_index".to_owned(), found)));
        let (mut met, mut judged) = (0.0, 0.0);
        for point in &points {
            let name = point["check"].as_str().unwrap();
            let said = (point["number"].as_f64(), point["denominator"].as_f64());
            let expected: BTreeSet<Option<(i64, i64)>> = match name {
                "critical_path_test" => {
                    slow.moved(600).into_iter().map(|moved| Some((moved?, 600))).collect()
                }
                _ => [counted.get(name).copied().filter(|(_, of)| *of > 0)].into(),
            };
            exact += usize::from(name == "critical_path_test" && expected.len() == 1);
            let fits = |one: &Option<(i64, i64)>| {
                said == (one.map(|(number, _)| number as f64), one.map(|(_, of)| of as f64))
            };
            if !expected.iter().any(fits) {
                wrong.push(format!("{name} on {day}: {said:?}, not {expected:?}: {}", point["reason"]));
            }
            let value = said.0.zip(said.1).map(|(number, of)| number / of);
            let shares = point["value"].as_f64().unwrap_or(f64::NAN) - value.unwrap_or(f64::NAN);
            assert!(shares.abs() < 1e-12 || point["value"].is_null() && value.is_none(), "{name} on {day}");
            let verdict = point["verdict"].as_str();
            assert_eq!(verdict.is_some(), value.is_some(), "{name} on {day}");
            judged += f64::from(u8::from(verdict.is_some()));
            met += f64::from(u8::from(verdict == Some("met")));
            let Some(value) = value else { continue };
            let most = MOST.iter().find(|(known, _)| *known == name).map(|(_, most)| value <= *most);
            let least = LEAST.iter().find(|(known, _)| *known == name).map(|(_, least)| value >= *least);
            let fits = most.or(least).unwrap();
            assert_eq!(verdict, Some(if fits { "met" } else { "missed" }), "{name} of {value} on {day}");
            verdicts.insert((name.to_owned(), fits));
        }
        let value = answer["value"].as_f64().unwrap_or(f64::NAN);
        assert!((value - met / judged).abs() < 1e-9, "{day}: {value}, and {met} of {judged}");
        days += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(days >= 12, "{days} days");
    // Of paths of one length any may be tested; mostly there is but one.
    assert!(exact * 3 > days * 2, "{exact} of {days} days with one critical path");
    // What is never missed, or never met, would hardly be tested.
    let names = MOST.iter().chain(&LEAST).map(|(name, _)| (*name).to_owned());
    let unseen: Vec<_> = names
        .flat_map(|name| [true, false].map(|met| (name.clone(), met)))
        .filter(|(name, met)| !(*met && LOOSE.contains(&name.as_str())))
        .filter(|one| !verdicts.contains(one))
        .collect();
    assert!(unseen.is_empty(), "never seen: {unseen:?}");
    server.abort();
}

#[tokio::test]
async fn the_dates_and_floats_of_a_generated_network_agree_with_a_slow_scheduler() {
    let (app, database, _) = generated(Size::S).await;
    let (base, server) = serve(&app).await;
    let reader = user(&app, &base, &reqwest::Client::new(), "Reader", true).await;
    let key: String = sqlx::query_scalar("select key from program").fetch_one(&database.pool).await.unwrap();
    let mut wrong = Vec::new();
    let mut floats = BTreeSet::new();
    for day in networked() {
        let slow = Slow::of(&database, day).await;
        let told = schedule(&reader, &key, day).await;
        assert_eq!(told.len(), slow.work.len(), "{day}");
        for at in 0..slow.work.len() {
            let name = &slow.work[at].reference;
            let one = told.iter().find(|item| item["ref"] == **name).unwrap();
            let on = |field: &str| one[field].as_str().and_then(|text| text.parse::<NaiveDate>().ok());
            let mut differing = vec![("finish", on("early_finish"), Some(slow.finishes_on(at)))];
            if slow.is_ahead(at) {
                differing.push(("start", on("early_start"), Some(slow.starts_on(at))));
            }
            if slow.is_open(at) {
                let latest = slow.latest_on(at);
                differing.push(("latest", on("late_finish").filter(|_| latest.is_some()), latest));
                let (said, float) = (one["total_float_days"].as_f64().unwrap(), slow.float_days(at));
                if (said - float).abs() > 1e-3 || one["critical"] != (float <= 0.0) {
                    wrong.push(format!("float of {name} on {day}: {said}, {}, not {float}", one["critical"]));
                }
                floats.insert(one["total_float_days"].to_string());
            }
            differing.retain(|(_, said, found)| said != found);
            wrong.extend(
                differing
                    .iter()
                    .map(|(what, said, found)| format!("{what} of {name} on {day}: {said:?}, not {found:?}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(floats.len() > 50, "{floats:?}");
    server.abort();
}
