//! What a program is and what its numbers mean. Pure: no I/O, no async, no clock, no SQL, no HTML.

pub mod calendar;
pub mod facts;
pub mod health;
pub mod ids;
pub mod kind;
pub mod metrics;
pub mod settings;
