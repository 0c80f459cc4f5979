//! Which call an event speaks of, and what of it is still to be learned: some servers number no items, others give every
//! item the same number, again others name an item anew in each event, and most tell a call three times.

use super::event::Event;
use crate::wire::calls::Piece;
use crate::wire::loose::Loose;

/// What an event says about the place of what it speaks of.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) index: Option<String>,
    pub(super) item: Option<String>,
}

impl Place {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let said = |raw: Option<_>| raw.and_then(Loose::of);
        Self { index: said(event.output_index), item: said(event.item_id) }
    }
}

/// The calls that began, in their order.
#[derive(Debug, Default)]
pub(super) struct Begun(Vec<Call>);

/// A call that began: what later events may know it by.
#[derive(Debug, Default)]
struct Call {
    place: Place,
    id: Option<String>,
    name: Option<String>,
    has_arguments: bool,
}

impl Begun {
    /// The call that arguments at a place belong to.
    pub(super) fn at(&self, place: &Place) -> Option<usize> {
        let last = |fits: &dyn Fn(&Call) -> bool| self.0.iter().rposition(fits);
        let by_item = place.item.as_ref().and_then(|item| {
            last(&|call| call.place.item.as_ref() == Some(item) || call.id.as_ref() == Some(item))
        });
        by_item.or_else(|| match &place.index {
            Some(index) => last(&|call| call.place.index.as_ref() == Some(index)),
            None => last(&|_| true),
        })
    }

    /// The call that an item is of. One of the same id and another name is another call.
    pub(super) fn of(&self, item: &Piece<'_>, place: &Place) -> Option<usize> {
        let is_it = |call: &Call| {
            let names = call.name.as_deref().zip(item.name.as_deref());
            names.is_none_or(|(own, other)| own == other) && call.id.as_deref() == item.id.as_deref()
        };
        let by_id = item.id.as_ref().and_then(|_| self.0.iter().rposition(is_it));
        let has_no_id = |at: &usize| self.0.get(*at).is_some_and(|call| call.id.is_none());
        by_id.or_else(|| self.at(place).filter(has_no_id))
    }

    /// A new call; its number.
    pub(super) fn begin(&mut self, place: Place) -> usize {
        self.0.push(Call { place, ..Call::default() });
        self.0.len().saturating_sub(1)
    }

    pub(super) fn has_arguments(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|call| call.has_arguments)
    }

    /// What of a whole call was not told before. Nothing comes to replace what was.
    pub(super) fn new_of<'a>(&self, at: usize, whole: Piece<'a>) -> Piece<'a> {
        let Some(call) = self.0.get(at) else { return whole };
        Piece {
            index: None,
            id: whole.id.filter(|_| call.id.is_none()),
            name: whole.name.filter(|_| call.name.is_none()),
            arguments: if call.has_arguments { "".into() } else { whole.arguments },
        }
    }

    /// Remembers what a piece of a call tells.
    pub(super) fn learn(&mut self, at: usize, piece: &Piece<'_>) {
        if let Some(call) = self.0.get_mut(at) {
            call.id = call.id.take().or_else(|| piece.id.as_deref().map(str::to_owned));
            call.name = call.name.take().or_else(|| piece.name.as_deref().map(str::to_owned));
            call.has_arguments |= !piece.arguments.is_empty();
        }
    }
}
