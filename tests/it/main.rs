//! The tests that run the whole application, or its parts against a real PostgreSQL. They are one program, for each
//! more would cost a link.

mod access;
mod commands;
mod edge;
mod members;
mod people;
mod postgres;
mod sign_in;
mod support;
