//! Plumbline: program management that tells the truth.

pub mod web;
