//! The retry rule: ask again only where that is safe (nothing of the answer was shown) and sensible (the
//! failure may pass). Each repeat is a new attempt with its own hold and its own row. Then fallback: the
//! next model of the step, if it is not much dearer, and always said.

use super::Run;
use super::ended::Ended;
use super::hold::answer_room;
use super::step::{Step, StepState};
use super::unknown::no_limit_with;
use crate::compose::Size;
use crate::input::{AttemptFailure, FailureClass};
use crate::spec::ModelChoice;
use plyrum_billing_client::AttemptBound;
use plyrum_protocol::{AttemptId, ErrorKind, Fault, FrameBody};

/// Shortest and longest wait before a repeat, in milliseconds; drawn at random between (full jitter), the
/// upper end doubling with each try.
const WAIT_MS: (u64, u64) = (500, 8_000);
/// A longer wish of the provider is not granted but told.
const MAX_RETRY_AFTER_MS: u64 = 180_000;

impl FailureClass {
    /// Whether the same request may succeed a moment later.
    pub(super) const fn may_pass(self) -> bool {
        match self {
            Self::Connect | Self::Reset | Self::RateLimited | Self::Overloaded | Self::Server => true,
            Self::Tls
            | Self::Timeout
            | Self::Auth
            | Self::Rejected
            | Self::TooLarge
            | Self::Quota
            | Self::Protocol
            | Self::Broken
            | Self::NotAsked
            | Self::Config => false,
        }
    }

    const fn error_kind(self) -> ErrorKind {
        match self {
            Self::Connect
            | Self::Tls
            | Self::Reset
            | Self::Timeout
            | Self::RateLimited
            | Self::Overloaded
            | Self::Server
            | Self::Broken
            | Self::NotAsked
            | Self::Protocol => ErrorKind::ProviderUnavailable,
            Self::Auth => ErrorKind::Auth,
            Self::Rejected => ErrorKind::ProviderRejected,
            Self::TooLarge => ErrorKind::ContextTooLong,
            Self::Quota => ErrorKind::ProviderQuota,
            Self::Config => ErrorKind::Config,
        }
    }
}

/// What servers say of a model that they do not have, in lower case, beside the word itself.
const UNKNOWN_MODEL: [&str; 7] =
    ["not found", "not_found", "not exist", "unknown model", "invalid model", "no such", "not available"];

/// Whether a refusal is for the model's name: its status says so, or its words do. Everything else that is
/// wrong with a request has the same class.
fn is_about_the_model(failure: &AttemptFailure) -> bool {
    let message = failure.message.to_lowercase();
    let by_words = message.contains("model") && UNKNOWN_MODEL.iter().any(|words| message.contains(words));
    failure.status == Some(404) || by_words
}

/// The failure as the user meets it.
pub(super) fn fault_of(failure: &AttemptFailure) -> Fault {
    let fault = Fault::new(failure.class.error_kind(), failure.message.clone());
    if let Some(ms) = failure.retry_after_ms {
        return fault.hint(format!("the provider asks to wait {} s", ms.div_ceil(1000)));
    }
    match failure.class {
        FailureClass::Connect => {
            fault.hint("check base_url, that the server runs, and the proxy: plyrum config show")
        }
        FailureClass::Auth => fault
            .hint("check the provider's key: plyrum providers login NAME; after changing an environment variable: plyrum daemon restart"),
        FailureClass::Quota => {
            fault.hint("top up at the provider, or take another model: plyrum models list")
        }
        FailureClass::RateLimited => fault.hint("wait a moment, or take another model: plyrum models list"),
        FailureClass::Rejected if is_about_the_model(failure) => {
            fault.hint("check the model's name at the provider: plyrum models list")
        }
        FailureClass::Rejected => {
            fault.hint("the provider does not take this request as it is: plyrum config show")
        }
        FailureClass::TooLarge => fault.hint("shorten the prompt, or take a model with a larger context"),
        FailureClass::Tls => fault.hint(about_the_certificate(&failure.message)),
        FailureClass::Reset
        | FailureClass::Timeout
        | FailureClass::Overloaded
        | FailureClass::Server
        | FailureClass::Broken
        | FailureClass::NotAsked
        | FailureClass::Protocol
        | FailureClass::Config => fault,
    }
}

/// Adds a line to what can be done.
pub(super) fn with_hint(fault: Fault, line: &str) -> Fault {
    let hint = fault.hint.as_ref().map_or_else(|| line.to_owned(), |hint| format!("{hint}\n{line}"));
    fault.hint(hint)
}

impl Run {
    /// Arranges a repeat or a fallback; false where the step has failed for good.
    pub(super) fn ask_again(&mut self, at: usize, step: usize, end: &Ended) -> bool {
        let forwarded = self.attempts.get(at).is_none_or(|a| a.received_bytes() > 0);
        let Some(failure) = end.failure.as_ref().filter(|_| !forwarded) else { return false };
        self.retry(at, step, failure) || self.fall_back(step, failure)
    }

    fn retry(&mut self, at: usize, step: usize, failure: &AttemptFailure) -> bool {
        let tries = self.steps.get(step).map_or(u32::MAX, |s| s.tries);
        if !failure.class.may_pass() || tries >= self.spec.limits.max_tries {
            return false;
        }
        let wait = match failure.retry_after_ms {
            Some(ms) if ms > MAX_RETRY_AFTER_MS => return false,
            Some(ms) => ms,
            None => self.random.between(WAIT_MS.0, (WAIT_MS.0 << tries.min(8)).min(WAIT_MS.1)),
        };
        let until = self.now.plus_millis(wait);
        if self.spec.limits.deadline.is_some_and(|d| until >= d) {
            return false;
        }
        let Some(attempt) = self.attempts.get(at) else { return false };
        let next = self.numbered + 1;
        let body = FrameBody::AttemptRetried {
            attempt: attempt.hold.attempt.clone(),
            next: AttemptId::of(&self.spec.run, next),
            after_ms: wait,
            is_retry_after: failure.retry_after_ms.is_some(),
            cause: failure.message.clone(),
            failure: Some(failure.view()),
        };
        self.numbered = next;
        if let Some(step) = self.steps.get_mut(step) {
            step.promised = Some(next);
            step.state = StepState::Backoff { until };
        }
        self.emit(body);
        true
    }

    pub(super) fn fall_back(&mut self, step_at: usize, failure: &AttemptFailure) -> bool {
        let Some((next, from, to)) = self.fallback_of(step_at) else { return false };
        let (cause, view) = (failure.message.clone(), Some(failure.view()));
        let body = FrameBody::AttemptFallback { from, to, cause, failure: view };
        let now = self.now;
        if let Some(step) = self.steps.get_mut(step_at) {
            step.model = next;
            step.tries = 0;
            step.state = StepState::Backoff { until: now };
            step.fell_back_for = Some(failure.clone());
        }
        self.emit(body);
        true
    }

    /// The failure of a step for good, with why nobody stands in where somebody could.
    pub(super) fn with_not_asked(
        &self,
        at: usize,
        step: usize,
        failure: Option<&AttemptFailure>,
        fault: Fault,
    ) -> Fault {
        let forwarded = self.attempts.get(at).is_none_or(|a| a.received_bytes() > 0);
        match self.not_asked(step).filter(|_| failure.is_some() && !forwarded) {
            Some(why) => with_hint(fault, &why),
            None => fault,
        }
    }

    /// Why the next model of the step that could take the request does not stand in.
    fn not_asked(&self, step_at: usize) -> Option<String> {
        let size = self.request_size(step_at);
        let step = self.steps.get(step_at)?;
        let mut later = step.spec.models.iter().skip(step.model + 1);
        later.find_map(|to| {
            answer_room(to, size).ok()?;
            match self.stands_in(step, to, size) {
                StandsIn::Yes => None,
                StandsIn::TooDear => {
                    let (to, first) = (&to.id, &step.spec.models.first()?.id);
                    let percent = self.spec.limits.fallback_max_price_percent;
                    Some(format!("{to} stands in, but may cost more than {percent} % of {first} (defaults.fallback_max_price_ratio): not asked"))
                }
                StandsIn::PriceUnknown(model) if model == to.id => {
                    Some(format!("{model} stands in, but its price is not known: not asked"))
                }
                StandsIn::PriceUnknown(model) => {
                    let to = &to.id;
                    Some(format!("{to} stands in, but the price of {model} is not known to compare: not asked"))
                }
                StandsIn::Unbounded => Some(no_limit_with(&to.id)),
            }
        })
    }

    /// The next model of the step that can take the request and is not much dearer, with both names.
    fn fallback_of(&self, step_at: usize) -> Option<(usize, String, String)> {
        let next = self.fallbacks_of(step_at).next()?;
        let models = &self.steps.get(step_at)?.spec.models;
        let from = models.get(self.steps.get(step_at)?.model)?;
        Some((next, from.id.clone(), models.get(next)?.id.clone()))
    }

    /// All of those, in their order, by their places.
    pub(super) fn fallbacks_of(&self, step_at: usize) -> impl Iterator<Item = usize> {
        let size = self.request_size(step_at);
        let step = self.steps.get(step_at);
        let later = step.into_iter().flat_map(|step| {
            let models = step.spec.models.iter().enumerate().skip(step.model + 1);
            models.filter(|(at, _)| step.passed_over != Some(*at)).map(move |(at, to)| (step, at, to))
        });
        later.filter_map(move |(step, at, to)| {
            let takes_it = answer_room(to, size).is_ok() && self.stands_in(step, to, size) == StandsIn::Yes;
            takes_it.then_some(at)
        })
    }

    /// Never to a much dearer model without asking: what each would hold, at its own longest answer. Where prices need not
    /// be known, two that are not known are near.
    fn stands_in(&self, step: &Step, other: &ModelChoice, size: Size) -> StandsIn {
        let hold = |model: &ModelChoice| {
            let max_output_tokens = self.output_limit(step, model);
            let bound = AttemptBound { input_tokens: size.input_bound(model), max_output_tokens };
            self.billing.hold(&model.id, &bound).ok()
        };
        let Some(model) = step.spec.models.first() else { return StandsIn::Yes };
        let percent = i128::from(self.spec.limits.fallback_max_price_percent);
        match (hold(model), hold(other)) {
            (None, None) if self.may_stay_unpriced() => StandsIn::Yes,
            (_, None) => StandsIn::PriceUnknown(other.id.clone()),
            (None, Some(_)) => StandsIn::PriceUnknown(model.id.clone()),
            (Some(first), Some(other))
                if i128::from(other.get()) * 100 > i128::from(first.get()) * percent =>
            {
                StandsIn::TooDear
            }
            _ if self.spec.limits.budget.is_some() && !self.is_bounded(other, size) => StandsIn::Unbounded,
            _ => StandsIn::Yes,
        }
    }
}

/// Whether a model stands in for the first of its step.
#[derive(Debug, PartialEq, Eq)]
enum StandsIn {
    Yes,
    TooDear,
    /// Of this model.
    PriceUnknown(String),
    /// Under the run's own limit.
    Unbounded,
}

/// What can be done about a certificate that is not taken, by what the TLS library says of it.
fn about_the_certificate(message: &str) -> &'static str {
    let says = |words: [&str; 2]| words.iter().any(|word| message.contains(word));
    if says(["Expired", "expired"]) {
        "the server's certificate is out of date: its owner renews it; is this machine's clock right?"
    } else if says(["NotValidForName", "not valid for name"]) {
        "the certificate is for another name: check the host in base_url"
    } else {
        "for a private certificate authority set ca_file"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(class: FailureClass, status: u16, message: &str) -> String {
        let failure = AttemptFailure { status: Some(status), ..AttemptFailure::plain(class, message) };
        fault_of(&failure).hint.unwrap_or_default()
    }

    #[test]
    fn a_refusal_is_hinted_to_be_about_the_model_only_where_it_is() {
        for (status, message, about_the_model) in [
            (404, "status 404: Not Found", true),
            (400, "Invalid model name passed in model=gpt-x", true),
            (400, "The model `gpt-x` does not exist", true),
            (422, "Unknown model: gpt-x", true),
            (400, "model 'gpt-x' not found", true),
            (400, "temperature must be at most 2", false),
            (400, "Unknown parameter `top_k` for model gpt-x", false),
            (400, "this model does not take images", false),
            (422, "body.messages: Field required", false),
        ] {
            let hint = hint(FailureClass::Rejected, status, message);
            assert_eq!(hint.contains("model"), about_the_model, "{message}: {hint}");
            assert!(!hint.is_empty(), "{message}");
        }
    }

    #[test]
    fn hints_name_what_can_be_done() {
        for (message, word) in [
            ("invalid peer certificate: UnknownIssuer", "ca_file"),
            ("invalid peer certificate: certificate expired: verification time 1", "clock"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "base_url"),
        ] {
            assert!(about_the_certificate(message).contains(word), "{message}");
        }
        let hint = |class| hint(class, 0, "m");
        assert!(hint(FailureClass::Auth).contains("plyrum daemon restart"));
        let connect = hint(FailureClass::Connect);
        assert!(connect.contains("base_url") && connect.contains("proxy"), "{connect}");
        assert!(!connect.contains("doctor"), "doctor asks no provider: {connect}");
    }
}
