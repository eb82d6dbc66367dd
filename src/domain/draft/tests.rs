use super::*;
use crate::domain::item;
use crate::domain::kind::Kind;
use proptest::prelude::*;
use serde_json::json;

fn draft(value: Value) -> Draft {
    match value {
        Value::Object(fields) => Draft(fields),
        _ => panic!("a draft is an object"),
    }
}

fn checked(kind: Kind, value: Value) -> Result<Map<String, Value>, Vec<FieldError>> {
    draft(value).check(item::fields(kind), &Directory::default()).map_err(|refused| refused.errors)
}

fn wrong(kind: Kind, value: Value) -> Vec<String> {
    checked(kind, value).expect_err("was taken").into_iter().map(|error| error.field).collect()
}

#[test]
fn every_error_is_told_at_once_beside_its_field() {
    let fields = wrong(
        Kind::Risk,
        json!({"title": " ", "probability": 6, "impact": "x", "review_on": "soon", "colour": "red", "owner": "nobody"}),
    );
    for field in ["title", "probability", "impact", "review_on", "colour", "owner"] {
        assert!(fields.iter().any(|wrong| wrong == field), "{field} was not refused: {fields:?}");
    }
}

#[test]
fn what_was_typed_comes_back_with_the_refusal() {
    let typed = draft(json!({"title": "x".repeat(400), "description": "kept"}));
    let refused = typed.check(item::fields(Kind::Risk), &Directory::default()).unwrap_err();
    assert_eq!(refused.draft.text("description"), "kept");
    assert_eq!(refused.draft.text("title").len(), 400);
    assert_eq!(refused.errors, [FieldError::new("title", "At most 300 characters; this has 400.")]);
}

#[test]
fn text_and_json_say_the_same() {
    let typed = checked(
        Kind::Issue,
        json!({"title": "t", "severity": "2", "blocking": "on", "due_on": "30 Sep 2026", "tags": "b, A,a"}),
    );
    let sent = checked(
        Kind::Issue,
        json!({"title": "t", "severity": 2, "blocking": true, "due_on": "2026-09-30", "tags": ["a", "b"]}),
    );
    assert_eq!(typed.unwrap(), sent.unwrap());
}

#[test]
fn control_characters_are_refused_and_line_ends_made_one() {
    assert_eq!(wrong(Kind::Risk, json!({"title": "a\u{0}b"})), ["title"]);
    assert_eq!(wrong(Kind::Risk, json!({"title": "a\nb"})), ["title"]);
    assert_eq!(wrong(Kind::Risk, json!({"title": "t", "description": "a\u{7}"})), ["description"]);
    let values = checked(Kind::Risk, json!({"title": "t", "description": "a\r\nb\rc"})).unwrap();
    assert_eq!(values["description"], "a\nb\nc");
}

#[test]
fn a_party_is_one_of_project_team_or_external() {
    let party = |provider: Value| {
        checked(
            Kind::Dependency,
            json!({"title": "t", "provider": provider, "consumer": {"external": "Auditor"}}),
        )
    };
    assert_eq!(party(json!({"external": "Taxwise"})).unwrap()["provider_external"], "Taxwise");
    assert_eq!(party(json!("external: Taxwise")).unwrap()["provider_external"], "Taxwise");
    for odd in [
        json!({}),
        json!(""),
        json!({"external": "a", "team": "b"}),
        json!({"vendor": "a"}),
        json!(7),
        json!({"team": "unknown"}),
    ] {
        let errors = party(odd.clone()).expect_err("was taken");
        assert_eq!(errors[0].field, "provider", "{odd}");
    }
}

#[test]
fn options_and_three_points_and_dates_are_read_as_people_type_them() {
    let values = checked(
        Kind::Decision,
        json!({"title": "t", "options": "Two weeks | cheap\nFour weeks | safe | dear | late"}),
    )
    .unwrap();
    assert_eq!(
        values["options"][1],
        json!({"title": "Four weeks", "benefits": "safe", "costs": "dear", "risks": "late"})
    );
    let values = checked(Kind::Risk, json!({"title": "t", "schedule_effect_days": "5, 10, 20"})).unwrap();
    assert_eq!(values["schedule_effect_days"], json!([5, 10, 20]));
    for odd in ["5", "5,10", "20,10,5", "a,b,c", "-1,2,3"] {
        assert_eq!(
            wrong(Kind::Risk, json!({"title": "t", "schedule_effect_days": odd})),
            ["schedule_effect_days"],
            "{odd}"
        );
    }
    for day in ["2026-13-01", "2026-02-30", "1969-12-31", "tomorrow", "2200-01-01"] {
        assert_eq!(wrong(Kind::Action, json!({"title": "t", "due_on": day})), ["due_on"], "{day}");
    }
}

proptest! {
    /// Whatever is sent, a check answers; and what it lets through has only what the fields say.
    #[test]
    fn no_value_makes_a_check_fall_over(name in 0_usize..30, text in "\\PC{0,40}", number in any::<f64>(), flag in any::<bool>()) {
        for kind in Kind::ALL {
            let fields: Vec<_> = item::fields(kind).collect();
            let field = fields[name % fields.len()];
            for value in [json!(text), json!(number), json!(flag), json!([text]), json!({"id": text}), Value::Null] {
                let typed = draft(json!({"title": "t", field.name: value}));
                if let Ok(values) = typed.check(fields.iter().copied(), &Directory::default()) {
                    prop_assert!(values.values().all(|value| !value.to_string().contains("\\u0000")));
                }
            }
        }
    }
}

#[test]
fn a_field_that_is_needed_is_asked_for_in_good_words() {
    let told = |field: Field| {
        let refused =
            Draft::default().check(&[field.required()], &Directory::default()).expect_err("was taken");
        refused.errors[0].message.clone()
    };
    assert_eq!(told(Field::new("reason", "Reason", Control::Line(9))), "“Reason” is needed.");
    assert_eq!(told(Field::new("conditions", "Conditions", Control::Line(9))), "“Conditions” is needed.");
    assert_eq!(told(Field::new("until", "Deferred until", Control::Date)), "“Deferred until” is needed.");
}

#[test]
fn what_is_no_tag_is_not_called_one() {
    let told = |kind, name: &str| {
        let mut values = json!({"title": "T", "on": "2026-07-01"});
        values[name] = json!([1]);
        let errors = checked(kind, values).expect_err("was taken");
        errors.into_iter().find(|error| error.field == name).expect("it is told").message
    };
    assert_eq!(told(Kind::Gate, "sign_off_roles"), "One of them: Give a text.");
    assert_eq!(told(Kind::Gate, "tags"), "A tag: Give a text.");
}
