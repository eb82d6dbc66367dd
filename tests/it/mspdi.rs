//! Plans of Microsoft Project, read and written.

use chrono::NaiveDate;
use plumbline::exchange::mspdi::{
    DayRange, Length, Limits, LinkType, Plan, PredecessorLink, Reading, read, write,
};
use std::fmt::Write as _;

pub const SAMPLES: [(&str, &[u8]); 4] = [
    ("baselines.xml", include_bytes!("../data/mspdi/baselines.xml")),
    ("mspdi-legacy-sample.xml", include_bytes!("../data/mspdi/mspdi-legacy-sample.xml")),
    ("mspdirelations.xml", include_bytes!("../data/mspdi/mspdirelations.xml")),
    ("task-links-project2007-mspdi.xml", include_bytes!("../data/mspdi/task-links-project2007-mspdi.xml")),
];

fn sample(name: &str) -> Reading {
    let (_, bytes) = SAMPLES.iter().find(|(known, _)| *known == name).expect("a sample");
    read(name, *bytes, &Limits::default()).expect("it is read")
}

/// A plan with these elements within `<Project>`.
fn project(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Project xmlns=\"http://schemas.microsoft.com/project\">\n{inner}\n</Project>\n"
    )
}

fn tasks(inner: &str) -> String {
    project(&format!("<Tasks>{inner}</Tasks>"))
}

fn plan(xml: impl AsRef<[u8]>) -> Reading {
    read("plan.xml", xml.as_ref(), &Limits::default()).expect("it is read")
}

fn refusal(xml: impl AsRef<[u8]>) -> String {
    refusal_within(xml, &Limits::default())
}

fn refusal_within(xml: impl AsRef<[u8]>, limits: &Limits) -> String {
    let why = read("plan.xml", xml.as_ref(), limits).expect_err("it is refused").to_string();
    assert!(!why.contains('\n'), "one line: {why}");
    assert!(why.len() < 400, "a short line: {why}");
    why
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[test]
fn baselines_are_read_in_full() {
    let task = &sample("baselines.xml").plan.tasks[1];
    assert_eq!(task.name, "Task One");
    let read: Vec<_> =
        task.baselines.iter().map(|one| (one.number, one.start.map(|at| at.to_string()))).collect();
    // As the file has them, by another reading of its text.
    let text = std::str::from_utf8(SAMPLES[0].1).expect("text");
    let own =
        text.split("<Task>").nth(2).expect("the second task").split("</Tasks>").next().expect("its end");
    let stated: Vec<_> = own
        .split("<Baseline>")
        .skip(1)
        .map(|one| {
            let value = |name: &str| {
                let after = one.split(&format!("<{name}>")).nth(1)?;
                Some(after.split('<').next().expect("its end").to_owned())
            };
            (
                value("Number").expect("a number").parse::<u8>().expect("a number"),
                value("Start").map(|at| at.replace('T', " ")),
            )
        })
        .collect();
    assert_eq!(read.len(), 10);
    assert_eq!(read, stated);
    let zero = task.baselines[0];
    assert_eq!(zero.duration, Some(Length { minutes: 450, format: 7 }));
}

#[test]
fn calendars_of_the_legacy_sample_have_their_shifts_and_bases() {
    let Plan { calendars, calendar, .. } = sample("mspdi-legacy-sample.xml").plan;
    assert_eq!(calendar, Some(1));
    let names: Vec<_> = calendars.iter().map(|one| (one.uid, one.name.as_str(), one.base)).collect();
    assert_eq!(
        names,
        [
            (1, "Standard", None),
            (2, "Night Shift", None),
            (3, "First Resource", Some(1)),
            (4, "Second Resource", Some(2))
        ]
    );
    let night = &calendars[1].week;
    assert_eq!(night[0], Some(vec![(1380, 1440)]), "Monday from 23:00 to midnight");
    assert_eq!(night[5], Some(vec![(0, 180), (240, 480)]), "Saturday until 8:00 with a pause");
    assert_eq!(night[6], Some(vec![]), "Sunday off");
    assert!(calendars[2].week.iter().all(Option::is_none), "all as its base");
}

#[test]
fn what_a_sample_has_and_a_plan_doesn_t_is_counted() {
    let reading = sample("mspdi-legacy-sample.xml");
    assert_eq!(reading.not_carried.get("Resource/StandardRate"), Some(&2));
    assert_eq!(reading.not_carried.get("Task/Cost"), Some(&3));
    assert!(reading.notes.is_empty(), "{:?}", reading.notes);
}

#[test]
fn a_sample_written_and_read_again_is_the_same_plan() {
    for (name, _) in SAMPLES {
        let reading = sample(name);
        let mut written = Vec::new();
        write(&reading.plan, &mut written).expect("it is written");
        let again = read(name, written.as_slice(), &Limits::default()).expect("it is read again");
        assert_eq!(again.plan, reading.plan, "{name}");
        assert!(again.notes.is_empty() && again.not_carried.is_empty(), "{name}: {again:?}");
    }
}

#[test]
fn elements_are_written_in_the_order_in_which_microsoft_project_writes_them() {
    // The samples come from Project by way of its schema: whatever two elements follow each other there do so here.
    let order = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).expect("text").to_owned();
        let mut pairs = std::collections::BTreeSet::new();
        let mut open: Vec<(String, Vec<String>)> = Vec::new();
        for part in text.split('<').skip(1) {
            let tag: String = part.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
            if tag.starts_with(['?', '!']) {
                continue;
            }
            if tag.starts_with('/') {
                open.pop();
                continue;
            }
            let tag_only = tag.trim_end_matches('/').to_owned();
            if let Some((parent, before)) = open.last_mut() {
                for earlier in before.iter().filter(|earlier| **earlier != tag_only) {
                    pairs.insert((parent.clone(), earlier.clone(), tag_only.clone()));
                }
                before.push(tag_only.clone());
            }
            if !tag.ends_with('/') && !part.split('>').next().expect("a tag").ends_with('/') {
                open.push((tag_only, Vec::new()));
            }
        }
        pairs
    };
    for (name, bytes) in SAMPLES {
        let mut written = Vec::new();
        write(&sample(name).plan, &mut written).expect("it is written");
        let theirs = order(bytes);
        let ours = order(&written);
        assert!(ours.len() > 100);
        for (parent, first, second) in &ours {
            let swapped = (parent.clone(), second.clone(), first.clone());
            let both = theirs.contains(&(parent.clone(), first.clone(), second.clone()));
            assert!(both || !theirs.contains(&swapped), "{name}: <{first}> before <{second}> in <{parent}>");
        }
    }
}

#[test]
fn lags_and_durations_keep_their_units() {
    let xml = tasks(
        "<Task><UID>1</UID><Name>A</Name><Duration>PT24H0M0S</Duration><DurationFormat>8</DurationFormat></Task>
         <Task><UID>2</UID><Name>B</Name><Duration>P1DT1H30M29S</Duration><DurationFormat>39</DurationFormat>
         <PredecessorLink><PredecessorUID>1</PredecessorUID><Type>3</Type><LinkLag>-50</LinkLag><LagFormat>20</LagFormat></PredecessorLink>
         <PredecessorLink><PredecessorUID>1</PredecessorUID><Type>0</Type><LinkLag>4800</LinkLag></PredecessorLink></Task>",
    );
    let plan = plan(xml).plan;
    let [a, b] = plan.tasks.as_slice() else { panic!("two tasks") };
    assert!(a.duration.expect("it has one").is_elapsed());
    assert_eq!(b.duration, Some(Length { minutes: 25 * 60 + 30, format: 39 }));
    assert!(!b.duration.expect("it has one").is_elapsed());
    assert_eq!(
        b.links[0],
        PredecessorLink { predecessor: 1, kind: LinkType::StartStart, lag: -50, format: 20 }
    );
    assert_eq!(
        b.links[1],
        PredecessorLink { predecessor: 1, kind: LinkType::FinishFinish, lag: 4800, format: 7 }
    );
}

fn with_exceptions(exceptions: &str) -> Reading {
    plan(project(&format!(
        "<Calendars><Calendar><UID>1</UID><Name>Standard</Name><Exceptions>{exceptions}</Exceptions></Calendar></Calendars>"
    )))
}

fn exception(kind: u8, from: &str, to: &str, more: &str) -> String {
    format!(
        "<Exception><EnteredByOccurrences>0</EnteredByOccurrences><TimePeriod><FromDate>{from}T00:00:00</FromDate><ToDate>{to}T23:59:00</ToDate></TimePeriod>\
         <Name>H</Name><Type>{kind}</Type>{more}<DayWorking>0</DayWorking></Exception>"
    )
}

/// Kind of recurrence, from, to, the rest of the elements, and the days that a calendar on the wall says they are.
#[test]
fn recurring_exceptions_become_the_days_that_they_are() {
    let cases = [
        (1, "2026-12-24", "2026-12-26", "", vec!["2026-12-24..2026-12-26"]),
        (1, "2026-05-01", "2026-05-07", "<Period>3</Period>", vec!["2026-05-01", "2026-05-04", "2026-05-07"]),
        // Christmas every year.
        (
            2,
            "2025-01-01",
            "2027-12-31",
            "<Month>11</Month><MonthDay>25</MonthDay>",
            vec!["2025-12-25", "2026-12-25", "2027-12-25"],
        ),
        // Thanksgiving: the fourth Thursday of November.
        (
            3,
            "2025-01-01",
            "2026-12-31",
            "<MonthItem>7</MonthItem><MonthPosition>3</MonthPosition><Month>10</Month>",
            vec!["2025-11-27", "2026-11-26"],
        ),
        // Memorial day: the last Monday of May.
        (
            3,
            "2026-01-01",
            "2026-12-31",
            "<MonthItem>4</MonthItem><MonthPosition>4</MonthPosition><Month>4</Month>",
            vec!["2026-05-25"],
        ),
        (
            4,
            "2026-01-10",
            "2026-06-20",
            "<Period>2</Period><MonthDay>15</MonthDay>",
            vec!["2026-01-15", "2026-03-15", "2026-05-15"],
        ),
        (
            5,
            "2026-01-01",
            "2026-02-28",
            "<MonthItem>8</MonthItem><MonthPosition>0</MonthPosition>",
            vec!["2026-01-02", "2026-02-06"],
        ),
        // Every second week on Monday and Friday: the week of 2026-05-04 begins it.
        (
            6,
            "2026-05-04",
            "2026-05-23",
            "<Period>2</Period><DaysOfWeek>34</DaysOfWeek>",
            vec!["2026-05-04", "2026-05-08", "2026-05-18", "2026-05-22"],
        ),
    ];
    for (kind, from, to, more, days) in cases {
        let reading = with_exceptions(&exception(kind, from, to, more));
        let found: Vec<String> = reading.plan.calendars[0]
            .exceptions
            .iter()
            .map(|range| {
                if range.from == range.to {
                    range.from.to_string()
                } else {
                    format!("{}..{}", range.from, range.to)
                }
            })
            .collect();
        assert_eq!(found, days, "kind {kind} with {more}");
        assert!(reading.notes.is_empty());
    }
}

#[test]
fn an_exception_that_can_t_be_said_in_days_is_listed() {
    let reading = with_exceptions(&exception(2, "2026-01-01", "2027-12-31", "<MonthDay>25</MonthDay>"));
    assert!(reading.plan.calendars[0].exceptions.is_empty());
    assert_eq!(reading.not_carried.get("Calendar/Exception"), Some(&1));
    assert!(reading.notes[0].what.contains("it says no month"), "{:?}", reading.notes);
}

#[test]
fn exceptions_in_the_form_of_2003_are_read_and_not_twice() {
    let old = "<WeekDay><DayType>0</DayType><DayWorking>1</DayWorking><TimePeriod><FromDate>2026-05-09T00:00:00</FromDate><ToDate>2026-05-09T23:59:00</ToDate></TimePeriod>\
               <WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime><ToTime>00:00:00</ToTime></WorkingTime></WorkingTimes></WeekDay>\
               <WeekDay><DayType>0</DayType><DayWorking>0</DayWorking><TimePeriod><FromDate>2026-12-24T00:00:00</FromDate><ToDate>2026-12-24T23:59:00</ToDate></TimePeriod></WeekDay>";
    let xml = project(&format!(
        "<Calendars><Calendar><UID>1</UID><Name>Standard</Name><WeekDays>{old}</WeekDays><Exceptions>{}</Exceptions></Calendar></Calendars>",
        exception(1, "2026-12-24", "2026-12-26", "")
    ));
    let found = &plan(xml).plan.calendars[0].exceptions;
    let saturday = DayRange {
        from: day("2026-05-09"),
        to: day("2026-05-09"),
        name: String::new(),
        shifts: vec![(480, 1440)],
    };
    let holidays =
        DayRange { from: day("2026-12-24"), to: day("2026-12-26"), name: "H".to_owned(), shifts: vec![] };
    assert_eq!(*found, [saturday, holidays]);
}

#[test]
fn a_file_of_any_encoding_is_read() {
    let text = tasks("<Task><UID>1</UID><Name>Prüfung &amp; Abnahme – €</Name></Task>");
    let expected = "Prüfung & Abnahme – €";
    let utf16 = |big: bool| {
        let units = text.replace("UTF-8", "UTF-16");
        let bytes = move |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        std::iter::once(0xfeff).chain(units.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    let (windows, _, unmapped) = encoding_rs::WINDOWS_1252.encode(&text);
    assert!(!unmapped);
    let latin: Vec<u8> = {
        // The declaration's label has another length than UTF-8; bytes above 127 stand as they are.
        let place = windows.windows(5).position(|five| five == b"UTF-8").expect("the label");
        [&windows[..place], b"ISO-8859-1", &windows[place + 5..]].concat()
    };
    let with_bom = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for (what, bytes) in [
        ("UTF-8", text.clone().into_bytes()),
        ("UTF-8 with a mark", with_bom),
        ("UTF-16 little", utf16(false)),
        ("UTF-16 big", utf16(true)),
        ("UTF-16 without a mark", utf16(false)[2..].to_vec()),
        ("Latin-1", latin),
    ] {
        assert_eq!(plan(&bytes).plan.tasks[0].name, expected, "{what}");
    }
    let mut broken = text.replace('ü', "u").into_bytes();
    let place = broken.windows(3).position(|three| three == b"Pru").expect("the name");
    broken[place] = 0xff;
    assert!(refusal(broken).contains("it isn’t UTF-8 throughout"));
    assert!(refusal(text.replace("UTF-8", "EBCDIC-7")).contains("its encoding “EBCDIC-7” isn’t known"));
}

/// What is in the file, and what the one line says, with the line and the element.
#[test]
fn bad_files_are_refused_in_one_line_that_says_where() {
    let good = tasks("<Task><UID>1</UID><Name>A</Name></Task>");
    let cut = &good[..good.len() - 30];
    let cases: Vec<(String, &[&str])> = vec![
        (String::new(), &["plan.xml, line 1: the file is empty"]),
        ("Name,Start\nA,B\n".to_owned(), &["this is no XML"]),
        ("{\"tasks\": []}".to_owned(), &["this is no XML"]),
        (cut.to_owned(), &["line 3", "ends"]),
        (good[..60].to_owned(), &["the file ends in the middle of a tag"]),
        ("<html><body/></html>".to_owned(), &["<html>: this is no plan of Microsoft Project"]),
        (good.replace("</Name>", "</Nom>"), &["line 3, <Name>", "isn’t XML"]),
        (format!("{good}<Project/>"), &["there is more after the end"]),
        (good.replace("A<", "&company;<"), &["line 3, <Name>: the entity “company” isn’t one of XML’s own"]),
        (good.replace("A<", "&#xFFFFFF;<"), &["names no character"]),
        (tasks("<Task><Name>A</Name></Task>"), &["line 3, <Task>: it has no UID"]),
        (
            tasks("<Task><UID>1</UID></Task>\n<Task><UID>1</UID></Task>"),
            &["line 4, <Task>: there are two tasks with UID 1"],
        ),
        (tasks("<Task><UID>one</UID></Task>"), &["line 3, <UID>: “one” isn’t a whole number"]),
        (tasks("<Task><UID><b>1</b></UID></Task>"), &["an element where a value is expected"]),
        (
            tasks("<Task><UID>1</UID>\n<Duration>NaN</Duration></Task>"),
            &["line 4, <Duration>: “NaN” isn’t a duration"],
        ),
        (
            tasks("<Task><UID>1</UID><Duration>-PT8H0M0S</Duration></Task>"),
            &["<Duration>: “-PT8H0M0S” is negative"],
        ),
        (tasks("<Task><UID>1</UID><Duration>PT1e9H</Duration></Task>"), &["isn’t a duration"]),
        (
            tasks("<Task><UID>1</UID><Duration>PT99999999999H0M0S</Duration></Task>"),
            &["longer than any plan"],
        ),
        (
            tasks("<Task><UID>1</UID><RemainingDuration>-PT1H</RemainingDuration></Task>"),
            &["<RemainingDuration>", "is negative"],
        ),
        (
            tasks("<Task><UID>1</UID><Start>2026-02-30T08:00:00</Start></Task>"),
            &["<Start>: “2026-02-30T08:00:00” isn’t a date"],
        ),
        (tasks("<Task><UID>1</UID><Start>9999-02-03T08:00:00</Start></Task>"), &["no year of a plan"]),
        (tasks("<Task><UID>1</UID><PercentComplete>130</PercentComplete></Task>"), &["0 to 100"]),
        (
            tasks("<Task><UID>1</UID><ConstraintType>9</ConstraintType></Task>"),
            &["<ConstraintType>: “9” isn’t a kind of constraint"],
        ),
        (
            tasks(
                "<Task><UID>1</UID>\n<PredecessorLink><PredecessorUID>77</PredecessorUID></PredecessorLink></Task>",
            ),
            &["line 4, <PredecessorLink>: task 1 follows task 77, which isn’t in the file"],
        ),
        (
            tasks("<Task><UID>1</UID><PredecessorLink><Type>5</Type></PredecessorLink></Task>"),
            &["<Type>: “5” isn’t a kind of link"],
        ),
        (
            project("<MinutesPerDay>0</MinutesPerDay>"),
            &["<MinutesPerDay>: “0” isn’t a number from 1 to 1440"],
        ),
        (
            project(
                "<Calendars><Calendar><UID>1</UID></Calendar><Calendar><UID>1</UID></Calendar></Calendars>",
            ),
            &["there are two calendars with UID 1"],
        ),
        (
            project(
                "<Assignments><Assignment><UID>1</UID><TaskUID>1</TaskUID><ResourceUID>1</ResourceUID><Units>NaN</Units></Assignment></Assignments>",
            ),
            &["<Units>: “NaN” isn’t a number"],
        ),
    ];
    for (xml, parts) in cases {
        let why = refusal(&xml);
        assert!(why.starts_with("plan.xml, line "), "{why}");
        for part in parts {
            assert!(why.contains(part), "{why:?} says {part:?}");
        }
    }
}

#[test]
fn no_entity_is_expanded_and_no_document_type_is_taken() {
    let mut bomb = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE Project [\n<!ENTITY a0 \"ha\">\n");
    for level in 1..10 {
        let ten = format!("&a{};", level - 1).repeat(10);
        writeln!(bomb, "<!ENTITY a{level} \"{ten}\">").expect("it is written");
    }
    bomb.push_str("]>\n<Project><Title>&a9;</Title></Project>");
    assert!(refusal(bomb).contains("a document type declaration isn’t taken"));
    let outside = "<!DOCTYPE Project SYSTEM \"http://example.org/plan.dtd\"><Project/>";
    assert!(refusal(outside).contains("a document type declaration isn’t taken"));
    let file = "<!DOCTYPE Project [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Project><Title>&x;</Title></Project>";
    assert!(refusal(file).contains("a document type declaration isn’t taken"));
}

#[test]
fn depth_size_texts_and_counts_have_limits() {
    let deep = project(&format!("{}{}", "<X>".repeat(100_000), "</X>".repeat(100_000)));
    assert!(refusal(deep).contains("deeper than 32"));
    let small = Limits { bytes: 100_000, text: 20_000, tasks: 3, records: 3, ..Limits::default() };
    let long = project(&format!("<Title>{}</Title>", "x".repeat(21_000)));
    assert!(refusal_within(&long, &small).contains("a text is longer"));
    let comment = project(&format!("<!--{}-->", "<".repeat(95_000)));
    assert!(refusal_within(&comment, &small).contains("is too long"), "{}", refusal_within(&comment, &small));
    let large = project(&"<Title>abc</Title>".repeat(6_000));
    assert!(refusal_within(&large, &small).contains("it is larger than"));
    let many = tasks(&(0..4).fold(String::new(), |all, uid| format!("{all}<Task><UID>{uid}</UID></Task>")));
    assert!(refusal_within(&many, &small).contains("there are more than 3 tasks"));
    let link = "<PredecessorLink><PredecessorUID>1</PredecessorUID></PredecessorLink>".repeat(4);
    assert!(
        refusal_within(tasks(&format!("<Task><UID>1</UID>{link}</Task>")), &small)
            .contains("more than 3 links")
    );
}

#[test]
fn oddities_are_told_and_not_dropped_in_silence() {
    let reading = plan(project(
        "<CalendarUID>9</CalendarUID><ExtendedAttributes><ExtendedAttribute><FieldID>188743731</FieldID><FieldName>Text1</FieldName><Alias>Cost center</Alias></ExtendedAttribute></ExtendedAttributes>
        <Tasks><Task><UID>1</UID><ID>1</ID><Name>A</Name><ConstraintType>4</ConstraintType><Cost>120</Cost>
        <ExtendedAttribute><FieldID>188743731</FieldID><Value>CC-7</Value></ExtendedAttribute>
        <PredecessorLink><PredecessorUID>5</PredecessorUID><CrossProject>1</CrossProject></PredecessorLink><SomethingNew>7</SomethingNew></Task>
        <Task><UID>2</UID><IsNull>1</IsNull></Task></Tasks>
        <Assignments><Assignment><UID>1</UID><TaskUID>1</TaskUID><ResourceUID>4</ResourceUID></Assignment></Assignments>",
    ));
    assert_eq!(reading.plan.tasks.len(), 1, "the empty row is no task");
    let told: Vec<_> = reading.notes.iter().map(|note| (note.uid, note.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (Some(1), "its constraint has no date, and is left out"),
            (None, "the plan has calendar 9, which isn’t in the file"),
            (Some(1), "the assignment of resource 4 names something that isn’t in the file"),
        ]
    );
    let missed: Vec<_> = reading.not_carried.iter().map(|(what, count)| (what.as_str(), *count)).collect();
    assert_eq!(
        missed,
        [
            ("Task/Cost", 1),
            ("Task/ExtendedAttribute Cost center", 1),
            ("Task/PredecessorLink to another project", 1),
            ("Task/SomethingNew", 1),
        ]
    );
}
