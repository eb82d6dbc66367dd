//! Plumbline: program management that tells the truth.
//!
//! # The map
//!
//! | layer | holds | may know |
//! | --- | --- | --- |
//! | [`domain`] | what a program is and what its numbers mean: items, states, drafts, metrics, health; pure | nothing else |
//! | [`store`] | SQL, and only here; `Db` reads, `Tx` is the one door for writes | `domain` |
//! | [`exchange`] | foreign formats to drafts, and what is kept to foreign formats | `domain` |
//! | [`outbound`] | what leaves for other machines: mail, chat | nothing else |
//! | [`app`] | the use cases, in the user's verbs: authorise, load, check, write, record | `store`, `exchange`, `outbound`, `domain` |
//! | [`web`] | HTTP in, HTML or JSON out | `app` and below |
//! | [`jobs`] | what is done beside the server, unasked | `app` and below |
//! | [`cli`] | one file a command | `app` and below, `web` and `jobs` to serve it |
//! | [`postgres`] | the embedded PostgreSQL | nothing else |
//!
//! [`clock`] alone asks what time it is. A test (`tests/it/house.rs`) reads `src/` and fails on a name that a layer must not know.
//!
//! A resource has the same file name in each layer (`milestone.rs` in `domain`, `store`, `app`, `web`; `templates/milestone/`), so
//! that one name finds the whole of it. Items of all kinds share what they have in common in `item.rs`.
//!
//! # How data flows
//!
//! A request becomes a [`app::Ctx`] (who, when, as of which day). The handler takes a [`domain::draft::Draft`], the raw text as
//! typed; the use case gets proof of access ([`app::access::Entered`]), checks the draft into values or
//! [`domain::draft::Refused`], and writes through [`store::Tx`] in one transaction: row, history (by the database), event, pulse.
//! Reads go through the as-of function of a table (`item_at(date)`), so that "today" and "then" are the same query.
//!
//! # Adding a resource
//!
//! 1. **Migration**: the table, with `effective_on`, named constraints, and one line: `select track('gate', 'item')`. Closed sets are
//!    enums. A kind of item adds its name to `item_kind` and an arm to `item_detail`.
//! 2. **Domain**: `domain/gate.rs` with the struct (names as columns), `FIELDS`, and what a change of state leaves behind; for a kind
//!    of item, an arm in `kind.rs`, `item.rs` and `transition.rs`. Tests beside it.
//! 3. **Store**: its statements; `.ci/sqlx` writes their checked form.
//! 4. **App**: the use cases that items don't have already.
//! 5. **Web**: routes and templates; a kind of item has its log, page, form and JSON from its `FIELDS`. New routes get a row in the
//!    table of who may (`tests/it/routes.rs`).
//! 6. **Facts and metrics**, where numbers come of it: `domain/facts/`, `store/facts/`, `domain/metrics/`.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod exchange;
pub mod jobs;
pub mod outbound;
pub mod postgres;
pub mod store;
pub mod web;
