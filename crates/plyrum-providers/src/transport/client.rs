//! From an endpoint to a client: everything is checked at once, the client itself is made when first used,
//! because loading the platform's certificates costs tens of milliseconds that most runs never need.

use std::fmt;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Proxy, Url, redirect, retry};

use super::failure;
use super::token::Tokens;
use crate::wire::{Auth, Format};
use crate::{Endpoint, ErrorClass, ProviderError, ProxyOrigin, ProxyWay, Way};

/// Bytes of a CA file.
const MAX_CA_FILE: u64 = 4 * 1024 * 1024;
/// Idle connections kept per endpoint.
const MAX_IDLE: usize = 32;
/// How long an idle connection is kept.
const IDLE_TIME: Duration = Duration::from_mins(1);

/// A checked endpoint.
pub(super) struct Settings {
    base: Url,
    pub(super) headers: HeaderMap,
    /// Where tokens are lent for the key.
    pub(super) tokens: Option<Tokens>,
    ca_file: Option<PathBuf>,
    certificates: Vec<Certificate>,
    proxy: Option<(Url, Proxy)>,
}

impl Settings {
    pub(super) fn check(endpoint: &Endpoint, format: &dyn Format) -> Result<Self, ProviderError> {
        Ok(Self {
            base: base(endpoint)?,
            headers: headers(endpoint, format)?,
            tokens: tokens(endpoint, format)?,
            ca_file: endpoint.ca_file.clone(),
            certificates: endpoint.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default(),
            proxy: endpoint.proxy.as_deref().map(proxy).transpose()?,
        })
    }

    /// Where a request of this path goes; the path may have a query.
    pub(super) fn url_of(&self, path: &str) -> Result<Url, ProviderError> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{path}"))
            .map_err(|error| config(format!("`{path}` is no path of a URL: {error}")))
    }

    /// Makes the client; off the event loop when certificates are to be loaded.
    pub(super) async fn client(&self, connect: Duration) -> Result<Client, ProviderError> {
        let builder = Client::builder()
            .user_agent(concat!("plyrum/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .http1_only()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(MAX_IDLE)
            .pool_idle_timeout(IDLE_TIME);
        let builder = match &self.proxy {
            Some((_, proxy)) => builder.proxy(proxy.clone()),
            // A proxy elsewhere cannot reach our own loopback.
            None if self.is_loopback() => builder.no_proxy(),
            None => builder,
        };
        // The client wants a TLS set-up even when it will never use one; without roots it costs nothing.
        let builder = if self.may_need_tls() {
            builder.tls_certs_merge(self.certificates.clone())
        } else {
            builder.tls_certs_only([])
        };
        let build = move || {
            // An earlier provider, of another endpoint or of the program's, serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            builder.build().map_err(|error| failure::of_building(&error))
        };
        if !self.may_need_tls() {
            return build();
        }
        tokio::task::spawn_blocking(build).await.unwrap_or_else(|error| {
            Err(ProviderError::new(ErrorClass::Tls, format!("loading the certificates stopped: {error}")))
        })
    }

    /// By which way requests go; the environment is read as the client reads it.
    pub(super) fn way(&self) -> Way {
        let by_environment = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(std::env::var_os);
        let by_environment = by_environment.filter(|_| self.may_need_tls()).map(PathBuf::from);
        Way {
            proxy: self.proxy_way(),
            ca_files: self.ca_file.iter().cloned().chain(by_environment).collect(),
        }
    }

    fn proxy_way(&self) -> Option<ProxyWay> {
        if let Some((url, _)) = &self.proxy {
            let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
            let address = format!("{}{port}", url.host_str()?);
            return Some(ProxyWay { address, origin: ProxyOrigin::Configuration });
        }
        let target: http::Uri = self.base.as_str().parse().ok().filter(|_| !self.is_loopback())?;
        let proxy = Matcher::from_system().intercept(&target)?;
        let host = proxy.uri().host()?;
        let address = proxy.uri().port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(ProxyWay { address, origin: ProxyOrigin::Environment })
    }

    fn may_need_tls(&self) -> bool {
        let by_proxy = match &self.proxy {
            Some((url, _)) => url.scheme() == "https",
            None => !self.is_loopback() && environment_proxy_is_encrypted(),
        };
        by_proxy || self.base.scheme() == "https" || self.tokens.as_ref().is_some_and(Tokens::is_encrypted)
    }

    fn is_loopback(&self) -> bool {
        self.base.host_str().is_some_and(|host| {
            matches!(host, "localhost" | "[::1]")
                || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values and proxy passwords stay out.
        f.debug_struct("Settings").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn config(message: String) -> ProviderError {
    ProviderError::new(ErrorClass::Config, message)
}

fn base(endpoint: &Endpoint) -> Result<Url, ProviderError> {
    let url =
        Url::parse(&endpoint.base_url).map_err(|error| config(format!("base_url is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(config("base_url must begin with http:// or https:// and name a host".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(config("base_url holds a user or password; use api_key instead".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(config(
            "base_url holds a `?` or `#`; it is only the part before what the wire adds".to_owned(),
        ));
    }
    Ok(url)
}

fn headers(endpoint: &Endpoint, format: &dyn Format) -> Result<HeaderMap, ProviderError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
    for (name, value) in format.headers() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(key) = &endpoint.key {
        let shown = match format.auth() {
            Auth::Bearer => Some((AUTHORIZATION, format!("Bearer {}", key.expose()))),
            Auth::Word(word) => Some((AUTHORIZATION, format!("{word} {}", key.expose()))),
            Auth::Header(name) => Some((HeaderName::from_static(name), key.expose().clone())),
            Auth::Lent => None,
        };
        if let Some((name, value)) = shown {
            headers.insert(name, secret_value("api_key", &value)?);
        }
    }
    for (name, value) in &endpoint.headers {
        let key = HeaderName::try_from(name.as_str())
            .map_err(|_| config(format!("`{name}` is not a header name")))?;
        headers.insert(key, secret_value(&format!("header `{name}`"), value)?);
    }
    Ok(headers)
}

/// Who lends tokens for the key; none of wires that want none.
fn tokens(endpoint: &Endpoint, format: &dyn Format) -> Result<Option<Tokens>, ProviderError> {
    if format.auth() != Auth::Lent {
        return Ok(None);
    }
    let lender = endpoint.lender.as_ref().ok_or_else(|| config("it has no auth_url".to_owned()))?;
    let Some(key) = &endpoint.key else {
        return Err(config("it has no api_key to be lent a token for".to_owned()));
    };
    let url = Url::parse(&lender.url).map_err(|error| config(format!("auth_url is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(config("auth_url must begin with http:// or https:// and name a host".to_owned()));
    }
    let key = secret_value("api_key", &format!("Basic {}", key.expose()))?;
    Ok(Some(Tokens::new(url, key, &lender.scope)))
}

fn secret_value(what: &str, value: &str) -> Result<HeaderValue, ProviderError> {
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| config(format!("{what} holds a line break or another character no header may hold")))?;
    value.set_sensitive(true);
    Ok(value)
}

fn proxy(text: &str) -> Result<(Url, Proxy), ProviderError> {
    // The parser's own messages may quote the URL, password and all.
    let unusable = || config("proxy is not an http:// or https:// URL".to_owned());
    let url = Url::parse(text).map_err(|_| unusable())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable());
    }
    let proxy = Proxy::all(url.clone()).map_err(|_| unusable())?;
    Ok((url, proxy))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, ProviderError> {
    let shown = path.display();
    let mut pem = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_CA_FILE + 1).read_to_end(&mut pem))
        .map_err(|error| config(format!("ca_file {shown}: {error}")))?;
    if pem.len() as u64 > MAX_CA_FILE {
        return Err(config(format!("ca_file {shown} is over 4 MiB")));
    }
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(config(format!("ca_file {shown} holds no PEM certificate"))),
        Err(error) => Err(config(format!("ca_file {shown}: {}", failure::chain(&error)))),
    }
}

fn environment_proxy_is_encrypted() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .into_iter()
        .filter_map(std::env::var_os)
        .any(|value| value.as_encoded_bytes().starts_with(b"https://"))
}
