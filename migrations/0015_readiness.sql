-- Readiness: checklists that gates begin from, why a gate went although its quorum was not met, the steps of a release as they
-- are taken, and the calls of other tools.

-- What was said by who let it go although roles had not signed.
alter table gate add column override_reason text not null default '';
alter table release add column rollback_reason text not null default '';
select retrack('gate', array['item']::name[]), retrack('release', array['item']::name[]);
update history.gate set override_reason = '';
update history.release set rollback_reason = '';

-- A program's own checklists: [{area, criterion, mandatory}].
create table checklist (
    id uuid primary key,
    program uuid not null references program,
    name text not null constraint checklist_name_length check (char_length(name) between 1 and 120),
    checks jsonb not null default '[]' constraint checklist_listed check (jsonb_typeof(checks) = 'array'),
    effective_on date not null
);
create unique index checklist_name_unique on checklist (program, lower(name));

-- Steps of a rollout, or of taking it back, that were taken. A step is known by its words.
create table release_step (
    release uuid not null references item,
    rollback boolean not null,
    step text not null,
    program uuid not null references program,
    done_at timestamptz not null,
    done_by uuid references person,
    effective_on date not null,
    primary key (release, rollback, step)
);

select track('checklist', 'id'), track('release_step', 'release', 'rollback', 'step');

-- Where other tools call. The secret is kept as it is, for a signature is checked with it; it goes when the endpoint is
-- revoked, and it has no history.
create table inbound_endpoint (
    id uuid primary key,
    program uuid not null references program,
    name text not null constraint inbound_endpoint_name_length check (char_length(name) between 1 and 120),
    secret bytea,
    made_at timestamptz not null,
    made_by uuid references person,
    revoked_at timestamptz,
    last_used_at timestamptz,
    constraint inbound_endpoint_secret_until_revoked check ((secret is null) = (revoked_at is not null))
);
create unique index inbound_endpoint_name_unique on inbound_endpoint (program, lower(name)) where revoked_at is null;

-- What was called and how it was answered: the same message does nothing twice.
create table inbound_message (
    endpoint uuid not null references inbound_endpoint,
    message text not null constraint inbound_message_length check (char_length(message) between 1 and 200),
    received_at timestamptz not null,
    answer jsonb not null default '{}',
    primary key (endpoint, message)
);
