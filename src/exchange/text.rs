//! Prose made fit for a title.

/// Text without Markdown's marks, on one line.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // A link keeps its words.
        if c == '['
            && let Some(close) = rest.find("](")
            && let Some(end) = rest[close..].find(')')
            && !rest[1..close].contains('[')
        {
            out.push_str(&rest[1..close]);
            rest = &rest[close + end + 1..];
            continue;
        }
        match c {
            '*' | '`' | '#' | '|' => out.push(if c == '|' { ' ' } else { '\u{1}' }),
            '_' if rest.starts_with("__") => {
                rest = &rest[2..];
                continue;
            }
            _ => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    let words: Vec<String> = words
        .into_iter()
        .map(|word| word.replace('\u{1}', ""))
        .filter(|word| !word.is_empty() && (word.len() <= 2 || word.contains(|c| c != '-' && c != ':')))
        .collect();
    words.join(" ").trim_start_matches(['-', '•', '+', ' ']).to_owned()
}

/// The first sentence, plain, cut at a word where it is longer than `most` characters.
#[must_use]
pub fn first_sentence(text: &str, most: usize) -> String {
    let text = plain(text);
    let mut text = text.as_str();
    for label in ["Risk:", "Risks:", "Risk Impact Mitigation", "Risk Mitigation"] {
        if let Some(rest) = text.strip_prefix(label)
            && !rest.trim().is_empty()
        {
            text = rest.trim_start();
        }
    }
    let mut end = text.len();
    for (at, mark) in text.match_indices(['.', '?', '!', ':']) {
        let before = &text[..at];
        let follows = text[at + mark.len()..].starts_with(' ');
        let word = before.rsplit(' ').next().unwrap_or_default();
        let abbreviation = ["e.g", "i.e", "vs", "etc", "cf", "approx"]
            .contains(&word.trim_start_matches('('))
            || word.bytes().all(|byte| byte.is_ascii_digit());
        // A colon ends a sentence only where a list or an example follows a whole clause.
        let enough = if mark == ":" { before.len() >= 60 } else { before.len() >= 20 };
        if follows && enough && !abbreviation {
            end = if mark == "." || mark == ":" { at } else { at + mark.len() };
            break;
        }
    }
    let sentence = text[..end].trim_end_matches(['.', ':', ' ']);
    cut(if sentence.is_empty() { text } else { sentence }, most)
}

/// Text of at most `most` characters: what is longer is cut at a word and ends in an ellipsis.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let short: String = text.chars().take(most.saturating_sub(1)).collect();
    let short = match short.rfind(char::is_whitespace) {
        Some(space) if space * 2 > short.len() => &short[..space],
        _ => &short,
    };
    format!("{}…", short.trim_end_matches([' ', ',', ';', ':', '.', '(']))
}

/// The number in a text such as `£1,234.50`; a comma parts thousands. None for anything else.
#[must_use]
pub fn amount(text: &str) -> Option<f64> {
    let text = text.trim();
    let (less, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let text = text.trim_start_matches(['£', '€', '$']).trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parted = groups.iter().skip(1).all(|group| group.len() == 3);
    if !groups.iter().all(|group| digits(group)) || !parted || !(part.is_empty() || digits(part)) {
        return None;
    }
    let number: f64 = format!("{}.{part}0", groups.concat()).parse().ok()?;
    Some(if less { -number } else { number })
}

/// Whether text has the shape of a pattern: `#` stands for digits, `*` for anything, all else for itself.
#[must_use]
pub fn is_like(text: &str, pattern: &str) -> bool {
    let Some(mark) = pattern.chars().next() else { return text.is_empty() };
    let rest = &pattern[mark.len_utf8()..];
    match mark {
        '#' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            digits > 0 && is_like(&text[digits..], rest)
        }
        // A pattern is written by hand and short, so trying every end costs little.
        '*' => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| is_like(&text[at..], rest)),
        _ => text.strip_prefix(mark).is_some_and(|after| is_like(after, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_with_its_sign_and_thousands() {
        for (text, number) in [
            ("£2,607", Some(2607.0)),
            ("£153.60", Some(153.6)),
            ("-£1.5", Some(-1.5)),
            ("1,139.18", Some(1139.18)),
            ("0", Some(0.0)),
            ("£", None),
            ("1,23", None),
            ("36%", None),
            ("Exempt under Section 43", None),
        ] {
            assert_eq!(amount(text), number, "{text}");
        }
    }

    #[test]
    fn the_first_sentence_makes_a_title() {
        for (text, expected) in [
            ("**Risk:** New tokens could be slow. **Mitigation:** benchmarks.", "New tokens could be slow"),
            (
                "A feature, e.g. this one, may fail badly. Then what?",
                "A feature, e.g. this one, may fail badly",
            ),
            ("Scenario 1. User decides to use sidecars. More.", "Scenario 1. User decides to use sidecars"),
            ("Very low risk.", "Very low risk"),
            (
                "| Risk | Impact | Mitigation | | --- | --- | --- | | Confusing users | Low | Docs |",
                "Confusing users Low Docs",
            ),
            (
                "See [the docs](https://example.org/a_b) for `Pod.Spec` and __more__.",
                "See the docs for Pod.Spec and more",
            ),
            ("- a list item", "a list item"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(text, 120), expected);
        }
        let long = first_sentence(&"word ".repeat(60), 40);
        assert!(long.chars().count() <= 40 && long.ends_with("word…"), "{long}");
        assert_eq!(cut("ééééé", 3), "éé…");
    }

    #[test]
    fn patterns() {
        assert!(is_like("v1.37", "v1.#") && is_like("milestone.alpha", "milestone.*") && is_like("", ""));
        for (text, pattern) in [("vx.y", "v1.#"), ("v1.21, v1.37", "v1.#"), ("v1.", "v1.#"), ("a", "")] {
            assert!(!is_like(text, pattern), "{text} {pattern}");
        }
        assert!(is_like("v1.33.0 released", "*.0 released"));
    }
}
