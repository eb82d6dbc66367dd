-- What was said of items, what readers thought of reports, what a meeting is to speak of and the budgets of baselines leave as tables
-- too, and come back.

alter type side_table add value 'agenda_point' before 'meeting_outcome';
alter type side_table add value 'comment';
alter type side_table add value 'report_rating';

-- A baseline holds what was to be spent, beside what was to be done by when.
alter table baseline add column budget numeric(18, 2);

-- The day on which an item entered the original baseline: a milestone when its first date was committed, which may be later than the
-- baseline was made; an activity when it was there.
create function entered_on(which uuid) returns date language sql stable as
$$
    select min(v.effective_on)
    from (select m.effective_on from history.milestone m where m.item = which and m.original_on is not null
          union all select a.effective_on from history.activity a where a.item = which) v
$$;

create or replace function side_table_at(what side_table, of_program uuid, as_of date) returns setof jsonb language plpgsql stable as
$$
begin
    case what
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
                from report_rating_at(as_of) r join item_at(as_of) i on i.id = r.report
                where r.program = of_program and i.archived_at is null order by i.number, r."on", r.person;
    end case;
end
$$;

create or replace function put_side_rows(what side_table, rows jsonb) returns int language plpgsql as
$$
declare
    written int;
begin
    execute format(
        'insert into %1$I select * from jsonb_populate_recordset(null::%1$I, $1) on conflict do nothing',
        case when what::text in ('agenda_point', 'meeting_outcome') then 'meeting_item' else what::text end) using rows;
    get diagnostics written = row_count;
    return written;
end
$$;
