-- Programs, their projects, members and calendars.

create type program_state as enum ('draft', 'active', 'on_hold', 'closed');
create type visibility as enum ('members', 'everyone');
create type role as enum ('viewer', 'contributor', 'manager');
create type project_state as enum ('planned', 'active', 'on_hold', 'done', 'cancelled');

create table program (
    id uuid primary key,
    key text not null constraint program_key_form check (key ~ '^[A-Z][A-Z0-9]{1,11}$'),
    name text not null constraint program_name_length check (char_length(name) between 1 and 200),
    state program_state not null default 'active',
    visibility visibility not null default 'members',
    sponsor uuid references person,
    manager uuid references person,
    time_zone text not null default 'UTC',
    starts_on date,
    ends_on date,
    objectives text not null default '',
    in_scope text not null default '',
    out_of_scope text not null default '',
    success_measures text not null default '',
    constraints text not null default '',
    governance text not null default '',
    budget numeric(16, 2) constraint program_budget_positive check (budget >= 0),
    currency text not null default 'EUR' constraint program_currency_form check (currency ~ '^[A-Z]{3}$'),
    -- Working days: the week from Monday, and the exceptions to it.
    working_week boolean[] not null default '{t,t,t,t,t,f,f}' constraint program_week_of_seven check (cardinality(working_week) = 7),
    holidays date[] not null default '{}',
    extra_days date[] not null default '{}',
    targets jsonb not null default '{}',
    thresholds jsonb not null default '{}',
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint program_key_unique unique (key),
    constraint program_ends_after_start check (ends_on >= starts_on)
);

create table project (
    id uuid primary key,
    program uuid not null references program,
    key text not null constraint project_key_form check (key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
    name text not null constraint project_name_length check (char_length(name) between 1 and 200),
    state project_state not null default 'active',
    team uuid references team,
    lead uuid references person,
    starts_on date,
    ends_on date,
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null,
    constraint project_ends_after_start check (ends_on >= starts_on)
);
create unique index project_key_unique on project (program, lower(key));

create table membership (
    program uuid not null references program,
    person uuid not null references person,
    role role not null,
    effective_on date not null,
    primary key (program, person)
);
create index membership_person on membership (person);

-- Counts the writes of a program: what was computed from its facts holds until this moves. The nil id counts writes to
-- what programs share (people, teams).
create table pulse (
    program uuid primary key,
    beat bigint not null default 0
);
insert into pulse (program) values ('00000000-0000-0000-0000-000000000000');

select track('program', 'id'), track('project', 'id'), track('membership', 'program', 'person');
