-- Who holds the roles that sign a gate off, and who wrote a sign-off down for somebody else, and why.

-- [{role, person}]
alter table gate add column sign_off_holders jsonb not null default '[]'
    constraint gate_holders_listed check (jsonb_typeof(sign_off_holders) = 'array');
select retrack('gate', array['item']::name[]);
update history.gate set sign_off_holders = '[]' where sign_off_holders is null;

-- Null where whoever holds the role signed it themselves.
alter table sign_off
    add column signed_by uuid references person,
    add column on_behalf_reason text not null default ''
        constraint sign_off_on_behalf_length check (char_length(on_behalf_reason) <= 2000);
select retrack('sign_off', array['gate', 'role']::name[]);
update history.sign_off set on_behalf_reason = '' where on_behalf_reason is null;

-- A survey that is archived is closed: its links say so. What was answered counts on.
alter table survey add column archived_at timestamptz;
select retrack('survey', array['id']::name[]);

-- What other tools called is forgotten after a while: see to it by the day that it came.
create index inbound_message_received on inbound_message (received_at);

-- Who is mentioned by @name in a comment or (null) in a text of an item, until they have seen it or written there themselves.
create table person_mention (
    item uuid not null references item on delete cascade,
    person uuid not null references person,
    author uuid references person,
    comment uuid references comment on delete cascade,
    mentioned_at timestamptz not null,
    seen_at timestamptz,
    primary key (item, person)
);
create index person_mention_unseen on person_mention (person) where seen_at is null;
