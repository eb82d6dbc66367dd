-- Program items: what all have in `item`, what each kind has in a table of the kind. Columns are named as the API names
-- them.

create type item_kind as enum ('milestone', 'risk', 'assumption', 'issue', 'dependency', 'decision', 'change', 'action');

create type item_state as enum (
    'draft', 'planned', 'open', 'unvalidated', 'proposed', 'in_progress', 'mitigating', 'agreed', 'submitted', 'waiting',
    'deferred', 'delivered', 'resolved', 'approved', 'achieved', 'accepted', 'validated', 'invalidated', 'materialised',
    'decided', 'implemented', 'done', 'closed', 'cancelled', 'rejected', 'withdrawn', 'dropped', 'superseded');

create table item (
    id uuid primary key,
    program uuid not null references program,
    kind item_kind not null,
    number int not null check (number > 0),
    title text not null constraint item_title_length check (char_length(title) between 1 and 300),
    description text not null default '' constraint item_description_length check (char_length(description) <= 50000),
    owner uuid references person,
    project uuid references project,
    state item_state not null,
    -- Something has yet to come of it: State::is_open of the kind.
    open boolean not null,
    tags text[] not null default '{}',
    raised_on date not null,
    -- The next date by which something is due, of whatever the kind calls it.
    next_on date,
    closed_on date,
    -- Probability × impact of a risk, 1 to 25; severity weight of an issue is no score.
    score smallint,
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null,
    created_at timestamptz not null,
    created_by uuid references person,
    updated_at timestamptz not null,
    updated_by uuid references person,
    constraint item_number_unique unique (program, kind, number)
);
create index item_owner on item (owner) where open and archived_at is null;
create index item_words on item using gin (to_tsvector('simple', title || ' ' || description));

-- The last number given out, by program and kind; a number is never given twice.
create table counter (
    program uuid not null references program,
    kind item_kind not null,
    last int not null,
    primary key (program, kind)
);

create type milestone_kind as enum ('delivery', 'gate', 'release', 'external');

create table milestone (
    item uuid primary key references item,
    program uuid not null,
    kind milestone_kind not null default 'delivery',
    -- The first date that was ever committed, and the one of the baseline in force.
    original_on date,
    committed_on date,
    forecast_on date,
    -- When the forecast was last stated or confirmed, and why it is what it is.
    forecast_stated_on date,
    forecast_reason text not null default '',
    achieved_on date,
    acceptance_criteria text not null default '',
    confidence smallint constraint milestone_confidence_range check (confidence between 0 and 100),
    effective_on date not null,
    constraint milestone_original_first check ((original_on is null) = (committed_on is null))
);

create type risk_category as enum ('technical', 'schedule', 'resource', 'commercial', 'external', 'security', 'quality', 'organisational', 'other');
create type risk_response as enum ('avoid', 'mitigate', 'transfer', 'accept', 'exploit', 'enhance', 'share');

create table risk (
    item uuid primary key references item,
    program uuid not null,
    cause text not null default '',
    event text not null default '',
    effect text not null default '',
    category risk_category,
    opportunity boolean not null default false,
    inherent_probability smallint constraint risk_inherent_probability_range check (inherent_probability between 1 and 5),
    inherent_impact smallint constraint risk_inherent_impact_range check (inherent_impact between 1 and 5),
    probability smallint constraint risk_probability_range check (probability between 1 and 5),
    impact smallint constraint risk_impact_range check (impact between 1 and 5),
    target_probability smallint constraint risk_target_probability_range check (target_probability between 1 and 5),
    target_impact smallint constraint risk_target_impact_range check (target_impact between 1 and 5),
    response risk_response,
    response_plan text not null default '',
    trigger text not null default '',
    proximity_on date,
    review_on date,
    -- Optimistic, likely and pessimistic working days.
    schedule_effect_days int[] constraint risk_three_points check (cardinality(schedule_effect_days) = 3),
    cost_effect numeric(16, 2),
    accepted_by uuid references person,
    accepted_until date,
    acceptance_reason text not null default '',
    effective_on date not null
);

create table assumption (
    item uuid primary key references item,
    program uuid not null,
    impact_if_false text not null default '',
    validate_by date,
    method text not null default '',
    outcome text not null default '',
    effective_on date not null
);

create table issue (
    item uuid primary key references item,
    program uuid not null,
    severity smallint not null constraint issue_severity_range check (severity between 1 and 4),
    due_on date,
    blocking boolean not null default false,
    blocked_team uuid references team,
    owing_team uuid references team,
    resolved_on date,
    resolution text not null default '',
    root_cause text not null default '',
    effective_on date not null
);

create table dependency (
    item uuid primary key references item,
    program uuid not null,
    provider_project uuid references project,
    provider_team uuid references team,
    provider_external text,
    consumer_project uuid references project,
    consumer_team uuid references team,
    consumer_external text,
    acceptance_criteria text not null default '',
    test_point text not null default '',
    needed_by date,
    promised_by date,
    -- A changed date waits here, once the dependency is agreed, for the other side's consent.
    proposed_needed_by date,
    proposed_promised_by date,
    provider_agreed_by uuid references person,
    provider_agreed_on date,
    consumer_agreed_by uuid references person,
    consumer_agreed_on date,
    delivered_on date,
    accepted_on date,
    outcome text not null default '',
    provider_milestone uuid references item,
    consumer_milestone uuid references item,
    effective_on date not null,
    constraint dependency_one_provider check (num_nonnulls(provider_project, provider_team, provider_external) = 1),
    constraint dependency_one_consumer check (num_nonnulls(consumer_project, consumer_team, consumer_external) = 1)
);

create table decision (
    item uuid primary key references item,
    program uuid not null,
    context text not null default '',
    -- [{title, benefits, costs, risks}]
    options jsonb not null default '[]',
    recommendation text not null default '',
    needed_by date,
    if_undecided text not null default '',
    forum text not null default '',
    requested_on date,
    escalated_on date,
    escalated_to uuid references person,
    decided_on date,
    decided_by uuid references person,
    decided_option text not null default '',
    rationale text not null default '',
    deferred_until date,
    superseded_by uuid references item,
    effective_on date not null,
    constraint decision_after_request check (decided_on >= requested_on and decided_on >= escalated_on)
);

create type change_kind as enum ('scope', 'schedule', 'cost', 'quality');

create table change (
    item uuid primary key references item,
    program uuid not null,
    kinds change_kind[] not null constraint change_some_kind check (cardinality(kinds) > 0),
    reason text not null default '',
    adds int not null default 0 constraint change_adds_count check (adds >= 0),
    removes int not null default 0 constraint change_removes_count check (removes >= 0),
    redefines int not null default 0 constraint change_redefines_count check (redefines >= 0),
    schedule_days int,
    cost numeric(16, 2),
    -- [{item, committed_on}]: the dates that approval commits.
    rebaseline jsonb not null default '[]',
    submitted_on date,
    decided_on date,
    decided_by uuid references person,
    decision_reason text not null default '',
    implemented_on date,
    effective_on date not null,
    constraint change_decided_after_submitted check (decided_on >= submitted_on)
);

create table action (
    item uuid primary key references item,
    program uuid not null,
    due_on date,
    from_item uuid references item,
    done_on date,
    effective_on date not null
);

create table baseline (
    id uuid primary key,
    program uuid not null references program,
    number int not null,
    name text not null constraint baseline_name_length check (char_length(name) between 1 and 200),
    reason text not null default '',
    made_on date not null,
    made_at timestamptz not null,
    made_by uuid references person,
    change uuid references item,
    constraint baseline_number_unique unique (program, number)
);

create table baseline_date (
    baseline uuid not null references baseline,
    item uuid not null references item,
    committed_on date not null,
    primary key (baseline, item)
);
create index baseline_date_item on baseline_date (item);

create type relation as enum (
    'mitigates', 'causes', 'materialised_as', 'threatens', 'blocks', 'resolves', 'decides', 'implements', 'supersedes', 'relates');

create table link (
    from_item uuid not null references item,
    relation relation not null,
    to_item uuid not null references item,
    effective_on date not null,
    primary key (from_item, relation, to_item),
    constraint link_not_to_itself check (from_item <> to_item)
);
create index link_to on link (to_item);

-- References that stand in an item's texts or comments.
create table mention (
    from_item uuid not null references item on delete cascade,
    to_item uuid not null references item,
    primary key (from_item, to_item)
);
create index mention_to on mention (to_item);

create table comment (
    id uuid primary key,
    item uuid not null references item,
    author uuid references person,
    body text not null constraint comment_body_length check (char_length(body) between 1 and 20000),
    effective_on date not null,
    created_at timestamptz not null
);
create index comment_item on comment (item, created_at);

select track('item', 'id'), track('link', 'from_item', 'relation', 'to_item'),
    track('milestone', 'item'), track('risk', 'item'), track('assumption', 'item'), track('issue', 'item'),
    track('dependency', 'item'), track('decision', 'item'), track('change', 'item'), track('action', 'item');
create index link_versions_to on history.link (to_item);

-- What an item of any kind has of its own, as it stood (null: as it stands).
create function item_detail(which uuid, what item_kind, as_of date) returns jsonb language plpgsql stable as
$$
declare
    detail jsonb;
begin
    case what
        when 'milestone' then select to_jsonb(d) into detail from milestone_at(as_of) d where d.item = which;
        when 'risk' then select to_jsonb(d) into detail from risk_at(as_of) d where d.item = which;
        when 'assumption' then select to_jsonb(d) into detail from assumption_at(as_of) d where d.item = which;
        when 'issue' then select to_jsonb(d) into detail from issue_at(as_of) d where d.item = which;
        when 'dependency' then select to_jsonb(d) into detail from dependency_at(as_of) d where d.item = which;
        when 'decision' then select to_jsonb(d) into detail from decision_at(as_of) d where d.item = which;
        when 'change' then select to_jsonb(d) into detail from change_at(as_of) d where d.item = which;
        when 'action' then select to_jsonb(d) into detail from action_at(as_of) d where d.item = which;
    end case;
    return detail - 'item' - 'program' - 'effective_on';
end
$$;
