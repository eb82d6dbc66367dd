//! What the palette offers on every page: where its reader can go and what they can make. What a page does itself, its script finds.

use super::shell::{GLOBAL_PAGES, NavPage, PROGRAM_PAGES, Shell};
use crate::domain::kind::Kind;

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub label: String,
    /// What it belongs to, said quietly beside it.
    pub hint: &'static str,
    pub href: String,
}

/// The reader's own pages, which stand in their menu.
const OWN: [(&str, &str); 5] = [
    ("Questions about changes", "/me/questions"),
    ("My tokens", "/me/tokens"),
    ("Digest", "/me/digest"),
    ("Password", "/me/password"),
    ("Search", "/search"),
];

/// What only who administers the instance is offered.
const ADMIN: [(&str, &str); 2] = [("Administration", "/admin"), ("Undelivered", "/admin/undelivered")];

/// The pages of a program that stand in no navigation.
const BESIDE: [(&str, &str); 4] = [
    ("Charter", "/charter"),
    ("Projects", "/projects"),
    ("Members", "/members"),
    ("Baselines", "/baselines"),
];

impl Shell {
    /// All that the palette offers here: pages of the program, new items of each kind for who may raise them, and pages of all.
    #[must_use]
    pub fn palette(&self) -> Vec<Offer> {
        let mut offers = Vec::new();
        if let Some(program) = &self.program {
            for page in PROGRAM_PAGES {
                offers.extend(pages_of(page).map(|(page, hint)| self.offer(page.label, hint, page.path)));
            }
            offers.extend(BESIDE.map(|(label, path)| self.offer(label, "", path)));
            if program.may_raise {
                offers.extend(Kind::ALL.into_iter().map(|kind| {
                    let label = format!("New {}", kind.label().to_lowercase());
                    let href = self.program_href(&format!("/{}/new", kind.plural()));
                    Offer { label, hint: "", href }
                }));
            }
        }
        let all = GLOBAL_PAGES.iter().map(|page| (page.label, page.path)).chain(OWN);
        let admin = self.viewer.as_ref().is_some_and(|viewer| viewer.admin);
        let all = all.chain(ADMIN.into_iter().filter(|_| admin));
        offers.extend(all.map(|(label, path)| Offer {
            label: label.to_owned(),
            hint: "",
            href: self.href(path),
        }));
        offers
    }

    fn offer(&self, label: &str, hint: &'static str, path: &str) -> Offer {
        Offer { label: label.to_owned(), hint, href: self.program_href(path) }
    }
}

/// A page, or those that stand together under its link, with the name of that.
fn pages_of(page: &'static NavPage) -> impl Iterator<Item = (&'static NavPage, &'static str)> {
    let alone = page.within.is_empty().then_some((page, ""));
    alone.into_iter().chain(page.within.iter().map(|one| (one, page.label)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::shell::{ProgramBar, ViewerBar};
    use std::collections::HashSet;

    fn shell(may_raise: bool, admin: bool) -> Shell {
        Shell {
            viewer: Some(ViewerBar { name: "Ada".into(), work_count: None, admin }),
            program: Some(ProgramBar { key: "ATLAS".into(), name: "Atlas".into(), may_raise }),
            section: "",
            as_of: Some("2026-09-30".parse().unwrap()),
            today: "2026-11-20".parse().unwrap(),
            path: "/".into(),
            query_without_as_of: String::new(),
            asset_version: "1",
            notice: None,
        }
    }

    #[test]
    fn every_page_is_offered_once_on_the_day_that_is_shown() {
        let offers = shell(true, true).palette();
        let to: HashSet<&str> = offers.iter().map(|offer| offer.href.as_str()).collect();
        assert_eq!(to.len(), offers.len(), "each once");
        for path in
            ["/programs/ATLAS", "/programs/ATLAS/forecast", "/programs/ATLAS/risks/new", "/me/work", "/admin"]
        {
            assert!(to.contains(format!("{path}?as_of=2026-09-30").as_str()), "{path}");
        }
    }

    #[test]
    fn nobody_is_offered_what_they_may_not() {
        let offers = shell(false, false).palette();
        assert!(
            !offers.iter().any(|offer| offer.label.starts_with("New ") || offer.href.starts_with("/admin"))
        );
    }
}
