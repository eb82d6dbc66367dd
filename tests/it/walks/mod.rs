//! The flows of governance, each walked from end to end in a real browser by keyboard alone: what is done, and what is then seen.
//! A file has one browser and one program; somebody signs in, stands before the program's overview, and goes on by focus.

mod change;
mod decision;
mod dependency;
mod people;
mod readiness;
mod risk;
mod telling;
mod value;
