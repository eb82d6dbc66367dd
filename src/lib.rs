//! Plumbline: program management that tells the truth.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod exchange;
pub mod postgres;
pub mod store;
pub mod web;
