//! What a gate is judged by, and that its pages tell one truth of it: who excuses a check, who signed, what changed since the verdict,
//! and what is launched without a go.
//!
//! Today is Tuesday 30 June 2026.

use crate::readiness::gated;
use crate::support::api::{ATLAS, atlas, get, moved, post, raise, unmoved, with};
use crate::support::app::{TestApp, TestUser, at};
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

const GATE: &str = "/programs/ATLAS/gates/1";

async fn page(user: &TestUser, path: &str) -> String {
    user.page(path).await.is(200).text
}

fn has(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "“{words}” in {page}");
    }
}

fn has_not(page: &str, words: &[&str]) {
    for words in words {
        assert!(!page.contains(words), "“{words}” in {page}");
    }
}

async fn patched(user: &TestUser, check: &str, body: Value, status: u16) -> Value {
    let version = get(user, check).await["version"].as_i64().unwrap();
    user.patch(&format!("{ATLAS}/{check}"), version, body).await.is(status).json()
}

#[tokio::test]
async fn what_a_gate_is_judged_by_is_not_for_the_owner_of_a_check_to_say() {
    let test = atlas().await;
    gated(&test).await;
    raise(&test.manager, Kind::Gate, json!({"title": "Another"})).await;
    let own = "checks/2";
    moved(&test.contributor, own, json!({"to": "failed"})).await;
    for weaker in
        [json!({"mandatory": false}), json!({"gate": "ATLAS-G2"}), json!({"criterion": "Any test done"})]
    {
        let told = patched(&test.contributor, own, weaker, 403).await;
        assert!(told["detail"].as_str().unwrap().contains("Only a manager"), "{told}");
    }
    patched(&test.contributor, own, json!({"evidence_title": "Report 7"}), 200).await;
    let path = format!("{ATLAS}/{own}/transitions");
    for to in ["waived", "not_applicable"] {
        let excused = json!({"to": to, "reason": "No time"});
        test.contributor.post(&path, excused).await.problem(403);
        unmoved(&test.manager, own, json!({"to": to}), "reason").await;
        unmoved(&test.manager, own, json!({"to": to, "reason": "  "}), "reason").await;
    }
    // The pages: who may not isn't offered it, and the form refuses.
    let seen = page(&test.contributor, "/programs/ATLAS/checks/2").await;
    has_not(&seen, &["value=\"waived\"", "value=\"not_applicable\"", ">Archive<"]);
    has(&seen, &["value=\"passed\""]);
    has(&page(&test.manager, "/programs/ATLAS/checks/2").await, &["value=\"not_applicable\"", ">Archive<"]);
    let form = [("to", "not_applicable"), ("reason", "No time")];
    test.contributor.submit("/programs/ATLAS/checks/2/transitions", &form).await.is(403);
    let form = [("to", "not_applicable"), ("reason", "")];
    let back = test.manager.submit("/programs/ATLAS/checks/2/transitions", &form).await.is(422).text;
    has(&back, &["“Reason” is needed."]);
    assert_eq!(get(&test.viewer, own).await["state"], "failed");

    let excused = json!({"to": "not_applicable", "reason": "Nothing of it is in scope."});
    assert_eq!(moved(&test.manager, own, excused).await["waiver_reason"], "Nothing of it is in scope.");
    has(&page(&test.viewer, GATE).await, &["Nothing of it is in scope."]);
}

#[tokio::test]
async fn a_gate_whose_checks_all_do_not_apply_does_not_go() {
    let test = atlas().await;
    let gate = json!({"title": "Small", "on": "2026-07-01", "owner": test.contributor.email,
        "checks": [{"area": "legal", "criterion": "Terms agreed"}, {"area": "support", "criterion": "Rota"}]});
    post(&test.manager, "gates", gate).await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    for check in ["checks/1", "checks/2"] {
        moved(&test.manager, check, json!({"to": "not_applicable", "reason": "Internal"})).await;
    }
    let told = unmoved(&test.contributor, "gates/1", json!({"to": "go"}), "to").await;
    assert!(told.contains("None of its checks applies"), "{told}");
    let back = test.contributor.submit(&format!("{GATE}/transitions"), &[("to", "go")]).await.is(422).text;
    has(&back, &["None of its checks applies"]);
    moved(&test.manager, "checks/1", json!({"to": "unstarted"})).await;
    moved(&test.manager, "checks/1", json!({"to": "passed"})).await;
    assert_eq!(moved(&test.contributor, "gates/1", json!({"to": "go"})).await["state"], "go");
    // One that never had any has nothing to show.
    post(&test.manager, "gates", json!({"title": "Bare", "on": "2026-07-01"})).await;
    moved(&test.manager, "gates/2", json!({"to": "in_review"})).await;
    let told = unmoved(&test.manager, "gates/2", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("no check of it has passed, and no role signs it off"), "{told}");
    let live = page(&test.manager, "/programs/ATLAS/gates/2/live").await;
    has(&live, &["Why without a check that passed"]);
    let why = json!({"to": "go", "override_reason": "A rehearsal, nothing ships"});
    let own = json!({"owner": test.contributor.email});
    patched(&test.manager, "gates/2", own, 200).await;
    test.contributor.post(&format!("{ATLAS}/gates/2/transitions"), why.clone()).await.problem(403);
    assert_eq!(moved(&test.manager, "gates/2", why).await["override_reason"], "A rehearsal, nothing ships");
}

#[tokio::test]
async fn a_gate_with_optional_checks_alone_shows_nothing_until_one_has_passed() {
    let test = atlas().await;
    let body = json!({"title": "Soft", "on": "2026-07-06",
        "checks": [{"area": "legal", "criterion": "Terms read", "mandatory": false}]});
    post(&test.manager, "gates", body).await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("no check of it has passed"), "{told}");
    moved(&test.manager, "checks/1", json!({"to": "passed"})).await;
    assert_eq!(moved(&test.manager, "gates/1", json!({"to": "go"})).await["state"], "go");
}

#[tokio::test]
async fn what_was_signed_in_one_round_says_nothing_in_the_next() {
    let test = atlas().await;
    gated(&test).await;
    for check in ["checks/1", "checks/2"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    moved(&test.manager, "gates/1", json!({"to": "no_go", "reason": "The vendor withdrew"})).await;
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("0 of 2"), "they sign anew: {told}");
    // As of the day of the first round they had signed.
    let past = get(&test.viewer, "gates/1?as_of=2026-06-30").await;
    assert_eq!(past["readiness"]["roles_given"], 2, "{past}");
    post(&test.contributor, "gates/1/sign-offs", json!({"role": "Engineering", "verdict": "go"})).await;
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("1 of 2"), "{told}");
}

#[tokio::test]
async fn no_check_crosses_over_from_or_to_a_gate_that_goes() {
    let test = atlas().await;
    gated(&test).await;
    post(&test.manager, "gates", json!({"title": "Next", "on": "2026-08-01"})).await;
    post(&test.manager, "gates/2/checks", json!({"area": "legal", "criterion": "Easy"})).await;
    for check in ["checks/1", "checks/2"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    moved(&test.manager, "gates/1", json!({"to": "go"})).await;
    for (check, to) in [("checks/4", "ATLAS-G1"), ("checks/3", "ATLAS-G2")] {
        let told = patched(&test.manager, check, json!({"gate": to}), 422).await;
        assert!(told["errors"].to_string().contains("gate"), "{told}");
    }
    assert_eq!(get(&test.viewer, "gates/1").await["readiness"]["checks"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_check_is_archived_by_a_manager_and_not_once_its_gate_is_decided() {
    let test = atlas().await;
    gated(&test).await;
    let path = |number: i32| format!("{ATLAS}/checks/{number}");
    moved(&test.contributor, "checks/2", json!({"to": "failed"})).await;
    test.contributor.delete(&path(2)).await.problem(403);
    test.contributor.submit("/programs/ATLAS/checks/2/archive", &[("version", "2")]).await.is(403);
    assert_eq!(
        get(&test.viewer, "gates/1").await["readiness"]["blocking"],
        json!(["ATLAS-CHK1", "ATLAS-CHK2"])
    );
    test.manager.delete(&path(3)).await.is(204);
    assert_eq!(get(&test.viewer, "gates/1").await["readiness"]["applicable"], 2);
    moved(&test.manager, "gates/1", json!({"to": "no_go", "reason": "It failed"})).await;
    let told = test.manager.delete(&path(2)).await.problem(422);
    assert!(told["detail"].as_str().unwrap().contains("ATLAS-G1 has said no-go"), "{told}");
    let version = get(&test.viewer, "checks/2").await["version"].to_string();
    test.manager.submit("/programs/ATLAS/checks/2/archive", &[("version", &version)]).await.is(422);
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    test.manager.delete(&path(2)).await.is(204);
}

/// A gate that went on conditions on 30 June with two of three checks passed; on 2 July one of them fails, and one is added.
async fn decided() -> TestApp {
    let test = atlas().await;
    gated(&test).await;
    for check in ["checks/1", "checks/3"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    let conditions = json!({"to": "conditional_go", "conditions": "Penetration test done | 2026-07-08"});
    moved(&test.manager, "gates/1", conditions).await;
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    moved(&test.manager, "checks/1", json!({"to": "failed"})).await;
    post(&test.manager, "gates/1/checks", json!({"area": "legal", "criterion": "Terms agreed"})).await;
    test
}

#[tokio::test]
async fn what_passes_later_on_the_day_of_the_go_is_no_evidence_for_it() {
    let test = atlas().await;
    gated(&test).await;
    moved(&test.manager, "checks/1", json!({"to": "passed"})).await;
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    let rate = async || {
        let metric = get(&test.viewer, "metrics/readiness_pass_rate").await;
        (metric["numerator"].clone(), metric["denominator"].clone())
    };
    assert_eq!(rate().await, (json!(1.0), json!(3.0)));
    let conditions = json!({"to": "conditional_go", "conditions": "Penetration test done | 2026-07-08"});
    let gone = moved(&test.manager, "gates/1", conditions).await;
    assert_eq!(gone["checked"], json!({"passed": 1, "applicable": 3, "waived": 0}));
    for check in ["checks/2", "checks/3"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    assert_eq!(rate().await, (json!(1.0), json!(3.0)), "on the same day");
    assert_eq!(get(&test.viewer, "gates/1").await["readiness"]["passed"], 1);
    has(&page(&test.viewer, GATE).await, &["1 of 3, 33.3 %", "Its checks were changed later that day."]);
    test.clock.hold_at(at("2026-07-02T12:00:00Z"));
    assert_eq!(rate().await, (json!(1.0), json!(3.0)), "and later");
    // It says another word, by what there is then.
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    assert_eq!(get(&test.viewer, "gates/1").await["checked"], json!(null));
    assert_eq!(rate().await, (json!(3.0), json!(3.0)), "it is open again");
    moved(&test.manager, "gates/1", json!({"to": "no_go", "reason": "The vendor withdrew"})).await;
    assert_eq!(
        get(&test.viewer, "gates/1").await["checked"],
        json!({"passed": 3, "applicable": 3, "waived": 0})
    );
}

#[tokio::test]
async fn after_the_verdict_its_figures_stand_and_what_changed_since_is_marked() {
    let test = decided().await;
    let metric = get(&test.viewer, "metrics/readiness_pass_rate").await;
    assert_eq!(
        (&metric["numerator"], &metric["denominator"]),
        (&json!(2.0), &json!(3.0)),
        "metric 9, by another way to the same: {metric}"
    );
    has(
        &page(&test.viewer, "/programs/ATLAS/gates").await,
        &["2 of 3, 66.7 %", "2 changed since", "Gates decided"],
    );
    let gate = page(&test.viewer, GATE).await;
    has(&gate, &["2 of 3, 66.7 %", "2 checks were changed since.", "failed since", "added since, unstarted"]);
    let live = page(&test.viewer, &format!("{GATE}/live")).await;
    has(&live, &["2 of 3, 66.7 %", "2 changed since the verdict", "failed since"]);
    for page in [&gate, &live] {
        has_not(page, &["1 of 4", "2 of 4"]);
    }
    let own = get(&test.viewer, "gates/1").await["readiness"].clone();
    assert_eq!((&own["passed"], &own["applicable"]), (&json!(2), &json!(3)));
    assert_eq!(own["changed_since"], json!(["ATLAS-CHK1", "ATLAS-CHK4"]));
    assert_eq!(
        own["blocking"],
        json!(["ATLAS-CHK1", "ATLAS-CHK2", "ATLAS-CHK4"]),
        "what keeps it from a plain go is as of now"
    );
    // As it was shown before the verdict changed anything, nothing had changed.
    let then = page(&test.viewer, &format!("{GATE}?as_of=2026-07-01")).await;
    has(&then, &["2 of 3, 66.7 %"]);
    has_not(&then, &["since."]);
}

#[tokio::test]
async fn who_signed_and_how_is_told_the_same_everywhere() {
    let test = atlas().await;
    gated(&test).await;
    for (role, verdict) in [("Engineering", "conditional_go"), ("Security", "go")] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": verdict})).await;
    }
    let live = format!("{GATE}/live");
    for path in ["/programs/ATLAS/gates", GATE, &live] {
        has(&page(&test.manager, path).await, &["2 of 3", "1 go, 1 on conditions; 2 needed"]);
    }
    let seen = page(&test.manager, &live).await;
    has(&seen, &["1 of 2 that have to say go. On conditions: Engineering. Not signed: Support."]);
    for check in ["checks/1", "checks/2"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    let said = "1 of 2 roles that have to say go. On conditions: Engineering. Not signed: Support.";
    assert!(told.contains(said), "{told}");
    let back = test.manager.submit(&live, &[("what", "move"), ("to", "go")]).await.is(422).text;
    has(&back, &[said]);
    let own = get(&test.viewer, "gates/1").await["readiness"].clone();
    assert_eq!((&own["roles_given"], &own["roles_missing"]), (&json!(1), &json!(["engineering", "support"])));
    assert_eq!(
        (&own["roles_on_conditions"], &own["roles_unsigned"], &own["roles_no_go"]),
        (&json!(["engineering"]), &json!(["support"]), &json!([]))
    );
    // On conditions both consent.
    moved(&test.manager, "gates/1", json!({"to": "conditional_go", "conditions": "Two on call"})).await;
}

#[tokio::test]
async fn an_area_whose_check_is_in_progress_has_begun() {
    let test = atlas().await;
    gated(&test).await;
    let live = format!("{GATE}/live");
    let seen = page(&test.manager, &live).await;
    has(&seen, &["name=\"to\" value=\"go\"", "Sign for them"]);
    has_not(&seen, &["btn main\" name=\"to\""]);
    has(
        &page(&test.viewer, &live).await,
        &["Security <span class=\"rag none\">0 / 1<span class=\"sr\">, not begun"],
    );
    moved(&test.contributor, "checks/2", json!({"to": "in_progress"})).await;
    has(
        &page(&test.viewer, &live).await,
        &["Security <span class=\"rag amber\">0 / 1<span class=\"sr\">, under way"],
    );
}

#[tokio::test]
async fn a_condition_with_a_day_that_is_none_and_a_quorum_of_more_than_there_are_are_refused() {
    let test = atlas().await;
    gated(&test).await;
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "conditional_go"}))
            .await;
    }
    for wrong in ["Two on call\nClose the bug | 2026-02-31", "Close the bug | soon"] {
        let told = unmoved(
            &test.manager,
            "gates/1",
            json!({"to": "conditional_go", "conditions": wrong}),
            "conditions",
        )
        .await;
        assert!(told.contains("is not a day") && told.contains("Close the bug"), "{told}");
    }
    let form = [("to", "conditional_go"), ("conditions", "Close the bug | 2026-02-31")];
    let back = test.manager.submit(&format!("{GATE}/transitions"), &form).await.is(422).text;
    has(&back, &["“2026-02-31” is not a day", "Close the bug | 2026-02-31"]);
    let form = [("what", "move"), form[0], form[1]];
    has(
        &test.manager.submit(&format!("{GATE}/live"), &form).await.is(422).text,
        &["“2026-02-31” is not a day"],
    );
    assert_eq!(get(&test.viewer, "actions").await["total"], 0, "nothing was made of it");
    let told = unmoved(&test.manager, "gates/1", json!({"to": "conditional_go"}), "conditions").await;
    assert_eq!(told, "“Conditions” is needed.");

    let path = format!("{ATLAS}/gates");
    let many = json!({"title": "X", "on": "2026-08-01", "sign_off_roles": ["qa", "support"], "quorum": 9});
    let told = test.manager.post(&path, many).await.refused("quorum");
    assert_eq!(told, "2 roles sign off, so the quorum is at most 2.");
    test.manager.post(&path, json!({"title": "X", "on": "2026-08-01", "quorum": 1})).await.refused("quorum");
    let form = [("title", "X"), ("on", "2026-08-01"), ("sign_off_roles", "qa, support"), ("quorum", "9")];
    let back = test.manager.submit("/programs/ATLAS/gates", &form).await.is(422).text;
    has(&back, &["the quorum is at most 2"]);
    let told =
        test.manager.post(&path, json!({"title": "X", "on": "2026-08-01", "sign_off_roles": [1]})).await;
    assert_eq!(told.refused("sign_off_roles"), "One of them: Give a text.");
}

#[tokio::test]
async fn a_release_is_launched_without_its_go_by_a_manager_for_a_reason_that_is_shown() {
    let test = atlas().await;
    post(&test.manager, "milestones", json!({"title": "Go live", "committed_on": "2026-07-10"})).await;
    let own = |title: &str| json!({"title": title, "milestone": "ATLAS-M1", "owner": test.contributor.email});
    for title in ["Wave 1", "Wave 2", "Wave 3"] {
        post(&test.manager, "releases", own(title)).await;
    }
    post(&test.manager, "gates", json!({"title": "Ready?", "on": "2026-07-08", "milestone": "ATLAS-M1"}))
        .await;
    post(&test.manager, "releases", json!({"title": "Patch", "owner": test.contributor.email})).await;
    post(
        &test.manager,
        "gates",
        json!({"title": "Patch ready?", "on": "2026-07-08", "release": "ATLAS-REL4"}),
    )
    .await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;

    let told = unmoved(&test.manager, "releases/1", json!({"to": "launched"}), "reason").await;
    assert!(told.contains("ATLAS-G1 Ready? is in review"), "{told}");
    unmoved(&test.manager, "releases/4", json!({"to": "launched"}), "reason").await;
    let launched = json!({"to": "launched", "reason": "The regulator set the day."});
    let path = format!("{ATLAS}/releases/1/transitions");
    let told = test.contributor.post(&path, launched.clone()).await.problem(403);
    assert!(told["detail"].as_str().unwrap().contains("only a manager"), "{told}");
    let form = [("to", "launched"), ("reason", "")];
    let back = test.manager.submit("/programs/ATLAS/releases/1/transitions", &form).await.is(422).text;
    has(&back, &["say why this is launched without its go"]);
    has_not(&page(&test.viewer, "/programs/ATLAS/releases/1").await, &["Launched without a go"]);
    moved(&test.manager, "releases/1", launched).await;
    let seen = page(&test.viewer, "/programs/ATLAS/releases/1").await;
    has(&seen, &["Launched without a go.", "was in review", "The regulator set the day."]);

    // Once it goes, its owner launches it; what went before without stays marked.
    test.clock.hold_at(at("2026-07-01T12:00:00Z"));
    let go = json!({"to": "go", "override_reason": "All was looked at in the meeting."});
    moved(&test.manager, "gates/1", go).await;
    moved(&test.contributor, "releases/2", json!({"to": "launched"})).await;
    has_not(&page(&test.viewer, "/programs/ATLAS/releases/2").await, &["Launched without a go"]);
    has(&page(&test.viewer, "/programs/ATLAS/releases/1").await, &["Launched without a go."]);
    // It counts how the gate stood on the day of the launch.
    let before = json!({"to": "launched", "on": "2026-06-30"});
    unmoved(&test.manager, "releases/3", before, "reason").await;
}

/// A release and a gate of the contributor's, both of the milestone M1, and a gate of the release alone; the gates said no-go.
async fn stopped() -> TestApp {
    let test = atlas().await;
    post(&test.manager, "milestones", json!({"title": "Go live", "committed_on": "2026-07-10"})).await;
    let owner = json!({"owner": test.contributor.email});
    let release = json!({"title": "Wave 1", "milestone": "ATLAS-M1"});
    post(&test.manager, "releases", with(release, owner.clone())).await;
    for gate in [
        json!({"title": "Ready?", "on": "2026-07-08", "milestone": "ATLAS-M1"}),
        json!({"title": "Safe?", "on": "2026-07-08", "release": "ATLAS-REL1"}),
    ] {
        post(&test.manager, "gates", with(gate, owner.clone())).await;
    }
    for gate in ["gates/1", "gates/2"] {
        moved(&test.manager, gate, json!({"to": "in_review"})).await;
        moved(&test.contributor, gate, json!({"to": "no_go", "reason": "It failed"})).await;
    }
    test
}

#[tokio::test]
async fn a_no_go_is_not_taken_out_of_the_way_by_who_owns_the_gate_or_the_release() {
    let test = stopped().await;
    let owner = &test.contributor;
    for (item, body) in [
        ("gates/1", json!({"milestone": null})),
        ("gates/2", json!({"release": null})),
        ("releases/1", json!({"milestone": null})),
    ] {
        let told = patched(owner, item, body, 403).await;
        assert!(told["detail"].as_str().unwrap().contains("Only a manager"), "{item}: {told}");
    }
    post(&test.manager, "milestones", json!({"title": "Another", "committed_on": "2026-08-10"})).await;
    patched(owner, "gates/1", json!({"milestone": "ATLAS-M2"}), 403).await;
    let told = patched(owner, "releases/1", json!({"milestone": "ATLAS-M2"}), 403).await;
    assert!(told["detail"].as_str().unwrap().contains("ATLAS-G1"), "{told}");
    // All else of theirs is theirs to say.
    patched(owner, "gates/1", json!({"title": "Is it ready?", "release": "ATLAS-REL1"}), 200).await;
    patched(owner, "releases/1", json!({"launch_on": "2026-07-11"}), 200).await;
    // Nobody archives what was said; of what has not been said yet a manager does.
    for user in [owner, &test.manager] {
        has_not(&page(user, GATE).await, &[">Archive<"]);
    }
    owner.delete(&format!("{ATLAS}/gates/1")).await.problem(403);
    let told = test.manager.delete(&format!("{ATLAS}/gates/1")).await.problem(422);
    assert!(told["detail"].as_str().unwrap().contains("has said no-go"), "{told}");
    let path = format!("{ATLAS}/releases/1/transitions");
    let told = owner.post(&path, json!({"to": "launched"})).await.problem(403);
    for gate in ["ATLAS-G1", "ATLAS-G2"] {
        assert!(told["detail"].as_str().unwrap().contains(gate), "{told}");
    }
    moved(owner, "gates/2", json!({"to": "in_review"})).await;
    owner.delete(&format!("{ATLAS}/gates/2")).await.problem(403);
    has_not(&page(owner, "/programs/ATLAS/gates/2").await, &[">Archive<"]);
    has(&page(&test.manager, "/programs/ATLAS/gates/2").await, &[">Archive<"]);
    test.manager.delete(&format!("{ATLAS}/gates/2")).await.is(204);
    owner.post(&format!("{ATLAS}/gates/2/restore"), json!({})).await.problem(403);
    // A manager may, and a milestone without gates is nobody's guard.
    patched(&test.manager, "releases/1", json!({"milestone": "ATLAS-M2"}), 200).await;
    patched(owner, "releases/1", json!({"milestone": null}), 200).await;
}

#[tokio::test]
async fn what_a_gate_demanded_stands_with_what_it_said() {
    let test = atlas().await;
    gated(&test).await;
    for check in ["checks/1", "checks/2"] {
        moved(&test.manager, check, json!({"to": "passed"})).await;
    }
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    let roles = json!({"sign_off_roles": ["Engineering", "Security", "Support", "Legal"]});
    let demands = [json!({"on": "2026-08-01"}), json!({"quorum": 1}), roles];
    let refused = async |said: &str, advice: &str| {
        for other in &demands {
            let told = patched(&test.manager, "gates/1", other.clone(), 422).await;
            let why = told["errors"][0]["message"].as_str().unwrap();
            assert!(why.contains(said) && why.contains(advice), "{told}");
        }
    };
    moved(&test.manager, "gates/1", json!({"to": "conditional_go", "conditions": "Two on call"})).await;
    refused("has said conditional go", "begin its review anew").await;
    moved(&test.manager, "gates/1", json!({"to": "in_review"})).await;
    patched(&test.manager, "gates/1", json!({"on": "2026-07-11"}), 200).await;
    // What was signed was signed for another word: it is signed anew.
    let told = unmoved(&test.manager, "gates/1", json!({"to": "go"}), "override_reason").await;
    assert!(told.contains("0 of 2 roles"), "{told}");
    assert_eq!(get(&test.viewer, "gates/1/sign-offs").await["total"], 0);
    for role in ["Engineering", "Security"] {
        post(&test.contributor, "gates/1/sign-offs", json!({"role": role, "verdict": "go"})).await;
    }
    moved(&test.manager, "gates/1", json!({"to": "go"})).await;
    refused("has said go", "raise another gate").await;
}
