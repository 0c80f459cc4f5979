//! What a client meets before HTTP: plain TCP, TLS, or a handshake that never becomes one.

use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};
use tokio_rustls::server::TlsStream;

/// How connections are received.
#[derive(Clone, Default)]
pub enum Door {
    /// HTTP over bare TCP.
    #[default]
    Plain,
    /// HTTP over TLS.
    Tls {
        /// The server's certificate and those that lead to its issuer, PEM.
        certificates: String,
        /// The private key, PEM.
        key: String,
    },
    /// The first bytes are answered with a TCP reset: a handshake that breaks.
    Reset,
    /// The first bytes are answered by hanging up.
    Fin,
    /// Connections are accepted and nothing is ever said.
    Silent,
}

/// The key is not for printing, test key or not.
impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Tls { .. } => "Tls",
            Self::Reset => "Reset",
            Self::Fin => "Fin",
            Self::Silent => "Silent",
        })
    }
}

impl Door {
    pub(crate) fn scheme(&self) -> &'static str {
        if matches!(self, Self::Tls { .. }) { "https" } else { "http" }
    }
}

/// What TLS needs, read once; nothing for other doors.
pub(crate) fn acceptor(door: &Door) -> Result<Option<TlsAcceptor>> {
    let Door::Tls { certificates, key } = door else { return Ok(None) };
    let bad = |error: &dyn fmt::Display| Error::new(ErrorKind::InvalidInput, error.to_string());
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates.as_bytes())
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| bad(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| bad(&error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| bad(&error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| bad(&error))?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// A connection that HTTP is spoken over.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// The TCP connection below, for a reset.
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}
