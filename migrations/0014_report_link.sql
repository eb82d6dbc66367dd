-- Links that show a published report to whoever has them, without an account, until they are revoked. The secret of a link is kept
-- as its SHA-256.

create table report_link (
    id uuid primary key,
    program uuid not null references program,
    report uuid not null references item,
    -- For whom it is, as its maker says.
    label text not null default '' constraint report_link_label_length check (char_length(label) <= 120),
    secret_hash bytea not null constraint report_link_secret_unique unique,
    created_by uuid references person,
    created_at timestamptz not null,
    revoked_at timestamptz,
    effective_on date not null
);
create index report_link_report on report_link (report);

select track('report_link', 'id');
