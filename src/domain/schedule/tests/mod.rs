//! What the engine promises, against definitions that are written another way.

mod cases;
mod oracle;
mod plans;
mod properties;
mod published;
mod time;
