//! Calls of tools, put together from their pieces.
//!
//! By the book a piece says by `index` which call it continues, and only the first piece has the id and the
//! name. Many servers leave out the index, send 0 for every call, send whole calls at once, repeat the name, or
//! send no id. So a piece begins a new call if its index or id is a new one, or if it brings a name and what is
//! there cannot go on with it: the name is another, the arguments are whole already, or the same delta spoke of
//! that call before. A piece without a name never begins a call beside another of its index, whatever its id:
//! some servers make up an id for each piece.

use std::borrow::Cow;

use super::protocol;
use crate::call_ids::CallIds;
use crate::{ProviderError, ToolCall};

/// Calls of one answer; more than anyone runs, and a bound on what a server can make us keep.
const MAX_CALLS: usize = 64;
/// Bytes of a tool's name.
const MAX_NAME: usize = 128;
/// Bytes of an id. Some gateways hide a signature of the model's thoughts in it.
const MAX_ID: usize = 64 * 1024;
/// Bytes of one call's arguments.
const MAX_ARGUMENTS: usize = 1024 * 1024;

/// What a piece of a call says. Servers leave empty what others leave out: both are nothing said.
#[derive(Debug, Default)]
pub(crate) struct Piece<'a> {
    pub(crate) index: Option<Cow<'a, str>>,
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) arguments: Cow<'a, str>,
}

impl Piece<'_> {
    /// Some servers send an entry that says nothing with every delta.
    pub(crate) fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.arguments.is_empty()
    }
}

/// The calls of one answer.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    open: Vec<Open>,
    /// Ids that are free in the conversation.
    ids: CallIds,
    /// Deltas that spoke of calls.
    deltas: u64,
}

/// A call of which more may come.
#[derive(Debug, Default)]
struct Open {
    index: Option<String>,
    id: Option<String>,
    name: Option<String>,
    arguments: String,
    nesting: Nesting,
    /// The last delta that spoke of it.
    delta: u64,
}

impl Calls {
    /// No calls yet, in a conversation with calls of these ids.
    pub(crate) fn new(ids: CallIds) -> Self {
        Self { ids, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.open.iter().any(Open::says_something)
    }

    /// The pieces that are taken from now on come in another delta.
    pub(crate) fn next_delta(&mut self) {
        self.deltas += 1;
    }

    /// Takes a piece; whether it began a call.
    ///
    /// # Errors
    /// [`crate::ErrorClass::Protocol`] where a bound is passed.
    pub(crate) fn take(&mut self, piece: &Piece<'_>) -> Result<bool, ProviderError> {
        if piece.is_empty() {
            return Ok(false);
        }
        let at = self.continued(piece);
        if at.is_none() {
            if self.open.len() == MAX_CALLS {
                return Err(protocol(format!("the model calls more than {MAX_CALLS} tools in one answer")));
            }
            let index = piece.index.as_deref().map(str::to_owned);
            self.open.push(Open { index, ..Open::default() });
        }
        let last = self.open.len().saturating_sub(1);
        if let Some(call) = self.open.get_mut(at.unwrap_or(last)) {
            call.delta = self.deltas;
            call.add(piece)?;
        }
        Ok(at.is_none())
    }

    /// Which call a piece continues, if it does not begin one.
    fn continued(&self, piece: &Piece<'_>) -> Option<usize> {
        let last = |fits: &dyn Fn(&Open) -> bool| self.open.iter().rposition(fits);
        let at = match (&piece.index, &piece.id) {
            (Some(index), _) => last(&|call| call.index.as_deref() == Some(index)),
            (None, Some(id)) => last(&|call| call.id.as_deref() == Some(id))
                .or_else(|| if piece.name.is_none() { last(&|_| true) } else { None }),
            (None, None) => last(&|_| true),
        };
        at.filter(|at| self.open.get(*at).is_some_and(|call| !call.is_over_at(piece, self.deltas)))
    }

    /// The calls, as whole as they will ever be, in the order in which they began.
    ///
    /// # Errors
    /// [`crate::ErrorClass::Protocol`] for arguments of a tool that was never named.
    pub(crate) fn finish(&mut self) -> Result<Vec<ToolCall>, ProviderError> {
        let Self { open, ids, .. } = self;
        let said = std::mem::take(open).into_iter().filter(Open::says_something);
        said.map(|call| call.finish(ids)).collect()
    }
}

impl Open {
    /// Whether a piece for this call's place begins another call.
    fn is_over_at(&self, piece: &Piece<'_>, delta: u64) -> bool {
        let Some(name) = piece.name.as_deref() else { return false };
        match (self.id.as_deref(), piece.id.as_deref()) {
            (Some(own), Some(other)) => own != other,
            _ => {
                self.name.as_deref().is_some_and(|own| own != name)
                    || (self.name.is_some() && self.delta == delta)
                    || (self.nesting.is_whole() && !piece.arguments.is_empty())
            }
        }
    }

    fn add(&mut self, piece: &Piece<'_>) -> Result<(), ProviderError> {
        keep_first(&mut self.id, piece.id.as_deref(), MAX_ID, "an id")?;
        keep_first(&mut self.name, piece.name.as_deref(), MAX_NAME, "the name of a tool")?;
        if self.arguments.len() + piece.arguments.len() > MAX_ARGUMENTS {
            return Err(protocol("the model calls a tool with arguments of over 1 MiB"));
        }
        self.arguments.push_str(&piece.arguments);
        self.nesting.read(&piece.arguments);
        Ok(())
    }

    /// An id alone is no call.
    fn says_something(&self) -> bool {
        self.name.is_some() || !self.arguments.trim().is_empty()
    }

    fn finish(self, ids: &mut CallIds) -> Result<ToolCall, ProviderError> {
        let name =
            self.name.ok_or_else(|| protocol("the model calls a tool, but the server does not say which"))?;
        Ok(ToolCall::new(ids.next(self.id), name, self.arguments))
    }
}

fn keep_first(
    kept: &mut Option<String>,
    said: Option<&str>,
    most: usize,
    what: &str,
) -> Result<(), ProviderError> {
    match said {
        Some(said) if said.len() > most => {
            Err(protocol(format!("{what} in the model's call has {} bytes: at most {most}", said.len())))
        }
        Some(said) => {
            kept.get_or_insert_with(|| said.to_owned());
            Ok(())
        }
        None => Ok(()),
    }
}

/// Where in a JSON object a text stands, a byte at a time: parsing anew at each piece would be quadratic.
#[derive(Debug, Default)]
struct Nesting {
    depth: u64,
    string: bool,
    escape: bool,
    closed: bool,
}

impl Nesting {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escape => self.escape = false,
                b'\\' if self.string => self.escape = true,
                b'"' => self.string = !self.string,
                _ if self.string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.closed = self.depth == 0;
                }
                _ => {}
            }
        }
    }

    /// Whether the object is closed: nothing but blanks can go on from here.
    fn is_whole(&self) -> bool {
        self.closed && self.depth == 0 && !self.string
    }
}
