//! What the engine promises, against definitions that are written another way.

mod cases;
mod oracle;
mod paths;
mod plans;
mod properties;
mod published;
mod time;
