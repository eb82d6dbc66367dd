//! Plumbline: program management that tells the truth.
#![forbid(unsafe_code)]

pub mod domain;
pub mod exchange;
