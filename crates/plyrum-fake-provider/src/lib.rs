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
//! A script is written once, in words of the domain, and spoken in the dialect of the path that is asked:
//! `…/chat/completions`, `…/responses`, `…/v1/messages`, `…:streamGenerateContent` and `:generateContent`,
//! `…/api/chat`. A request for no stream (`"stream": false`) gets the same answer as one JSON body.
//!
//! Time belongs to the test: a reply is held by a *gate* until the test releases it. The server runs in its
//! own thread and runtime, so paused or blocked clocks on the other side do not disturb it.

mod deaf;
mod dialect;
mod door;
mod gzip;
mod http;
mod log;
mod oauth;
mod play;
mod render;
mod reply;
mod routes;
mod script;
mod server;
mod setup;
mod step;

pub use deaf::DeafPort;
pub use door::Door;
pub use log::Request;
pub use oauth::OAuth;
pub use reply::{Framing, Reply, Shape};
pub use script::{Script, ScriptError};
pub use server::FakeProvider;
pub use setup::Setup;
pub use step::{Counts, Fault, Step};
