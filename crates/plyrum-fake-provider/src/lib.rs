//! A scripted provider server on real sockets, for tests and for trying things by hand.
//!
//! It exists because the faults that cost users money live between HTTP and TCP: half an answer, a stall, a
//! reset, a usage block that never comes. A mock above the socket cannot show them. It knows nothing of our
//! other crates, so that it cannot share their mistakes.
//!
//! ```
//! use plyrum_fake_provider::{FakeProvider, Reply, Script};
//!
//! let fake = FakeProvider::spawn(Script::new().then(Reply::sse().text("Hel").gate("half").text("lo").end(3, 2)));
//! // … send a request to fake.base_url(), see "Hel", then:
//! fake.release("half");
//! assert!(fake.requests().is_empty());
//! ```
//!
//! Time belongs to the test: a reply is held by a *gate* until the test releases it. The server runs in its
//! own thread and runtime, so paused or blocked clocks on the other side do not disturb it.

mod chunk;
mod http;
mod log;
mod play;
mod script;
mod server;

pub use log::Request;
pub use script::{Framing, Reply, Script, ScriptError, Step};
pub use server::FakeProvider;
