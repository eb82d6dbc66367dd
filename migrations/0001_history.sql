-- History by the database. `select track('risk', 'item')` keeps every version of every row of `risk` in `history.risk`
-- (the same columns, and until when it held, when it was written down, by whom and why) and makes `risk_at(as_of)`: the
-- rows as they stood at the end of that day, or as they stand now for null. Both are planned as plain index scans.
--
-- A tracked table has a primary key and `effective_on date not null`: from when the row, as it now is, holds in the world.
-- Who writes says so once a transaction: plumbline.now, plumbline.actor and plumbline.reason.

create schema history;

create function history.now() returns timestamptz language sql stable as
$$ select coalesce(nullif(current_setting('plumbline.now', true), '')::timestamptz, now()) $$;

create function history.actor() returns uuid language sql stable as
$$ select nullif(current_setting('plumbline.actor', true), '')::uuid $$;

create function history.reason() returns text language sql stable as
$$ select nullif(current_setting('plumbline.reason', true), '') $$;

-- (Re)makes the trigger and the as-of function of a tracked table, and adds to its history the columns that it got since.
create function retrack(tracked name, key name[]) returns void language plpgsql as
$fn$
declare
    columns text;
    news text;
    same_key text;
    missing record;
begin
    for missing in
        select a.attname, format_type(a.atttypid, a.atttypmod) as type
        from pg_attribute a
        where a.attrelid = tracked::text::regclass and a.attnum > 0 and not a.attisdropped
          and not exists (
              select from pg_attribute h
              where h.attrelid = format('history.%I', tracked)::regclass and h.attname = a.attname and not h.attisdropped)
        order by a.attnum
    loop
        execute format('alter table history.%I add column %I %s', tracked, missing.attname, missing.type);
    end loop;

    select string_agg(quote_ident(attname), ', ' order by attnum),
           string_agg('new.' || quote_ident(attname), ', ' order by attnum)
    into columns, news
    from pg_attribute where attrelid = tracked::text::regclass and attnum > 0 and not attisdropped;

    select string_agg(format('%1$I = old.%1$I', k), ' and ') into same_key from unnest(key) k;

    execute format($trigger$
        create or replace function history.keep_%1$s() returns trigger language plpgsql as $body$
        begin
            if tg_op = 'UPDATE' then
                if new is not distinct from old then
                    return null;
                end if;
                if new.effective_on < old.effective_on then
                    raise exception using errcode = 'check_violation', constraint = 'effective_before_latest',
                        message = format('effective_on %%s is before the latest version, %%s', new.effective_on, old.effective_on),
                        detail = old.effective_on::text;
                end if;
                update history.%1$I set until_on = new.effective_on where %4$s and until_on = 'infinity';
            elsif tg_op = 'DELETE' then
                update history.%1$I set until_on = greatest(old.effective_on, (history.now() at time zone 'UTC')::date)
                where %4$s and until_on = 'infinity';
                return null;
            end if;
            insert into history.%1$I (%2$s, until_on, recorded_at, recorded_by, recorded_reason)
            values (%3$s, 'infinity', history.now(), history.actor(), history.reason());
            return null;
        end $body$
    $trigger$, tracked, columns, news, same_key);

    execute format($at$
        create or replace function %1$s_at(as_of date) returns setof %1$I language sql stable as $body$
            select %2$s from %1$I where as_of is null
            union all
            select %2$s from history.%1$I where effective_on <= as_of and until_on > as_of
        $body$
    $at$, tracked, columns);
end
$fn$;

create function track(tracked name, variadic key name[]) returns void language plpgsql as
$fn$
begin
    execute format('create table history.%1$I (like public.%1$I)', tracked);
    execute format(
        'alter table history.%1$I
             add column until_on date not null default ''infinity'',
             add column recorded_at timestamptz not null,
             add column recorded_by uuid,
             add column recorded_reason text,
             add column entry bigint generated always as identity primary key', tracked);
    execute format('create index %1$s_versions on history.%1$I (%2$s, effective_on)', tracked,
        (select string_agg(quote_ident(k), ', ') from unnest(key) k));
    if exists (select from pg_attribute where attrelid = tracked::text::regclass and attname = 'program' and attnum > 0) then
        execute format('create index %1$s_in_force on history.%1$I (program, until_on, effective_on)', tracked);
    end if;
    perform retrack(tracked, key);
    execute format(
        'create trigger keep after insert or update or delete on public.%1$I for each row execute function history.keep_%1$s()',
        tracked);
end
$fn$;
