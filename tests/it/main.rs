//! The tests that run the whole application, or its parts against a real PostgreSQL. They are one program, for each
//! more would cost a link.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a test fails by panicking")]

mod access;
mod activities;
mod api_baselines;
mod api_collections;
mod api_description;
mod api_history;
mod api_imports;
mod api_items;
mod api_programs;
mod api_transitions;
mod browser;
mod calendars;
mod changes;
mod commands;
mod computed;
mod drawings;
mod edge;
mod exchange;
mod forecast_page;
mod forecasts;
mod gmpp;
mod house;
mod import;
mod item_pages;
mod kept;
mod links;
mod live;
mod made;
mod measure;
mod members;
mod metrics_api;
mod mspdi;
mod mspdi_again;
mod mspdi_carried;
mod mspdi_commands;
mod mspdi_program;
mod mspdi_random;
mod mspdi_schedule;
mod odds;
mod outage;
mod people;
mod postgres;
mod registers;
mod risks;
mod rounds;
mod scenarios;
mod schedule;
mod schedule_health;
mod sign_in;
mod support;
