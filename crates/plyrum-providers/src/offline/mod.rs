//! The offline provider: real answers without a model, by quoting.
//!
//! It is what Plyrum does on a machine with no key and no network: it reads the attached or piped text and
//! answers with the sentences of that text that answer the question, in English and Russian. It never invents
//! a word; without a text it says so. The same request gives the same bytes.
//!
//! Reading order: `input` finds texts and question in the messages, `question` reads the question, `document`
//! falls the texts into units (by `shape`, `blocks`, `source`, `inline`, `sentences`), `index` turns units into
//! terms, `relevance`, `overview` and `central` score them, `select` picks and renders, `synth` merges
//! proposals, `answer` ties these together, `playback` streams the result. `script` plays prepared turns, `shell`
//! has what a person typed carried out.
//!
//! Bounds: [`document`] reads at most 400 000 units, quadratic work sees at most 500 of them; 16 MiB of text is
//! answered in about a second. Tokens are counted by the rule in `count`.

mod answer;
mod blocks;
mod central;
mod concepts;
mod count;
mod document;
mod index;
mod inline;
mod input;
mod overview;
mod playback;
mod question;
mod relevance;
mod script;
mod select;
mod sentences;
mod shape;
mod shell;
mod source;
mod synth;
mod wording;
mod words;

pub use script::{Script, ScriptError};

use std::sync::Arc;
use std::time::Duration;

use plyrum_billing_client::Usage;

use answer::Method;
use playback::{Playback, Start, Step};

use crate::{
    Channel, ChatRequest, Close, ErrorClass, Listed, Listing, Provider, ProviderError, ProviderStream,
    ReportedUsage, Stop, StreamEvent, Timeouts, Version,
};

/// The embedded provider. Its models' wire names are [`Offline::MODELS`], `shell`, and `script` where a script is
/// loaded.
#[derive(Clone, Debug)]
pub struct Offline {
    script: Option<Arc<Script>>,
    stall: Duration,
}

impl Offline {
    /// Wire names of the extractive models: `lead`, `central`, `query`, `synth`.
    pub const MODELS: [&str; 4] = ["lead", "central", "query", "synth"];

    /// Whether a model of this wire name takes its prompt as a command, which must then come alone.
    pub fn takes_a_command(model: &str) -> bool {
        model == shell::MODEL
    }

    /// The extractive models only.
    pub fn new() -> Self {
        Self { script: None, stall: Timeouts::default().idle_bytes }
    }

    /// With a script for the models `script` and `script-…`.
    #[must_use]
    pub fn with_script(mut self, script: Script) -> Self {
        self.script = Some(Arc::new(script));
        self
    }

    /// How long a script's `stall` lasts before the stream fails as a real one would (`idle_bytes`).
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: &Timeouts) -> Self {
        self.stall = timeouts.idle_bytes;
        self
    }

    fn unknown_model(&self, model: &str) -> ProviderError {
        let mut known = [Self::MODELS.as_slice(), &[shell::MODEL]].concat().join(", ");
        if self.script.is_some() {
            known.push_str(", script");
        }
        let message = if Script::plays(model) {
            format!(
                "offline model `{model}` needs a script: set PLYRUM_OFFLINE_SCRIPT to a script file for the daemon"
            )
        } else {
            format!("the offline provider has no model `{model}`: it has {known}")
        };
        ProviderError::new(ErrorClass::Rejected, message)
    }
}

impl Default for Offline {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Offline {
    fn open(&self, request: ChatRequest) -> ProviderStream {
        if request.messages.iter().any(|message| !message.images.is_empty()) {
            return ProviderStream::failed(sees_nothing());
        }
        if let Some(method) = Method::named(&request.model) {
            return ProviderStream::new(Playback::new(Start::Blocking(Box::new(move || {
                steps(method, &request)
            }))));
        }
        if Self::takes_a_command(&request.model) {
            let work = move || [vec![Step::Event(StreamEvent::Opened)], shell::steps(&request)].concat();
            return ProviderStream::new(Playback::new(Start::Now(Box::new(work))));
        }
        match self.script.clone().filter(|_| Script::plays(&request.model)) {
            Some(script) => {
                let stall = self.stall;
                ProviderStream::new(Playback::new(Start::Now(Box::new(move || script.play(&request, stall)))))
            }
            None => ProviderStream::failed(self.unknown_model(&request.model)),
        }
    }

    fn request_bytes(&self, request: &ChatRequest) -> u64 {
        request.text_bytes()
    }

    fn list(&self) -> Listing<'_> {
        let named = |name: &str| Listed { name: name.to_owned(), images: Some(false), ..Listed::default() };
        let models = Self::MODELS.map(named).to_vec();
        Box::pin(std::future::ready(Ok(models)))
    }

    fn version(&self) -> Version<'_> {
        Box::pin(std::future::ready(Ok(Some(env!("CARGO_PKG_VERSION").to_owned()))))
    }
}

/// An answer that passes over a picture would be one to another question.
fn sees_nothing() -> ProviderError {
    ProviderError::new(
        ErrorClass::Rejected,
        "the offline models read text and see no pictures; ask another model",
    )
}

/// An extractive answer after `Opened`.
fn steps(method: Method, request: &ChatRequest) -> Vec<Step> {
    let answer = answer::answer(method, &request.messages, &request.stop, request.max_output_tokens);
    let usage = Usage { input: answer.input_tokens, output: answer.output_tokens, ..Usage::default() };
    let stop = if answer.cut { Stop::Length } else { Stop::EndTurn };
    let mut steps: Vec<Step> = playback::deltas(Channel::Answer, playback::in_words(&answer.text)).collect();
    steps.push(Step::Event(StreamEvent::Usage(reported(usage))));
    steps.push(Step::Event(StreamEvent::Closed(Close::Finished(stop))));
    steps
}

/// Our own count, in the shape of a provider's report.
fn reported(usage: Usage) -> ReportedUsage {
    let raw = serde_json::to_string(&usage).unwrap_or_default();
    ReportedUsage { usage: Ok(usage), raw, provider_cost: None }
}
