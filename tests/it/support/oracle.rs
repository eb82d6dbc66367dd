//! Metrics beside oracles: the same definitions in plain SQL on the tables as they stood, over a generated data set at twenty days
//! at random.

use super::TestDatabase;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use plumbline::app::App;
use plumbline::app::generate::{self, Size};
use plumbline::clock::Clock;
use plumbline::domain::facts::Facts;
use plumbline::domain::ids::ProgramId;
use plumbline::domain::metrics::{Metric, WINDOW_DAYS, value_at};
use plumbline::store::Db;
use plumbline::store::facts::{Reach, load};
use std::collections::HashMap;
use uuid::Uuid;

/// A Saturday, on which nobody writes.
const NOW: &str = "2026-11-21T03:00:00Z";

/// A data set with its two years of history, and its programs.
pub async fn generated(size: Size) -> (App, TestDatabase, Vec<ProgramId>) {
    let database = super::database().await;
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let app = App::new(Db::new(database.url.parse().unwrap(), 4), Clock::held_at(now));
    generate::generate(&app, size, 7, |_, _| {}).await.unwrap();
    let programs: Vec<Uuid> =
        sqlx::query_scalar("select id from program order by key").fetch_all(&database.pool).await.unwrap();
    (app, database, programs.into_iter().map(ProgramId).collect())
}

pub async fn facts(app: &App, program: ProgramId, day: NaiveDate) -> Facts {
    load(&app.db, &[program], Reach::measures(day)).await.unwrap().pop().unwrap()
}

/// Twenty days of the data set at random, of which all have some months before them.
pub fn days() -> Vec<NaiveDate> {
    let today: NaiveDate = "2026-11-21".parse().unwrap();
    let mut seed = 11_u64;
    let next = |_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        today - Days::new((seed >> 33) % 640)
    };
    (0..20).map(next).collect()
}

/// Demands that each metric has the value of its statement, whose `$1` is the day, at twenty days; and that there are values, and
/// different ones, at most of them: agreement on nothing would show nothing.
pub async fn agree(oracles: &[(Metric, &'static str)]) {
    let (app, database, programs) = generated(Size::S).await;
    let today: NaiveDate = "2026-11-21".parse().unwrap();
    let newest = facts(&app, programs[0], today).await;
    let mut seen = HashMap::<Metric, Vec<f64>>::new();
    let mut wrong = Vec::new();
    for day in days() {
        let facts = facts(&app, programs[0], day).await;
        for (metric, sql) in oracles {
            let expected: Option<Option<f64>> =
                sqlx::query_scalar(*sql).bind(day).fetch_optional(&database.pool).await.unwrap();
            let (expected, value) = (expected.flatten(), value_at(*metric, &facts, day, WINDOW_DAYS));
            let close = match (value, expected) {
                (Some(value), Some(expected)) => (value - expected).abs() < 1e-9,
                (value, expected) => value == expected,
            };
            if !close {
                wrong.push(format!("{metric:?} on {day}: {value:?}, and by SQL {expected:?}"));
            }
            seen.entry(*metric).or_default().extend(value);
            // The same day seen from the end of the data, as a point of a series is.
            if today - day < TimeDelta::days(175) {
                let later = value_at(*metric, &newest, day, WINDOW_DAYS);
                assert_eq!(later, value, "{metric:?} on {day}, seen later");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (metric, _) in oracles {
        let values = &seen[metric];
        let differing = values.iter().any(|value| (value - values[0]).abs() > 1e-9);
        assert!(values.len() >= 15 && differing, "{metric:?}: {values:?}");
    }
}
