//! How past forecasts fared, by hand.

use super::past::{Fares, past};
use crate::domain::facts::{MilestoneFact, Track};
use crate::domain::kind::{Kind, State};
use crate::domain::metrics::tests::build::{achieved, day, milestone, track};
use crate::domain::schedule::calibrate::HitRate;
use chrono::NaiveDate;

/// A milestone with the forecasts that were stated on some days, and when it was achieved.
fn told(number: i32, stated: &[(&str, &str)], on: Option<&str>) -> Track<MilestoneFact> {
    let raised = stated[0].0;
    let mut versions: Vec<(NaiveDate, MilestoneFact)> =
        stated.iter().map(|(on, forecast)| (day(on), milestone(raised, forecast, forecast))).collect();
    if let (Some(on), Some((_, last))) = (on, versions.last().copied()) {
        versions.push((day(on), achieved(last, on)));
    }
    track(Kind::Milestone, number, versions)
}

fn samples(bands: &[Fares]) -> Vec<usize> {
    bands.iter().map(|band| band.slip.samples).collect()
}

const fn held(held: usize, of: usize) -> HitRate {
    HitRate { held, of }
}

#[test]
fn a_milestone_counts_once_for_each_horizon() {
    // 89 days ahead when it was stated, then 56 on 3 February, 28 on 3 March, 14 on 17 March; repeated on the way.
    let repeated = [("2026-01-01", "2026-03-31"), ("2026-01-08", "2026-03-31"), ("2026-03-01", "2026-03-31")];
    let found = past(&[told(1, &repeated, Some("2026-04-10"))], day("2026-06-30"));
    assert_eq!(samples(&found.bands), [1, 1, 1, 1, 0]);
    assert!(found.bands[..4].iter().all(|band| band.slip.median == Some(10.0)));
    assert_eq!((found.milestones, found.overdue), (1, 0));
    assert_eq!((found.all.within, found.all.stated), (held(0, 4), held(0, 4)));
}

#[test]
fn a_forecast_counts_with_what_it_said_when_it_stood() {
    // At 14 days it still said 31 March; when it moved, that horizon had been passed.
    let moved = [("2026-03-10", "2026-03-31"), ("2026-03-20", "2026-04-10")];
    let found = past(&[told(1, &moved, Some("2026-04-12"))], day("2026-06-30"));
    assert_eq!(samples(&found.bands), [1, 1, 0, 0, 0]);
    assert_eq!((found.bands[0].slip.median, found.bands[1].slip.median), (Some(12.0), Some(12.0)));
    // Moved while it lay further ahead, the second is what stood at 14 days: two days late, right within three.
    let moved = [("2026-03-10", "2026-03-31"), ("2026-03-15", "2026-04-10")];
    let found = past(&[told(1, &moved, Some("2026-04-12"))], day("2026-06-30"));
    assert_eq!(found.bands[0].slip.median, Some(2.0));
    assert_eq!((found.bands[0].within, found.bands[0].stated), (held(1, 1), held(0, 1)));
}

#[test]
fn what_is_late_and_still_open_has_failed_already_and_slips_by_what_is_known() {
    let open = told(1, &[("2026-03-01", "2026-03-21")], None);
    let found = past(std::slice::from_ref(&open), day("2026-06-30"));
    assert_eq!((samples(&found.bands), found.overdue), (vec![1, 1, 0, 0, 0], 1));
    assert_eq!((found.bands[1].slip.median, found.milestones), (Some(101.0), 0), "from 21 March to 30 June");
    assert_eq!((found.all.within, found.all.stated), (held(0, 2), held(0, 2)));
    // Its day and three more have to come before it is judged.
    let found = past(std::slice::from_ref(&open), day("2026-03-23"));
    assert_eq!((found.all.within, found.all.stated), (held(0, 0), held(0, 2)));
    let found = past(&[open], day("2026-03-20"));
    assert_eq!((samples(&found.bands), found.all.stated), (vec![0; 5], held(0, 0)));
}

#[test]
fn what_is_cancelled_or_not_yet_known_counts_nowhere() {
    let mut gone = told(1, &[("2026-03-01", "2026-03-21")], Some("2026-03-25"));
    let last = gone.versions.last_mut().unwrap();
    last.fact.common.state = State::Cancelled;
    last.fact.achieved_on = None;
    assert_eq!(past(&[gone], day("2026-06-30")).all.stated, held(0, 0));
    let later = told(1, &[("2026-03-01", "2026-03-21")], Some("2026-03-25"));
    assert_eq!(past(&[later], day("2026-02-28")).milestones, 0);
}

#[test]
fn history_corrects_with_what_was_known_at_the_time() {
    let eight = || (1..=8).map(|number| told(number, &[("2026-01-01", "2026-01-21")], Some("2026-01-31")));
    let during = told(9, &[("2026-01-30", "2026-02-19")], Some("2026-03-01"));
    let after = told(10, &[("2026-02-01", "2026-02-21")], Some("2026-03-03"));
    let all: Vec<_> = eight().chain([during, after]).collect();
    let found = past(&all, day("2026-06-30"));
    // The ninth was stated when the eight were nine days late and open: corrected to 28 February, a day too early. The tenth when they
    // were known to be ten days late: corrected to 3 March.
    let band = &found.bands[1];
    assert_eq!((band.corrected.p50, band.corrected.p80), (held(1, 2), held(1, 2)));
    assert_eq!(band.stated, held(0, 10));
    // Before its P80 has come nothing is judged.
    assert_eq!(past(&all, day("2026-03-02")).bands[1].corrected.p80, held(0, 1));
}
