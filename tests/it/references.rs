//! What an item names is an item of its own program, and of the kind that belongs there.

use crate::support::api::{atlas, path, raise};
use plumbline::domain::kind::Kind;
use serde_json::json;

#[tokio::test]
async fn a_check_is_of_a_gate_and_a_gate_of_a_milestone_of_its_own_program() {
    let test = atlas().await;
    test.manager.post("/api/v1/programs", json!({"key": "OTHER", "name": "Other"})).await.is(201);
    let there = json!({"title": "Elsewhere", "on": "2026-09-01"});
    test.manager.post("/api/v1/programs/OTHER/gates", there).await.is(201);
    raise(&test.manager, Kind::Gate, json!({})).await;
    raise(&test.manager, Kind::Milestone, json!({})).await;
    let checks = path(Kind::Check);
    for gate in ["ATLAS-M1", "OTHER-G1"] {
        let message =
            test.manager.post(&checks, json!({"title": "Tested", "gate": gate})).await.refused("gate");
        assert_eq!(message, format!("{gate} is no gate of this program."));
    }
    let check = raise(&test.manager, Kind::Check, json!({"gate": "ATLAS-G1"})).await;
    assert_eq!(check["gate"]["ref"], "ATLAS-G1");
    let gate = format!("{}/1", path(Kind::Gate));
    test.manager.patch(&gate, 1, json!({"milestone": "ATLAS-G1"})).await.refused("milestone");
    test.manager.patch(&gate, 1, json!({"milestone": "ATLAS-M1"})).await.is(200);
}
