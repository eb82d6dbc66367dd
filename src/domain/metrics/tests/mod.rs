//! Tests of the metrics: the worked examples, edges of the definitions, properties, and an oracle written from the
//! definitions.

pub(in crate::domain) mod build;
mod edges;
pub(in crate::domain) mod generate;
mod governance;
mod governed;
mod oracle;
mod properties;
mod worked;
