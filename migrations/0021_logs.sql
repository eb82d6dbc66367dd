-- The logs: what is open is found by its program and kind, and what the kinds of a page of items have of their own is read at once.

create index item_open on item (program, kind) where open and archived_at is null;

-- What the kinds have of their own, of many items of the kinds named; `item_detail` reads that of one.
create function item_details(which uuid[], kinds item_kind[], as_of date)
returns table (item uuid, detail jsonb) language plpgsql stable rows 100 as
$$
declare
    what item_kind;
    common constant text[] := array['item', 'program', 'effective_on'];
begin
    for what in select distinct unnest(kinds) loop
        case what
            when 'milestone' then
                return query select d.item, to_jsonb(d) - common from milestone_at(as_of) d where d.item = any(which);
            when 'activity' then
                return query select d.item, to_jsonb(d) - common from activity_at(as_of) d where d.item = any(which);
            when 'risk' then
                return query select d.item, to_jsonb(d) - common from risk_at(as_of) d where d.item = any(which);
            when 'assumption' then
                return query select d.item, to_jsonb(d) - common from assumption_at(as_of) d where d.item = any(which);
            when 'issue' then
                return query select d.item, to_jsonb(d) - common from issue_at(as_of) d where d.item = any(which);
            when 'dependency' then
                return query select d.item, to_jsonb(d) - common from dependency_at(as_of) d where d.item = any(which);
            when 'decision' then
                return query select d.item, to_jsonb(d) - common from decision_at(as_of) d where d.item = any(which);
            when 'change' then
                return query select d.item, to_jsonb(d) - common from change_at(as_of) d where d.item = any(which);
            when 'action' then
                return query select d.item, to_jsonb(d) - common from action_at(as_of) d where d.item = any(which);
            when 'gate' then
                return query select d.item, to_jsonb(d) - common from gate_at(as_of) d where d.item = any(which);
            when 'check' then
                return query select d.item, to_jsonb(d) - common from check_at(as_of) d where d.item = any(which);
            when 'release' then
                return query select d.item, to_jsonb(d) - common from release_at(as_of) d where d.item = any(which);
            when 'report' then
                return query select d.item, to_jsonb(d) - common from report_at(as_of) d where d.item = any(which);
            when 'benefit' then
                return query select d.item, to_jsonb(d) - common from benefit_at(as_of) d where d.item = any(which);
            when 'stakeholder' then
                return query select d.item, to_jsonb(d) - common from stakeholder_at(as_of) d where d.item = any(which);
            when 'meeting' then
                return query select d.item, to_jsonb(d) - common from meeting_at(as_of) d where d.item = any(which);
            when 'lesson' then
                return query select d.item, to_jsonb(d) - common from lesson_at(as_of) d where d.item = any(which);
        end case;
    end loop;
end
$$;
