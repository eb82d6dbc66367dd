-- What leaves as tables beside items and records.

create type side_table as enum (
    'project', 'link', 'schedule_link', 'baseline_date', 'sign_off', 'release_event', 'meeting_outcome', 'survey_answer');

-- The rows of such a table of a program, as they stood on a day or (null) stand, each as an array of its columns. Of an answer to a
-- survey only what was signed says whose it is.
create function side_table_at(what side_table, of_program uuid, as_of date) returns setof jsonb language plpgsql stable as
$$
begin
    case what
        when 'project' then
            return query select jsonb_build_array(p.key, p.name, p.state, p.team, p.lead, p.starts_on, p.ends_on, p.confidence,
                    p.confidence_on, p.confidence_note)
                from project_at(as_of) p where p.program = of_program and p.archived_at is null order by p.key;
        when 'link' then
            return query select jsonb_build_array(l.from_item, l.relation, l.to_item)
                from link_at(as_of) l join item i on i.id = l.from_item
                where i.program = of_program order by i.kind, i.number, l.relation, l.to_item;
        when 'schedule_link' then
            return query select jsonb_build_array(l.predecessor, l.successor, l.type, l.lag, l.lag_unit)
                from schedule_link_at(as_of) l join item i on i.id = l.successor
                where l.program = of_program order by i.kind, i.number, l.predecessor, l.type;
        when 'baseline_date' then
            return query select jsonb_build_array(b.number, b.name, b.made_on, d.item, d.committed_on)
                from baseline b join baseline_date d on d.baseline = b.id join item i on i.id = d.item
                where b.program = of_program and (as_of is null or b.made_on <= as_of) order by b.number, i.kind, i.number;
        when 'sign_off' then
            return query select jsonb_build_array(s.gate, s.role, s.person, s.verdict, s."on", s.comment)
                from sign_off_at(as_of) s join item i on i.id = s.gate
                where s.program = of_program order by i.number, s.role;
        when 'release_event' then
            return query select jsonb_build_array(e.release, e.kind, e."on", e.count, e.title, e.source, e.external_id)
                from release_event_at(as_of) e where e.program = of_program order by e."on", e.id;
        when 'meeting_outcome' then
            return query select jsonb_build_array(m.meeting, m.item, m.note)
                from meeting_item_at(as_of) m join item i on i.id = m.meeting
                where m.program = of_program and m.part = 'outcome' order by i.number, m.position, m.item;
        when 'survey_answer' then
            return query select jsonb_build_array(s.number, s.title, a."on", a.value, a.comment, a.name)
                from survey_answer_at(as_of) a join survey s on s.id = a.survey
                where a.program = of_program order by s.number, a."on", a.value, a.comment;
    end case;
end
$$;
