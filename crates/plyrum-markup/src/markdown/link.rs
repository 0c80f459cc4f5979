//! Addresses: a person sees the whole of where a link leads, and only the web is a link.

use super::ink::Ink;
use crate::line::Tone;
use crate::sanitize::cell;

/// A link or an image whose text is being written.
#[derive(Debug)]
pub(super) struct Link {
    address: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// With where its text begins.
    Link(usize),
    Image,
}

impl Link {
    pub(super) fn to(address: &str, ink: &Ink) -> Self {
        Self { address: cell(address), kind: Kind::Link(ink.written()) }
    }

    pub(super) fn image(address: &str, ink: &mut Ink) -> Self {
        ink.write_as("[image: ", Tone::Dim);
        Self { address: cell(address), kind: Kind::Image }
    }

    /// Writes the address behind the text, unless the text is the address.
    pub(super) fn end(self, ink: &mut Ink) {
        let tone = if is_web(&self.address) { Tone::Link } else { Tone::Dim };
        match self.kind {
            Kind::Image => {
                ink.write_as("] ", Tone::Dim);
                ink.write_as(&self.address, tone);
            }
            Kind::Link(_) if self.address.is_empty() => {}
            Kind::Link(start) => match ink.since(start) {
                text if text == self.address => {}
                text if text.is_empty() => ink.write_as(&format!("<{}>", self.address), tone),
                _ => ink.write_as(&format!(" <{}>", self.address), tone),
            },
        }
    }
}

/// Whether an address leads to the web: nothing else is a link.
pub(super) fn is_web(address: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}
