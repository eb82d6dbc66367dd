//! The application as a client meets it: over HTTP, on a database of its own, at noon of the last day of June 2026, with
//! somebody for each role.

use super::{TestDatabase, database};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use plumbline::app::secret::Secret;
use plumbline::app::{App, Ctx, Viewer, WriteMeta, access, program, token};
use plumbline::clock::Clock;
use plumbline::domain::draft::Draft;
use plumbline::domain::ids::{AccountId, PersonId};
use plumbline::domain::people::Person;
use plumbline::domain::program::Role;
use plumbline::store::account::NewAccount;
use plumbline::store::{self, Db, Stamp, new_id};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// A day.
pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day is written YYYY-MM-DD")
}

/// An instant.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant is written by RFC 3339")
}

/// The application, serving. It has the program ATLAS, that only its members see.
pub struct TestApp {
    pub app: App,
    /// Held at noon of 2026-06-30 in UTC until a test moves it.
    pub clock: Clock,
    pub base: String,
    /// Administrator of the instance, in no program.
    pub admin: TestUser,
    pub manager: TestUser,
    pub contributor: TestUser,
    pub viewer: TestUser,
    /// Signed in, and in no program.
    pub stranger: TestUser,
    pub client: Client,
    server: tokio::task::JoinHandle<()>,
    _database: TestDatabase,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Somebody with an account: speaks to the API by token, and to pages by session.
#[derive(Clone)]
pub struct TestUser {
    pub name: &'static str,
    pub email: String,
    pub person: PersonId,
    pub account: AccountId,
    pub admin: bool,
    pub token: String,
    pub session: String,
    base: String,
    client: Client,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.expect("the application answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.expect("the answer is whole") }
    }

    /// The body, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Demands a status, and shows the body if there is another.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Demands problem details with this status; the message beside `field`.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        problem
    }

    /// Demands a refusal (422) that names this field; its message.
    #[track_caller]
    pub fn refused(&self, field: &str) -> String {
        let problem = self.problem(422);
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let error = errors.iter().find(|error| error["field"] == field);
        let error = error.unwrap_or_else(|| panic!("no error for “{field}”: {problem}"));
        error["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl TestUser {
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// A request by whoever says nothing of who they are.
    pub fn unsigned(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.api(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.api(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.api(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, version: i64, body: Value) -> Answer {
        let request = self.api(Method::PATCH, path).header("if-match", format!("\"{version}\""));
        Answer::of(request.json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.api(Method::DELETE, path)).await
    }

    /// A request for a page, by session.
    pub fn web(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.header("cookie", format!("plumbline={}", self.session))
    }

    pub async fn page(&self, path: &str) -> Answer {
        Answer::of(self.web(Method::GET, path)).await
    }

    pub async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Answer::of(self.web(Method::POST, path).form(form)).await
    }

    /// The context of a use case that this user enters.
    pub fn ctx(&self, clock: &Clock) -> Ctx {
        let viewer = Viewer {
            account: self.account,
            person: self.person,
            name: self.name.into(),
            email: self.email.clone(),
            admin: self.admin,
            may_write: true,
        };
        Ctx { viewer, now: clock.now(), as_of: None }
    }

    /// The same person, who calls with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Signs in anew, without a password.
    pub async fn renewed(&self, app: &App) -> Self {
        let session = open_session(app, self.account).await;
        Self { session, ..self.clone() }
    }
}

async fn open_session(app: &App, account: AccountId) -> String {
    let secret = Secret::new("").expect("the machine has randomness");
    let now = app.clock.now();
    store::account::open_session(&app.db, account, &secret.hash(), now, now + TimeDelta::days(14))
        .await
        .expect("a session opens");
    secret.reveal().to_owned()
}

/// Somebody with an account, a token and a session, in no program.
pub async fn user(app: &App, base: &str, client: &Client, name: &'static str, admin: bool) -> TestUser {
    let now = app.clock.now();
    let (person, account) = (PersonId(new_id(now)), AccountId(new_id(now)));
    let email = format!("{}@example.org", name.to_lowercase());
    let stamp = Stamp { now, actor: None, reason: String::new() };
    let mut tx = app.db.begin(&stamp).await.expect("the database takes writes");
    let row =
        Person { name: name.into(), email: Some(email.clone()), ..Person::new(person, day("2026-01-01")) };
    store::people::insert_person(&mut tx, &row).await.expect("a person is made");
    let row = NewAccount {
        id: account,
        person,
        email: email.clone(),
        password_hash: None,
        password_temporary: false,
        admin,
    };
    store::account::insert(&mut tx, &row).await.expect("an account is made");
    tx.commit().await.expect("it is kept");
    let draft = draft(json!({"name": "test", "scopes": ["read", "write"]}));
    let (_, secret) = token::make_for(app, account, &stamp, &draft).await.expect("a token is made");
    TestUser {
        name,
        email,
        person,
        account,
        admin,
        token: secret.reveal().to_owned(),
        session: open_session(app, account).await,
        base: base.into(),
        client: client.clone(),
    }
}

/// A draft as the API gets it.
pub fn draft(fields: Value) -> Draft {
    match fields {
        Value::Object(fields) => Draft(fields),
        other => panic!("a draft is an object, not {other}"),
    }
}

/// Serves an application; its address, and the task that serves.
pub async fn serve(app: &App) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let base = format!("http://{}", listener.local_addr().expect("it has an address"));
    let router = plumbline::web::router(app.clone());
    let router = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let server = tokio::spawn(async move {
        axum::serve(listener, router).await.expect("it serves");
    });
    (base, server)
}

impl TestApp {
    /// Starts the application.
    pub async fn start() -> Self {
        let mut made = Self::empty(None).await;
        let (app, clock) = (made.app.clone(), made.clock.clone());
        let fields = draft(json!({"key": "ATLAS", "name": "Atlas"}));
        let ctx = made.manager.ctx(&clock);
        program::make(
            &app,
            &ctx,
            &fields,
            &WriteMeta { effective_on: Some(day("2026-01-05")), reason: String::new() },
        )
        .await
        .expect("the program is made");
        let entered = access::enter(&app, &ctx, "ATLAS").await.expect("its maker sees it");
        for (user, role) in [(&made.contributor, Role::Contributor), (&made.viewer, Role::Viewer)] {
            program::set_member(&app, &ctx, &entered, &user.email, Some(role))
                .await
                .expect("a member is added");
        }
        made.app = app;
        made
    }

    /// The same, with nothing but the users; `url` is its public address.
    pub async fn empty(url: Option<&str>) -> Self {
        Self::over(url, "2026-06-30T12:00:00Z", async |_| {}).await
    }

    /// The same at another time, over what is written before there is anybody.
    pub async fn over(url: Option<&str>, now: &str, write: impl AsyncFnOnce(&App)) -> Self {
        let database = database().await;
        let clock = Clock::held_at(at(now));
        let options = database.url.parse().expect("the address of the database is one");
        let app = App::new(Db::new(options, 5), clock.clone()).at(url);
        write(&app).await;
        let (base, server) = serve(&app).await;
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client is made");
        let made = async |name, admin| user(&app, &base, &client, name, admin).await;
        Self {
            admin: made("Admin", true).await,
            manager: made("Manager", false).await,
            contributor: made("Contributor", false).await,
            viewer: made("Viewer", false).await,
            stranger: made("Stranger", false).await,
            app,
            clock,
            base,
            client,
            server,
            _database: database,
        }
    }

    /// A request by nobody.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }
}
