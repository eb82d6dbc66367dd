//! The path strip: the steps that lead to a milestone, in order, with what ties each to the next.

use askama::Template;
use chrono::NaiveDate;

/// One step of [`PathStrip`]: an activity, a milestone or a dependency on the path.
#[derive(Debug, Clone)]
pub struct PathStep {
    pub title: String,
    /// As "ATLAS-T7".
    pub reference: String,
    /// The item's page; "" for an item that the reader may not open.
    pub href: String,
    /// The first day of its work; `None` for a milestone.
    pub start: Option<NaiveDate>,
    /// Its last day, or the milestone's date.
    pub finish: NaiveDate,
    /// Total float in working days; less than nought is behind a constraint.
    pub float: Option<i64>,
    /// Working days after (before, when negative) what the baseline committed to.
    pub slip: Option<i64>,
    /// Achieved, finished or accepted.
    pub done: bool,
    /// What ties it to the step before, as "FS" or "FS + 5 d"; not shown on the first step.
    pub link: String,
}

/// A step with its figures in words.
#[derive(Debug, Clone)]
pub struct PathBox {
    step: PathStep,
    dates: String,
    float: String,
    slip: Option<(&'static str, String)>,
    milestone: bool,
}

impl PathBox {
    fn late(&self) -> bool {
        self.step.slip.is_some_and(|days| days > 0)
    }
}

/// Steps as an ordered list that wraps: text, so that it reads, prints and is announced as it stands.
#[derive(Debug, Clone, Template)]
#[template(path = "chart/path.html")]
pub struct PathStrip {
    name: String,
    boxes: Vec<PathBox>,
}

impl PathStrip {
    /// `name` says which path it is, as "Critical path to General availability". `steps` from first to last.
    #[must_use]
    pub fn new(name: impl Into<String>, steps: Vec<PathStep>) -> Self {
        Self { name: name.into(), boxes: steps.into_iter().map(boxed).collect() }
    }
}

fn boxed(step: PathStep) -> PathBox {
    let finish = step.finish.format("%-d %b");
    let dates = match step.start {
        Some(start) if start != step.finish => format!("{} – {finish}", start.format("%-d %b")),
        _ => finish.to_string(),
    };
    // On a critical path no float is what is expected: only another amount says something.
    let float = match step.float {
        None | Some(0) => String::new(),
        Some(days) if days < 0 => format!("float −{} wd", -days),
        Some(days) => format!("float {days} wd"),
    };
    PathBox { dates, float, slip: step.slip.and_then(slip), milestone: step.start.is_none(), step }
}

/// A slip in working days with its sign, and the class that colours it; none for no slip.
pub(super) fn slip(days: i64) -> Option<(&'static str, String)> {
    match days {
        0 => None,
        1.. => Some(("bad", format!("+{days}\u{a0}wd"))),
        _ => Some(("good", format!("−{}\u{a0}wd", days.unsigned_abs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(title: &str, start: Option<&str>, finish: &str, slip: i64) -> PathStep {
        PathStep {
            title: title.into(),
            reference: "ATLAS-T1".into(),
            href: "/programs/ATLAS/activities/1".into(),
            start: start.map(|day| day.parse().unwrap()),
            finish: finish.parse().unwrap(),
            float: Some(0),
            slip: Some(slip),
            done: false,
            link: "FS + 5 d".into(),
        }
    }

    #[test]
    fn steps_are_tied_by_their_links() {
        let strip = PathStrip::new(
            "Critical path to GA",
            vec![step("Wave 1", Some("2026-12-02"), "2026-12-18", 5), step("GA", None, "2027-03-12", 9)],
        );
        assert_eq!(strip.boxes[0].dates, "2 Dec – 18 Dec");
        assert_eq!(strip.boxes[1].dates, "12 Mar");
        assert!(strip.boxes[1].milestone && !strip.boxes[0].milestone);
        let html = strip.render().unwrap();
        // One tie between two steps; the first step's own is not shown.
        assert_eq!(html.matches("class=\"link\"").count(), 1);
        assert_eq!(html.matches("<a href=").count(), 2);
        assert!(html.contains("+9\u{a0}wd") && !html.contains("style="));
    }

    #[test]
    fn float_and_slip_are_shown_where_they_say_something() {
        let mut late = step("A", None, "2027-03-12", 0);
        late.float = Some(-3);
        assert_eq!(boxed(late.clone()).float, "float −3 wd");
        late.float = Some(0);
        assert_eq!((boxed(late.clone()).float, boxed(late).slip), (String::new(), None));
        assert_eq!(slip(-2), Some(("good", "−2\u{a0}wd".to_owned())));
        assert_eq!(slip(i64::MIN).unwrap().0, "good");
    }

    #[test]
    fn titles_are_escaped_and_no_step_says_so() {
        let mut hostile = step("<script>alert(1)</script>", None, "2027-03-12", 0);
        hostile.href = String::new();
        let html = PathStrip::new("To <b>", vec![hostile]).render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("<a "));
        assert!(PathStrip::new("Critical path", vec![]).render().unwrap().contains("No path"));
    }
}
