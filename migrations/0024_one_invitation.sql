-- Who is asked in a survey is asked once, however often and however fast they are invited.

-- Of those who were invited more than once at the same moment the earliest link stays. All answers are kept: it keeps its own, or gets
-- the latest of the others where it has none; what else was answered counts as an answer that nobody was asked for.
create temporary table invited_twice as
select id, first_value(id) over (partition by survey, stakeholder order by invited_on, id) as first
from survey_invitation where stakeholder is not null;

with given as (
    select a.id as answer, d.first,
           row_number() over (partition by d.first order by a.invitation = d.first desc, a."on" desc, a.id desc) as place
    from survey_answer a join invited_twice d on d.id = a.invitation
)
update survey_answer a set invitation = null from given g where a.id = g.answer and g.place > 1;
update survey_answer a set invitation = d.first from invited_twice d where a.invitation = d.id and d.id <> d.first;
delete from survey_invitation v using invited_twice d where v.id = d.id and d.id <> d.first;
drop table invited_twice;

create unique index survey_invitation_once on survey_invitation (survey, stakeholder);
drop index survey_invitation_survey;

-- Secrets that are told once are not kept beside the answers to keys either: what stands for such an answer says that it was told.
update idempotency set status = 409, body = ''
where position('plb_'::bytea in body) > 0 or position('whsec_'::bytea in body) > 0 or position('/survey?link='::bytea in body) > 0
   or position('/shared/reports/'::bytea in body) > 0 or position('"password"'::bytea in body) > 0;
