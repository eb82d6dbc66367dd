//! A reproducible data set: programs with two years of history up to today, as teams would have written it. For benchmarks and
//! for trying things out; what is made satisfies the same rules as real writes, for it is made by the same domain.

mod life;
mod words;

use super::{App, Error, Result};
use crate::domain::draft::Refused;
use crate::domain::ids::{PersonId, ProgramId, ProjectId, TeamId};
use crate::domain::program::{Program, Project, Role, Visibility};
use crate::store::lookup::{NewPerson, NewTeam};
use crate::store::{self, Stamp, bulk};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use life::Sim;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use uuid::Uuid;

/// How many days of history a data set has.
const HISTORY_DAYS: u64 = 730;
const PROJECTS: usize = 6;
const PEOPLE_A_TEAM: usize = 5;

/// How much to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 1 program, 6 projects, 60 milestones, 600 RAID items.
    S,
    /// 10 programs, 60 projects, 600 milestones, 12,000 RAID items.
    M,
    /// 50 programs, 300 projects, 5,000 milestones, 100,000 RAID items, over 1,000,000 rows of history.
    L,
}

impl Size {
    /// The size of a letter.
    #[must_use]
    pub const fn from_letter(letter: char) -> Option<Self> {
        match letter {
            's' | 'S' => Some(Self::S),
            'm' | 'M' => Some(Self::M),
            'l' | 'L' => Some(Self::L),
            _ => None,
        }
    }

    const fn programs(self) -> usize {
        match self {
            Self::S => 1,
            Self::M => 10,
            Self::L => 50,
        }
    }

    /// Milestones and RAID items of each program.
    const fn of_each(self) -> (usize, usize) {
        match self {
            Self::S => (60, 600),
            Self::M => (60, 1_200),
            Self::L => (100, 2_000),
        }
    }
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Made {
    pub programs: usize,
    pub people: usize,
    pub items: usize,
    /// Versions of items; those of what a kind has of its own come on top.
    pub versions: usize,
}

/// Fills an empty database. `told` is called after each program with how many are done and how many there are to do.
///
/// # Errors
/// Refused when anything is there already; then nothing is written.
pub async fn generate(app: &App, size: Size, seed: u64, mut told: impl FnMut(usize, usize)) -> Result<Made> {
    if !bulk::is_empty(&app.db).await? {
        return Err(Error::refused(
            "",
            "There is something in this database already: a data set is made in an empty one only.",
        ));
    }
    let now = app.clock.now();
    let today = now.date_naive();
    let start = today.checked_sub_days(Days::new(HISTORY_DAYS)).unwrap_or(today);
    let began = start.and_time(NaiveTime::MIN).and_utc();
    let mut made = Made::default();
    // All that isn't an item's is written down on the first day.
    let stamp = Stamp { now: began, actor: None, reason: String::new() };
    let mut tx = app.db.begin(&stamp).await?;
    let mut houses = Vec::new();
    for at in 0..size.programs() {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ at as u64);
        let house = House::new(&mut rng, at, began, start);
        house.write(&mut tx).await?;
        made.people += house.people.len();
        houses.push((rng, house));
    }
    bulk::pause(&mut tx).await?;
    for (at, (rng, house)) in houses.into_iter().enumerate() {
        let program = house.program.id;
        let lived = Sim::new(rng, house, start, now).live(size.of_each());
        made.programs += 1;
        made.items += lived.pasts.len();
        made.versions += lived.pasts.iter().map(|past| past.versions.len()).sum::<usize>();
        bulk::write(&mut tx, program, &lived).await?;
        told(at + 1, size.programs());
    }
    bulk::resume(&mut tx).await?;
    tx.commit().await?;
    bulk::analyze(&app.db).await?;
    Ok(made)
}

/// An id that the seed decides, in the order of time.
fn id(rng: &mut StdRng, at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rng.random()).into_uuid()
}

/// A program with its projects, and who works in them.
struct House {
    program: Program,
    projects: Vec<Project>,
    teams: Vec<(TeamId, String)>,
    people: Vec<NewPerson>,
}

impl House {
    fn new(rng: &mut StdRng, at: usize, began: DateTime<Utc>, start: NaiveDate) -> Self {
        let (key, what) = words::program(at);
        let mut program = Program::new(ProgramId(id(rng, began)), began, start);
        program.key = key;
        program.name = what;
        program.visibility = if at.is_multiple_of(3) { Visibility::Everyone } else { Visibility::Members };
        program.starts_on = Some(start);
        program.holidays = holidays(start);
        let mut people = Vec::new();
        let (mut teams, mut projects) = (Vec::new(), Vec::new());
        for (number, (project_key, project_name)) in words::PROJECTS.iter().take(PROJECTS).enumerate() {
            let team = TeamId(id(rng, began));
            teams.push((team, format!("{} {project_name}", program.key)));
            for member in 0..PEOPLE_A_TEAM {
                let name = words::person((at * PROJECTS + number) * PEOPLE_A_TEAM + member);
                people.push(NewPerson {
                    id: PersonId(id(rng, began)),
                    email: Some(format!("{}@example.com", name.to_lowercase().replace(' ', "."))),
                    name,
                    handle: None,
                    version: 1,
                    effective_on: start,
                });
            }
            let mut project = Project::new(ProjectId(id(rng, began)), program.id, start);
            (*project_key).clone_into(&mut project.key);
            (*project_name).clone_into(&mut project.name);
            project.team = Some(team);
            project.lead = people.get(number * PEOPLE_A_TEAM).map(|lead| lead.id);
            project.starts_on = Some(start);
            projects.push(project);
        }
        program.manager = people.first().map(|person| person.id);
        program.sponsor = people.get(1).map(|person| person.id);
        Self { program, projects, teams, people }
    }

    async fn write(&self, tx: &mut store::Tx) -> Result<()> {
        let on = self.program.effective_on;
        store::lookup::insert_people(tx, &self.people).await?;
        let teams: Vec<_> = self
            .teams
            .iter()
            .map(|(id, name)| NewTeam {
                id: *id,
                name: name.clone(),
                description: String::new(),
                effective_on: on,
            })
            .collect();
        store::lookup::insert_teams(tx, &teams).await?;
        for (at, person) in self.people.iter().enumerate() {
            if let Some((team, _)) = self.teams.get(at / PEOPLE_A_TEAM) {
                store::people::set_team_member(tx, *team, person.id, true, on).await?;
            }
        }
        store::program::insert(tx, &self.program).await?;
        store::program::insert_projects(tx, &self.projects).await?;
        for (at, person) in self.people.iter().enumerate() {
            let role = if at % PEOPLE_A_TEAM == 0 { Role::Manager } else { Role::Contributor };
            store::program::set_member(tx, self.program.id, person.id, Some(role), on).await?;
        }
        Ok(())
    }

    /// Somebody of a project's team.
    fn someone(&self, rng: &mut StdRng, project: usize) -> Option<PersonId> {
        let at = project * PEOPLE_A_TEAM + rng.random_range(0..PEOPLE_A_TEAM);
        self.people.get(at).map(|person| person.id)
    }
}

/// The turns of the years that a data set sees, and of some after it.
fn holidays(start: NaiveDate) -> Vec<NaiveDate> {
    let days = (start.year()..start.year() + 6)
        .flat_map(|year| [(year, 1, 1), (year, 5, 1), (year, 12, 25), (year, 12, 26)]);
    days.filter_map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day)).collect()
}

/// What the domain refuses of generated data is a defect of the generator.
fn defect(refused: &Refused) -> bool {
    tracing::error!(?refused, "generated data was refused");
    false
}
