//! The facts by which programs are governed, in two statements: the items with versions, and what is recorded beside them. All
//! of it is read, however far back: it is little beside the items of the logs.

use super::Reach;
use crate::domain::agenda::Name;
use crate::domain::benefit::Point;
use crate::domain::check::AREAS;
use crate::domain::facts::{
    AdoptionTarget, BenefitFact, BudgetLine, CheckFact, Common, Completion, CostFact, GateFact, Governance,
    Invitation, Measurement, MeetingFact, Outcome, Rating, Record, Records, ReleaseEvent, ReleaseFact,
    ReportFact, Rework, SurveyAnswer, Track, Tracks, Version,
};
use crate::domain::gate::Checked;
use crate::domain::health::{Dimension, Rag};
use crate::domain::ids::{ItemId, PersonId, ProgramId, ProjectId};
use crate::domain::kind::{Kind, State};
use crate::store::{Db, Result};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// What items were called, each title with the first day of it.
pub(super) type Called = HashMap<ItemId, Vec<(NaiveDate, String)>>;

/// Reads the governance of programs, with what its items were called; of those that have none there is nothing.
pub(super) async fn governance(
    db: &Db,
    programs: &[Uuid],
    reach: Reach,
) -> Result<HashMap<ProgramId, (Governance, Called)>> {
    let (items, records) = tokio::try_join!(items(db, programs, reach, None), records(db, programs, reach))?;
    let mut all: HashMap<ProgramId, Drafted> = HashMap::new();
    for row in items {
        all.entry(row.program).or_default().item(row);
    }
    for row in records {
        all.entry(row.program).or_default().record(row);
    }
    Ok(all.into_iter().map(|(program, drafted)| (program, drafted.done())).collect())
}

/// What is known of a program's governance, brought up to date: of the items only those that were `written` are read again, and
/// what is recorded beside them only if that was.
pub(super) async fn renewed(
    db: &Db,
    program: ProgramId,
    reach: Reach,
    known: &Governance,
    written: &[ItemId],
    recorded: bool,
) -> Result<(Governance, Called)> {
    let only = [program.0];
    let ids: Vec<Uuid> = written.iter().map(|item| item.0).collect();
    let items =
        async { if ids.is_empty() { Ok(Vec::new()) } else { items(db, &only, reach, Some(&ids)).await } };
    let records = async { if recorded { records(db, &only, reach).await } else { Ok(Vec::new()) } };
    let (items, records) = tokio::try_join!(items, records)?;
    let mut drafted = Drafted::default();
    for row in items {
        drafted.item(row);
    }
    for row in records {
        drafted.record(row);
    }
    let (read, called) = drafted.done();
    let renewed = Governance {
        gates: replaced(&known.gates, &read.gates, written),
        checks: replaced(&known.checks, &read.checks, written),
        releases: replaced(&known.releases, &read.releases, written),
        reports: replaced(&known.reports, &read.reports, written),
        benefits: replaced(&known.benefits, &read.benefits, written),
        meetings: replaced(&known.meetings, &read.meetings, written),
        costs: replaced(&known.costs, &read.costs, written),
        ..if recorded { read } else { known.clone() }
    };
    Ok((renewed.sharing(known), called))
}

/// The items of one kind, those that were written as they were read again; in the order of items.
fn replaced<T: Clone>(known: &Tracks<T>, read: &[Track<T>], written: &[ItemId]) -> Tracks<T> {
    let kept = known.iter().filter(|track| !written.contains(&track.item));
    let mut tracks: Vec<Track<T>> = kept.chain(read).cloned().collect();
    tracks.sort_by_key(|track| track.item.0);
    Tracks::from(tracks)
}

/// A version of an item with what its kind has of its own, each in slots: see [`Drafted::item`].
struct ItemRow {
    program: ProgramId,
    item: ItemId,
    kind: Kind,
    number: i32,
    title: String,
    from: NaiveDate,
    common: Common,
    a: Option<NaiveDate>,
    b: Option<NaiveDate>,
    flag: bool,
    parent: Option<ItemId>,
    area: Option<String>,
    money: i64,
    own: Option<Value>,
}

/// The versions of the items, or only of those that are wanted.
async fn items(db: &Db, programs: &[Uuid], reach: Reach, wanted: Option<&[Uuid]>) -> Result<Vec<ItemRow>> {
    let rows = sqlx::query!(
        r#"
        select i.program as "program!: ProgramId", i.id as "id!: ItemId", i.kind as "kind!: Kind", i.number as "number!",
               i.title as "title!", greatest(i.effective_on, d.effective_on) as "from!", i.state as "state!: State",
               i.project as "project: ProjectId", i.owner as "owner: PersonId", i.raised_on as "raised_on!", i.next_on,
               i.closed_on, i.archived_at is not null as "archived!", d.a, d.b, d.flag as "flag!",
               d.parent as "parent: ItemId", d.area, d.money as "money!", d.own
        from (
            select item, program, effective_on, until_on, "on" as a, decided_on as b, false as flag, null::uuid as parent,
                   null::text as area, 0::bigint as money, checked as own
            from history.gate
            union all select item, program, effective_on, until_on, waived_until, null, mandatory, gate, area::text, 0, null
                      from history."check"
                      -- Of gates that have yet to say a word: a no is not the last.
                      where not $3 or gate in (
                          select g.item from history.gate g
                          join history.item s on s.id = g.item and s.effective_on <= $2 and s.until_on > $2
                          where g.effective_on <= $2 and g.until_on > $2
                            and (g.decided_on is null or g.decided_on > $2 or s.state = 'no_go'))
            union all select item, program, effective_on, until_on, decided_on, null, false, null, null,
                             (cost * 100)::bigint, null
                      from history.change where cost is not null
            union all select item, program, effective_on, until_on, launched_on, null, false, null, null, 0, null
                      from history.release where not $3
            union all select item, program, effective_on, until_on, published_on, null, false, null, null, 0,
                             jsonb_build_object('declared', declared, 'computed', computed)
                      from history.report where not $3
            union all select item, program, effective_on, until_on, null, null, false, null, null, 0,
                             jsonb_build_object('baseline', baseline, 'weight', weight, 'plan', plan)
                      from history.benefit where not $3
            union all select item, program, effective_on, until_on, held_on, null, key, null, null, 0, null
                      from history.meeting where not $3
        ) d
        join history.item i on i.id = d.item and i.effective_on < d.until_on and d.effective_on < i.until_on
        where d.program = any($1) and d.effective_on <= $2 and i.effective_on <= $2
          and i.effective_on < i.until_on and d.effective_on < d.until_on
          and (not $3 or i.until_on > $2 and d.until_on > $2)
          and ($4::uuid[] is null or d.item = any($4))
        order by i.id, greatest(i.effective_on, d.effective_on)
        "#,
        programs,
        reach.until,
        reach.health_only,
        wanted,
    )
    .fetch_all(db.pool())
    .await?;
    let row = rows.into_iter().map(|row| ItemRow {
        program: row.program,
        item: row.id,
        kind: row.kind,
        number: row.number,
        title: row.title,
        from: row.from,
        common: Common {
            state: row.state,
            project: row.project,
            owner: row.owner,
            raised_on: row.raised_on,
            next_on: row.next_on,
            closed_on: row.closed_on,
            updated_on: row.from,
            archived: row.archived,
        },
        a: row.a,
        b: row.b,
        flag: row.flag,
        parent: row.parent,
        area: row.area,
        money: row.money,
        own: row.own,
    });
    Ok(row.collect())
}

/// A version of something recorded, in slots: see [`Drafted::record`].
struct RecordRow {
    program: ProgramId,
    what: String,
    from: NaiveDate,
    until: Option<NaiveDate>,
    id: Uuid,
    about: Option<ItemId>,
    other: Option<Uuid>,
    on: NaiveDate,
    n: i64,
    flag: bool,
    words: String,
    value: Option<f64>,
    planned: Option<i64>,
    actual: Option<i64>,
    forecast: Option<i64>,
    name: Option<Name>,
}

async fn records(db: &Db, programs: &[Uuid], reach: Reach) -> Result<Vec<RecordRow>> {
    let rows = sqlx::query!(
        r#"
        select r.program as "program!: ProgramId", r.what as "what!", r.effective_on as "from!",
               nullif(r.until_on, 'infinity') as until, r.id as "id!", r.about as "about: ItemId", r.other, r.day as "day!",
               r.n as "n!", r.flag as "flag!", r.words as "words!", r.v, r.x, r.y, r.z,
               i.kind as "kind?: Kind", i.number as "number?", i.title as "title?"
        from (
            select 'budget_line' as what, program, effective_on, until_on, id, null::uuid as about, project as other,
                   period_on as day, 0::bigint as n, false as flag, category as words, null::float8 as v,
                   (planned * 100)::bigint as x, (actual * 100)::bigint as y, (forecast * 100)::bigint as z
            from history.budget_line where archived_at is null
            union all select 'release_event', program, effective_on, until_on, id, release, null, "on", count,
                             kind = 'incident', '', null, null, null, null
                      from history.release_event where not $3
            union all select 'rework', program, effective_on, until_on, id, item, null, "on", 0, false, what,
                             null, null, null, null
                      from history.rework where not $3
            union all select 'completion', i.program, h.effective_on, h.until_on, h.id, h.id, null, h.closed_on, 0, false,
                             '', null, null, null, null
                      from item i join history.item h on h.id = i.id
                      where i.kind = 'activity' and h.state = 'done' and h.archived_at is null and h.closed_on is not null
                        and not $3
            union all select 'adoption_target', program, effective_on, until_on, id, benefit, null, due_on, 0, false, title,
                             target::float8, null, null, null
                      from history.adoption_target where not $3
            union all select 'measurement', program, effective_on, until_on, id, benefit, adoption_target, "on", 0, false,
                             '', value::float8, null, null, null
                      from history.measurement where not $3
            union all select 'invitation', program, effective_on, until_on, id, null, null, invited_on, 0, false, '',
                             null, null, null, null
                      from history.survey_invitation where not $3
            union all select 'answer', a.program, a.effective_on, a.until_on, a.id, a.stakeholder,
                             a.invitation, a."on", a.value, false, coalesce(s.title, ''), null, null, null, null
                      from history.survey_answer a
                      left join survey s on s.id = a.survey
                      where not $3
            union all select 'rating', program, effective_on, until_on, person, report, null, "on", value, false, '',
                             null, null, null, null
                      from history.report_rating where not $3
            union all select 'outcome', o.program, greatest(o.effective_on, c.effective_on),
                             least(o.until_on, c.until_on), o.item, o.meeting, null, o.effective_on, 0, false, '',
                             null, null, null, null
                      from history.meeting_item o
                      join history.item c on c.id = o.item and c.effective_on < o.until_on and o.effective_on < c.until_on
                      where o.part = 'outcome' and c.kind in ('decision', 'action') and c.archived_at is null and not $3
            union all select 'outcome', a.program, greatest(a.effective_on, c.effective_on),
                             least(a.until_on, c.until_on), a.item, a.from_item, null, a.effective_on, 0, false, '',
                             null, null, null, null
                      from history.action a
                      join item m on m.program = any($1) and m.kind = 'meeting' and m.id = a.from_item
                      join history.item c on c.id = a.item and c.effective_on < a.until_on and a.effective_on < c.until_on
                      where c.archived_at is null and not $3
        ) r
        left join lateral (
            -- What is of another program isn't named here: not everybody who reads this one may see it.
            select kind, number, title from item
            where id = r.about and program = r.program and r.what in ('rework', 'answer', 'completion') limit 1
        ) i on true
        where r.program = any($1) and r.effective_on <= $2 and r.effective_on < r.until_on and (not $3 or r.until_on > $2)
        order by r.what, r.effective_on, r.id, r.about, r.until_on
        "#,
        programs,
        reach.until,
        reach.health_only,
    )
    .fetch_all(db.pool())
    .await?;
    let row = rows.into_iter().map(|row| RecordRow {
        program: row.program,
        what: row.what,
        from: row.from,
        until: row.until,
        id: row.id,
        about: row.about,
        other: row.other,
        on: row.day,
        n: row.n,
        flag: row.flag,
        words: row.words,
        value: row.v,
        planned: row.x,
        actual: row.y,
        forecast: row.z,
        name: row
            .about
            .zip(row.kind)
            .zip(row.number.zip(row.title))
            .map(|((item, kind), (number, title))| Name { item, kind, number, title }),
    });
    Ok(row.collect())
}

/// The lists while they grow.
#[derive(Default)]
struct Drafted {
    gates: Vec<Track<GateFact>>,
    checks: Vec<Track<CheckFact>>,
    releases: Vec<Track<ReleaseFact>>,
    reports: Vec<Track<ReportFact>>,
    benefits: Vec<Track<BenefitFact>>,
    meetings: Vec<Track<MeetingFact>>,
    costs: Vec<Track<CostFact>>,
    release_events: Vec<Record<ReleaseEvent>>,
    rework: Vec<Record<Rework>>,
    completions: Vec<Record<Completion>>,
    adoption_targets: Vec<Record<AdoptionTarget>>,
    measurements: Vec<Record<Measurement>>,
    invitations: Vec<Record<Invitation>>,
    answers: Vec<Record<SurveyAnswer>>,
    ratings: Vec<Record<Rating>>,
    outcomes: Vec<Record<Outcome>>,
    budget: Vec<Record<BudgetLine>>,
    called: Called,
}

impl Drafted {
    fn done(self) -> (Governance, Called) {
        let drafted = self;
        let governance = Governance {
            gates: Tracks::from(drafted.gates),
            checks: Tracks::from(drafted.checks),
            releases: Tracks::from(drafted.releases),
            reports: Tracks::from(drafted.reports),
            benefits: Tracks::from(drafted.benefits),
            meetings: Tracks::from(drafted.meetings),
            costs: Tracks::from(drafted.costs),
            release_events: Records::from(drafted.release_events),
            rework: Records::from(drafted.rework),
            completions: Records::from(drafted.completions),
            adoption_targets: Records::from(drafted.adoption_targets),
            measurements: Records::from(drafted.measurements),
            invitations: Records::from(drafted.invitations),
            answers: Records::from(drafted.answers),
            ratings: Records::from(drafted.ratings),
            outcomes: Records::from(drafted.outcomes),
            budget: Records::from(drafted.budget),
        };
        (governance, drafted.called)
    }
}

/// What a benefit has of its own, as read.
#[derive(Default, Deserialize)]
struct Planned {
    baseline: f64,
    weight: f64,
    plan: Vec<Point>,
}

/// The colours of a report, in the order of the dimensions.
fn colours(own: Option<&Value>, which: &str) -> [Option<Rag>; 7] {
    Dimension::ALL.map(|dimension| Rag::deserialize(own?.get(which)?.get(dimension.name())?).ok())
}

/// Adds a version to the last track if it is of the same item, else begins one. The name is that of the last version.
fn version<T>(tracks: &mut Vec<Track<T>>, row: ItemRow, fact: T) {
    let ItemRow { item, kind, number, title, from, .. } = row;
    let version = Version { effective_on: from, fact };
    match tracks.last_mut() {
        Some(track) if track.item == item => {
            track.title = title;
            track.versions.push(version);
        }
        _ => tracks.push(Track { item, kind, number, title, versions: vec![version] }),
    }
}

impl Drafted {
    fn item(&mut self, row: ItemRow) {
        let (common, a, b, flag) = (row.common, row.a, row.b, row.flag);
        let called = self.called.entry(row.item).or_default();
        if called.last().is_none_or(|(_, title)| *title != row.title) {
            called.push((row.from, row.title.clone()));
        }
        match row.kind {
            Kind::Gate => {
                let checked = row.own.as_ref().and_then(|own| Checked::deserialize(own).ok());
                let fact = GateFact { common, on: a.unwrap_or(row.from), decided_on: b, checked };
                version(&mut self.gates, row, fact);
            }
            Kind::Check => {
                let Some(gate) = row.parent else { return };
                let area = AREAS.iter().find(|(name, _)| row.area.as_deref() == Some(name));
                let area = area.map_or("other", |(name, _)| name);
                version(
                    &mut self.checks,
                    row,
                    CheckFact { common, gate, area, mandatory: flag, waived_until: a },
                );
            }
            Kind::Release => version(&mut self.releases, row, ReleaseFact { common, launched_on: a }),
            Kind::Report => {
                let [declared, computed] =
                    ["declared", "computed"].map(|which| colours(row.own.as_ref(), which));
                version(&mut self.reports, row, ReportFact { common, published_on: a, declared, computed });
            }
            Kind::Benefit => {
                let own = row.own.as_ref().and_then(|own| Planned::deserialize(own).ok()).unwrap_or_default();
                let Planned { baseline, weight, plan } = own;
                version(&mut self.benefits, row, BenefitFact { common, baseline, weight, plan });
            }
            Kind::Meeting => version(&mut self.meetings, row, MeetingFact { common, key: flag, held_on: a }),
            Kind::Change => {
                let cost = row.money;
                version(&mut self.costs, row, CostFact { common, cost, decided_on: a });
            }
            _ => {}
        }
    }

    fn record(&mut self, row: RecordRow) {
        let RecordRow { from, until, id, other, on, .. } = row;
        let item = row.about.unwrap_or(ItemId(Uuid::nil()));
        macro_rules! keep {
            ($list:ident, $fact:expr) => {
                self.$list.push(Record { from, until, fact: $fact })
            };
        }
        match row.what.as_str() {
            "budget_line" => keep!(
                budget,
                BudgetLine {
                    project: other.map(ProjectId),
                    category: row.words,
                    period_on: on,
                    planned: row.planned,
                    actual: row.actual,
                    forecast: row.forecast,
                }
            ),
            "release_event" => {
                keep!(release_events, ReleaseEvent { release: item, incident: row.flag, on, count: row.n });
            }
            "rework" => keep!(rework, Rework { about: row.name, what: row.words, on }),
            "completion" => {
                let Some(about) = row.name else { return };
                keep!(completions, Completion { about, on });
            }
            "adoption_target" => keep!(
                adoption_targets,
                AdoptionTarget {
                    id,
                    benefit: item,
                    title: row.words,
                    target: row.value.unwrap_or_default(),
                    due_on: on,
                }
            ),
            "measurement" => keep!(
                measurements,
                Measurement {
                    id,
                    benefit: item,
                    adoption_target: other,
                    on,
                    value: row.value.unwrap_or_default(),
                }
            ),
            "invitation" => keep!(invitations, Invitation { id, on }),
            "answer" => keep!(
                answers,
                SurveyAnswer { about: row.name, survey: row.words, invitation: other, value: row.n, on }
            ),
            "rating" => keep!(ratings, Rating { report: item, value: row.n, on }),
            "outcome" => keep!(outcomes, Outcome { meeting: item, item: ItemId(id) }),
            _ => {}
        }
    }
}
