use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(kind: RoadmapKind, title: &str, start: Option<&str>, finish: Option<&str>) -> RoadmapRow {
    RoadmapRow {
        kind,
        level: 1,
        reference: "ATLAS-T1".into(),
        title: title.into(),
        href: "/programs/ATLAS/activities/1".into(),
        start: start.map(day),
        finish: finish.map(day),
        committed_start: None,
        committed: None,
        original: None,
        complete: None,
        state: RoadmapState::Planned,
        critical: false,
        float: None,
        late_finish: None,
        slip: None,
    }
}

fn activity(start: &str, finish: &str) -> RoadmapRow {
    row(RoadmapKind::Activity, "Write invoices", Some(start), Some(finish))
}

fn milestone(finish: &str) -> RoadmapRow {
    row(RoadmapKind::Milestone, "GA", None, Some(finish))
}

fn data(rows: Vec<RoadmapRow>) -> RoadmapData {
    RoadmapData {
        rows,
        links: vec![],
        window: (day("2026-11-01"), day("2027-01-31")),
        zoom: Zoom::Month,
        today: day("2026-11-20"),
        off: vec![],
    }
}

fn roadmap(rows: Vec<RoadmapRow>) -> Roadmap {
    Roadmap::new(Words::new("r", "Roadmap", "Plan against baseline"), data(rows))
}

fn only(row: RoadmapRow) -> Drawn {
    roadmap(vec![row]).rows.remove(0).1
}

#[test]
fn a_bar_covers_its_first_and_last_day() {
    // 2 to 11 December are ten days of 4 px, and begin 31 days after the window.
    let mut plan = activity("2026-12-02", "2026-12-11");
    plan.complete = Some(0.25);
    plan.state = RoadmapState::Started;
    let drawn = only(plan);
    assert_eq!(drawn.bar, Some((124.0, 40.0, 10.0)));
    assert!(drawn.words.contains("2 Dec 2026 to 11 Dec 2026, started, 25\u{a0}%"));
    assert_eq!(only(activity("2026-12-02", "2026-12-02")).bar, Some((124.0, 4.0, 0.0)));
}

#[test]
fn a_slipped_milestone_shows_both_dates() {
    let mut late = milestone("2026-12-11");
    late.committed = Some(day("2026-12-01"));
    late.slip = Some(8);
    let drawn = only(late);
    assert_eq!((drawn.diamond, drawn.hollow), (Some(162.0), Some(122.0)));
    assert_eq!(drawn.gone, Some((122.0, 162.0)));
    assert_eq!(drawn.class, "late");
    let label = drawn.label.unwrap();
    assert_eq!((label.x, label.date.as_str()), (182.0, "11 Dec"));
    assert_eq!(label.slip, Some(("bad", "+8\u{a0}wd".to_owned())));
    // Committed anew, the slip is still from the first date, and the date in force has a mark of its own.
    let mut again = milestone("2026-12-11");
    (again.original, again.committed, again.slip) =
        (Some(day("2026-12-01")), Some(day("2026-12-08")), Some(8));
    let drawn = only(again);
    assert_eq!((drawn.diamond, drawn.hollow, drawn.again), (Some(162.0), Some(122.0), Some(150.0)));
    assert_eq!(drawn.gone, Some((122.0, 162.0)));
    assert!(drawn.words.contains("committed 8 Dec 2026, first 1 Dec 2026"));
    // On its day there is one diamond.
    let mut kept = milestone("2026-12-11");
    kept.committed = kept.finish;
    assert!(only(kept).hollow.is_none());
}

#[test]
fn float_and_baseline_go_with_the_bar() {
    let mut plan = activity("2026-12-02", "2026-12-11");
    (plan.committed_start, plan.committed) = (Some(day("2026-11-28")), Some(day("2026-12-07")));
    (plan.late_finish, plan.float) = (Some(day("2026-12-16")), Some(3));
    let drawn = only(plan.clone());
    assert_eq!(drawn.base, Some((108.0, 40.0)));
    assert_eq!(drawn.tail, Some((164.0, 184.0)));
    plan.state = RoadmapState::Done;
    let done = only(plan);
    assert!(done.tail.is_none() && done.class == "done");
    assert_eq!(done.bar, Some((124.0, 40.0, 40.0)));
}

#[test]
fn what_lies_outside_is_cut_and_says_so() {
    let across = only(activity("2026-10-01", "2027-03-01"));
    assert_eq!(across.bar, Some((0.0, 92.0 * 4.0, 0.0)));
    assert!(across.before && across.after);
    let gone = only(activity("2026-08-01", "2026-09-01"));
    assert!(gone.bar.is_none() && gone.before && !gone.after);
    assert_eq!(gone.label.unwrap().date, "1 Sep");
    let later = only(milestone("2027-06-01"));
    assert!(later.diamond.is_none() && later.after && later.label.unwrap().end);
}

#[test]
fn labels_stay_within_the_drawing() {
    for date in ["2026-11-01", "2026-11-20", "2027-01-25", "2027-01-31", "2028-01-01", "2020-01-01"] {
        let mut one = milestone(date);
        one.slip = Some(120);
        let label = only(one).label.unwrap();
        let long = width(&label.date) + 5.0 + width(&label.slip.unwrap().1);
        let (from, to) = if label.end { (label.x - long, label.x) } else { (label.x, label.x + long) };
        assert!(from >= 0.0 && to <= 92.0 * 4.0, "{date}: {from} to {to}");
    }
}

#[test]
fn the_window_holds_everything() {
    let rows = [milestone("2027-03-12"), activity("2026-08-05", "2026-09-01")];
    for zoom in [Zoom::Week, Zoom::Month, Zoom::Quarter] {
        let (from, to) = Roadmap::window(&rows, day("2026-11-20"), zoom);
        assert!(from < day("2026-08-05") && to > day("2027-03-12"));
    }
    assert_eq!(Roadmap::window(&rows, day("2026-11-20"), Zoom::Week).0.weekday(), chrono::Weekday::Mon);
    let (from, to) = Roadmap::window(&[], day("2026-11-20"), Zoom::Month);
    assert!(from <= day("2026-11-20") && to >= day("2026-11-20"));
}

#[test]
fn the_table_has_a_row_for_each_and_names_what_comes_before() {
    let mut data = data(vec![
        row(RoadmapKind::Project, "Ledger", None, None),
        activity("2026-12-02", "2026-12-11"),
        row(RoadmapKind::Activity, "<script>alert(1)</script>", None, None),
        milestone("2026-12-14"),
    ]);
    data.rows[3].critical = true;
    data.links = vec![
        RoadmapLink {
            kind: LinkKind::FinishStart,
            from: LinkEnd::Row(1),
            to: LinkEnd::Row(3),
            lag: "+ 2 d".into(),
            critical: true,
        },
        RoadmapLink {
            kind: LinkKind::StartStart,
            from: LinkEnd::Elsewhere("BETA-T4".into()),
            to: LinkEnd::Row(3),
            lag: String::new(),
            critical: false,
        },
    ];
    let html = Roadmap::new(Words::new("r", "Roadmap", "Plan"), data).render().unwrap();
    // One row of the drawing and one of the data for each.
    assert_eq!(html.matches("<th scope=\"row\"").count(), 8);
    assert!(html.contains("critical; after ATLAS-T1 FS + 2 d, BETA-T4 SS"));
    assert!(html.contains("<td>Critical</td>") && html.contains("no dates"));
    assert!(!html.contains("<script") && !html.contains("NaN") && !html.contains("style="));
}

#[test]
fn nothing_one_row_and_a_window_of_no_days_draw() {
    assert!(roadmap(vec![]).render().unwrap().contains("Nothing is planned"));
    assert!(roadmap(vec![milestone("2026-12-14")]).render().is_ok());
    let mut turned = data(vec![milestone("2026-11-01")]);
    turned.window = (day("2026-11-01"), day("2025-01-01"));
    let chart = Roadmap::new(Words::new("r", "Roadmap", "Plan"), turned);
    assert!(chart.width > 0.0 && chart.render().is_ok());
    let mut endless = data(vec![milestone("2026-11-01")]);
    endless.window = (day("0001-01-01"), day("9999-12-31"));
    assert!(Roadmap::new(Words::new("r", "Roadmap", "Plan"), endless).width <= 24_004.0);
    let mut wrong = activity("2026-12-11", "2026-12-02");
    wrong.complete = Some(f64::NAN);
    assert!(!roadmap(vec![wrong]).render().unwrap().contains("NaN"));
}
