//! What the engine promises, against definitions that are written another way.

mod oracle;
mod plans;
mod time;
