-- Who there is: people (with or without an account), teams, accounts, sessions and tokens.

create table person (
    id uuid primary key,
    name text not null constraint person_name_length check (char_length(name) between 1 and 120),
    email text constraint person_email_form check (email = lower(email) and email like '%_@_%' and char_length(email) <= 254),
    handle text constraint person_handle_form check (handle ~ '^@[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null,
    constraint person_email_unique unique (email),
    constraint person_handle_unique unique (handle)
);
create index person_name on person (lower(name));

create table team (
    id uuid primary key,
    name text not null constraint team_name_length check (char_length(name) between 1 and 120),
    description text not null default '' constraint team_description_length check (char_length(description) <= 5000),
    lead uuid references person,
    capacity_days numeric(7, 2) constraint team_capacity_positive check (capacity_days >= 0),
    archived_at timestamptz,
    version int not null default 1,
    effective_on date not null
);
create unique index team_name_unique on team (lower(name));

create table team_member (
    team uuid not null references team,
    person uuid not null references person,
    effective_on date not null,
    primary key (team, person)
);
create index team_member_person on team_member (person);

create table account (
    id uuid primary key,
    person uuid not null constraint account_person_unique unique references person,
    email text not null constraint account_email_unique unique check (email = lower(email)),
    password_hash text,
    -- Given by somebody else: its holder is led to change it.
    password_temporary boolean not null default false,
    admin boolean not null default false,
    disabled_at timestamptz,
    failed_sign_ins int not null default 0,
    locked_until timestamptz,
    created_at timestamptz not null,
    version int not null default 1
);

-- Secrets are kept only as SHA-256 of what the holder has.
create table session (
    token_hash bytea primary key,
    account uuid not null references account on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_account on session (account);

create table api_token (
    id uuid primary key,
    account uuid not null references account on delete cascade,
    name text not null constraint api_token_name_length check (char_length(name) between 1 and 120),
    token_hash bytea not null unique,
    scopes text[] not null constraint api_token_scopes_known check (scopes <@ '{read,write}' and cardinality(scopes) > 0),
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index api_token_account on api_token (account);

-- The one-time link that makes the first administrator.
create table setup_link (
    token_hash bytea primary key,
    created_at timestamptz not null
);

select track('person', 'id'), track('team', 'id'), track('team_member', 'team', 'person');
