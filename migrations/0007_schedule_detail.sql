-- What uses the kind that the migration before added.

create or replace function item_detail(which uuid, what item_kind, as_of date) returns jsonb language plpgsql stable as
$$
declare
    detail jsonb;
begin
    case what
        when 'milestone' then select to_jsonb(d) into detail from milestone_at(as_of) d where d.item = which;
        when 'activity' then select to_jsonb(d) into detail from activity_at(as_of) d where d.item = which;
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
