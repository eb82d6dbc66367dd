//! Tables as people's tools and hands leave them: other marks, encodings and orders say the same; what can't be told is refused in
//! clear words, and then nothing is written. And tables that the API sends to who asks for them.

use crate::sheets::{House, Sheet, read};
use crate::support::app::TestApp;
use plumbline::app::{Error, import};
use serde_json::json;
use std::collections::BTreeMap;

impl House {
    async fn bytes(&self, bytes: &[u8]) -> Result<import::Outcome, String> {
        let intake = read(bytes)?;
        match import::import(&self.app, &self.stamp(), &intake, Some("ATLAS"), false).await {
            Ok(outcome) => Ok(outcome),
            Err(Error::Refused(refused)) => {
                let told = refused.errors.iter().map(|error| format!("{}  {}", error.field, error.message));
                Err(told.collect::<Vec<_>>().join("\n"))
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A table written with another mark between its cells, every cell in quotes.
fn with(sheet: &Sheet, mark: u8, end: csv::Terminator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(mark)
        .terminator(end)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    writer.write_record(&sheet.names).unwrap();
    for row in &sheet.rows {
        writer.write_record(sheet.names.iter().map(|name| &row[name])).unwrap();
    }
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn the_same_table_in_another_hand_says_the_same() {
    let house = House::told().await;
    let before = house.print().await;
    for what in ["items", "budget", "links", "schedule_links", "baselines", "survey_answers"] {
        let text = house.export(what, None).await;
        let sheet = Sheet::read(&text);
        let rows = sheet.rows.len();
        let mut other_way = sheet.clone();
        other_way.names.reverse();
        let mut wider = sheet.clone();
        wider.names.push("my own notes".into());
        for row in &mut wider.rows {
            row.insert("my own notes".into(), "=1+1".into());
        }
        let windows = |text: &str| {
            encoding_rs::WINDOWS_1252
                .encode(&text.replace(|c: char| !c.is_ascii() && c > '\u{ff}', ""))
                .0
                .into_owned()
        };
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let mut hands = vec![
            ("with a byte order mark", marked),
            ("with line feeds", text.replace("\r\n", "\n").into_bytes()),
            ("with semicolons", with(&sheet, b';', csv::Terminator::CRLF)),
            ("with tabs", with(&sheet, b'\t', csv::Terminator::Any(b'\n'))),
            ("in UTF-16", utf16),
            ("the other way round", other_way.text().into_bytes()),
            ("with a column of one's own", wider.text().into_bytes()),
        ];
        if windows(&text).len() == text.chars().count() {
            hands.push(("in Windows-1252", windows(&text)));
        }
        for (how, bytes) in hands {
            let outcome = house.bytes(&bytes).await.unwrap_or_else(|why| panic!("{what} {how}: {why}"));
            assert!(!outcome.wrote(), "{what} {how}: {outcome:?}");
            assert_eq!(outcome.skipped as usize, rows, "{what} {how}");
        }
    }
    assert_eq!(house.print().await, before);
}

#[tokio::test]
async fn texts_of_any_kind_go_out_and_come_back_as_they_were() {
    let house = House::told().await;
    let sheet = house.sheet("risks").await;
    let risk = sheet.rows.iter().find(|row| row["state"] == "open").unwrap()["ref"].clone();
    for title in [
        "=1+1",
        "+49 30 1234",
        "-none-",
        "@ada",
        "=HYPERLINK(\"http://x\",\"y\")",
        "'=quoted",
        "＝1+1",
        "Größe; \"so\", or",
    ] {
        let mut sheet = house.sheet("risks").await;
        sheet.row(&risk).insert("title".into(), title.into());
        sheet.row(&risk).insert("effect".into(), format!("{title}\nand, on a second line,\n=2+2"));
        house.import(&sheet.text()).await.unwrap();
        let stored: String = sqlx::query_scalar(
            "select i.title from item i join program p on p.id = i.program where p.key || '-R' || i.number = $1 and i.kind = 'risk'",
        )
        .bind(&risk)
        .fetch_one(&house.database.pool)
        .await
        .unwrap();
        assert_eq!(stored, title.strip_prefix('\'').unwrap_or(title));
        let text = house.export("risks", None).await;
        let left = Sheet::read(&text).row(&risk)["title"].clone();
        assert!(!left.starts_with(['=', '+', '@', '＝']) && !left.starts_with("-n"), "{left} is no formula");
        assert!(!house.import(&text).await.unwrap().wrote(), "{title} comes back as it was");
    }
}

#[tokio::test]
async fn what_can_t_be_told_is_refused_in_clear_words_and_nothing_is_written() {
    let house = House::told().await;
    let text = house.export("risks", None).await;
    let sheet = Sheet::read(&text);
    let (first, rest) = text.split_once("\r\n").unwrap();
    let unclosed = format!("{text}ATLAS-R1,\"risk,open\r\nmore");
    let mut formulas = sheet.clone();
    formulas.rows[0].insert("probability".into(), "=1+2".into());
    let mut half = sheet.clone();
    half.rows[0].insert("title".into(), "Half written?".into());
    half.rows[1].insert("impact".into(), "=SUM(A1)".into());
    let before = house.print().await;
    let needed =
        "table.csv: the heading “title” stands over several columns, and nothing tells which of them counts.";
    for (bytes, why) in [
        (format!("{}\r\n{rest}", first.replacen("description", "title", 1)).into_bytes(), needed),
        (rest.as_bytes().to_vec(), "table.csv: no row looks like headings."),
        (unclosed.into_bytes(), "a quoted cell begins in this row and is never closed."),
        (formulas.text().into_bytes(), "table.csv:2  probability: "),
        (half.text().into_bytes(), "table.csv:3  impact: "),
        (b"from,relation,to\nATLAS-R1,threatens\n".to_vec(), "table.csv:2  to: “To” is needed."),
        (b"relation,to\nthreatens,ATLAS-M1\n".to_vec(), "not recognised"),
        (
            b"PK\x03\x04workbook".to_vec(),
            "table.csv: this is a workbook, not CSV; save the sheet as CSV first.",
        ),
        (
            b"ref,title,outcome,counts,value\nATLAS-M1,One,late,yes,3\n".to_vec(),
            "they are computed, and not read back",
        ),
    ] {
        match house.bytes(&bytes).await {
            Err(said) => assert!(said.contains(why), "“{why}” is not in {said}"),
            Ok(outcome) => panic!("taken, and not “{why}”: {outcome:?}"),
        }
        assert_eq!(house.print().await, before, "{why}");
    }
}

#[tokio::test]
async fn fifty_megabytes_are_read_whole_or_not_at_all() {
    let house = House::told().await;
    let mut sheet = house.sheet("risks").await;
    let names = sheet.names.clone();
    let before = house.print().await;
    let long = "A text that goes on, with \"marks\" and\na second line. ".repeat(900);
    sheet.rows.clear();
    for place in 0..1_100 {
        let mut row: BTreeMap<String, String> =
            names.iter().map(|name| (name.clone(), String::new())).collect();
        row.insert("type".into(), "risk".into());
        row.insert("title".into(), format!("Risk {place}"));
        row.insert("effect".into(), long[..45_000].to_owned());
        row.insert("impact".into(), if place == 1_099 { "9" } else { "3" }.into());
        sheet.rows.push(row);
    }
    let text = sheet.text();
    assert!(text.len() > 50_000_000, "{}", text.len());
    let refused = house.bytes(text.as_bytes()).await.unwrap_err();
    assert!(refused.contains("impact: "), "{}", &refused[..200.min(refused.len())]);
    assert_eq!(house.print().await, before, "1,099 rows that could be taken are not");
    let over = "x".repeat((64 << 20) + 1);
    let refused = house.bytes(over.as_bytes()).await.unwrap_err();
    assert_eq!(refused, "table.csv: the file is larger than 64 MB.");
}

#[tokio::test]
async fn the_api_sends_a_table_to_who_asks_for_one() {
    let test = TestApp::start().await;
    let atlas = "/api/v1/programs/ATLAS";
    for number in 1..=60 {
        let body = json!({"title": format!("Risk {number}"), "probability": 1 + number % 5, "impact": 3});
        test.manager.post(&format!("{atlas}/risks"), body).await.is(201);
    }
    let get = async |path: &str, accept: &str| {
        let asked = test.client.get(format!("{}{path}", test.base)).bearer_auth(&test.viewer.token);
        crate::support::app::Answer::of(asked.header("accept", accept)).await
    };
    let answer = get(&format!("{atlas}/risks?sort=-probability&limit=2"), "text/csv").await.is(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("vary"), "accept");
    let sheet = Sheet::read(&answer.text);
    assert_eq!(
        (sheet.rows.len(), sheet.rows[0]["probability"].as_str()),
        (60, "5"),
        "all, in the order asked for"
    );
    let some = Sheet::read(&get(&format!("{atlas}/risks?probability=5"), "text/csv").await.is(200).text);
    assert_eq!(some.rows.len(), 12);
    assert_eq!(Sheet::read(&get(&format!("{atlas}/raid"), "text/csv").await.is(200).text).rows.len(), 60);
    let page =
        get(&format!("{atlas}/risks?limit=2"), "application/json, text/csv;q=0.5").await.is(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(2));
    get(&format!("{atlas}/risks?moon=full"), "text/csv").await.is(422);
    get("/api/v1/programs/NONE/risks", "text/csv").await.is(404);
    let rows = get(&format!("{atlas}/metrics/risk_burndown"), "text/csv").await.is(200);
    let same = get(&format!("{atlas}/metrics/risk_burndown/rows.csv"), "*/*").await.is(200);
    assert_eq!(rows.text, same.text);
    let described = test.viewer.get("/api/openapi.json").await.is(200).json();
    for path in [
        "/api/v1/programs/{key}/risks",
        "/api/v1/programs/{key}/raid",
        "/api/v1/programs/{key}/metrics/{name}",
    ] {
        let content = &described["paths"][path]["get"]["responses"]["200"]["content"];
        assert!(content["text/csv"].is_object() && content["application/json"].is_object(), "{path}");
    }
}
