-- How the checks of a gate stood when it said its word: {passed, applicable, waived}. What is done to a check later that day is no
-- evidence that the gate had.
alter table gate add column checked jsonb constraint gate_checked_counts check (jsonb_typeof(checked) = 'object');
select retrack('gate', array['item']::name[]);
