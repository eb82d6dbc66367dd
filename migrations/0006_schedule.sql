-- The network of a schedule: activities, the links between them, and the calendars by which they are worked.
--
-- A value that is added to an enum can't be used in the transaction that adds it: what uses it is in the next migration.

alter type item_kind add value 'activity' after 'milestone';
alter type item_state add value 'not_started' after 'proposed';

-- A calendar of a program beside the program's own: of a project, a team or a person, or of whatever names it.
create table calendar (
    id uuid primary key,
    program uuid not null references program,
    name text not null constraint calendar_name_length check (char_length(name) between 1 and 120),
    -- The shifts of seven days from Monday, in minutes of the day: [[[540, 720], [780, 1020]], …].
    week jsonb not null constraint calendar_week_of_seven check (jsonb_array_length(week) = 7),
    -- [{from, to, name, shifts}]: days that differ from the week; without shifts they are off.
    exceptions jsonb not null default '[]',
    project uuid references project,
    team uuid references team,
    person uuid references person,
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null,
    constraint calendar_of_one check (num_nonnulls(project, team, person) <= 1)
);
create unique index calendar_name_unique on calendar (program, lower(name)) where archived_at is null;
create unique index calendar_project_unique on calendar (program, project) where archived_at is null;
create unique index calendar_team_unique on calendar (program, team) where archived_at is null;
create unique index calendar_person_unique on calendar (program, person) where archived_at is null;

create type activity_constraint as enum (
    'as_soon_as_possible', 'as_late_as_possible', 'start_no_earlier_than', 'start_no_later_than', 'finish_no_earlier_than',
    'finish_no_later_than', 'must_start_on', 'must_finish_on');

-- Durations are working days.
create table activity (
    item uuid primary key references item,
    program uuid not null,
    optimistic_days numeric(9, 4),
    likely_days numeric(9, 4) not null,
    pessimistic_days numeric(9, 4),
    remaining_days numeric(9, 4) constraint activity_remaining_positive check (remaining_days >= 0),
    percent_complete smallint not null default 0 constraint activity_percent_range check (percent_complete between 0 and 100),
    actual_start_on date,
    actual_finish_on date,
    "constraint" activity_constraint not null default 'as_soon_as_possible',
    constraint_on date,
    deadline_on date,
    calendar uuid references calendar,
    -- The summary that it is a part of.
    parent uuid references item,
    -- [{team or person, units}], units in percent.
    resources jsonb not null default '[]',
    effective_on date not null,
    constraint activity_optimistic_positive check (optimistic_days >= 0),
    constraint activity_likely_positive check (likely_days >= 0),
    constraint activity_optimistic_first check (optimistic_days <= likely_days),
    constraint activity_pessimistic_last check (pessimistic_days >= likely_days),
    constraint activity_finish_after_start check (actual_finish_on >= actual_start_on),
    constraint activity_not_its_own_parent check (parent <> item),
    constraint activity_constraint_dated check (
        ("constraint" in ('as_soon_as_possible', 'as_late_as_possible')) = (constraint_on is null))
);
create index activity_parent on activity (parent) where parent is not null;

create type link_type as enum ('FS', 'SS', 'FF', 'SF');
-- Working time of the successor's calendar, time that elapses, or a share of the predecessor's duration.
create type lag_unit as enum ('working', 'elapsed', 'percent');

create table schedule_link (
    id uuid primary key,
    -- The program of the successor, and that of the predecessor.
    program uuid not null references program,
    from_program uuid not null references program,
    predecessor uuid not null references item,
    successor uuid not null references item,
    type link_type not null default 'FS',
    -- Days, or percent; negative is a lead.
    lag numeric(9, 4) not null default 0,
    lag_unit lag_unit not null default 'working',
    version int not null default 1,
    effective_on date not null,
    constraint schedule_link_unique unique (predecessor, successor, type),
    constraint schedule_link_not_to_itself check (predecessor <> successor)
);
create index schedule_link_program on schedule_link (program);
create index schedule_link_successor on schedule_link (successor);
create index schedule_link_across on schedule_link (from_program, program) where from_program <> program;
create index dependency_provider_milestone on dependency (provider_milestone) where provider_milestone is not null;
create index dependency_consumer_milestone on dependency (consumer_milestone) where consumer_milestone is not null;

-- Which programs hang together through links and dependencies, or once did: in both directions, over any number of programs,
-- without the program itself. What is computed over the network of one no longer holds when another of them changes.
create table program_reach (
    program uuid not null references program,
    other uuid not null references program,
    primary key (program, other)
);

create type forecast_source as enum ('stated', 'computed');
alter table milestone add column forecast_from forecast_source not null default 'stated';
select retrack('milestone', array['item']::name[]);
update history.milestone set forecast_from = 'stated' where forecast_from is null;

select track('calendar', 'id'), track('activity', 'item'), track('schedule_link', 'id');
create index schedule_link_versions_successor on history.schedule_link (successor);
create index schedule_link_versions_predecessor on history.schedule_link (predecessor);
