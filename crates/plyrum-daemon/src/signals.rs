//! What the system and the terminal ask of the daemon. INT, TERM and the hang-up of a terminal end it in order; a
//! second INT or TERM makes it hurry: what still runs is then left to the next start. A hang-up that its starter
//! chose to ignore (`nohup`) is ignored.

use crate::log;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Bit of SIGHUP in a mask of the system.
const HANG_UP_BIT: u64 = 1;

/// What was asked so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Nothing,
    ToEnd,
    ToHurry,
}

/// Signals that came since it was made.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    asked: watch::Receiver<Asked>,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        let (asked, signals) = Self::of_none();
        let (Ok(term), Ok(interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            log::line("cannot listen for signals");
            return signals;
        };
        let hang_up = if hang_up_is_ignored() { None } else { signal(SignalKind::hangup()).ok() };
        tokio::spawn(hear(term, interrupt, hang_up, asked));
        signals
    }

    fn of_none() -> (watch::Sender<Asked>, Self) {
        let (sender, asked) = watch::channel(Asked::Nothing);
        (sender, Self { asked })
    }

    /// Waits until it should end.
    pub(crate) async fn to_end(&self) {
        self.at_least(Asked::ToEnd).await;
    }

    /// Waits until it should end at once.
    pub(crate) async fn to_hurry(&self) {
        self.at_least(Asked::ToHurry).await;
    }

    async fn at_least(&self, wanted: Asked) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked >= wanted).await.is_err() {
            std::future::pending::<()>().await; // nobody listens, so nothing will come
        }
    }
}

async fn hear(
    mut term: Signal,
    mut interrupt: Signal,
    mut hang_up: Option<Signal>,
    asked: watch::Sender<Asked>,
) {
    loop {
        let hung_up = async {
            match &mut hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => ask(&asked),
            _ = interrupt.recv() => ask(&asked),
            _ = hung_up => asked.send_modify(|asked| *asked = (*asked).max(Asked::ToEnd)),
        }
    }
}

/// To end, then to hurry.
fn ask(asked: &watch::Sender<Asked>) {
    asked.send_modify(|asked| {
        *asked = if *asked == Asked::Nothing { Asked::ToEnd } else { Asked::ToHurry };
    });
}

fn hang_up_is_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hang_up(&status))
}

fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & HANG_UP_BIT != 0)
}

/// Signals that the test gives: each call is an INT.
#[cfg(test)]
pub(crate) fn by_hand() -> (impl Fn(), Signals) {
    let (asked, signals) = Signals::of_none();
    (move || ask(&asked), signals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hang_up_is_read_from_the_systems_mask() {
        let status = |mask: &str| format!("Name:\tplyrum\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        assert!(ignores_hang_up(&status("0000000000001001")));
        assert!(!ignores_hang_up(&status("0000000000001000")) && !ignores_hang_up("Name:\tplyrum\n"));
    }

    #[tokio::test]
    async fn the_first_signal_ends_and_the_second_hurries() {
        let (signal, signals) = by_hand();
        signal();
        signals.to_end().await;
        let mut hurry = std::pin::pin!(signals.to_hurry());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(hurry.as_mut().poll(&mut context).is_pending());
        signal();
        hurry.await;
        signals.to_end().await;
    }
}
