//! The network of a generated program, scheduled slowly and plainly from `schedule.md`: rows are read as they stood on a day, and dates
//! are moved by one link after the other until none has to move any more.
//!
//! A generated program has one calendar, no summaries, no dependencies in its network and lags in working days only; what it
//! has besides is refused here, so that nothing is passed over.

use crate::support::TestDatabase;
use chrono::{Days, NaiveDate};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Minutes of a day of work.
const DAY: i64 = 480;

/// The days of work of a program, in their order.
///
/// A moment is twice the minutes worked before it, and one more if it is the morning on which work goes on: the evening of a
/// Friday and the morning of the Monday after it are the same to work, but not to a milestone.
struct Worked(Vec<NaiveDate>);

impl Worked {
    async fn of(database: &TestDatabase) -> Self {
        let days = sqlx::query_scalar(
            "select d::date from program p, generate_series('2023-01-02'::timestamp, '2042-12-31', '1 day') d
             where p.working_week[extract(isodow from d)::int] and not d::date = any(p.holidays) or d::date = any(p.extra_days)
             order by d",
        );
        Self(days.fetch_all(&database.pool).await.unwrap())
    }

    /// Minutes worked before a day.
    fn before(&self, day: NaiveDate) -> i64 {
        i64::try_from(self.0.partition_point(|one| *one < day)).unwrap() * DAY
    }

    fn morning(&self, day: NaiveDate) -> i64 {
        2 * self.before(day) + 1
    }

    /// When what is reached on a day is reached: in the evening; on a day off, when work goes on.
    fn reached(&self, day: NaiveDate) -> i64 {
        if self.0.contains(&day) { 2 * self.before(day + Days::new(1)) } else { self.morning(day) }
    }

    fn day(&self, minute: i64) -> NaiveDate {
        self.0[usize::try_from(minute / DAY).unwrap()]
    }

    fn starts_on(&self, moment: i64) -> NaiveDate {
        self.day(moment / 2)
    }

    fn ends_on(&self, moment: i64) -> NaiveDate {
        self.day(if moment % 2 == 1 { moment / 2 } else { moment / 2 - 1 })
    }
}

/// A milestone or an activity as it stood.
#[derive(sqlx::FromRow)]
pub struct Work {
    pub id: Uuid,
    pub reference: String,
    pub milestone: bool,
    pub number: i32,
    pub likely_days: f64,
    pub left_days: f64,
    pub started_on: Option<NaiveDate>,
    pub finished_on: Option<NaiveDate>,
    pub bound: String,
    pub bound_on: Option<NaiveDate>,
    pub deadline_on: Option<NaiveDate>,
    pub begins_on: Option<NaiveDate>,
    /// What a person says of a milestone's date.
    pub stated_on: Option<NaiveDate>,
    pub committed_on: Option<NaiveDate>,
}

const WORK: &str = "
    select i.id, p.key || case i.kind when 'milestone' then '-M' else '-T' end || i.number as reference,
           i.kind = 'milestone' as milestone, i.number, coalesce(a.likely_days, 0)::float8 as likely_days,
           coalesce(a.remaining_days, a.likely_days * (100 - a.percent_complete) / 100, 0)::float8 as left_days,
           a.actual_start_on as started_on, coalesce(a.actual_finish_on, m.achieved_on) as finished_on,
           coalesce(a.\"constraint\"::text, '') as bound, a.constraint_on as bound_on, a.deadline_on,
           coalesce(j.starts_on, p.starts_on) as begins_on, coalesce(m.forecast_on, m.committed_on) as stated_on,
           case i.kind when 'milestone' then m.committed_on else (
               select d.committed_on from baseline b join baseline_date d on d.baseline = b.id
               where d.item = i.id and b.made_on <= $1 order by b.number desc limit 1) end as committed_on
    from item_at($1) i join program p on p.id = i.program left join project j on j.id = i.project
    left join milestone_at($1) m on m.item = i.id left join activity_at($1) a on a.item = i.id
    where i.kind in ('milestone', 'activity') and i.archived_at is null and i.state <> 'cancelled'
    order by i.kind, i.number";

/// What the slow scheduler knows nothing of.
const UNKNOWN: &str = "
    select (select count(*) from calendar) + (select count(*) from activity where parent is not null or calendar is not null)
         + (select count(*) from dependency where provider_milestone is not null or consumer_milestone is not null)
         + (select count(*) from schedule_link l join dependency d on d.item in (l.predecessor, l.successor))
         + (select count(*) from history.schedule_link where lag_unit <> 'working')
         + (select count(*) from milestone where forecast_from <> 'stated') + (select count(*) from program) - 1";

/// A link, by the places of what it joins.
pub struct Link {
    pub from: usize,
    pub to: usize,
    pub kind: String,
    pub lag_days: f64,
}

impl Link {
    fn leaves_finish(&self) -> bool {
        self.kind.starts_with('F')
    }

    fn enters_start(&self) -> bool {
        self.kind.ends_with('S')
    }

    fn lag(&self) -> i64 {
        minutes(self.lag_days)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "days of a plan")]
fn minutes(days: f64) -> i64 {
    (days * DAY as f64).round() as i64
}

/// The schedule of a day.
pub struct Slow {
    pub day: NaiveDate,
    pub work: Vec<Work>,
    pub links: Vec<Link>,
    worked: Worked,
    start: Vec<i64>,
    finish: Vec<i64>,
    /// Minutes worked by when each must be finished.
    late: Vec<i64>,
}

impl Slow {
    pub async fn of(database: &TestDatabase, day: NaiveDate) -> Self {
        let unknown: i64 = sqlx::query_scalar(UNKNOWN).fetch_one(&database.pool).await.unwrap();
        assert_eq!(unknown, 0, "there is more in the network than this knows of");
        let work: Vec<Work> = sqlx::query_as(WORK).bind(day).fetch_all(&database.pool).await.unwrap();
        let places: HashMap<Uuid, usize> = work.iter().enumerate().map(|(at, one)| (one.id, at)).collect();
        let sql = "select predecessor, successor, type::text, lag::float8 from schedule_link_at($1)";
        let rows: Vec<(Uuid, Uuid, String, f64)> =
            sqlx::query_as(sql).bind(day).fetch_all(&database.pool).await.unwrap();
        let link = |(from, to, kind, lag_days)| {
            Some(Link { from: *places.get(&from)?, to: *places.get(&to)?, kind, lag_days })
        };
        let links = rows.into_iter().filter_map(link).collect();
        let worked = Worked::of(database).await;
        let mut slow = Self { day, work, links, worked, start: vec![], finish: vec![], late: vec![] };
        (slow.start, slow.finish) = slow.early(None);
        slow.late = slow.latest();
        slow
    }

    pub fn is_open(&self, at: usize) -> bool {
        self.work[at].finished_on.is_none()
    }

    pub fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.work.len()).filter(|at| self.is_open(*at))
    }

    fn has_begun(&self, at: usize) -> bool {
        self.work[at].started_on.is_some()
    }

    /// Minutes that are still to be worked.
    fn left(&self, at: usize) -> i64 {
        let one = &self.work[at];
        minutes(if self.has_begun(at) { one.left_days } else { one.likely_days })
    }

    /// It is where it must be, whatever leads to it.
    fn is_pinned(&self, at: usize) -> bool {
        !self.has_begun(at) && self.work[at].bound.starts_with("must")
    }

    /// Start and finish of everything as early as can be; one item may take so many minutes more.
    fn early(&self, longer: Option<(usize, i64)>) -> (Vec<i64>, Vec<i64>) {
        let mut start = vec![0; self.work.len()];
        let mut finish = vec![0; self.work.len()];
        loop {
            let mut moved = false;
            for at in 0..self.work.len() {
                let more = longer.filter(|(which, _)| *which == at).map_or(0, |(_, more)| more);
                let now = self.placed(at, more, &start, &finish);
                moved |= now != (start[at], finish[at]);
                (start[at], finish[at]) = now;
            }
            if !moved {
                return (start, finish);
            }
        }
    }

    /// Where an item is, if what leads to it is there.
    fn placed(&self, at: usize, more: i64, start: &[i64], finish: &[i64]) -> (i64, i64) {
        let (one, worked) = (&self.work[at], &self.worked);
        if let Some(on) = one.finished_on {
            let end = worked.reached(on);
            return (one.started_on.map_or(end, |on| worked.morning(on).min(end)), end);
        }
        let into: Vec<&Link> = self.links.iter().filter(|link| link.to == at).collect();
        let begun = one.started_on;
        let (mut starts, mut ends) = (worked.morning(self.day), 0);
        if one.milestone {
            let stated = one.stated_on.filter(|_| into.is_empty());
            starts = worked.reached(stated.map_or(self.day, |on| on.max(self.day)));
        }
        if let Some(on) = begun {
            starts = starts.max(worked.morning(on));
        }
        let bound_on = one.bound_on.unwrap_or(self.day);
        match (one.bound.as_str(), begun) {
            ("start_no_earlier_than" | "must_start_on", None) => {
                starts = starts.max(worked.morning(bound_on));
            }
            ("finish_no_earlier_than" | "must_finish_on", _) => {
                ends = 2 * worked.before(bound_on + Days::new(1));
            }
            ("as_soon_as_possible", None) if into.is_empty() => {
                starts = one.begins_on.map_or(starts, |on| starts.max(worked.morning(on)));
            }
            ("" | "as_soon_as_possible" | "start_no_later_than" | "finish_no_later_than", _)
            | (_, Some(_)) => {}
            (other, _) => panic!("{}: {other} is unknown here", one.reference),
        }
        for link in into.into_iter().filter(|_| !self.is_pinned(at)) {
            let end = if link.leaves_finish() { finish[link.from] } else { start[link.from] };
            let asked = if link.enters_start() { &mut starts } else { &mut ends };
            *asked = (*asked).max(end + 2 * link.lag());
        }
        let left = self.left(at) + more;
        let first = (starts / 2).max(ends / 2 - left);
        let end = if left == 0 { starts.max(ends) } else { 2 * (first + left) };
        let begin = if left == 0 { end } else { 2 * first + 1 };
        (begun.map_or(begin, |on| worked.morning(on)), end)
    }

    /// By when each must be finished so that nothing moves the end, a deadline or a constraint.
    fn latest(&self) -> Vec<i64> {
        let end = self.finish.iter().max().map_or(0, |last| last / 2);
        let by = |on: NaiveDate| self.worked.before(on + Days::new(1));
        let cap = |at: usize| {
            let one = &self.work[at];
            let bound = one.bound_on.and_then(|on| match (one.bound.as_str(), self.has_begun(at)) {
                ("start_no_later_than" | "must_start_on", false) => {
                    Some(self.worked.before(on) + self.left(at))
                }
                ("finish_no_later_than" | "must_finish_on", _) => Some(by(on)),
                _ => None,
            });
            [bound, one.deadline_on.map(by)].into_iter().flatten().fold(end, i64::min)
        };
        let mut late: Vec<i64> = (0..self.work.len()).map(cap).collect();
        loop {
            let mut moved = false;
            for link in self.links.iter().filter(|link| self.is_open(link.from) && self.is_open(link.to)) {
                let needed = late[link.to] - if link.enters_start() { self.left(link.to) } else { 0 };
                let allowed = match link.leaves_finish() {
                    true => needed - link.lag(),
                    // What has begun can't begin late any more.
                    false if self.has_begun(link.from) => continue,
                    false => needed - link.lag() + self.left(link.from),
                };
                if allowed < late[link.from] {
                    late[link.from] = allowed;
                    moved = true;
                }
            }
            if !moved {
                return late;
            }
        }
    }

    /// Working minutes by which an item can slip.
    fn float(&self, at: usize) -> i64 {
        self.late[at] - self.finish[at] / 2
    }

    pub fn float_days(&self, at: usize) -> f64 {
        self.float(at) as f64 / DAY as f64
    }

    pub fn starts_on(&self, at: usize) -> NaiveDate {
        if self.work[at].milestone { self.finishes_on(at) } else { self.worked.starts_on(self.start[at]) }
    }

    /// When it finishes. When it did stays, be it on a day off.
    pub fn finishes_on(&self, at: usize) -> NaiveDate {
        self.work[at].finished_on.unwrap_or_else(|| self.worked.ends_on(self.finish[at]))
    }

    /// The last day on which it may be finished; none where it takes no more time, so that it has an evening and a morning.
    pub fn latest_on(&self, at: usize) -> Option<NaiveDate> {
        (self.left(at) > 0).then(|| self.worked.ends_on(2 * self.late[at]))
    }

    /// Whether its start is still ahead.
    pub fn is_ahead(&self, at: usize) -> bool {
        self.is_open(at) && !self.has_begun(at)
    }

    /// The open critical milestones and activities, and what is completed.
    pub fn critical(&self) -> [BTreeSet<String>; 2] {
        let names = |wanted: &dyn Fn(usize) -> bool| {
            (0..self.work.len()).filter(|at| wanted(*at)).map(|at| self.work[at].reference.clone()).collect()
        };
        [names(&|at| self.is_open(at) && self.float(at) <= 0), names(&|at| !self.is_open(at))]
    }

    /// Working days after one day up to and including another.
    pub fn between(&self, since: NaiveDate, until: NaiveDate) -> i64 {
        let upto = |day| self.worked.before(day + Days::new(1)) / DAY;
        upto(until) - upto(since)
    }

    /// What starts first of all, done or not.
    pub fn first(&self) -> Option<usize> {
        (0..self.work.len()).min_by_key(|at| (self.start[*at], *at))
    }

    /// What is open and finishes last: of several the milestone, then the one with the lower number.
    pub fn last(&self) -> Option<usize> {
        self.open().max_by_key(|at| {
            let one = &self.work[*at];
            (self.finish[*at], one.milestone, -one.number)
        })
    }

    /// The open items with which a critical path to an item may begin: those that nothing open drives. `finish` is the end of it
    /// that is looked at.
    fn begin(&self, at: usize, finish: bool, found: &mut BTreeSet<usize>) {
        if self.is_pinned(at) || (!finish && self.has_begun(at)) {
            found.insert(at);
            return;
        }
        let (end, begin) = (self.finish[at] / 2, self.finish[at] / 2 - self.left(at));
        let driving = self.links.iter().filter(|link| link.to == at).filter(|link| {
            let from = if link.leaves_finish() { self.finish[link.from] } else { self.start[link.from] };
            from / 2 + link.lag() == if link.enters_start() { begin } else { end }
        });
        let mut begins = true;
        for link in driving {
            begins = false;
            if self.is_open(link.from) {
                self.begin(link.from, link.leaves_finish(), found);
            } else {
                found.insert(at);
            }
        }
        if begins {
            found.insert(at);
        }
    }

    /// By how many working days the last item moves if the first open item of the path to it takes so many more: for each path
    /// that is as long as the longest, none where that item has no path.
    pub fn moved(&self, days: i64) -> BTreeSet<Option<i64>> {
        let Some(last) = self.last() else { return BTreeSet::from([None]) };
        let mut firsts = BTreeSet::new();
        self.begin(last, true, &mut firsts);
        let moved = |first: usize| {
            let (_, finish) = self.early(Some((first, days * DAY)));
            // To the nearest day.
            ((finish[last] / 2 - self.finish[last] / 2) + DAY / 2).div_euclid(DAY)
        };
        firsts.into_iter().map(|first| (first != last).then(|| moved(first))).collect()
    }
}
