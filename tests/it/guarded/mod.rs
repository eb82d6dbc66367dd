//! What the application stands against: what is sent to slow it down, requests that race each other, secrets that would lie about,
//! and what somebody may do or learn who should not.

mod limits;
mod races;
mod rights;
mod secrets;
mod surveys;
