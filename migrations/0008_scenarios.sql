-- What-if: scenarios over the plan of a program, kept until they are applied or discarded.

create type scenario_state as enum ('draft', 'applied', 'discarded');

create table scenario (
    id uuid primary key,
    program uuid not null references program,
    number int not null,
    title text not null constraint scenario_title_length check (char_length(title) between 1 and 300),
    description text not null default '',
    -- What it changes, in order: [{change, item, days}, …]. Items by id; what it adds itself by the place of the change.
    changes jsonb not null default '[]' constraint scenario_changes_listed check (jsonb_typeof(changes) = 'array'),
    state scenario_state not null default 'draft',
    -- The day of the plan on which its changes were last checked.
    base_on date not null,
    -- The change request that applies it, once there is one.
    change_request uuid references item,
    created_at timestamptz not null,
    created_by uuid references person,
    updated_at timestamptz not null,
    version int not null default 1,
    effective_on date not null,
    constraint scenario_number_unique unique (program, number),
    constraint scenario_applied_by_a_change check (state <> 'applied' or change_request is not null)
);
create index scenario_change_request on scenario (change_request) where change_request is not null;
select track('scenario', 'id');
