//! Walking through the pages as somebody does who has no mouse: Tab and Shift+Tab lead to what has a name, Enter and Space press it,
//! text is typed; and what is then seen is asserted in words. Nothing is clicked, no address is entered but that of a program's overview.

use super::app::TestUser;
use super::browser::{self, Browser};
use std::fmt::Write as _;
use thirtyfour::prelude::*;

/// How often a page is asked for something before it is given up.
const PATIENCE: usize = 3_000;

/// How many controls are passed on the way to one.
const FAR: usize = 150;

/// What a control is called, as a screen reader says it, without the word that it is required.
const NAMED: &str = "((el) => {
    if (!el || el === document.body) return '';
    const said = (node) => {
        const copy = node.cloneNode(true);
        copy.querySelectorAll('i, kbd, select, textarea, [aria-hidden=true]').forEach((part) => part.remove());
        return copy.textContent.replace(/\\s+/g, ' ').trim();
    };
    const by = (el.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)).filter(Boolean);
    return el.getAttribute('aria-label') || by.map(said).join(' ') || (el.labels?.length ? said(el.labels[0]) : '') || said(el);
})(document.activeElement)";

/// All that is seen of the page, in one line.
const SEEN: &str = "document.body.innerText.replace(/\\s+/g, ' ')";

/// Somebody at the keyboard.
pub struct Walk {
    pub browser: Browser,
    base: String,
}

impl Walk {
    /// Sits down at a browser; none where there is none.
    pub async fn begin(base: &str) -> Option<Self> {
        Some(Self { browser: browser::open().await?, base: base.to_owned() })
    }

    /// Somebody takes the seat, signed in, with the overview of the program before them.
    pub async fn as_user(&self, user: &TestUser) {
        let driver = &self.browser.driver;
        self.browser.open(&format!("{}/sign-in", self.base)).await;
        driver.delete_all_cookies().await.unwrap();
        let mut cookie = Cookie::new("plumbline", user.session.clone());
        cookie.set_path("/");
        driver.add_cookie(cookie).await.unwrap();
        self.browser.open(&format!("{}/programs/ATLAS", self.base)).await;
    }

    /// Nobody is signed in, and a link that was passed on is opened.
    pub async fn as_stranger(&self, link: &str) {
        self.browser.driver.delete_all_cookies().await.unwrap();
        self.browser.open(&format!("{}{link}", self.base)).await;
    }

    /// The name of what has the focus.
    pub async fn focus(&self) -> String {
        self.browser.value(NAMED).await
    }

    /// Whether the focus is on a control of this name; `…` at the end stands for any more words.
    async fn is_on(&self, name: &str) -> bool {
        let here = self.focus().await;
        name.strip_suffix('…').map_or(here == name, |start| here.starts_with(start))
    }

    async fn seek(&self, name: &str, back: bool) {
        let mut passed = Vec::new();
        for _ in 0..FAR {
            if back {
                self.browser.chord(Key::Shift, Key::Tab).await;
            } else {
                self.browser.keys(Key::Tab).await;
            }
            if self.is_on(name).await {
                return;
            }
            passed.push(self.focus().await);
        }
        passed.dedup();
        passed.truncate(150);
        self.lost(&format!("Tab never comes to “{name}”, only to {passed:?}")).await;
    }

    /// Goes on by Tab to what has this name: from the content of the page, if nothing has the focus yet.
    pub async fn to(&self, name: &str) {
        if self.browser.truth("document.activeElement === document.body && !location.hash").await {
            self.skip().await;
        }
        self.seek(name, false).await;
    }

    /// Goes on to the field of this name, if the focus isn't there yet.
    async fn to_field(&self, name: &str) {
        if !self.browser.truth("document.activeElement.matches('input, select, textarea')").await
            || !self.is_on(name).await
        {
            self.to(name).await;
        }
    }

    /// Looks for words in all that one may see.
    pub async fn finds(&self, words: &str) {
        self.browser.keys("/").await;
        self.until("document.activeElement.matches('[data-find]')", "the key / leads to the search").await;
        self.browser.keys(words).await;
        self.press_and_go().await;
    }

    /// Past the navigation, by the first link of the page.
    async fn skip(&self) {
        self.browser.keys(Key::Tab).await;
        self.until(
            "document.activeElement.matches('a.skip')",
            "the first Tab comes to the link past the navigation",
        )
        .await;
        self.browser.enter().await;
        self.until("document.activeElement.id === 'main'", "that link leads to the content").await;
    }

    /// Follows a link of the navigation, back from where the work is.
    pub async fn navigate(&self, name: &str) {
        let back = !self.browser.truth("document.activeElement === document.body").await;
        self.seek(name, back).await;
        self.press_and_go().await;
    }

    /// Goes to a link or button of this name and presses it; the page that it leads to is there.
    pub async fn follow(&self, name: &str) {
        self.to(name).await;
        self.press_and_go().await;
    }

    /// Goes to what unfolds and unfolds it.
    pub async fn unfold(&self, name: &str) {
        self.to(name).await;
        self.browser.enter().await;
        self.until("document.activeElement.closest('details')?.open", &format!("“{name}” unfolds")).await;
    }

    /// Presses keys that the page listens to; the page that they lead to is there.
    pub async fn key(&self, keys: &str) {
        self.leaves(self.browser.strokes(keys), &format!("the keys {keys} lead to a page")).await;
    }

    /// Presses what has the focus and waits for the next page.
    pub async fn press_and_go(&self) {
        let from = self.focus().await;
        self.leaves(self.browser.enter(), &format!("“{from}” leads to a page")).await;
    }

    async fn leaves(&self, pressed: impl Future<Output = ()>, what: &str) {
        self.browser.run("window.before = true").await;
        pressed.await;
        self.until("!window.before && document.readyState === 'complete'", what).await;
        self.browser.settled().await;
    }

    /// Types into the field of this name, in the place of what stands there.
    pub async fn fill(&self, name: &str, text: &str) {
        self.to_field(name).await;
        self.browser.chord(Key::Control, 'a').await;
        // A line break in a field of several lines is Enter.
        self.browser.keys(text).await;
    }

    /// From the summary of what is wrong to the field that it names, which is filled anew.
    pub async fn mends(&self, name: &str, text: &str) {
        self.to_what_is_wrong(name).await;
        self.browser.chord(Key::Control, 'a').await;
        self.browser.keys(text).await;
    }

    /// The same, where a day is wrong or missing.
    pub async fn mends_day(&self, name: &str, day: &str) {
        self.to_what_is_wrong(name).await;
        self.types_day(day).await;
    }

    async fn to_what_is_wrong(&self, name: &str) {
        if self.browser.truth("document.activeElement.matches('[role=alert]')").await {
            self.browser.keys(Key::Tab).await;
            self.browser.enter().await;
        }
        self.stands_on(name).await;
        let marked = self.browser.truth("document.activeElement.matches('[aria-invalid=true]')").await;
        assert!(marked, "“{name}” says that it is wrong");
    }

    /// Chooses a row by a key that moves from row to row.
    pub async fn key_chooses(&self, key: &str, row: &str) {
        let chosen = "document.querySelector('[data-row][aria-current]')?.innerText ?? ''";
        for _ in 0..40 {
            self.browser.strokes(key).await;
            if self.browser.value(chosen).await.contains(row) {
                return;
            }
        }
        self.lost(&format!("{key} never chooses “{row}”")).await;
    }

    /// Types a day (YYYY-MM-DD) into the field of this name.
    pub async fn fill_day(&self, name: &str, day: &str) {
        self.to_field(name).await;
        self.types_day(day).await;
    }

    /// A day is typed part after part, in the order of the browser's language.
    async fn types_day(&self, day: &str) {
        let parts: Vec<_> = day.split('-').collect();
        self.browser.keys(format!("{}{}{}", parts[1], parts[2], parts[0])).await;
        assert_eq!(self.browser.value("document.activeElement.value").await, day, "the day that was typed");
    }

    /// Chooses an option by the arrow keys.
    pub async fn choose(&self, name: &str, option: &str) {
        self.to_field(name).await;
        let chosen = "document.activeElement.selectedOptions[0].text.trim()";
        let mut offered = vec![self.browser.value(chosen).await];
        for key in [Key::Down, Key::Up] {
            for _ in 0..60 {
                if self.browser.value(chosen).await.starts_with(option) {
                    return;
                }
                self.browser.keys(key.clone()).await;
                let now = self.browser.value(chosen).await;
                if offered.last() == Some(&now) {
                    break;
                }
                offered.push(now);
            }
        }
        self.lost(&format!("“{name}” doesn't offer “{option}”, but {offered:?}")).await;
    }

    /// Ticks a box by the space bar.
    pub async fn tick(&self, name: &str) {
        self.to_field(name).await;
        self.browser.keys(" ").await;
        assert!(self.browser.truth("document.activeElement.checked").await, "“{name}” is ticked");
    }

    /// The page says this, however its letters are cased.
    pub async fn sees(&self, words: &str) {
        let there = format!("{SEEN}.toLowerCase().includes({})", quoted(&words.to_lowercase()));
        self.until(&there, &format!("the page says “{words}”")).await;
    }

    /// The page says all of these.
    pub async fn sees_all(&self, all: &[&str]) {
        for words in all {
            self.sees(words).await;
        }
    }

    /// The page doesn't say this.
    pub async fn sees_no(&self, words: &str) {
        let there = format!("{SEEN}.toLowerCase().includes({})", quoted(&words.to_lowercase()));
        if self.browser.truth(&there).await {
            self.lost(&format!("the page says “{words}”")).await;
        }
    }

    /// The row or line in which this stands says that, too.
    pub async fn sees_beside(&self, what: &str, words: &str) {
        let found = format!(
            "[...document.querySelectorAll('main tr, main li, main dl > div')].some((row) => {{ const said = row.innerText.replace(/\\s+/g, ' ').toLowerCase(); return said.includes({}) && said.includes({}); }})",
            quoted(&what.to_lowercase()),
            quoted(&words.to_lowercase())
        );
        self.until(&found, &format!("beside “{what}” stands “{words}”")).await;
    }

    /// The focus is on a control of this name.
    pub async fn stands_on(&self, name: &str) {
        for _ in 0..PATIENCE {
            if self.is_on(name).await {
                return;
            }
        }
        self.lost(&format!("the focus is on “{}”, not on “{name}”", self.focus().await)).await;
    }

    /// After a write the page says what was done, and there the work goes on.
    pub async fn is_told(&self, words: &str) {
        self.stands_on(words).await;
    }

    /// What is wrong is said and has the focus; its link leads to the field, which says it too.
    pub async fn is_refused(&self, words: &str) {
        self.until(
            "document.activeElement.matches('[role=alert], [aria-invalid=true]')",
            "what is wrong has the focus",
        )
        .await;
        self.sees(words).await;
    }

    async fn until(&self, expression: &str, what: &str) {
        for _ in 0..PATIENCE {
            if self.browser.truth(expression).await {
                return;
            }
        }
        self.lost(&format!("it never came true that {what}")).await;
    }

    /// Gives up, and tells where.
    async fn lost(&self, why: &str) -> ! {
        let mut told = why.to_owned();
        let url = self.browser.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let _ = write!(told, "\non {url}, which says:\n{}", self.browser.value(SEEN).await);
        panic!("{told}");
    }

    pub async fn close(self) {
        self.browser.close().await;
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
