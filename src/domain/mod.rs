//! What a program is and what its numbers mean. Pure: no I/O, no async, no clock, no SQL, no HTML.

pub mod action;
pub mod agenda;
pub mod assumption;
pub mod calendar;
pub mod change;
pub mod decision;
pub mod dependency;
pub mod draft;
pub mod event;
pub mod facts;
pub mod filter;
pub mod health;
pub mod ids;
pub mod issue;
pub mod item;
pub mod kind;
pub mod metrics;
pub mod milestone;
pub mod mitigation;
pub mod people;
pub mod program;
pub mod risk;
pub mod settings;
pub mod transition;
