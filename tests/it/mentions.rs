//! People who are mentioned by name: told in their work and their digest until they have seen it or answered, and nobody who may not
//! see the program.

use crate::support::api::{ATLAS, atlas, raise};
use crate::support::app::{TestUser, at};
use plumbline::app::digest;
use plumbline::domain::kind::Kind;
use serde_json::{Value, json};

const MINE: &str = "/api/v1/me/mentions";

async fn mentions(user: &TestUser) -> Vec<Value> {
    let all = user.get(MINE).await.is(200).json();
    all["items"].as_array().unwrap().iter().map(|one| one["ref"].clone()).collect()
}

async fn say(user: &TestUser, item: &str, body: &str) {
    user.post(&format!("{ATLAS}/{item}/comments"), json!({"body": body})).await.is(201);
}

#[tokio::test]
async fn somebody_mentioned_in_a_comment_is_told_until_they_see_it_or_answer() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({"title": "Vendor"})).await;
    raise(&test.manager, Kind::Issue, json!({"title": "Feed"})).await;
    say(&test.contributor, "risks/1", "@Viewer, can you live with that? Ask @manager.\n\nOr nobody.").await;
    say(&test.contributor, "issues/1", "@VIEWER this too, @Contributor").await;
    assert_eq!(mentions(&test.viewer).await, ["ATLAS-R1", "ATLAS-I1"]);
    assert_eq!(mentions(&test.manager).await, ["ATLAS-R1"]);
    assert_eq!(mentions(&test.contributor).await, [] as [&str; 0], "nobody tells themselves");
    let work = test.viewer.page("/me/work").await.is(200).text;
    assert!(work.contains("Contributor mentioned you in ATLAS-R1"), "{work}");
    assert!(work.contains("can you live with that? Ask @manager.…"), "{work}");
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text;
    let link = format!("<a href=\"/people/{}\"", test.viewer.person);
    assert!(page.contains(&link) && page.contains(">@Viewer</a>, can you"), "{page}");

    // Whoever answers is told no longer; whoever has seen it neither; the next mention tells anew.
    test.clock.hold_at(at("2026-06-30T13:00:00Z"));
    say(&test.manager, "risks/1", "I can.").await;
    assert_eq!(mentions(&test.manager).await, [] as [&str; 0]);
    test.viewer.submit("/me/mentions/ATLAS-R1/seen", &[]).await.is(303);
    test.viewer.delete(&format!("{MINE}/ATLAS-I1")).await.is(204);
    assert_eq!(mentions(&test.viewer).await, [] as [&str; 0]);
    test.viewer.delete(&format!("{MINE}/ATLAS-I1")).await.problem(404);
    test.clock.hold_at(at("2026-06-30T14:00:00Z"));
    say(&test.contributor, "risks/1", "@Viewer?").await;
    assert_eq!(mentions(&test.viewer).await, ["ATLAS-R1"]);
    assert!(!test.viewer.page("/me/work?as_of=2026-06-29").await.text.contains("mentioned you"));
}

#[tokio::test]
async fn a_text_tells_once_whom_it_names_however_often_it_is_saved() {
    let test = atlas().await;
    let words = json!({"title": "Vendor", "cause": "@Viewer knows", "description": "Ask @Contributor."});
    raise(&test.manager, Kind::Risk, words).await;
    assert_eq!(mentions(&test.viewer).await, ["ATLAS-R1"]);
    assert_eq!(mentions(&test.contributor).await, ["ATLAS-R1"]);
    test.viewer.delete(&format!("{MINE}/ATLAS-R1")).await.is(204);
    let again = json!({"cause": "@Viewer knows more"});
    test.manager.patch(&format!("{ATLAS}/risks/1"), 1, again).await.is(200);
    assert_eq!(mentions(&test.viewer).await, [] as [&str; 0]);
    let page = test.viewer.page("/programs/ATLAS/risks/1").await.is(200).text;
    assert!(page.contains(">@Contributor</a>"), "{page}");
    test.manager.delete(&format!("{ATLAS}/risks/1")).await.is(204);
    assert_eq!(mentions(&test.contributor).await, [] as [&str; 0], "what is archived tells nobody");
}

#[tokio::test]
async fn nobody_is_mentioned_who_may_not_see_the_program_and_nobody_is_told_who_may_no_longer() {
    let test = atlas().await;
    raise(&test.manager, Kind::Risk, json!({"title": "Heliotrope", "description": "@Stranger"})).await;
    say(&test.manager, "risks/1", "@Stranger and @Viewer and @Admin, mail stranger@example.org").await;
    assert_eq!(mentions(&test.stranger).await, [] as [&str; 0]);
    assert_eq!(mentions(&test.admin).await, ["ATLAS-R1"], "an administrator sees every program");
    let page = test.manager.page("/programs/ATLAS/risks/1").await.is(200).text;
    assert!(!page.contains(&format!("/people/{}", test.stranger.person)), "{page}");
    let kept: i64 =
        sqlx::query_scalar("select count(*) from person_mention").fetch_one(test.app.db.raw()).await.unwrap();
    assert_eq!(kept, 2, "nothing is kept of who may not see it");
    test.manager.delete(&format!("{ATLAS}/members/{}", test.viewer.person)).await.is(204);
    assert_eq!(mentions(&test.viewer).await, [] as [&str; 0]);
    assert!(!test.viewer.page("/me/work").await.text.contains("Heliotrope"));
    test.viewer.delete(&format!("{MINE}/ATLAS-R1")).await.problem(404);
}

#[tokio::test]
async fn the_digest_says_who_mentioned_whom_and_a_question_is_told_once() {
    let test = atlas().await;
    raise(&test.manager, Kind::Decision, json!({"title": "Two weeks or four?", "owner": test.viewer.email}))
        .await;
    raise(&test.manager, Kind::Risk, json!({"title": "Vendor"})).await;
    say(&test.contributor, "risks/1", "@Viewer, see this.").await;
    let ask = [("act", "ask"), ("question", "Why four?"), ("from", "program")];
    test.contributor.submit("/programs/ATLAS/decisions/1/answer", &ask).await.is(303);
    let now = at("2026-06-30T12:00:00Z");
    let receivers = digest::receivers(&test.app, now.date_naive(), now).await.unwrap();
    let receiver = receivers.iter().find(|one| one.person == test.viewer.person).expect("they are sent one");
    let told = digest::of(&test.app, receiver, now).await.unwrap();
    let named: Vec<_> = told.mentions.iter().map(|one| one.reference.to_string()).collect();
    assert_eq!(named, ["ATLAS-R1"], "what is asked is a question, not a mention beside it");
    assert_eq!(told.questions.len(), 1);
}

#[tokio::test]
async fn who_can_be_mentioned_is_offered_by_the_beginning_of_a_name_and_as_what_names_them_alone() {
    let test = atlas().await;
    let offered = async |user: &TestUser, q: &str| {
        let all = user.page(&format!("/programs/ATLAS/mentionable?q={q}")).await.is(200).json();
        let pair =
            |one: &Value| format!("{}={}", one["name"].as_str().unwrap(), one["says"].as_str().unwrap());
        all.as_array().unwrap().iter().map(pair).collect::<Vec<_>>()
    };
    assert_eq!(offered(&test.contributor, "view").await, ["Viewer=Viewer"]);
    assert_eq!(
        offered(&test.contributor, "stran").await,
        [] as [&str; 0],
        "who doesn't see the program is not there"
    );
    assert_eq!(offered(&test.contributor, "%25").await, [] as [&str; 0]);
    assert_eq!(offered(&test.contributor, "").await, [] as [&str; 0]);
    test.stranger.page("/programs/ATLAS/mentionable?q=view").await.is(404);
    // Of two of one name, each is named by their handle, and who has none can't be.
    for (email, handle) in
        [("a@example.org", Some("@eva1")), ("b@example.org", Some("@eva2")), ("c@example.org", None)]
    {
        let made = test
            .admin
            .post("/api/v1/people", json!({"name": "Eva Berg", "email": email, "handle": handle}))
            .await;
        let path = format!("{ATLAS}/members/{}", made.is(201).json()["id"].as_str().unwrap());
        test.manager.put(&path, json!({"role": "viewer"})).await;
    }
    assert_eq!(offered(&test.viewer, "berg").await, ["Eva Berg=eva1", "Eva Berg=eva2"]);
}
