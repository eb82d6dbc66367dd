-- Gates and their checks, releases, status reports, benefits, stakeholders, meetings and lessons: what each has of its own.

create table gate (
    item uuid primary key references item,
    program uuid not null,
    -- The day of the go / no-go.
    "on" date not null,
    milestone uuid references item,
    release uuid references item,
    forum text not null default '',
    -- The roles that sign off, and how many of them have to say go.
    sign_off_roles text[] not null default '{}',
    quorum smallint constraint gate_quorum_positive check (quorum >= 0),
    decided_on date,
    decided_by uuid references person,
    decision_reason text not null default '',
    conditions text not null default '',
    effective_on date not null
);

create type check_area as enum (
    'engineering', 'operations', 'security', 'support', 'marketing', 'legal', 'data', 'finance', 'product', 'other');

create table "check" (
    item uuid primary key references item,
    program uuid not null,
    gate uuid not null references item,
    area check_area not null default 'other',
    criterion text not null default '',
    mandatory boolean not null default true,
    due_on date,
    evidence_title text not null default '',
    evidence_url text not null default '',
    -- The tool that called, where the evidence is automatic, and when.
    evidence_source text not null default '',
    evidence_on date,
    settled_on date,
    settled_by uuid references person,
    waiver_reason text not null default '',
    waived_until date,
    effective_on date not null
);
create index check_gate on "check" (gate);

create table release (
    item uuid primary key references item,
    program uuid not null,
    milestone uuid references item,
    launch_on date,
    -- [{step, owner, minutes}], in the order in which they are taken.
    rollout_steps jsonb not null default '[]',
    rollback_steps jsonb not null default '[]',
    communications text not null default '',
    launched_on date,
    reviewed_on date,
    rolled_back_on date,
    review text not null default '',
    effective_on date not null
);

create table report (
    item uuid primary key references item,
    program uuid not null,
    period_from date not null,
    period_to date not null,
    headline text not null default '',
    -- By dimension: text; colour; why the colour is better than the computed one.
    narrative jsonb not null default '{}',
    declared jsonb not null default '{}',
    reasons jsonb not null default '{}',
    decisions_needed text not null default '',
    next_steps text not null default '',
    -- By dimension: the colour that the evidence gave when it was published.
    computed jsonb not null default '{}',
    -- Every number and sentence as published.
    frozen jsonb,
    rules_version int,
    published_on date,
    published_by uuid references person,
    -- The report that this one corrects.
    revises uuid references item,
    effective_on date not null,
    constraint report_period_in_order check (period_to >= period_from),
    constraint report_frozen_when_published check ((published_on is null) = (frozen is null))
);
create index report_published on report (program, published_on desc) where published_on is not null;

create table benefit (
    item uuid primary key references item,
    program uuid not null,
    measure text not null default '',
    unit text not null default '',
    baseline numeric(18, 4) not null,
    -- [{on, value}], in the order of days; between them the plan runs straight.
    plan jsonb not null default '[]',
    weight numeric(9, 4) not null default 1 constraint benefit_weight_positive check (weight > 0),
    settled_on date,
    effective_on date not null
);

create type attitude as enum ('resistant', 'sceptical', 'neutral', 'supportive', 'champion');
create type cadence as enum ('daily', 'weekly', 'fortnightly', 'monthly', 'quarterly', 'as_needed');

create table stakeholder (
    item uuid primary key references item,
    program uuid not null,
    person uuid references person,
    organisation text not null default '',
    influence smallint constraint stakeholder_influence_range check (influence between 1 and 5),
    interest smallint constraint stakeholder_interest_range check (interest between 1 and 5),
    attitude_now attitude,
    attitude_wanted attitude,
    channel text not null default '',
    cadence cadence,
    next_contact_on date,
    needs text not null default '',
    effective_on date not null
);

create table meeting (
    item uuid primary key references item,
    program uuid not null,
    "on" date not null,
    starts_at time,
    minutes smallint constraint meeting_minutes_positive check (minutes > 0),
    forum text not null default '',
    key boolean not null default false,
    attendees uuid[] not null default '{}',
    agenda text not null default '',
    notes text not null default '',
    held_on date,
    effective_on date not null
);

create table lesson (
    item uuid primary key references item,
    program uuid not null,
    what_happened text not null default '',
    cause text not null default '',
    change_to_make text not null default '',
    from_item uuid references item,
    settled_on date,
    effective_on date not null
);

select track('gate', 'item'), track('check', 'item'), track('release', 'item'), track('report', 'item'),
    track('benefit', 'item'), track('stakeholder', 'item'), track('meeting', 'item'), track('lesson', 'item');

create or replace function item_detail(which uuid, what item_kind, as_of date) returns jsonb language plpgsql stable as
$$
declare
    detail jsonb;
begin
    case what
        when 'milestone' then select to_jsonb(d) into detail from milestone_at(as_of) d where d.item = which;
        when 'activity' then select to_jsonb(d) into detail from activity_at(as_of) d where d.item = which;
        when 'risk' then select to_jsonb(d) into detail from risk_at(as_of) d where d.item = which;
        when 'assumption' then select to_jsonb(d) into detail from assumption_at(as_of) d where d.item = which;
        when 'issue' then select to_jsonb(d) into detail from issue_at(as_of) d where d.item = which;
        when 'dependency' then select to_jsonb(d) into detail from dependency_at(as_of) d where d.item = which;
        when 'decision' then select to_jsonb(d) into detail from decision_at(as_of) d where d.item = which;
        when 'change' then select to_jsonb(d) into detail from change_at(as_of) d where d.item = which;
        when 'action' then select to_jsonb(d) into detail from action_at(as_of) d where d.item = which;
        when 'gate' then select to_jsonb(d) into detail from gate_at(as_of) d where d.item = which;
        when 'check' then select to_jsonb(d) into detail from check_at(as_of) d where d.item = which;
        when 'release' then select to_jsonb(d) into detail from release_at(as_of) d where d.item = which;
        when 'report' then select to_jsonb(d) into detail from report_at(as_of) d where d.item = which;
        when 'benefit' then select to_jsonb(d) into detail from benefit_at(as_of) d where d.item = which;
        when 'stakeholder' then select to_jsonb(d) into detail from stakeholder_at(as_of) d where d.item = which;
        when 'meeting' then select to_jsonb(d) into detail from meeting_at(as_of) d where d.item = which;
        when 'lesson' then select to_jsonb(d) into detail from lesson_at(as_of) d where d.item = which;
    end case;
    return detail - 'item' - 'program' - 'effective_on';
end
$$;

-- Writes what items of a kind have of their own: rows of the kind's table, each with all its columns, in the place of those
-- that are there.
create function put_details(what item_kind, rows jsonb) returns void language plpgsql as
$$
begin
    execute (
        select format(
            'insert into %1$I select * from jsonb_populate_recordset(null::%1$I, $1)
             on conflict (item) do update set (%2$s) = row(%3$s)',
            what, string_agg(quote_ident(attname), ', '), string_agg('excluded.' || quote_ident(attname), ', '))
        from pg_attribute
        where attrelid = quote_ident(what::text)::regclass and attnum > 0 and not attisdropped
          and attname not in ('item', 'program')
    ) using rows;
end
$$;
