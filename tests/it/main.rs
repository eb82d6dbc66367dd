//! The tests that run the whole application, or its parts against a real PostgreSQL. They are one program, for each
//! more would cost a link.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exchange;
mod house;
mod postgres;
mod support;
