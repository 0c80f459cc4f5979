//! Flushes of files that nobody waits for: a few at once.
//!
//! Each takes a thread while the disk works. Without a bound, a thousand runs that end together would be a thousand
//! threads (or the runtime's limit), each with a stack and a share of the allocator's arenas that stay.

use std::io;
use tokio::sync::Semaphore;

/// Flushes under way; more would not make the disk faster.
const AT_ONCE: u32 = 8;

/// A turn for each flush.
#[derive(Debug)]
pub(crate) struct Flushes {
    turns: Semaphore,
}

impl Default for Flushes {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE as usize) }
    }
}

impl Flushes {
    /// Flushes when it is its turn.
    pub(crate) async fn flush(
        &self,
        flush: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
        tokio::task::spawn_blocking(flush).await.map_err(io::Error::other)?
    }

    /// Waits until those that wait already are done: turns are given in order.
    pub(crate) async fn all_done(&self) {
        let _never_closed = self.turns.acquire_many(AT_ONCE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn few_flush_at_once_and_all_of_them_are_waited_for() {
        let (flushes, under_way, most, done) =
            (Flushes::default(), AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
        let (flushes, counts) = (Arc::new(flushes), Arc::new((under_way, most, done)));
        for _ in 0..50 {
            let (flushes, counts) = (Arc::clone(&flushes), Arc::clone(&counts));
            tokio::spawn(async move {
                let flush = move || {
                    let (under_way, most, done) = &*counts;
                    most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    under_way.fetch_sub(1, Ordering::SeqCst);
                    done.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                };
                flushes.flush(flush).await.unwrap();
            });
        }
        tokio::task::yield_now().await; // every one of them queues for its turn
        flushes.all_done().await;
        assert!(counts.1.load(Ordering::SeqCst) <= AT_ONCE);
        assert_eq!(counts.2.load(Ordering::SeqCst), 50);
    }
}
