//! By which way requests go: what people may be told of it, which is all but the names and passwords that a proxy wants.

use std::path::PathBuf;

/// The way to a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The proxy; none: straight.
    pub proxy: Option<ProxyWay>,
    /// Files of certificates of our own choice: `ca_file`, and what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    pub ca_files: Vec<PathBuf>,
}

/// A proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyWay {
    /// Host and port, nothing else.
    pub address: String,
    /// Who says so.
    pub origin: ProxyOrigin,
}

/// Who says that a proxy is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyOrigin {
    /// The provider's own entry.
    Configuration,
    /// `HTTPS_PROXY` and its kind.
    Environment,
}
