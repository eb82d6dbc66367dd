//! Elements pulled out of a stream one after the other, within limits. Nothing of the document is kept but the names of the open
//! elements, so memory doesn't grow with the file. A document type declaration is refused, and with it every entity but the five
//! of XML itself: nothing is expanded, nothing is fetched.

use super::decode::{Meter, Utf8};
use super::value;
use crate::exchange::Unreadable;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::{BufReader, Read};
use std::rc::Rc;

/// What a file may ask of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole file, in bytes of UTF-8.
    pub bytes: u64,
    /// Of one text, comment or tag, in bytes of UTF-8.
    pub text: u64,
    /// Elements within each other.
    pub depth: usize,
    pub tasks: usize,
    /// Links, assignments, resources, calendars and their exceptions: each.
    pub records: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 30, text: 4 << 20, depth: 32, tasks: 200_000, records: 1_000_000 }
    }
}

/// A document being read.
pub(super) struct Pull<R: Read> {
    reader: Reader<BufReader<Utf8<R>>>,
    meter: Rc<Meter>,
    pub(super) limits: Limits,
    file: String,
    buffer: Vec<u8>,
    /// The names of the open elements.
    open: Vec<String>,
    /// Names that were used, for the next elements.
    spare: Vec<String>,
    text: String,
    line: u64,
}

/// What comes next within an element.
enum Next {
    Child,
    Text,
    End,
    Eof,
}

impl<R: Read> Pull<R> {
    pub(super) fn new(file: &str, source: R, limits: Limits) -> Result<Self, Unreadable> {
        let meter = Rc::new(Meter::default());
        let utf8 = Utf8::new(source, Rc::clone(&meter), limits.text, limits.bytes)
            .map_err(|error| Unreadable::new(format!("{file}: {error}")))?;
        let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, utf8));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Ok(Self {
            reader,
            meter,
            limits,
            file: file.to_owned(),
            buffer: Vec::new(),
            open: Vec::new(),
            spare: Vec::new(),
            text: String::new(),
            line: 1,
        })
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The name of the element that is open.
    pub(super) fn name(&self) -> &str {
        self.open.last().map_or("", String::as_str)
    }

    /// An error at the place that was read last.
    pub(super) fn refused(&self, why: impl std::fmt::Display) -> Unreadable {
        self.refused_at(self.line, self.open.last().map(String::as_str), why)
    }

    /// An error at a line, about an element.
    pub(super) fn refused_at(
        &self,
        line: u64,
        element: Option<&str>,
        why: impl std::fmt::Display,
    ) -> Unreadable {
        let element = element.map(|name| format!(", <{}>", shortened(name))).unwrap_or_default();
        Unreadable::new(format!("{}, line {line}{element}: {why}", self.file))
    }

    /// Reads one event. Text is added to `self.text`.
    fn next(&mut self) -> Result<Next, Unreadable> {
        loop {
            self.buffer.clear();
            self.meter.pending.set(0);
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => {
                    let why = match &error {
                        quick_xml::Error::Io(error) => error.to_string(),
                        quick_xml::Error::Syntax(_) => {
                            "the file ends in the middle of a tag, or isn’t XML".to_owned()
                        }
                        quick_xml::Error::IllFormed(wrong) => format!("this isn’t XML: {wrong}"),
                        other => format!("this isn’t XML: {other}"),
                    };
                    return Err(self.refused(shortened(&why)));
                }
            };
            let mut lines = 0;
            let mut count = |text: &str| lines += text.bytes().filter(|byte| *byte == b'\n').count() as u64;
            let found = match event {
                Event::Start(start) => {
                    count(&start);
                    let name = start.local_name();
                    let mut own = self.spare.pop().unwrap_or_default();
                    own.clear();
                    own.push_str(name.as_ref());
                    self.open.push(own);
                    Ok(Some(Next::Child))
                }
                Event::End(end) => {
                    count(&end);
                    Ok(Some(Next::End))
                }
                Event::Text(text) => {
                    count(&text);
                    self.text.push_str(&text.xml10_content());
                    Ok(Some(Next::Text))
                }
                Event::CData(text) => {
                    count(&text);
                    self.text.push_str(&text.xml10_content());
                    Ok(Some(Next::Text))
                }
                Event::GeneralRef(named) => match named.as_ref() {
                    "amp" => Ok('&'),
                    "lt" => Ok('<'),
                    "gt" => Ok('>'),
                    "apos" => Ok('\''),
                    "quot" => Ok('"'),
                    other => match named.resolve_char_ref() {
                        Ok(Some(c)) => Ok(c),
                        Ok(None) => Err(format!(
                            "the entity “{}” isn’t one of XML’s own: entities are not expanded",
                            shortened(other)
                        )),
                        Err(_) => Err(format!("“{}” names no character", shortened(other))),
                    },
                }
                .map(|c| {
                    self.text.push(c);
                    Some(Next::Text)
                }),
                Event::DocType(_) => {
                    Err("a document type declaration isn’t taken: entities are not expanded".to_owned())
                }
                Event::Comment(text) => {
                    count(&text);
                    Ok(None)
                }
                Event::PI(instruction) => {
                    count(&instruction);
                    Ok(None)
                }
                Event::Decl(_) => Ok(None),
                Event::Eof => Ok(Some(Next::Eof)),
                Event::Empty(_) => Ok(None),
            };
            self.line += lines;
            let found = found.map_err(|why| self.refused(why))?;
            if self.open.len() > self.limits.depth {
                return Err(
                    self.refused(format!("elements are deeper than {} within each other", self.limits.depth))
                );
            }
            if self.text.len() as u64 > self.limits.text {
                return Err(self.refused(format!("a text is longer than {} MB", self.limits.text >> 20)));
            }
            match found {
                Some(Next::End) => {
                    self.spare.extend(self.open.pop());
                    return Ok(Next::End);
                }
                Some(next) => return Ok(next),
                None => {}
            }
        }
    }

    fn truncated(&self) -> Unreadable {
        self.refused("the file ends here, in the middle")
    }

    /// Opens the root, which has to be of this name.
    pub(super) fn root(&mut self, name: &str) -> Result<(), Unreadable> {
        loop {
            match self.next()? {
                Next::Child if self.name() == name => return Ok(()),
                Next::Child => {
                    return Err(self.refused(format!(
                        "this is no plan of Microsoft Project: its XML begins with <{name}>"
                    )));
                }
                Next::Eof if self.meter.total.get() == 0 => return Err(self.refused("the file is empty")),
                Next::Eof => return Err(self.refused("this is no XML")),
                Next::Text if !self.text.trim().is_empty() => return Err(self.refused("this is no XML")),
                _ => {}
            }
        }
    }

    /// Opens the next child of the open element; false: it has ended.
    pub(super) fn child(&mut self) -> Result<bool, Unreadable> {
        loop {
            match self.next()? {
                Next::Child => return Ok(true),
                Next::End => return Ok(false),
                Next::Text => self.text.clear(),
                Next::Eof => return Err(self.truncated()),
            }
        }
    }

    /// Reads the text of the open element, and closes it.
    pub(super) fn text(&mut self) -> Result<&str, Unreadable> {
        self.text.clear();
        loop {
            match self.next()? {
                Next::Text => {}
                Next::End => return Ok(&self.text),
                Next::Child => return Err(self.refused("there is an element where a value is expected")),
                Next::Eof => return Err(self.truncated()),
            }
        }
    }

    /// Reads to the end of the open element; whether there is anything in it besides nothing and noughts.
    pub(super) fn skip(&mut self) -> Result<bool, Unreadable> {
        let within = self.open.len();
        let mut data = false;
        self.text.clear();
        loop {
            match self.next()? {
                Next::Text => {}
                Next::Child => self.text.clear(),
                Next::End => {
                    data = data || says_something(&self.text);
                    self.text.clear();
                    if self.open.len() < within {
                        return Ok(data);
                    }
                }
                Next::Eof => return Err(self.truncated()),
            }
        }
    }

    /// Reads what is after the root, which may only be space and comments.
    pub(super) fn end(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.next()? {
                Next::Eof => return Ok(()),
                Next::Text if self.text.trim().is_empty() => self.text.clear(),
                _ => return Err(self.refused("there is more after the end of the plan")),
            }
        }
    }

    /// Reads the value of the open element by `read`; empty is none.
    pub(super) fn value<T, W: std::fmt::Display>(
        &mut self,
        read: impl FnOnce(&str) -> Result<T, W>,
    ) -> Result<Option<T>, Unreadable> {
        let name = self.name().to_owned();
        let text = self.text()?.trim();
        if text.is_empty() {
            return Ok(None);
        }
        match read(text) {
            Ok(value) => Ok(Some(value)),
            Err(why) => {
                let why = format!("“{}” {why}", shortened(text));
                Err(self.refused_at(self.line, Some(&name), why))
            }
        }
    }

    /// A whole number.
    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, Unreadable> {
        self.value(|text| {
            text.parse::<i64>()
                .ok()
                .and_then(|number| T::try_from(number).ok())
                .ok_or("isn’t a whole number that fits here")
        })
    }

    /// A number with or without a fraction, zero or more.
    pub(super) fn amount(&mut self) -> Result<Option<f64>, Unreadable> {
        self.value(|text| {
            text.parse::<f64>()
                .ok()
                .filter(|number| number.is_finite() && *number >= 0.0)
                .ok_or("isn’t a number, zero or more")
        })
    }

    /// Yes or no; nothing is no.
    pub(super) fn flag(&mut self) -> Result<bool, Unreadable> {
        let flag = self.value(|text| match text {
            "1" | "true" | "True" => Ok(true),
            "0" | "false" | "False" => Ok(false),
            _ => Err("is neither 0 nor 1"),
        })?;
        Ok(flag.unwrap_or(false))
    }
}

/// Whether a value is more than nothing, nought, no time or no.
fn says_something(text: &str) -> bool {
    let text = text.trim();
    let nought = text.parse::<f64>().is_ok_and(|number| number == 0.0) || value::duration(text) == Ok(0);
    !(text.is_empty() || text == "false" || nought)
}

/// A foreign text, short enough for an error.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(79).chain(['…']).collect() }
}
