//! The thin driver of the screen: brings keys, frames and answers to the model, carries out what it asks for, and draws
//! when something changed.
//!
//! One thread owns model and terminal and never waits for anything but the next thing to happen: keys are read where they
//! are drawn, so an echo passes through no queue. Whatever may take time (the daemon, files, the ledger) happens on tokio's
//! threads and comes back as a message. Frames of a stream are merged into one picture each sixtieth of a second; a key is
//! drawn at once.
//!
//! Reading order: this file (the loop) → `screen` (the terminal's state) → `wake` (what the loop waits on) → `carry` (effects)
//! → `link` (the daemon).

mod carry;
mod clipboard;
mod clock;
mod editor;
mod files;
mod link;
mod screen;
mod side;
mod source;
mod wake;
mod withdrawn;

pub use files::read as read_named;
pub use source::{DeskSource, Sources};

use crate::app::{App, Effect, Farewell, Message, Setup};
use crate::view;
use carry::Carrier;
use crossterm::event::{self, Event};
use plyrum_client::Launch;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, Hello, Timestamp};
use screen::Screen;
use std::io;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use wake::{Elsewhere, Happened, Teller, Wake};

/// Messages that may wait for the loop; whoever sends more waits, and so does the daemon behind it.
const QUEUE: usize = 1024;
/// Messages that are taken before keys are looked for again.
const BATCH: usize = 256;
/// A stream is drawn at most so often.
const FRAME: Duration = Duration::from_micros(16_667);

/// What the screen is given by the program that it is a part of.
#[derive(Debug)]
pub struct Desk {
    /// Where everything of this user is.
    pub paths: Paths,
    /// What this client says of itself.
    pub hello: Hello,
    /// How to start a daemon.
    pub launch: Launch,
    /// What is read from files.
    pub sources: Sources,
    /// The working directory.
    pub workspace: Option<String>,
    /// Makes ids that nobody else has.
    pub new_id: fn() -> Result<String, Fault>,
    /// How the screen is set up.
    pub setup: Setup,
}

/// Shows the screen until its user leaves.
pub fn run(desk: Desk) -> Result<Farewell, Fault> {
    let internal = |e: io::Error| Fault::new(ErrorKind::Internal, format!("cannot show the screen: {e}"));
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .map_err(internal)?;
    let (mut wake, teller_end) = Wake::new().map_err(internal)?;
    let (tell, told) = mpsc::channel(QUEUE);
    let screen = Screen::enter().map_err(internal)?;
    let teller = Teller::new(tell, teller_end);
    let Desk { paths, hello, launch, sources, workspace, new_id, setup } = desk;
    let client = setup.client.clone();
    let carrier = {
        let _inside = tokio.enter();
        Carrier::start(carry::Means { paths, hello, launch, sources, workspace, new_id, client, teller })
    };
    // Grammars take a while to load, and the first answer may have code in it.
    tokio.spawn_blocking(plyrum_markup::warm);
    let (app, effects) = App::new(setup);
    let elsewhere = wake.elsewhere();
    let mut desk = Loop { app, screen, carrier, elsewhere, told, is_dirty: true, drawn: None };
    desk.carry_out(effects).map_err(internal)?;
    let farewell = desk.go(&mut wake).map_err(internal);
    drop(desk);
    // What is still under way belongs to the daemon; nobody waits for it here.
    tokio.shutdown_background();
    farewell
}

struct Loop {
    app: App,
    screen: Screen,
    carrier: Carrier,
    elsewhere: Elsewhere,
    told: mpsc::Receiver<Message>,
    /// Something changed since the last picture.
    is_dirty: bool,
    drawn: Option<Instant>,
}

impl Loop {
    fn go(&mut self, wake: &mut Wake) -> io::Result<Farewell> {
        loop {
            let has_key = match self.keys()? {
                Went::On(has_key) => has_key,
                Went::Away(farewell) => return Ok(farewell),
            };
            if let Went::Away(farewell) = self.messages()? {
                return Ok(farewell);
            }
            if self.app.wakes_at().is_some_and(|at| at <= clock::now())
                && let Went::Away(farewell) = self.take(Message::Tick)?
            {
                return Ok(farewell);
            }
            let since = self.drawn.map_or(FRAME, |at| at.elapsed());
            if self.is_dirty && (has_key || since >= FRAME) {
                self.draw()?;
            }
            let happened = wake.wait(self.patience())?;
            if let Some(why) = Screen::panicked() {
                return Err(io::Error::other(why));
            }
            for happened in happened {
                let message = match happened {
                    Happened::Resized => {
                        self.is_dirty = true;
                        continue;
                    }
                    Happened::Terminated { code } => Message::Terminate { code },
                    Happened::Stopped => {
                        self.screen.suspend()?;
                        Message::Continued
                    }
                };
                if let Went::Away(farewell) = self.take(message)? {
                    return Ok(farewell);
                }
            }
        }
    }

    /// How long nothing can happen that nobody tells of.
    fn patience(&self) -> Option<Duration> {
        if !self.told.is_empty() {
            return Some(Duration::ZERO);
        }
        let frame = self.is_dirty.then(|| FRAME.saturating_sub(self.drawn.map_or(FRAME, |at| at.elapsed())));
        let timer = self.app.wakes_at().map(|at| Duration::from_millis(at.millis_since(clock::now())));
        [frame, timer].into_iter().flatten().min()
    }

    /// Takes every key that is there.
    fn keys(&mut self) -> io::Result<Went> {
        let mut has_key = false;
        while event::poll(Duration::ZERO)? {
            let message = match event::read()? {
                Event::Key(key) => Message::Key(key),
                Event::Paste(text) => Message::Paste(text),
                Event::Mouse(mouse) => Message::Mouse(mouse),
                Event::FocusGained => Message::Focus(true),
                Event::FocusLost => Message::Focus(false),
                Event::Resize(..) => {
                    self.is_dirty = true;
                    continue;
                }
            };
            has_key = true;
            if let Went::Away(farewell) = self.take(message)? {
                return Ok(Went::Away(farewell));
            }
        }
        Ok(Went::On(has_key))
    }

    fn messages(&mut self) -> io::Result<Went> {
        for _ in 0..BATCH {
            let Ok(message) = self.told.try_recv() else { break };
            if let Went::Away(farewell) = self.take(message)? {
                return Ok(Went::Away(farewell));
            }
        }
        Ok(Went::On(false))
    }

    fn take(&mut self, message: Message) -> io::Result<Went> {
        self.is_dirty = true;
        let effects = self.app.update(clock::now(), message);
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<Went> {
        for effect in effects {
            match effect {
                Effect::Quit(farewell) => return Ok(Went::Away(farewell)),
                Effect::Redraw => self.screen.clear()?,
                Effect::Suspend => {
                    self.screen.suspend()?;
                    self.is_dirty = true;
                }
                Effect::Edit(text) => {
                    let edited = self.screen.without(|| self.elsewhere.during(|| editor::edit(&text)))?;
                    let reply = Message::Reply(crate::app::Reply::Edited(edited));
                    let effects = self.app.update(clock::now(), reply);
                    if let Went::Away(farewell) = self.carry_out(effects)? {
                        return Ok(Went::Away(farewell));
                    }
                }
                Effect::CaptureMouse(on) => self.screen.capture_mouse(on)?,
                Effect::Notify(text) => Screen::notify(&text)?,
                Effect::Copy(text) => {
                    Screen::copy(&text)?;
                    clipboard::copy(&text);
                    let reply = Message::Reply(crate::app::Reply::Copied(text.len()));
                    let _none = self.app.update(clock::now(), reply);
                }
                effect => self.carrier.carry_out(effect),
            }
        }
        Ok(Went::On(false))
    }

    fn draw(&mut self) -> io::Result<()> {
        let app = &mut self.app;
        app.tell_time(clock::now());
        self.screen.draw(|area, buffer| {
            view::prepare(app, area);
            view::draw(app, area, buffer)
        })?;
        (self.is_dirty, self.drawn) = (false, Some(Instant::now()));
        if let Some(effect) = self.app.look_ahead() {
            self.carrier.carry_out(effect);
        }
        Ok(())
    }
}

/// What came of something.
enum Went {
    /// It goes on; whether there was a key.
    On(bool),
    /// Its user leaves.
    Away(Farewell),
}

/// Now.
#[must_use]
pub fn now() -> Timestamp {
    clock::now()
}
