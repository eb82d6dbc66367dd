//! The tests that run the whole application, or its parts against a real PostgreSQL. They are one program, for each
//! more would cost a link.

mod exchange;
mod measure;
mod postgres;
mod support;
