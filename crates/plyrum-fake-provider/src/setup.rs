//! What a server is besides its script.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::door::Door;
use crate::log::Copied;
use crate::oauth::OAuth;
use crate::routes::Routes;
use crate::script::Script;
use crate::server::FakeProvider;

/// A server to be started: a script and what stands around it.
///
/// ```
/// use plyrum_fake_provider::{OAuth, Reply, Script, Setup};
///
/// let script = Script::new().always(Reply::answer("Hello", 3, 1));
/// let fake = Setup::new(script).models(&["small", "large"]).oauth(OAuth::new()).spawn();
/// assert!(fake.oauth_url().starts_with("http://127.0.0.1:"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub(crate) script: Script,
    pub(crate) routes: Routes,
    pub(crate) door: Door,
    pub(crate) copied: Option<Copied>,
}

impl Setup {
    /// A server that answers by this script and knows nothing else.
    pub fn new(script: Script) -> Self {
        Self { script, ..Self::default() }
    }

    /// Lists these models at every wire's own path, and owns up to being an Ollama at `/api/version`.
    #[must_use]
    pub fn models(mut self, names: &[&str]) -> Self {
        self.routes.models = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Gives out tokens, and speaks GigaChat's dialect where OpenAI's chat would be.
    #[must_use]
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        self.routes.oauth = Some(oauth);
        self
    }

    /// Writes each request to this too, as it comes: one line of JSON.
    #[must_use]
    pub fn copied_to(mut self, to: impl Write + Send + 'static) -> Self {
        self.copied = Some(Copied(Arc::new(Mutex::new(to))));
        self
    }

    /// Receives connections in another way.
    #[must_use]
    pub fn door(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    /// Speaks TLS with this certificate chain and key, both PEM.
    #[must_use]
    pub fn tls(self, certificates: &str, key: &str) -> Self {
        self.door(Door::Tls { certificates: certificates.to_owned(), key: key.to_owned() })
    }

    /// Starts it on a free loopback port.
    ///
    /// # Panics
    /// When no port or thread is to be had, or the certificate makes no sense.
    pub fn spawn(self) -> FakeProvider {
        match self.listen(SocketAddr::from(([127, 0, 0, 1], 0))) {
            Ok(server) => server,
            Err(error) => panic!("the fake provider cannot start on 127.0.0.1: {error}"),
        }
    }

    /// Starts it on this address.
    pub fn listen(self, address: SocketAddr) -> io::Result<FakeProvider> {
        FakeProvider::open(self, address)
    }
}
