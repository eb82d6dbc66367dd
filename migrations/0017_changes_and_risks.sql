-- A change request names the items that it adds, removes and redefines, and has options; the owners downstream whose needed-by dates
-- it breaks are asked, and their answers are kept.

alter table change
    -- [{title, benefits, costs, risks}]
    add column options jsonb not null default '[]',
    -- [{item}] of an item that is there already, else [{title, kind, project, on, days}]: approval makes it.
    add column added jsonb not null default '[]',
    -- [item]: approval cancels it.
    add column removed jsonb not null default '[]',
    -- [{item, title, acceptance_criteria}]: approval writes them into it.
    add column redefined jsonb not null default '[]';

select retrack('change', array['item']::name[]);

update history.change set options = '[]', added = '[]', removed = '[]', redefined = '[]';

-- Whoever needs a dependency by a day that a change request breaks is asked, and answers.
create table change_question (
    change uuid not null references item,
    dependency uuid not null references item,
    -- Of the change request.
    program uuid not null references program,
    -- Who is asked; nobody where nobody is known to stand for the consumer.
    person uuid references person,
    needed_by date not null,
    -- When it comes if the change is approved; null where what it waits for is removed.
    comes_on date,
    asked_on date not null,
    agrees boolean,
    comment text not null default '' constraint change_question_comment_length check (char_length(comment) <= 5000),
    answered_on date,
    answered_by uuid references person,
    effective_on date not null,
    primary key (change, dependency),
    constraint change_question_answered_whole check ((agrees is null) = (answered_on is null))
);
create index change_question_person on change_question (person) where agrees is null;

select track('change_question', 'change', 'dependency');

-- What those who answer for a project, or review it, declare of its delivery: one of five steps, on a day. Between two colours the worse
-- one is shown.
alter table project
    add column confidence text constraint project_confidence_known
        check (confidence in ('green', 'amber_green', 'amber', 'amber_red', 'red')),
    add column confidence_on date,
    add column confidence_note text not null default ''
        constraint project_confidence_note_length check (char_length(confidence_note) <= 10000);

select retrack('project', array['id']::name[]);

update history.project set confidence_note = '';
