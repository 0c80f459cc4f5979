//! The one place that touches the network: one `reqwest` client per endpoint, made when first used, one
//! request per stream, never a second one.

mod client;
mod exchange;
mod failure;
mod limits;
mod mask;
mod playback;
mod retry_after;
mod token;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderMap, LOCATION};
use reqwest::{Client, Response, StatusCode};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::Version;
use crate::call_ids::CallIds;
use crate::cassette::{Notes, Take, Tape};
use crate::wire::{self, End, Format, format};
use crate::{
    ChatRequest, Endpoint, ErrorClass, Limit, Listed, Listing, Manner, Provider, ProviderError,
    ProviderStream, Timeouts, Way, Wire,
};
use client::Settings;
use exchange::{Body, Exchange};
use mask::Mask;

pub(crate) use playback::{Playing, end_of, play, play_found};

/// Reads the wall clock; only for `Retry-After` dates of servers that send no `Date`.
pub type Clock = fn() -> SystemTime;

/// Bytes of response headers, names and values together.
const MAX_HEADERS: usize = 64 * 1024;
/// Bytes of a list of models.
const MAX_LIST: usize = 16 << 20;
/// Bytes of an error's body that are read.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// How long an error's body is waited for.
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);

/// A hosted or local provider behind HTTP.
#[derive(Debug)]
pub(crate) struct HttpProvider {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    wire: Wire,
    format: &'static dyn Format,
    manner: Manner,
    settings: Settings,
    timeouts: Timeouts,
    mask: Arc<Mask>,
    client: OnceCell<Client>,
    clock: Option<Clock>,
}

impl HttpProvider {
    /// Checks the endpoint; touches no network.
    pub(crate) fn new(endpoint: Endpoint, clock: Option<Clock>) -> Result<Self, ProviderError> {
        let wire = endpoint.kind;
        let (format, timeouts, manner) = (format(wire), endpoint.timeouts, endpoint.manner.clone());
        let settings = Settings::check(&endpoint, format);
        let mask = Arc::new(Mask::new(endpoint));
        let settings = settings.map_err(|error| mask.error(error))?;
        let inner = Inner { wire, format, manner, settings, timeouts, mask, client: OnceCell::new(), clock };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl Provider for HttpProvider {
    fn open(&self, request: ChatRequest) -> ProviderStream {
        self.exchange(request, None)
    }

    fn open_on(&self, request: ChatRequest, tape: &Tape) -> ProviderStream {
        self.exchange(request, Some(tape))
    }

    fn request_bytes(&self, request: &ChatRequest) -> u64 {
        let body = self.inner.format.body(request, &self.inner.manner);
        body.map_or_else(|_| request.text_bytes(), |body| body.len() as u64)
    }

    fn list(&self) -> Listing<'_> {
        Box::pin(async { self.inner.list().await.map_err(|error| self.inner.mask.error(error)) })
    }

    fn version(&self) -> Version<'_> {
        Box::pin(async { self.inner.version().await.map_err(|error| self.inner.mask.error(error)) })
    }

    fn way(&self) -> Way {
        self.inner.settings.way()
    }
}

impl HttpProvider {
    fn exchange(&self, request: ChatRequest, tape: Option<&Tape>) -> ProviderStream {
        let inner = Arc::clone(&self.inner);
        let (mut timeouts, mask) = (inner.timeouts, Arc::clone(&inner.mask));
        if request.thinks {
            timeouts.first_event = timeouts.first_thought;
        }
        let decoder = inner.format.decoder(CallIds::after(&request));
        let take = tape.map(|tape| tape.take(inner.wire, &request, Arc::clone(&mask)));
        let notes = take.as_ref().map(Take::notes);
        let opening = Box::pin(async move { inner.send(request, notes.as_ref()).await });
        ProviderStream::new(Exchange::new(opening, decoder, timeouts, mask, take))
    }
}

impl Inner {
    /// Sends the request and gives the body of a success.
    async fn send(&self, request: ChatRequest, notes: Option<&Notes>) -> Result<Body, ProviderError> {
        let body = self.format.body(&request, &self.manner)?;
        let url = self.settings.url_of(&self.format.path(&request, &self.manner))?;
        drop(request);
        let response = self.exchange(notes, |client| client.post(url).body(body)).await?;
        let head = notes.map(|notes| (notes, response.status().as_u16(), response.headers().clone()));
        let body = body_of(response)?;
        if let Some((notes, status, headers)) = head {
            notes.response(status, &headers);
        }
        Ok(body)
    }

    /// Asks for the models that there are, and of some wires for what each can do.
    async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let url = self.settings.url_of(self.format.list_path())?;
        let text = self.fetched("the list of models", |client| client.get(url)).await?;
        let mut models = Vec::new();
        for listed in wire::listed(self.wire, &text)? {
            let Some((path, body)) = self.format.detail(&listed.name) else {
                models.push(listed);
                continue;
            };
            let url = self.settings.url_of(path)?;
            // Of a model that tells nothing, or is gone meanwhile, the list's own row stands.
            let told = self.fetched("the model", |client| client.post(url).body(body)).await;
            match told.and_then(|text| self.format.with_detail(listed.clone(), &text)) {
                Ok(model) => models.extend(model),
                Err(_) => models.push(listed),
            }
        }
        Ok(models)
    }

    async fn version(&self) -> Result<Option<String>, ProviderError> {
        #[derive(serde::Deserialize)]
        struct Told {
            version: String,
        }
        let Some(path) = self.format.version_path() else { return Ok(None) };
        let url = self.settings.url_of(path)?;
        let text = self.fetched("the version", |client| client.get(url)).await?;
        let told: Result<Told, _> = serde_json::from_str(&text);
        told.map(|told| Some(told.version.chars().take(64).collect())).map_err(|_| {
            ProviderError::new(ErrorClass::Protocol, "it tells no version: another server listens there")
        })
    }

    /// A short answer, whole.
    async fn fetched(
        &self,
        what: &str,
        request: impl FnOnce(&Client) -> reqwest::RequestBuilder,
    ) -> Result<String, ProviderError> {
        let mut response = self.exchange(None, request).await?;
        let mut body = Vec::new();
        let reading = async {
            while let Some(bytes) = response.chunk().await? {
                body.extend_from_slice(&bytes);
                if body.len() > MAX_LIST {
                    break;
                }
            }
            Ok::<(), reqwest::Error>(())
        };
        timeout(self.timeouts.headers, reading)
            .await
            .map_err(|_| Limit::Headers.error(&self.timeouts))?
            .map_err(|error| failure::of_sending(&error, &self.timeouts))?;
        let unreadable = |why| ProviderError::new(ErrorClass::Protocol, format!("{what} {why}"));
        if body.len() > MAX_LIST {
            return Err(unreadable("is over 16 MiB"));
        }
        String::from_utf8(body).map_err(|_| unreadable("is not UTF-8"))
    }

    /// One request, with what every request has, and the response of a success.
    async fn exchange(
        &self,
        notes: Option<&Notes>,
        request: impl FnOnce(&Client) -> reqwest::RequestBuilder,
    ) -> Result<Response, ProviderError> {
        let client = self.client.get_or_try_init(|| self.settings.client(self.timeouts.connect)).await?;
        let mut headers = self.settings.headers.clone();
        if let Some(tokens) = &self.settings.tokens {
            let bearer = tokens.bearer(client, &self.timeouts, self.format, &self.mask, self.clock).await?;
            headers.insert(AUTHORIZATION, bearer);
        }
        notes.inspect(|notes| notes.sent());
        let sending = request(client).headers(headers.clone()).send();
        let response = timeout(self.timeouts.headers, sending)
            .await
            .map_err(|_| Limit::Headers.error(&self.timeouts))?
            .map_err(|error| failure::of_sending(&error, &self.timeouts))?;
        let headers_size: usize =
            response.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers_size > MAX_HEADERS {
            return Err(ProviderError::new(ErrorClass::Protocol, "the response's headers are over 64 KiB"));
        }
        if response.status().is_success() {
            return Ok(response);
        }
        if response.status() == StatusCode::UNAUTHORIZED
            && let (Some(tokens), Some(bearer)) = (&self.settings.tokens, headers.get(AUTHORIZATION))
        {
            tokens.refused(bearer).await;
        }
        Err(self.refusal(response, notes).await)
    }

    async fn refusal(&self, response: Response, notes: Option<&Notes>) -> ProviderError {
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            return redirected(status, response.headers());
        }
        let by_header = retry_after::milliseconds(response.headers(), self.clock);
        notes.inspect(|notes| notes.response(status, response.headers()));
        let body = error_body(response).await;
        notes.inspect(|notes| notes.piece(body.as_bytes()));
        let told = self.format.refusal(status, &body);
        // Some say it in the body alone.
        ProviderError { retry_after_ms: by_header.or(told.retry_after_ms), ..told }
    }
}

/// The body as a stream of bytes, each failure already told apart.
fn body_of(response: Response) -> Result<Body, ProviderError> {
    if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
        && encoding != "identity"
    {
        return Err(ProviderError::new(
            ErrorClass::Protocol,
            format!("the response is encoded as {encoding:?}, which was not asked for"),
        ));
    }
    Ok(Box::pin(BodyStream(Box::pin(response.bytes_stream()))))
}

struct BodyStream<S>(std::pin::Pin<Box<S>>);

impl<S: Stream<Item = reqwest::Result<Bytes>>> Stream for BodyStream<S> {
    type Item = Result<Bytes, End>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0
            .as_mut()
            .poll_next(context)
            .map(|item| item.map(|bytes| bytes.map_err(|e| failure::of_body(&e))))
    }
}

/// The beginning of an error's body, as much as comes in time. Not text means empty: its status says enough.
async fn error_body(mut response: Response) -> String {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(bytes)) = response.chunk().await {
            body.extend_from_slice(&bytes);
            if body.len() >= MAX_ERROR_BODY {
                break;
            }
        }
    };
    // Late or broken: what came is what there is.
    let _ = timeout(ERROR_BODY_TIME, reading).await;
    body.truncate(MAX_ERROR_BODY);
    String::from_utf8(body).unwrap_or_default()
}

fn redirected(status: u16, headers: &HeaderMap) -> ProviderError {
    let to: String = headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .map_or_else(|| "nowhere".to_owned(), |location| location.chars().take(200).collect());
    ProviderError {
        status: Some(status),
        ..ProviderError::new(
            ErrorClass::Redirected,
            format!(
                "status {status} points to {to}; keys do not follow redirects, set base_url to the final address"
            ),
        )
    }
}
