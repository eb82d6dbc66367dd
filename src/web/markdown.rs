//! Text that people wrote, as safe HTML: Markdown, with references such as `ATLAS-R12` and addresses as links. What somebody
//! typed as HTML is shown as they typed it.

use crate::domain::kind::Reference;
use crate::domain::mention::Mentioned;
use ammonia::{Builder, UrlRelative};
use chrono::NaiveDate;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream, html};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// How deep a text may be nested: quotations, lists and what stands in them, all counted. Nobody writes more, and a browser, like what
/// makes the HTML safe here, takes for each part as long as it is deep.
const DEEPEST: usize = 40;

/// Events without what is nested deeper than [`DEEPEST`]: its text stands flat where that ends.
struct Flat<I> {
    events: I,
    depth: usize,
    /// Whether something was said since a line last ended.
    said: bool,
}

impl<'t, I: Iterator<Item = Event<'t>>> Iterator for Flat<I> {
    type Item = Event<'t>;

    fn next(&mut self) -> Option<Event<'t>> {
        loop {
            match self.events.next()? {
                start @ Event::Start(_) => {
                    self.depth += 1;
                    if self.depth <= DEEPEST {
                        return Some(start);
                    }
                }
                Event::End(end) => {
                    self.depth -= 1;
                    if self.depth < DEEPEST {
                        return Some(Event::End(end));
                    }
                    let ends = matches!(
                        end,
                        TagEnd::Paragraph
                            | TagEnd::Item
                            | TagEnd::CodeBlock
                            | TagEnd::Heading(_)
                            | TagEnd::TableRow
                    );
                    if ends && std::mem::take(&mut self.said) {
                        return Some(Event::HardBreak);
                    }
                }
                // A part of the page of its own, which no other part may hold.
                Event::Rule if self.depth >= DEEPEST => {}
                other => {
                    self.said = true;
                    return Some(other);
                }
            }
        }
    }
}

/// The references that become links: those of items that the reader may see.
#[derive(Clone, Debug, Default)]
pub struct Links {
    known: HashSet<Reference>,
    people: Mentioned,
    as_of: Option<NaiveDate>,
}

static SAFE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
            "a",
            "p",
            "br",
            "hr",
            "em",
            "strong",
            "del",
            "code",
            "pre",
            "blockquote",
            "ul",
            "ol",
            "li",
            "h3",
            "h4",
            "h5",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

impl Links {
    /// `found`: the references that lead somewhere for this reader; `as_of`: the past day that the links stay on.
    #[must_use]
    pub fn new(found: impl IntoIterator<Item = Reference>, as_of: Option<NaiveDate>) -> Self {
        Self { known: found.into_iter().collect(), people: Mentioned::default(), as_of }
    }

    /// The same, with the people who are mentioned as links too.
    #[must_use]
    pub fn naming(mut self, people: Mentioned) -> Self {
        self.people = people;
        self
    }

    /// The reference and its address that a word stands for.
    fn target(&self, word: &str) -> Option<String> {
        let reference = Reference::parse(word)?;
        let linked = word.starts_with(|c: char| c.is_ascii_uppercase()) && self.known.contains(&reference);
        linked.then(|| match self.as_of {
            Some(day) => format!("{}?as_of={day}", reference.path()),
            None => reference.path(),
        })
    }

    /// Markdown as HTML that is safe to stand in a page.
    #[must_use]
    pub fn prose(&self, markdown: &str) -> String {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let mut events = Vec::new();
        // Within code and links a reference stays text.
        let mut within = 0_u32;
        let parsed = TextMergeStream::new(Parser::new_ext(markdown, options));
        for event in (Flat { events: parsed, depth: 0, said: false }) {
            match event {
                Event::Text(text) if within == 0 => self.linked(&text, &mut events),
                Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
                Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                    // A picture from elsewhere would tell its host who reads this: it is a link instead.
                    within += 1;
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                Event::End(TagEnd::Image) => {
                    within = within.saturating_sub(1);
                    events.push(Event::End(TagEnd::Link));
                }
                Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                    events.push(Event::Start(Tag::Heading { level: below(level), id, classes, attrs }));
                }
                Event::End(TagEnd::Heading(level)) => events.push(Event::End(TagEnd::Heading(below(level)))),
                Event::Start(tag @ (Tag::Link { .. } | Tag::CodeBlock(_))) => {
                    within += 1;
                    events.push(Event::Start(tag));
                }
                Event::End(tag @ (TagEnd::Link | TagEnd::CodeBlock)) => {
                    within = within.saturating_sub(1);
                    events.push(Event::End(tag));
                }
                // A line that was ended is ended: people type lists of lines.
                Event::SoftBreak => events.push(Event::HardBreak),
                other => events.push(other),
            }
        }
        let mut out = String::with_capacity(markdown.len() * 3 / 2);
        html::push_html(&mut out, events.into_iter());
        SAFE.clean(&out).to_string()
    }

    /// One line of plain text as HTML, with its references as links.
    #[must_use]
    pub fn line(&self, text: &str) -> String {
        let mut events = Vec::new();
        self.linked(&CowStr::from(text), &mut events);
        let mut out = String::with_capacity(text.len());
        html::push_html(&mut out, events.into_iter());
        SAFE.clean(&out).to_string()
    }

    fn linked(&self, text: &str, events: &mut Vec<Event<'_>>) {
        let mut plain = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let somebody = if plain.chars().next_back().is_some_and(char::is_alphanumeric) {
                None
            } else {
                self.people.at_start(rest)
            };
            let word: &str = if let Some((_, bytes)) = somebody {
                &rest[..bytes]
            } else if rest.starts_with("http://") || rest.starts_with("https://") {
                let end = rest.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(rest.len());
                rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\''])
            } else {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
                &rest[..end]
            };
            if word.is_empty() {
                let next = rest.chars().next().map_or(rest.len(), char::len_utf8);
                plain.push_str(&rest[..next]);
                rest = &rest[next..];
                continue;
            }
            let target = match somebody {
                Some((person, _)) => Some(format!("/people/{person}")),
                None if word.contains("://") => Some(word.to_owned()),
                None => self.target(word),
            };
            match target {
                Some(href) => {
                    if !plain.is_empty() {
                        events.push(Event::Text(std::mem::take(&mut plain).into()));
                    }
                    let mut link = String::new();
                    let _ = write!(link, "<a href=\"{}\">", attribute(&href));
                    events.push(Event::InlineHtml(link.into()));
                    events.push(Event::Text(word.to_owned().into()));
                    events.push(Event::InlineHtml("</a>".into()));
                }
                None => plain.push_str(word),
            }
            rest = &rest[word.len()..];
        }
        if !plain.is_empty() {
            events.push(Event::Text(plain.into()));
        }
    }
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A heading of a text stands below the headings of its page.
const fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        _ => HeadingLevel::H5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        Links::new(Reference::parse("ATLAS-R12"), None)
    }

    #[test]
    fn a_reference_that_leads_somewhere_becomes_a_link() {
        let html = links().prose("See ATLAS-R12, not ATLAS-R13 or `ATLAS-R12`.");
        assert!(html.contains("<a href=\"/programs/ATLAS/risks/12\""), "{html}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        assert!(html.contains("<code>ATLAS-R12</code>"), "{html}");
        assert!(links().line("after ATLAS-R12").contains(">ATLAS-R12</a>"));
        let past = Links::new(Reference::parse("ATLAS-R12"), "2026-09-30".parse().ok());
        assert!(past.line("ATLAS-R12").contains("/risks/12?as_of=2026-09-30"));
    }

    #[test]
    fn who_is_mentioned_becomes_a_link_and_nobody_else() {
        use crate::domain::ids::PersonId;
        use crate::domain::mention::Known;
        let person = PersonId(uuid::Uuid::from_u128(7));
        let ada = Known { person, name: "Ada Lovelace".into(), handle: None };
        let links = links().naming(Mentioned::new(&[ada]));
        let html = links.prose("@Ada Lovelace, see ATLAS-R12 with @Grace, or mail x@ada.org, not `@Ada`.");
        assert!(html.contains(&format!("<a href=\"/people/{person}\"")), "{html}");
        assert!(html.contains(">@Ada Lovelace</a>, see"), "{html}");
        assert_eq!(html.matches("<a ").count(), 2, "{html}");
    }

    #[test]
    fn what_was_typed_as_html_is_shown_as_typed() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<style>*{display:none}</style>",
        ] {
            for html in [links().prose(text), links().line(text)] {
                assert!(html.contains("&lt;"), "{text} → {html}");
                assert!(
                    !html.contains("<script") && !html.contains("<img") && !html.contains("<style"),
                    "{html}"
                );
                assert!(!html.contains("<a "), "{html}");
            }
        }
    }

    #[test]
    fn only_plain_schemes_are_followed_and_pictures_are_links() {
        let html = links()
            .prose("[x](javascript:alert(1)) [y](https://example.org) ![plan](https://example.org/p.png)");
        assert!(!html.contains("javascript"), "{html}");
        assert!(html.contains("rel=\"noopener noreferrer nofollow\""), "{html}");
        assert!(!html.contains("<img") && html.contains(">plan</a>"), "{html}");
    }

    /// How deep the parts of a page that is made of a text stand in each other.
    fn depth(html: &str) -> usize {
        let (mut depth, mut deepest) = (0_usize, 0);
        for tag in html.split('<').skip(1) {
            if tag.starts_with('/') {
                depth -= 1;
            } else if !tag.starts_with("br>") && !tag.starts_with("hr>") {
                depth += 1;
                deepest = deepest.max(depth);
            }
        }
        deepest
    }

    #[test]
    fn what_is_nested_deeper_than_anybody_writes_stands_flat() {
        for (nested, times) in [(">", 3_000), ("> ", 3_000), ("1) ", 2_000), ("- ", 2_000), ("> - ", 2_000)] {
            let html = links().prose(&format!("{}ATLAS-R12 and **so** on", nested.repeat(times)));
            assert!((10..=DEEPEST + 3).contains(&depth(&html)), "{nested}: {} deep", depth(&html));
            assert!(
                html.contains(">ATLAS-R12</a>") && html.contains("on"),
                "{nested}: its text is kept: {html}"
            );
            assert!(html.len() < 3_000, "{nested}: {} bytes", html.len());
        }
        let emphasised = format!("{}deep{}", "*a **b ".repeat(1_000), "** *".repeat(1_000));
        assert!(depth(&links().prose(&emphasised)) <= DEEPEST + 3);
        let pictures = format!("{}x{}", "![".repeat(500), "](/a)".repeat(500));
        assert!(depth(&links().prose(&pictures)) <= DEEPEST + 3);
        let list = "- one\n  - two\n    - > three\n\nafter";
        assert_eq!(depth(&links().prose(list)), 8, "what people write is as it was: {}", links().prose(list));
        let two = links().prose(&format!("{0}one\n{0}\n{0}two", ">".repeat(100)));
        assert!(two.contains("one<br>\ntwo"), "two paragraphs stay apart: {two}");
    }

    #[test]
    fn an_address_in_a_text_becomes_a_link_without_its_full_stop() {
        let html = links().prose("Read https://example.org/a?b=1&c=2.");
        assert!(html.contains("href=\"https://example.org/a?b=1&amp;c=2\""), "{html}");
        assert!(html.contains("</a>."), "{html}");
    }

    #[test]
    fn headings_of_a_text_stay_below_those_of_the_page() {
        let html = links().prose("# One\n\n## Two\n\nfirst\nsecond");
        assert!(html.contains("<h3>One</h3>") && html.contains("<h4>Two</h4>"), "{html}");
        assert!(html.contains("first<br>"), "{html}");
    }
}
