//! Who is connected: how many, and whether anybody may still come in.
//!
//! Coming in and closing the door are one decision under one lock, so a daemon that ends since nobody is there
//! has turned away, before its hello, everyone whom it will not serve; such a client starts another daemon.

use std::sync::Arc;
use tokio::sync::watch;

/// Most clients at once; the next is turned away.
pub(crate) const MAX_VISITORS: usize = 256;

/// The clients that are connected.
#[derive(Debug)]
pub(crate) struct Visitors {
    inside: watch::Sender<Inside>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Inside {
    count: usize,
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

/// A client's place while it is connected.
#[derive(Debug)]
pub(crate) struct Place {
    visitors: Arc<Visitors>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.visitors.inside.send_modify(|inside| inside.count -= 1);
    }
}

impl Default for Visitors {
    fn default() -> Self {
        Self { inside: watch::channel(Inside::default()).0 }
    }
}

impl Visitors {
    /// Lets a client in.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Place, Refused> {
        let mut refused = None;
        self.inside.send_if_modified(|inside| {
            refused = match inside {
                Inside { closed: true, .. } => Some(Refused::Closed),
                Inside { count: MAX_VISITORS.., .. } => Some(Refused::Full),
                Inside { .. } => None,
            };
            if refused.is_none() {
                inside.count += 1;
                inside.entered += 1;
            }
            refused.is_none()
        });
        match refused {
            None => Ok(Place { visitors: Arc::clone(self) }),
            Some(why) => Err(why),
        }
    }

    /// Lets nobody in any more, where nobody is inside. False: somebody is.
    pub(crate) fn close_if_empty(&self) -> bool {
        self.inside.send_if_modified(|inside| {
            inside.closed |= inside.count == 0;
            inside.closed
        })
    }

    /// Waits until nobody is inside.
    pub(crate) async fn all_gone(&self) {
        let mut watch = self.inside.subscribe();
        let _sender_lives_in_self = watch.wait_for(|inside| inside.count == 0).await;
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
        assert_eq!(visitors.enter().unwrap_err(), Refused::Full);
        places.pop();
        visitors.enter().unwrap();
    }
}
