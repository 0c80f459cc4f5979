//! Who is connected: how many, and whether anybody may still come in.
//!
//! Coming in and closing the door are one decision under one lock, so a daemon that ends since nobody is there
//! has turned away, before its hello, everyone whom it will not serve; such a client starts another daemon.
//!
//! A full house can still be asked how it is and told to end: some places more are for that alone, and for a
//! moment only.

use plyrum_protocol::{ErrorKind, Fault};
use std::sync::Arc;
use tokio::sync::watch;

/// Most clients at once; the next may only ask for what everybody may ([`Seat::Doorstep`]).
const MAX_VISITORS: usize = 256;
/// Most clients beyond those; the next is turned away.
const MAX_ON_DOORSTEP: usize = 16;

/// The clients that are connected.
#[derive(Debug)]
pub(crate) struct Visitors {
    inside: watch::Sender<Inside>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Inside {
    count: usize,
    on_doorstep: usize,
    /// Ever, so that somebody who came and went is noticed.
    entered: u64,
    closed: bool,
}

/// Why a client is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There are too many.
    Full,
    /// The daemon ends.
    Closed,
}

/// What a client may do where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat {
    /// Everything.
    Inside,
    /// There are too many: only `status`, `drain` and `stop`, and only for a moment.
    Doorstep,
}

/// A client's place while it is connected.
#[derive(Debug)]
pub(crate) struct Place {
    visitors: Arc<Visitors>,
    pub(crate) seat: Seat,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.visitors.inside.send_modify(|inside| *inside.taken(self.seat) -= 1);
    }
}

impl Inside {
    fn taken(&mut self, seat: Seat) -> &mut usize {
        match seat {
            Seat::Inside => &mut self.count,
            Seat::Doorstep => &mut self.on_doorstep,
        }
    }

    fn is_empty(&self) -> bool {
        self.count == 0 && self.on_doorstep == 0
    }

    /// Where the next one may go.
    fn free(self) -> Result<Seat, Refused> {
        match self {
            Self { closed: true, .. } => Err(Refused::Closed),
            Self { count: ..MAX_VISITORS, .. } => Ok(Seat::Inside),
            Self { on_doorstep: ..MAX_ON_DOORSTEP, .. } => Ok(Seat::Doorstep),
            Self { .. } => Err(Refused::Full),
        }
    }
}

/// Why a client gets no further.
pub(crate) fn too_many() -> Fault {
    let message = format!("{MAX_VISITORS} clients are connected, which is the limit");
    Fault::new(ErrorKind::DaemonUnreachable, message).hint("end some of them, then ask again")
}

impl Default for Visitors {
    fn default() -> Self {
        Self { inside: watch::channel(Inside::default()).0 }
    }
}

impl Visitors {
    /// Lets a client in.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Place, Refused> {
        let mut free = Err(Refused::Closed);
        self.inside.send_if_modified(|inside| {
            free = inside.free();
            if let Ok(seat) = free {
                *inside.taken(seat) += 1;
                inside.entered += 1;
            }
            free.is_ok()
        });
        free.map(|seat| Place { visitors: Arc::clone(self), seat })
    }

    /// Lets nobody in any more, where nobody is inside. False: somebody is.
    pub(crate) fn close_if_empty(&self) -> bool {
        self.inside.send_if_modified(|inside| {
            inside.closed |= inside.is_empty();
            inside.closed
        })
    }

    /// Waits until nobody is inside.
    pub(crate) async fn all_gone(&self) {
        let mut watch = self.inside.subscribe();
        let _sender_lives_in_self = watch.wait_for(Inside::is_empty).await;
    }

    /// Waits for somebody who comes after this call, also where they are gone again when it is awaited.
    pub(crate) fn somebody(&self) -> impl Future<Output = ()> + use<> {
        let mut watch = self.inside.subscribe();
        let before = watch.borrow_and_update().entered;
        async move {
            let _door_is_gone = watch.wait_for(|inside| inside.entered != before).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_door_closes_only_behind_the_last_one_and_then_for_everybody() {
        let visitors = Arc::new(Visitors::default());
        let place = visitors.enter().unwrap();
        assert!(!visitors.close_if_empty());
        drop(place);
        visitors.all_gone().await;
        assert!(visitors.close_if_empty());
        assert_eq!(visitors.enter().unwrap_err(), Refused::Closed);
    }

    #[test]
    fn places_are_bounded_and_come_free() {
        let visitors = Arc::new(Visitors::default());
        let mut places: Vec<Place> = (0..MAX_VISITORS).map(|_| visitors.enter().unwrap()).collect();
        assert!(places.iter().all(|place| place.seat == Seat::Inside));
        let doorstep: Vec<Place> = (0..MAX_ON_DOORSTEP).map(|_| visitors.enter().unwrap()).collect();
        assert!(doorstep.iter().all(|place| place.seat == Seat::Doorstep));
        assert_eq!(visitors.enter().unwrap_err(), Refused::Full);
        places.pop();
        places.push(visitors.enter().unwrap());
        assert_eq!(places.last().map(|place| place.seat), Some(Seat::Inside), "the doorstep takes no place");
        places.clear();
        assert!(!visitors.close_if_empty(), "somebody is on the doorstep");
        drop(doorstep);
        assert!(visitors.close_if_empty());
    }
}
