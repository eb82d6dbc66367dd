//! Search over everything, and the same for other programs under `/api/v1/search`.

use super::api::page::Asked as Query;
use super::extract::{Api, Place, Web, encode};
use super::listing::{Tab, choices};
use super::present::{ApiResult, PageResult, page};
use super::routes::Routes;
use super::shell::Shell;
use crate::app::search::{self, Found};
use crate::app::{App, Error};
use crate::domain::kind::{Kind, Reference};
use crate::store::search::{Hit, Named};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

/// The routes of the page and of the API.
pub fn routes() -> Routes {
    Routes::new().get("/search", show).get("/api/v1/search", api)
}

/// Items on one page.
const PAGE: i64 = 25;

/// A part of a text, and whether it is what was looked for.
pub type Piece = (bool, String);

/// An item that was found, as shown.
#[derive(Debug)]
struct Shown {
    href: String,
    reference: String,
    kind: &'static str,
    state: &'static str,
    open: bool,
    program: String,
    owner: Option<String>,
    title: Vec<Piece>,
    excerpt: Vec<Piece>,
}

/// Something else that was found by name.
#[derive(Debug)]
struct Other {
    href: String,
    name: Vec<Piece>,
    key: String,
}

#[derive(Template)]
#[template(path = "search/results.html")]
struct Results {
    shell: Shell,
    q: String,
    items: Vec<Shown>,
    total: i64,
    first: i64,
    last: i64,
    previous: Option<String>,
    next: Option<String>,
    /// Heading and what was found under it; only what has any.
    groups: Vec<(&'static str, Vec<Other>)>,
    kinds: Vec<Tab>,
}

async fn show(State(app): State<App>, Web(ctx): Web, place: Place) -> PageResult {
    let q = place.said("q");
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == place.said("kind"));
    let number = place.said("page").parse().ok().filter(|page| (1..=1_000).contains(page)).unwrap_or(1_i64);
    let offset = (number - 1) * PAGE;
    let found = search::search(&app, &ctx, &q, kind, PAGE, offset).await?;
    let shell = place.shell(&ctx, "search");
    if let Some(exact) = &found.exact {
        return Ok(Redirect::to(&shell.href(&exact.path())).into_response());
    }
    let shown = i64::try_from(found.items.len()).unwrap_or_default();
    let link = |page: i64| place.with(&[("page", Some(page.to_string()).filter(|_| page > 1).as_deref())]);
    let kinds = choices(
        "Everything",
        kind.map_or("", Kind::name),
        Kind::ALL.map(|kind| (kind.name(), kind.label().to_owned())),
    )
    .into_iter()
    .map(|choice| Tab {
        href: place.set("kind", &choice.value),
        label: choice.label,
        count: 0,
        current: choice.chosen,
    })
    .collect();
    page(&Results {
        items: found.items.iter().map(|hit| shown_item(&shell, hit, &q)).collect(),
        groups: groups(&shell, &found, &q),
        total: found.total,
        first: offset + 1,
        last: offset + shown,
        previous: (number > 1).then(|| link(number - 1)),
        next: (offset + shown < found.total && shown > 0).then(|| link(number + 1)),
        kinds,
        shell,
        q,
    })
}

fn reference(hit: &Hit) -> Reference {
    Reference { program: hit.program_key.clone(), kind: hit.kind, number: hit.number }
}

fn shown_item(shell: &Shell, hit: &Hit, q: &str) -> Shown {
    let reference = reference(hit);
    Shown {
        href: shell.href(&reference.path()),
        reference: reference.to_string(),
        kind: hit.kind.label(),
        state: hit.state.label(),
        open: hit.open,
        program: hit.program_name.clone(),
        owner: hit.owner_name.clone(),
        title: marked(&hit.title, q),
        // Beside the title, only what shows why it was found.
        excerpt: Some(marked(&plain(&hit.excerpt), q))
            .filter(|it| it.iter().any(|(hit, _)| *hit))
            .unwrap_or_default(),
    }
}

/// An excerpt on one line, without the signs of Markdown.
fn plain(text: &str) -> String {
    let words: Vec<_> =
        text.split_whitespace().filter(|word| !word.chars().all(|c| "#*-_>`|".contains(c))).collect();
    words.join(" ").replace(['`', '*'], "")
}

fn groups(shell: &Shell, found: &Found, q: &str) -> Vec<(&'static str, Vec<Other>)> {
    [("program", "Programs"), ("project", "Projects"), ("person", "People"), ("team", "Teams")]
        .into_iter()
        .map(|(what, heading)| {
            let of_it = found.named.iter().filter(|named| named.what == what);
            (heading, of_it.map(|named| other(shell, named, q)).collect::<Vec<_>>())
        })
        .filter(|(_, named)| !named.is_empty())
        .collect()
}

fn path(named: &Named) -> String {
    match (named.what.as_str(), &named.key, &named.program) {
        ("program", Some(key), _) => format!("/programs/{key}"),
        ("project", Some(key), Some(program)) => {
            format!("/programs/{program}/milestones?state=all&project={}", encode(key))
        }
        ("person", ..) => format!("/people/{}", named.id),
        _ => format!("/teams/{}", named.id),
    }
}

fn other(shell: &Shell, named: &Named, q: &str) -> Other {
    let key = match (&named.program, &named.key) {
        (Some(program), Some(key)) => format!("{key} in {program}"),
        (_, key) => key.clone().unwrap_or_default(),
    };
    Other { href: shell.href(&path(named)), name: marked(&named.name, q), key }
}

/// A text in pieces: what begins as one of the words does is marked.
fn marked(text: &str, q: &str) -> Vec<Piece> {
    let words: Vec<Vec<char>> =
        q.split_whitespace().map(|word| word.chars().flat_map(char::to_lowercase).collect()).collect();
    let chars: Vec<char> = text.chars().collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let hit = words.iter().map(|word| length_of(&chars[at..], word)).max().unwrap_or(0);
        let (found, length) = if hit > 0 { (true, hit) } else { (false, 1) };
        let piece: String = chars[at..at + length].iter().collect();
        match pieces.last_mut() {
            Some((same, last)) if *same == found => last.push_str(&piece),
            _ => pieces.push((found, piece)),
        }
        at += length;
    }
    pieces
}

/// How many characters of `text` are this word; 0 where it doesn't begin with it.
fn length_of(text: &[char], word: &[char]) -> usize {
    let begins = text.len() >= word.len()
        && !word.is_empty()
        && text.iter().zip(word).all(|(a, b)| a.to_lowercase().next() == Some(*b));
    if begins { word.len() } else { 0 }
}

/// The parameters of the search.
pub const PARAMETERS: [&str; 1] = ["q"];

async fn api(State(app): State<App>, Api(ctx): Api, query: Query) -> ApiResult {
    query.only(&PARAMETERS, &[])?;
    let words = query.words()?;
    if words.is_empty() {
        return Err(Error::refused("q", "Say what to look for: ?q=words").into());
    }
    // What is found is in the order of how well it fits, which only the whole of it tells.
    let offset: i64 = query.after::<u32>()?.map_or(0, i64::from);
    let limit = query.one_more() - 1;
    let mut found = search::search(&app, &ctx, words, None, limit, offset).await?;
    let next = Some(offset + limit).filter(|next| *next < found.total);
    let mut items: Vec<Value> = found
        .items
        .iter()
        .map(|hit| {
            let reference = reference(hit);
            json!({
                "type": hit.kind.name(), "ref": reference.to_string(), "title": hit.title, "state": hit.state.name(),
                "program": hit.program_key, "url": reference.path(), "excerpt": hit.excerpt,
            })
        })
        .collect();
    // The item that was named comes first, even where no text has its reference.
    if let Some(exact) = found.exact.filter(|_| offset == 0) {
        let name = exact.to_string();
        if let Some(there) = items.iter().position(|item| item["ref"] == name.as_str()) {
            let item = items.remove(there);
            items.insert(0, item);
        } else {
            items.insert(0, json!({"type": exact.kind.name(), "ref": name, "program": exact.program, "url": exact.path()}));
            found.total += 1;
        }
    }
    let mut answer = query.answer(items, found.total, next);
    let named: Vec<Value> = found
        .named
        .iter()
        .map(|named| {
            json!({
                "type": named.what, "id": named.id, "key": named.key, "name": named.name, "program": named.program,
                "url": path(named),
            })
        })
        .collect();
    answer["named"] = Value::Array(named);
    Ok(Json(answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_marked_in_any_case() {
        let pieces = marked("Data platform: the Daten", "dat PLAT");
        let marks: Vec<_> = pieces.iter().filter(|(hit, _)| *hit).map(|(_, text)| text.as_str()).collect();
        assert_eq!(marks, ["Dat", "plat", "Dat"]);
        assert_eq!(
            pieces.iter().map(|(_, text)| text.as_str()).collect::<String>(),
            "Data platform: the Daten"
        );
        assert_eq!(marked("Straße", ""), [(false, "Straße".to_owned())]);
    }

    #[test]
    fn an_excerpt_is_one_line_of_words() {
        assert_eq!(plain("# Why\n\n- it *slips*\n> so"), "Why it slips so");
    }
}
