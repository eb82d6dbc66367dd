-- What happened, in the domain's words: written by the one door for writes, read by the audit trail and by "what changed".

create table event (
    id bigint generated always as identity primary key,
    program uuid references program,
    item uuid references item,
    -- The name of the event, and what it carries.
    name text not null,
    data jsonb not null default '{}',
    effective_on date not null,
    recorded_at timestamptz not null,
    actor uuid references person,
    reason text
);
create index event_program on event (program, effective_on desc, id desc);
create index event_item on event (item, id desc);

-- What an import has brought: the foreign key of a row, what became of it, and the fingerprint of the row as it was, so that
-- the same file a second time changes nothing.
create table imported (
    program uuid not null references program,
    key text not null,
    entity uuid,
    fingerprint bytea not null,
    imported_at timestamptz not null,
    primary key (program, key)
);

-- POST answers kept by Idempotency-Key for a day.
create table idempotency (
    account uuid not null references account on delete cascade,
    key text not null constraint idempotency_key_length check (char_length(key) between 1 and 200),
    request_hash bytea not null,
    status smallint not null,
    headers jsonb not null,
    body bytea not null,
    created_at timestamptz not null,
    primary key (account, key)
);

-- Every version of an item, of what all items have and of what its kind has of its own, in the order of writing.
create function item_versions(which uuid, what item_kind)
returns table (part text, data jsonb, effective_on date, recorded_at timestamptz, recorded_by uuid, recorded_reason text)
language plpgsql stable as
$$
begin
    return query execute format(
        $sql$
        select part, data - '{id,item,program,until_on,recorded_at,recorded_by,recorded_reason,entry,created_at,created_by,updated_at,updated_by}'::text[],
               effective_on, recorded_at, recorded_by, recorded_reason
        from (
            select 'item' as part, to_jsonb(h) as data, h.effective_on, h.recorded_at, h.recorded_by, h.recorded_reason, h.entry
            from history.item h where h.id = $1
            union all
            select 'detail', to_jsonb(h), h.effective_on, h.recorded_at, h.recorded_by, h.recorded_reason, h.entry
            from history.%I h where h.item = $1
        ) v
        order by effective_on, recorded_at, part desc, entry
        $sql$, what) using which;
end
$$;
