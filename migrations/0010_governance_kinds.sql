-- The kinds of items by which a program is governed, and their states. What uses them is in the next migration.

alter type item_kind add value 'gate';
alter type item_kind add value 'check';
alter type item_kind add value 'release';
alter type item_kind add value 'report';
alter type item_kind add value 'benefit';
alter type item_kind add value 'stakeholder';
alter type item_kind add value 'meeting';
alter type item_kind add value 'lesson';

alter type item_state add value 'unstarted' after 'not_started';
alter type item_state add value 'active' after 'unstarted';
alter type item_state add value 'tracking' after 'in_progress';
alter type item_state add value 'in_review' after 'submitted';
alter type item_state add value 'launched' after 'approved';
alter type item_state add value 'failed' after 'launched';
alter type item_state add value 'no_go' after 'failed';
alter type item_state add value 'conditional_go' after 'no_go';
alter type item_state add value 'go' after 'conditional_go';
alter type item_state add value 'passed' after 'go';
alter type item_state add value 'waived' after 'passed';
alter type item_state add value 'not_applicable' after 'waived';
alter type item_state add value 'published' after 'implemented';
alter type item_state add value 'held' after 'published';
alter type item_state add value 'reviewed' after 'held';
alter type item_state add value 'realised' after 'reviewed';
alter type item_state add value 'missed' after 'realised';
alter type item_state add value 'rolled_back' after 'closed';
alter type item_state add value 'inactive' after 'rolled_back';
