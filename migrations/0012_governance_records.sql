-- What is recorded beside the items by which a program is governed: sign-offs, incidents and defects, measurements, answers,
-- ratings, what came of meetings, money and capacity.

create type sign_off_verdict as enum ('go', 'conditional_go', 'no_go');

create table sign_off (
    gate uuid not null references item,
    role text not null constraint sign_off_role_length check (char_length(role) between 1 and 120),
    program uuid not null references program,
    person uuid references person,
    verdict sign_off_verdict not null,
    comment text not null default '',
    "on" date not null,
    effective_on date not null,
    primary key (gate, role)
);

create type release_event_kind as enum ('incident', 'defect');

-- Incidents and defects of a release, typed in or sent by another tool. A defect on or before the launch was found before it.
create table release_event (
    id uuid primary key,
    program uuid not null references program,
    release uuid not null references item,
    kind release_event_kind not null,
    "on" date not null,
    count int not null default 1 constraint release_event_some check (count > 0),
    title text not null default '',
    source text not null default '',
    -- The name under which the other tool knows it: sent twice, it counts once.
    external_id text,
    effective_on date not null
);
create unique index release_event_external on release_event (release, kind, source, external_id) where external_id is not null;
create index release_event_program on release_event (program);

-- Work that was redone for misalignment.
create table rework (
    id uuid primary key,
    program uuid not null references program,
    item uuid references item,
    "on" date not null,
    what text not null constraint rework_what_length check (char_length(what) between 1 and 500),
    days numeric(9, 2) constraint rework_days_positive check (days >= 0),
    effective_on date not null
);
create index rework_program on rework (program);

-- So much of a benefit's adoption is to be reached by a day.
create table adoption_target (
    id uuid primary key,
    program uuid not null references program,
    benefit uuid not null references item,
    title text not null constraint adoption_title_length check (char_length(title) between 1 and 200),
    unit text not null default '',
    target numeric(18, 4) not null,
    due_on date not null,
    version int not null default 1,
    effective_on date not null
);
create index adoption_target_benefit on adoption_target (benefit);

-- A value of a benefit, or of one of its adoption targets, on a day.
create table measurement (
    id uuid primary key,
    program uuid not null references program,
    benefit uuid not null references item,
    adoption_target uuid references adoption_target,
    "on" date not null,
    value numeric(18, 4) not null,
    note text not null default '',
    effective_on date not null
);
create index measurement_benefit on measurement (benefit, "on");

create table survey (
    id uuid primary key,
    program uuid not null references program,
    number int not null,
    title text not null constraint survey_title_length check (char_length(title) between 1 and 200),
    question text not null default '',
    opened_on date not null,
    closes_on date,
    version int not null default 1,
    effective_on date not null,
    constraint survey_number_unique unique (program, number)
);

-- Who was asked; the link that answers without an account is kept as its SHA-256.
create table survey_invitation (
    id uuid primary key,
    program uuid not null references program,
    survey uuid not null references survey,
    stakeholder uuid references item,
    secret_hash bytea constraint survey_invitation_secret_unique unique,
    invited_on date not null,
    effective_on date not null
);
create index survey_invitation_survey on survey_invitation (survey);

create table survey_answer (
    id uuid primary key,
    program uuid not null references program,
    survey uuid not null references survey,
    invitation uuid references survey_invitation,
    stakeholder uuid references item,
    value smallint not null constraint survey_answer_value_range check (value between 1 and 5),
    comment text not null default '' constraint survey_answer_comment_length check (char_length(comment) <= 2000),
    "on" date not null,
    effective_on date not null
);
create index survey_answer_survey on survey_answer (survey);
create unique index survey_answer_once on survey_answer (invitation) where invitation is not null;

-- What a reader thought of a published report.
create table report_rating (
    report uuid not null references item,
    person uuid not null references person,
    program uuid not null references program,
    value smallint not null constraint report_rating_value_range check (value between 1 and 5),
    comment text not null default '',
    "on" date not null,
    effective_on date not null,
    primary key (report, person)
);

create type meeting_part as enum ('agenda', 'outcome');

-- What a meeting is to speak of, and the decisions, actions and others that came of it.
create table meeting_item (
    meeting uuid not null references item,
    item uuid not null references item,
    part meeting_part not null,
    program uuid not null references program,
    position smallint not null default 0,
    note text not null default '',
    -- The meeting from which it was carried over.
    carried_from uuid references item,
    effective_on date not null,
    primary key (meeting, item, part)
);
create index meeting_item_item on meeting_item (item);

-- Money by category and month.
create table budget_line (
    id uuid primary key,
    program uuid not null references program,
    project uuid references project,
    category text not null constraint budget_category_length check (char_length(category) between 1 and 120),
    period_on date not null constraint budget_period_is_a_month check (extract(day from period_on) = 1),
    planned numeric(16, 2),
    committed numeric(16, 2),
    actual numeric(16, 2),
    -- What is thought to be spent in the end.
    forecast numeric(16, 2),
    note text not null default '',
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null
);
create index budget_line_program on budget_line (program, period_on);

-- Capacity of a team for a project in a month, in working days.
create table allocation (
    id uuid primary key,
    program uuid not null references program,
    project uuid references project,
    team uuid not null references team,
    period_on date not null constraint allocation_period_is_a_month check (extract(day from period_on) = 1),
    planned_days numeric(9, 2) not null default 0 constraint allocation_planned_positive check (planned_days >= 0),
    available_days numeric(9, 2) constraint allocation_available_positive check (available_days >= 0),
    note text not null default '',
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null
);
create index allocation_program on allocation (program, period_on);
create index allocation_team on allocation (team, period_on);

select track('sign_off', 'gate', 'role'), track('release_event', 'id'), track('rework', 'id'), track('adoption_target', 'id'),
    track('measurement', 'id'), track('survey', 'id'), track('survey_invitation', 'id'), track('survey_answer', 'id'),
    track('report_rating', 'report', 'person'), track('meeting_item', 'meeting', 'item', 'part'), track('budget_line', 'id'),
    track('allocation', 'id');
