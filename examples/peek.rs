use plumbline::app::{App, account};
use plumbline::clock::Clock;
use plumbline::domain::draft::Draft;
use plumbline::exchange::{csv, intake, map::ImportMap};
use plumbline::store::{Db, Stamp};
use serde_json::json;
#[tokio::main]
async fn main() {
    let db = Db::new(std::env::var("RUN_URL").unwrap().parse().unwrap(), 4);
    db.migrate().await.unwrap();
    let app = App::new(db, Clock::system());
    let body = |v: serde_json::Value| match v {
        serde_json::Value::Object(m) => Draft(m),
        _ => panic!(),
    };
    if let Some(link) = account::offer_setup(&app).await.unwrap() {
        let s = account::set_up(
            &app,
            link.reveal(),
            &body(json!({"name":"Ada Admin","email":"ada@example.org","password":"correct horse battery"})),
        )
        .await
        .unwrap();
        println!("session {}", s.reveal());
    } else {
        let s = account::sign_in(&app, "ada@example.org", "correct horse battery", None).await.unwrap();
        let _ = s;
    }
    if std::env::args().nth(1).as_deref() == Some("k8s") {
        let mut paths: Vec<_> = std::fs::read_dir("/work/shared/data/k8s-program")
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "csv"))
            .collect();
        paths.sort();
        let sheets: Vec<_> = paths
            .iter()
            .map(|p| csv::read(p.file_name().unwrap().to_str().unwrap(), &std::fs::read(p).unwrap()).unwrap())
            .collect();
        let map = ImportMap::read(include_str!("../samples/k8s.toml")).unwrap();
        let mut intake = intake::run(&map, &sheets).unwrap();
        for r in &mut intake.records {
            r.fields.shift_remove("by");
        }
        intake.records.retain(|r| {
            !(r.origin.file == "dependencies.csv"
                && matches!(r.what, plumbline::exchange::intake::What::Transition))
        });
        let stamp = Stamp { now: app.clock.now(), actor: None, reason: "Import".into() };
        let t = std::time::Instant::now();
        match plumbline::app::import::import(&app, &stamp, &intake, None, false).await {
            Ok(o) => println!("{o:?} {:?}", t.elapsed()),
            Err(e) => println!("{e:?}"),
        }
    }
}
