-- What benefits, surveys, RACI and the close of a program need beside the tables that are there, and one door for the records
-- of a program that are no items.

-- The day of the last measurement: the next point of the plan is the first one after it.
alter table benefit add column measured_on date;
select retrack('benefit', array['item']::name[]);

-- Closing a program asks for a review and for lessons, or why there are none.
alter table program
    add column closing_review text not null default '',
    add column no_lessons_because text not null default '';
select retrack('program', array['id']::name[]);
update history.program set closing_review = '', no_lessons_because = '' where closing_review is null;

-- Whoever answers a survey may sign the answer.
alter table survey_answer
    add column name text not null default '' constraint survey_answer_name_length check (char_length(name) <= 120);
select retrack('survey_answer', array['id']::name[]);
update history.survey_answer set name = '' where name is null;

-- What was written down can be corrected.
alter table measurement add column version int not null default 1;
alter table rework add column version int not null default 1;
select retrack('measurement', array['id']::name[]), retrack('rework', array['id']::name[]);
update history.measurement set version = 1 where version is null;
update history.rework set version = 1 where version is null;

-- Who is responsible for a project or a decision, who alone is accountable, who is consulted and who informed. A subject has one
-- row, so that exactly one is accountable.
create table raci (
    id uuid primary key,
    program uuid not null references program,
    project uuid references project constraint raci_project_unique unique,
    item uuid references item constraint raci_item_unique unique,
    accountable uuid not null references item,
    responsible uuid[] not null default '{}',
    consulted uuid[] not null default '{}',
    informed uuid[] not null default '{}',
    version int not null default 1,
    effective_on date not null,
    constraint raci_one_subject check (num_nonnulls(project, item) = 1)
);
create index raci_program on raci (program);
select track('raci', 'id');

-- The tables of what a program records beside its items.
create type record_kind as enum ('budget_line', 'allocation', 'adoption_target', 'measurement', 'survey', 'rework', 'raci');

-- The records of a program, as they stood on a day or (null) stand.
create function records_at(what record_kind, of_program uuid, as_of date) returns setof jsonb language plpgsql stable as
$$
begin
    return query execute format('select to_jsonb(r) from %I($2) r where r.program = $1', what || '_at') using of_program, as_of;
end
$$;

-- Writes records, each with all its columns, in the place of those that are there; how many. With a version, only over the one
-- before.
create function put_records(what record_kind, rows jsonb) returns int language plpgsql as
$$
declare
    written int;
begin
    execute (
        select format(
            'insert into %1$I as t select * from jsonb_populate_recordset(null::%1$I, $1)
             on conflict (id) do update set (%2$s) = row(%3$s) %4$s',
            what, string_agg(quote_ident(attname), ', '), string_agg('excluded.' || quote_ident(attname), ', '),
            case when bool_or(attname = 'version') then 'where t.version = excluded.version - 1' else '' end)
        from pg_attribute
        where attrelid = what::text::regclass and attnum > 0 and not attisdropped and attname not in ('id', 'program')
    ) using rows;
    get diagnostics written = row_count;
    return written;
end
$$;

-- Takes a record away; whether it was there. Its history is kept.
create function drop_record(what record_kind, which uuid) returns boolean language plpgsql as
$$
declare
    gone int;
begin
    execute format('delete from %I where id = $1', what) using which;
    get diagnostics gone = row_count;
    return gone = 1;
end
$$;
