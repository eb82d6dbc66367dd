-- What Plumbline wrote for a draft of a report, by the name of the text: whoever changes a text makes it their own, and where what was
-- written then would no longer be written now, it is told.
alter table report add column written jsonb;
select retrack('report', array['item']::name[]);
