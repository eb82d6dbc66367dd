//! What pages cost: the real application on a PostgreSQL of its own, asked over HTTP, beside the bars that it has to clear.
//!
//! `cargo bench --bench pages` generates the data sets M and L (a few minutes, once a day) and measures. Options follow `--`:
//! `--sizes s,m,l` which data sets; `--k8s DIR` also the sample of public data; `--requests N` how many requests a line.
//! The exit status is 1 when a bar isn't cleared.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a benchmark fails by panicking")]

use chrono::{DateTime, Days, TimeDelta, Utc};
use plumbline::app::App;
use plumbline::app::secret::Secret;
use plumbline::clock::{Clock, Stopwatch};
use plumbline::postgres::{Cluster, Durability, Ownership, Settings};
use plumbline::store::{Db, account};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PLUMBLINE: &str = env!("CARGO_BIN_EXE_plumbline");
const ADMIN: &str = "admin@example.com";
/// Requests that aren't measured, before those that are.
const WARM_UP: usize = 20;

struct Asked {
    sizes: Vec<String>,
    k8s: Option<PathBuf>,
    requests: usize,
}

fn asked() -> Asked {
    let mut asked = Asked { sizes: vec!["m".into(), "l".into()], k8s: None, requests: 400 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--sizes" => asked.sizes = words.next().unwrap().split(',').map(str::to_lowercase).collect(),
            "--k8s" => asked.k8s = words.next().map(PathBuf::from),
            "--requests" => asked.requests = words.next().unwrap().parse().unwrap(),
            // What cargo says to every benchmark.
            _ => {}
        }
    }
    asked
}

fn main() -> ExitCode {
    let asked = asked();
    let base = std::env::temp_dir().join(format!("plumbline-bench-{}", rustix::process::geteuid().as_raw()));
    std::fs::DirBuilder::new().recursive(true).mode(0o711).create(&base).unwrap();
    let cluster = Cluster::start(&Settings {
        data_dir: base,
        durability: Durability::Durable,
        owner: Ownership::Command,
        keeper: Some(PLUMBLINE.into()),
    })
    .unwrap_or_else(|error| panic!("the benchmark needs PostgreSQL: {error}"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cleared = runtime.block_on(async {
        let mut bars = Bars::default();
        for size in &asked.sizes {
            let name = prepare(&cluster, size, &["generate", "--size", size]).await;
            bars.measure(&cluster, &name, &size.to_uppercase(), asked.requests).await;
        }
        if let Some(folder) = &asked.k8s {
            let folder = folder.to_str().unwrap();
            let map = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/k8s.toml");
            let watch = Stopwatch::start();
            let name = prepare(&cluster, "k8s", &["import", "csv", folder, "--map", map]).await;
            println!("K8S: imported, or found, in {:.1} s", watch.elapsed().as_secs_f64());
            bars.measure(&cluster, &name, "K8S", asked.requests).await;
        }
        bars.missed == 0
    });
    drop(runtime);
    cluster.stop().unwrap();
    if cleared { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The name of a database with this data, which is made by a command of the application unless it is there.
async fn prepare(cluster: &Cluster, what: &str, command: &[&str]) -> String {
    let now = Clock::system().now();
    // Generated data ends with the day on which it was made.
    let name = format!("bench_{what}_{}", now.format("%Y%m%d"));
    let mut admin = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    if !there {
        eprintln!("making the data of {what} …");
        let watch = Stopwatch::start();
        admin.execute("drop database if exists bench_unfinished with (force)").await.unwrap();
        admin.execute("create database bench_unfinished").await.unwrap();
        let url = cluster.url("bench_unfinished");
        let run = |words: &[&str]| {
            let mut command = Command::new(PLUMBLINE);
            command.args(words).args(["--database-url", &url]).stdout(Stdio::null());
            assert!(command.status().unwrap().success(), "{words:?} failed");
        };
        run(command);
        if what == "k8s" {
            run(&["user", "add", ADMIN, "--name", "Administrator", "--admin"]);
        }
        admin
            .execute(AssertSqlSafe(format!("alter database bench_unfinished rename to {name}")))
            .await
            .unwrap();
        eprintln!("  took {:.1} s", watch.elapsed().as_secs_f64());
    }
    admin.close().await.unwrap();
    name
}

/// The application, serving in a process of its own.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    fn start(url: &str) -> Self {
        let mut process = Command::new(PLUMBLINE)
            .args(["serve", "--database-url", url, "--listen", "127.0.0.1:0"])
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let base = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .expect("the server says where it listens");
        Self { process, base }
    }

    /// Memory that the process holds, in megabytes: now, and the most that it ever held.
    fn memory(&self) -> Option<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
        };
        Some((of("VmRSS:")?, of("VmHWM:")?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Clone, Copy)]
struct Times {
    median: f64,
    p99: f64,
}

#[derive(Default)]
struct Bars {
    missed: usize,
}

impl Bars {
    /// Says whether a figure clears its bar.
    fn judge(&mut self, figure: f64, below: Option<f64>) -> String {
        match below {
            None => String::new(),
            Some(bar) if figure < bar => format!("< {bar:.0} pass"),
            Some(bar) => {
                self.missed += 1;
                format!("< {bar:.0} MISSED")
            }
        }
    }

    async fn measure(&mut self, cluster: &Cluster, database: &str, size: &str, requests: usize) {
        let url = cluster.url(database);
        let mut admin = PgConnection::connect(&url).await.unwrap();
        admin.execute("analyze").await.unwrap();
        let key: String = sqlx::query_scalar("select key from program order by key limit 1")
            .fetch_one(&mut admin)
            .await
            .unwrap();
        let kept: i64 = sqlx::query_scalar(
            "select sum(reltuples)::bigint from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'history' and c.relkind = 'r'",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        let session = session(&url).await;
        let watch = Stopwatch::start();
        let server = Server::start(&url);
        let ask = Arc::new(Ask { base: server.base.clone(), cookie: format!("plumbline={session}") });
        let first = ask.once("/sign-in").await;
        println!("\n{size}: {kept} rows of history; program {key}");
        println!("  start to first page {:.0} ms (the page {:.0} ms)", ms(watch.elapsed()), ms(first));

        let day = Clock::system().now().date_naive() - Days::new(180);
        let program = format!("/programs/{key}");
        let log = "RAID log, open, by score, 100 rows";
        let pages = [
            ("overview", program.clone()),
            (log, format!("{program}/raid?open=yes&sort=-score&rows=100")),
            ("portfolio", "/".to_owned()),
            ("roadmap", format!("{program}/roadmap")),
            ("schedule", format!("{program}/schedule")),
            ("all metrics with their series", format!("{program}/metrics")),
            ("one metric", format!("{program}/metrics/dependency_aging")),
        ];
        println!(
            "  {:<48} {:>9} {:>9} {:>9} {:>9}   bar (ms)",
            "page (ms)", "1: median", "p99", "8: median", "p99"
        );
        for (name, path) in pages {
            let cold = ask.once(&path).await;
            let (one, eight) = (ask.many(&path, 1, requests).await, ask.many(&path, 8, requests).await);
            let median = match (size, name) {
                ("M", "overview") => Some(10.0),
                ("K8S", "overview") => Some(15.0),
                ("L", page) if page == log => Some(10.0),
                ("L", "portfolio") | ("M" | "K8S", "roadmap" | "schedule") => Some(25.0),
                ("M", "one metric") => Some(5.0),
                ("M", "all metrics with their series") => Some(40.0),
                _ => None,
            };
            let mut verdict = self.judge(one.median, median);
            if (size, name) == ("M", "overview") {
                verdict = format!("{verdict}; p99 of 8 clients {}", self.judge(eight.p99, Some(25.0)));
            }
            line(name, one, Some(eight), &format!("{verdict} (first {:.0})", ms(cold)));

            let mark = if path.contains('?') { '&' } else { '?' };
            let past = format!("{path}{mark}as_of={day}");
            let cold = ask.once(&past).await;
            let (then, then8) = (ask.many(&past, 1, requests).await, ask.many(&past, 8, requests).await);
            let bar = (size == "L").then_some(2.0);
            let verdict = bar.map_or_else(String::new, |_| {
                let times = then.median / one.median;
                let verdict = self.judge(times, bar);
                format!("{times:.1} times today, {verdict}")
            });
            line(&format!("  as of {day}"), then, Some(then8), &format!("{verdict} (first {:.0})", ms(cold)));
        }
        self.what_if(&mut admin, &ask, &program, size, requests).await;
        let drafts = times(ask.drafts(&program, (requests / 20).max(5)).await);
        let verdict = self.judge(drafts.median, (size == "M").then_some(50.0));
        line("draft of a report, each kept", drafts, None, &verdict);
        self.uncached(&mut admin, &ask, &program, day, requests).await;
        if let Some((now, most)) = server.memory() {
            let verdict = self.judge(most, (size == "L").then_some(150.0));
            println!("  memory of the server: {now:.0} MB, at most {most:.0} MB   {verdict}");
        }
    }

    /// What becomes of the program if each of its activities, one after the other, takes two weeks longer.
    async fn what_if(
        &mut self,
        admin: &mut PgConnection,
        ask: &Ask,
        program: &str,
        size: &str,
        requests: usize,
    ) {
        let activities: Vec<i32> = sqlx::query_scalar(
            "select i.number from item i join program p on p.id = i.program
             where p.key = $1 and i.kind = 'activity' and i.archived_at is null order by i.number limit $2",
        )
        .bind(program.trim_start_matches("/programs/"))
        .bind(i64::try_from(requests / 4).unwrap())
        .fetch_all(&mut *admin)
        .await
        .unwrap();
        let mut taken = Vec::new();
        for number in activities {
            let key = program.trim_start_matches("/programs/");
            let changes = format!(r#"[{{"change":"slip","item":"{key}-T{number}","days":10}}]"#);
            let changes: String = url::form_urlencoded::byte_serialize(changes.as_bytes()).collect();
            taken.push(ask.once(&format!("{program}/scenarios/new?changes={changes}")).await);
        }
        if !taken.is_empty() {
            let taken = times(taken);
            let verdict = self.judge(taken.median, (size == "M").then_some(50.0));
            line("what-if, each another activity", taken, None, &verdict);
        }
    }

    /// The overview when nothing of it is kept: after a write, and as of days that nobody has asked for.
    async fn uncached(
        &mut self,
        admin: &mut PgConnection,
        ask: &Arc<Ask>,
        program: &str,
        day: chrono::NaiveDate,
        requests: usize,
    ) {
        let key = program.trim_start_matches("/programs/");
        let (mut written, mut dated) = (Vec::new(), Vec::new());
        for at in 0..(requests / 8).max(10) {
            // An item of any kind, in all that a use case writes of it.
            let write = "with chosen as (
                     select i.id, i.program from item i join program p on p.id = i.program
                     where p.key = $1 and i.effective_on <= current_date order by random() limit 1
                 ), beaten as (
                     update pulse set beat = beat + 1 from chosen where pulse.program = chosen.program
                 )
                 update item set version = version + 1, effective_on = current_date from chosen
                 where item.id = chosen.id";
            sqlx::query(write).bind(key).execute(&mut *admin).await.unwrap();
            written.push(ask.once(program).await);
            let day = day - Days::new(at as u64 + 1);
            dated.push(ask.once(&format!("{program}?as_of={day}")).await);
        }
        line("overview, each after a write", times(written), None, "");
        line("overview, each as of another day", self::times(dated), None, "");
    }
}

fn line(name: &str, one: Times, eight: Option<Times>, verdict: &str) {
    let of = |figure: Option<f64>| figure.map_or_else(String::new, |figure| format!("{figure:.1}"));
    println!(
        "  {name:<48} {:>9} {:>9} {:>9} {:>9}   {}",
        of(Some(one.median)),
        of(Some(one.p99)),
        of(eight.map(|times| times.median)),
        of(eight.map(|times| times.p99)),
        verdict.trim()
    );
}

/// Signs the administrator in, as the sign-in page would.
async fn session(url: &str) -> String {
    let app = App::new(Db::new(url.parse().unwrap(), 2), Clock::system());
    let account = account::by_email(&app.db, ADMIN).await.unwrap().expect("there is an administrator");
    let secret = Secret::new("").unwrap();
    let now: DateTime<Utc> = app.clock.now();
    account::open_session(&app.db, account, &secret.hash(), now, now + TimeDelta::days(1)).await.unwrap();
    app.db.close().await;
    secret.reveal().to_owned()
}

/// Somebody who asks for pages.
struct Ask {
    base: String,
    cookie: String,
}

impl Ask {
    async fn get(&self, client: &reqwest::Client, path: &str) -> Duration {
        let watch = Stopwatch::start();
        let answer =
            client.get(format!("{}{path}", self.base)).header("cookie", &self.cookie).send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        assert!(status.is_success(), "{path} answers {status}: {}", String::from_utf8_lossy(&body));
        watch.elapsed()
    }

    async fn once(&self, path: &str) -> Duration {
        self.get(&client(), path).await
    }

    /// Reports of one week after the other, drafted from the facts and kept.
    async fn drafts(&self, program: &str, count: usize) -> Vec<Duration> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let today = Clock::system().now().date_naive();
        let mut taken = Vec::new();
        for week in 0..count as u64 {
            let to = today - Days::new(7 * week);
            let period = [("period_from", (to - Days::new(6)).to_string()), ("period_to", to.to_string())];
            let watch = Stopwatch::start();
            let ask = client.post(format!("{}{program}/reports", self.base)).header("cookie", &self.cookie);
            let answer = ask.form(&period).send().await.unwrap();
            assert_eq!(answer.status(), 303, "a draft is made");
            taken.push(watch.elapsed());
        }
        taken
    }

    /// So many requests of so many clients at once, each client with a connection of its own.
    async fn many(self: &Arc<Self>, path: &str, clients: usize, requests: usize) -> Times {
        let left = Arc::new(AtomicUsize::new(requests));
        let work = (0..clients).map(|_| {
            let (ask, path, left) = (self.clone(), path.to_owned(), left.clone());
            tokio::spawn(async move {
                let client = client();
                for _ in 0..=(WARM_UP / clients) {
                    ask.get(&client, &path).await;
                }
                let mut taken = Vec::new();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    taken.push(ask.get(&client, &path).await);
                }
                taken
            })
        });
        let mut taken = Vec::new();
        for worker in work.collect::<Vec<_>>() {
            taken.extend(worker.await.unwrap());
        }
        times(taken)
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn times(mut taken: Vec<Duration>) -> Times {
    taken.sort();
    let at = |share: usize| ms(taken[(taken.len() * share / 100).min(taken.len() - 1)]);
    Times { median: at(50), p99: at(99) }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
