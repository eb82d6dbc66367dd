//! Pages: HTTP in, HTML out.

pub mod chart;
pub mod shell;
