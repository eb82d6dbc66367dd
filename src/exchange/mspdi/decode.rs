//! Bytes to UTF-8, whatever the file's encoding: by its byte order mark, else by its XML declaration, else UTF-8. The decoder
//! also keeps account of how much was read since the parser last gave something back, so that no single text can grow large.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// How many bytes are decoded at once.
const CHUNK: usize = 64 * 1024;

/// What was read, shared between the decoder and the parser.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// UTF-8 bytes since the parser's last event.
    pub(super) pending: Cell<u64>,
    /// UTF-8 bytes in all.
    pub(super) total: Cell<u64>,
}

/// Reads UTF-8 out of any encoding that XML files come in.
pub(super) struct Utf8<R> {
    source: R,
    decoder: Decoder,
    meter: Rc<Meter>,
    most_pending: u64,
    most_total: u64,
    raw: Vec<u8>,
    raw_at: usize,
    ended: bool,
    finished: bool,
    out: Vec<u8>,
    out_at: usize,
}

/// Why a file's bytes can't be taken.
fn refused(why: impl Into<String>) -> io::Error {
    io::Error::other(why.into())
}

impl<R: Read> Utf8<R> {
    pub(super) fn new(
        mut source: R,
        meter: Rc<Meter>,
        most_pending: u64,
        most_total: u64,
    ) -> io::Result<Self> {
        let mut raw = Vec::with_capacity(CHUNK);
        source.by_ref().take(1024).read_to_end(&mut raw)?;
        let (encoding, skip) = encoding_of(&raw)?;
        Ok(Self {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            meter,
            most_pending: most_pending.saturating_add(CHUNK as u64),
            most_total,
            raw,
            raw_at: skip,
            ended: false,
            finished: false,
            out: Vec::with_capacity(CHUNK),
            out_at: 0,
        })
    }

    fn fill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.out_at = 0;
        let mut buffer = vec![0_u8; CHUNK];
        while self.out.is_empty() && !self.finished {
            if self.raw_at == self.raw.len() && !self.ended {
                self.raw.resize(CHUNK, 0);
                let read = self.source.read(&mut self.raw)?;
                self.raw.truncate(read);
                self.raw_at = 0;
                self.ended = read == 0;
            }
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                self.raw.get(self.raw_at..).unwrap_or_default(),
                &mut buffer,
                self.ended,
            );
            self.raw_at += read;
            match result {
                DecoderResult::Malformed(..) => {
                    return Err(refused(format!("it isn’t {} throughout", self.decoder.encoding().name())));
                }
                DecoderResult::InputEmpty => self.finished = self.ended,
                DecoderResult::OutputFull => {}
            }
            self.out.extend_from_slice(buffer.get(..written).unwrap_or_default());
        }
        let got = self.out.len() as u64;
        self.meter.total.set(self.meter.total.get() + got);
        self.meter.pending.set(self.meter.pending.get() + got);
        if self.meter.total.get() > self.most_total {
            return Err(refused(format!("it is larger than {} MB", self.most_total >> 20)));
        }
        if self.meter.pending.get() > self.most_pending {
            return Err(refused("a single text, comment or tag in it is too long"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.out_at == self.out.len() {
            self.fill()?;
        }
        let ready = self.out.get(self.out_at..).unwrap_or_default();
        let count = ready.len().min(into.len());
        into[..count].copy_from_slice(&ready[..count]);
        self.out_at += count;
        Ok(count)
    }
}

/// The encoding of a file that begins so, and how long its byte order mark is.
fn encoding_of(head: &[u8]) -> io::Result<(&'static Encoding, usize)> {
    if let Some((encoding, length)) = Encoding::for_bom(head) {
        return Ok((encoding, length));
    }
    match head {
        [b'<', 0, ..] => return Ok((UTF_16LE, 0)),
        [0, b'<', ..] => return Ok((UTF_16BE, 0)),
        _ => {}
    }
    let declaration = head.split(|byte| *byte == b'>').next().unwrap_or_default();
    let text = String::from_utf8_lossy(declaration);
    let Some((_, after)) = text.starts_with("<?xml").then(|| text.split_once("encoding")).flatten() else {
        return Ok((UTF_8, 0));
    };
    let label: String = after
        .chars()
        .skip_while(|c| c.is_whitespace() || matches!(c, '=' | '"' | '\''))
        .take_while(|c| !matches!(c, '"' | '\''))
        .collect();
    match Encoding::for_label(label.as_bytes()) {
        // It says UTF-16, but there are single bytes.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok((UTF_8, 0)),
        Some(encoding) => Ok((encoding, 0)),
        None => {
            Err(refused(format!("its encoding “{}” isn’t known", label.chars().take(40).collect::<String>())))
        }
    }
}
