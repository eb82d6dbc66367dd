-- What keeps a log moving: who is nudged about what, decisions that climb from level to level, digests, and meetings that carry
-- over what they didn't reach.

-- The level to which a decision has climbed by itself, and since when it stands there. `escalated_on`, by which its latency counts, is
-- what people say: a clock that the program starts anew would make itself look faster.
alter table decision
    add column escalation_level smallint constraint decision_level_positive check (escalation_level > 0),
    add column level_on date;
select retrack('decision', array['item']::name[]);

-- The day on which a point of an agenda was reached; what wasn't is carried over.
alter table meeting_item add column reached_on date;
select retrack('meeting_item', array['meeting', 'item', 'part']::name[]);

create type chat_form as enum ('slack', 'teams');

-- What a program watches, and whom it tells. A program without a row has what a row has by default.
create table watch (
    program uuid primary key references program,
    -- Rules that are off.
    rules_off text[] not null default '{}',
    -- [{to: "manager" | "sponsor" | a person's id, after_days}]: working days on the level before, first of all waiting.
    levels jsonb not null default '[]',
    -- How many days after the end of its last period a status report is due.
    report_every_days smallint not null default 7 constraint watch_report_days_range check (report_every_days between 1 and 366),
    -- The incoming webhook of a channel: who knows it can write there.
    chat_url text not null default '' constraint watch_chat_url_length check (char_length(chat_url) <= 2000),
    chat_form chat_form not null default 'slack',
    version int not null default 1,
    effective_on date not null
);
select track('watch', 'program');

-- When a program was last seen to, so that a day is neither skipped nor seen to twice.
create table watch_run (
    program uuid primary key references program,
    day date not null,
    run_at timestamptz not null,
    nudges int not null,
    escalated int not null
);

-- Whether a holder of an account wants the daily digest.
alter table account add column digest boolean not null default true;

-- A message that was to be sent: to a person by mail, or to a program's channel. It is written before anything is sent. A try of which
-- nobody knows how it ended (neither sent nor failed) is never made again: rather none than two.
create table digest (
    receiver uuid not null,
    day date not null,
    tries smallint not null default 1,
    tried_at timestamptz not null,
    sent_at timestamptz,
    failure text,
    primary key (receiver, day)
);

-- Whom a comment asks. The question is answered by their next comment, or when the item is done with.
create table question (
    comment uuid primary key references comment,
    item uuid not null references item,
    person uuid not null references person
);
create index question_person on question (person);
create index question_item on question (item);
