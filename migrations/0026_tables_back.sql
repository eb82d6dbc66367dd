-- What was left of a program comes back from its tables too: its own fields, what its published reports froze, the steps that were
-- taken of its releases, who was asked about a change request and what they answered, and its checklists.

alter type side_table add value 'program' before 'link';
alter type side_table add value 'release_step' before 'agenda_point';
alter type side_table add value 'frozen_report';
alter type side_table add value 'change_question';
alter type side_table add value 'checklist';

create or replace function side_table_at(what side_table, of_program uuid, as_of date) returns setof jsonb language plpgsql stable as
$$
begin
    case what
        when 'program' then
            return query select jsonb_build_array(p.key, p.name, p.state, p.visibility, p.sponsor, p.manager, p.starts_on, p.ends_on,
                    p.time_zone, p.budget, p.currency, p.objectives, p.in_scope, p.out_of_scope, p.success_measures, p.constraints,
                    p.governance, p.closing_review, p.no_lessons_because,
                    (select jsonb_agg(d.name order by d.place)
                     from unnest(p.working_week, array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])
                          with ordinality d (worked, name, place)
                     where d.worked),
                    to_jsonb(p.holidays), to_jsonb(p.extra_days), p.targets, p.thresholds, p.effective_on, p.version)
                from program_at(as_of) p where p.id = of_program;
        when 'project' then
            return query select jsonb_build_array(p.key, p.name, p.state, p.team, p.lead, p.starts_on, p.ends_on, p.confidence,
                    p.confidence_on, p.confidence_note, p.effective_on, p.version)
                from project_at(as_of) p where p.program = of_program and p.archived_at is null order by p.key;
        when 'link' then
            return query select jsonb_build_array(l.from_item, l.relation, l.to_item, l.effective_on)
                from link_at(as_of) l join item_at(as_of) i on i.id = l.from_item join item_at(as_of) t on t.id = l.to_item
                join program g on g.id = t.program
                where i.program = of_program and i.archived_at is null and t.archived_at is null
                order by i.kind, i.number, l.relation, g.key, t.kind, t.number;
        when 'schedule_link' then
            return query select jsonb_build_array(l.id, l.predecessor, l.successor, l.type, l.lag, l.lag_unit, l.effective_on, l.version)
                from schedule_link_at(as_of) l join item_at(as_of) i on i.id = l.successor join item_at(as_of) p on p.id = l.predecessor
                join program g on g.id = p.program
                where l.program = of_program and i.archived_at is null and p.archived_at is null
                order by i.kind, i.number, g.key, p.kind, p.number, l.type;
        when 'baseline_date' then
            return query select jsonb_build_array(b.number, b.name, b.reason, b.made_on, b.change, d.item, d.committed_on, b.budget)
                from baseline b join baseline_date d on d.baseline = b.id join item_at(as_of) i on i.id = d.item
                where b.program = of_program and i.archived_at is null and (as_of is null or b.made_on <= as_of)
                  and (as_of is null or b.number > 0 or entered_on(d.item) <= as_of)
                order by b.number, i.kind, i.number;
        when 'sign_off' then
            return query select jsonb_build_array(s.gate, s.role, s.person, s.verdict, s."on", s.comment, s.signed_by, s.on_behalf_reason)
                from sign_off_at(as_of) s join item_at(as_of) i on i.id = s.gate
                where s.program = of_program and i.archived_at is null order by i.number, s.role;
        when 'release_event' then
            return query select jsonb_build_array(e.id, e.release, e.kind, e."on", e.count, e.title, e.source, e.external_id, e.effective_on)
                from release_event_at(as_of) e join item_at(as_of) i on i.id = e.release
                where e.program = of_program and i.archived_at is null order by e."on", e.id;
        when 'release_step' then
            return query select jsonb_build_array(s.release, s.rollback, s.step,
                    to_char(s.done_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), s.done_by, s.effective_on)
                from release_step_at(as_of) s join item_at(as_of) i on i.id = s.release
                where s.program = of_program and i.archived_at is null order by i.number, s.rollback, s.done_at, s.step;
        when 'agenda_point' then
            return query select jsonb_build_array(m.meeting, m.position, m.item, m.note, m.carried_from, m.effective_on)
                from meeting_item_at(as_of) m join item_at(as_of) i on i.id = m.meeting join item_at(as_of) o on o.id = m.item
                where m.program = of_program and m.part = 'agenda' and i.archived_at is null and o.archived_at is null
                order by i.number, m.position, o.kind, o.number;
        when 'meeting_outcome' then
            return query select jsonb_build_array(m.meeting, m.item, m.note, m.effective_on)
                from meeting_item_at(as_of) m join item_at(as_of) i on i.id = m.meeting join item_at(as_of) o on o.id = m.item
                where m.program = of_program and m.part = 'outcome' and i.archived_at is null and o.archived_at is null
                order by i.number, m.position, o.kind, o.number;
        when 'survey_answer' then
            return query select jsonb_build_array(s.number, s.title, a."on", a.value, a.comment, a.name)
                from survey_answer_at(as_of) a join survey_at(as_of) s on s.id = a.survey
                where a.program = of_program and s.archived_at is null order by s.number, a."on", a.value, a.comment, a.name;
        when 'comment' then
            return query select jsonb_build_array(c.id, c.item, c.author, c.body, c.effective_on)
                from comment c join item_at(as_of) i on i.id = c.item
                where i.program = of_program and i.archived_at is null and (as_of is null or c.effective_on <= as_of)
                order by i.kind, i.number, c.created_at, c.id;
        when 'report_rating' then
            return query select jsonb_build_array(r.report, r.person, r.value, r.comment, r."on")
                from report_rating_at(as_of) r join item_at(as_of) i on i.id = r.report join person p on p.id = r.person
                where r.program = of_program and i.archived_at is null
                order by i.number, r."on", coalesce(p.email, p.handle, p.name), r.person;
        when 'frozen_report' then
            -- Its document whole; who reads it cuts it into parts that fit into cells.
            return query select jsonb_build_array(r.item,
                    case when r.written is null then jsonb_build_object('frozen', r.frozen)
                         else jsonb_build_object('frozen', r.frozen, 'written', r.written) end)
                from report_at(as_of) r join item_at(as_of) i on i.id = r.item
                where i.program = of_program and r.published_on is not null order by i.number;
        when 'change_question' then
            return query select jsonb_build_array(q.change, q.dependency, q.person, q.needed_by, q.comes_on, q.asked_on,
                    case q.agrees when true then 'yes' when false then 'no' end, q.comment, q.answered_on, q.answered_by, q.effective_on)
                from change_question_at(as_of) q join item_at(as_of) i on i.id = q.change join item_at(as_of) d on d.id = q.dependency
                join program g on g.id = d.program
                where q.program = of_program and i.archived_at is null and d.archived_at is null
                order by i.number, q.needed_by, g.key, d.kind, d.number;
        when 'checklist' then
            return query select jsonb_build_array(c.name, e.place, e.one ->> 'criterion', coalesce(e.one ->> 'area', 'other'),
                    coalesce((e.one ->> 'mandatory')::boolean, true), c.effective_on)
                from checklist_at(as_of) c cross join lateral jsonb_array_elements(c.checks) with ordinality e (one, place)
                where c.program = of_program order by lower(c.name), e.place;
    end case;
end
$$;
