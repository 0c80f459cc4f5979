//! The seam between wires and the engine: provider events become inputs, requests become provider
//! requests, and the ledger's words meet the engine's.

use crate::ids;
use plyrum_billing_client::SaidCost;
use plyrum_engine as engine;
use plyrum_engine::{AttemptEnd, AttemptFailure, FailureClass, Input, Speaker, UsageReport};
use plyrum_ledger as ledger;
use plyrum_protocol::{AttemptId, AttemptOutcome, Channel, ErrorKind, Fault, MediaType, RunStatus};
use plyrum_providers as wire;
use plyrum_redact::Redactor;
use plyrum_tools::policies::PoliciesError;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// A request in the provider's words.
pub(super) fn request(open: engine::OpenAttempt, wire_name: &str) -> wire::ChatRequest {
    wire::ChatRequest {
        model: wire_name.to_owned(),
        stable_after: stable_after(&open.request),
        messages: open.request.turns.into_iter().map(message).collect(),
        max_output_tokens: open.request.max_output_tokens,
        temperature: open.request.temperature,
        effort: open.request.effort.map(effort),
        attempt: open.attempt.as_str().to_owned(),
        seed: open.request.seed,
        tools: open.request.tools.iter().map(tool).collect(),
        form: open.request.form.map(form),
        ..wire::ChatRequest::default()
    }
}

const fn effort(effort: plyrum_protocol::Effort) -> wire::Effort {
    match effort {
        plyrum_protocol::Effort::Low => wire::Effort::Low,
        plyrum_protocol::Effort::Medium => wire::Effort::Medium,
        plyrum_protocol::Effort::High => wire::Effort::High,
    }
}

/// After which turns the beginning will be sent again as it is: what everybody is told; and the end, where more turns of
/// tools follow, else what was said before the prompt. A single question has only the first: to write what nobody reads
/// again would cost more than it saves.
fn stable_after(request: &engine::Request) -> Vec<usize> {
    let turns = &request.turns;
    let system = turns.iter().rposition(|turn| turn.speaker == Speaker::System);
    let end =
        if request.tools.is_empty() { request.prompt.checked_sub(1) } else { turns.len().checked_sub(1) };
    let mut places: Vec<usize> = system.into_iter().chain(end).collect();
    places.dedup();
    places
}

/// What goes back to the provider unchanged; none where something in it may not be kept.
pub(super) fn thought(thought: &wire::Thought, redactor: &Redactor) -> Option<engine::Thought> {
    let is_clean = redactor.redact(&thought.json) == thought.json.as_ref();
    let of = |thought: &wire::Thought| engine::Thought {
        wire: thought.wire.name().to_owned(),
        json: thought.json.as_ref().to_owned(),
    };
    is_clean.then(|| of(thought))
}

fn message(turn: engine::Turn) -> wire::ChatMessage {
    let call = |call: engine::ModelCall| wire::ToolCall::new(call.id, call.name, call.arguments);
    let thought = |thought: engine::Thought| {
        let json = Arc::from(thought.json);
        wire::Wire::named(&thought.wire).map(|wire| wire::Thought { wire, json })
    };
    wire::ChatMessage {
        thoughts: turn.thoughts.into_iter().filter_map(thought).collect(),
        calls: turn.calls.into_iter().map(call).collect(),
        call: turn.answers,
        images: turn.pictures.into_iter().map(image).collect(),
        ..wire::ChatMessage::text(role(turn.speaker), turn.text)
    }
}

fn image(picture: engine::Picture) -> wire::Image {
    let media = match picture.mark.media_type {
        MediaType::Png => wire::MediaType::Png,
        MediaType::Jpeg => wire::MediaType::Jpeg,
        MediaType::Webp => wire::MediaType::Webp,
        MediaType::Gif => wire::MediaType::Gif,
    };
    wire::Image { media, bytes: picture.data }
}

fn tool(offer: &engine::ToolOffer) -> wire::ToolSpec {
    wire::ToolSpec {
        name: offer.name.clone(),
        description: offer.description.clone(),
        schema: Arc::clone(&offer.schema),
    }
}

/// Wires that name it show the name to nobody.
fn form(form: engine::AnswerForm) -> wire::AnswerForm {
    wire::AnswerForm { name: "answer".to_owned(), schema: form.schema }
}

/// A call of a model. It is kept with the run and goes on record, so it passes the redactor: as JSON where it is that,
/// so that it stays JSON.
pub(super) fn call(call: wire::ToolCall, redactor: &Redactor) -> engine::ModelCall {
    let arguments = match serde_json::from_str::<serde_json::Value>(&call.arguments) {
        Ok(plain) => {
            let mut clean = plain.clone();
            redactor.redact_json(&mut clean);
            if clean == plain { call.arguments } else { clean.to_string() }
        }
        Err(_) => redactor.redact(&call.arguments).into_owned(),
    };
    engine::ModelCall { id: call.id, name: redactor.redact(&call.name).into_owned(), arguments }
}

/// What the ledger keeps of a request: its size, and which prefix it shares with others.
pub(super) fn sent(request: &engine::Request) -> ledger::SentRequest {
    let mut hash = Sha256::new();
    let chain = request.turns.iter().map(|turn| {
        hash.update([turn.speaker as u8]);
        hash.update((turn.text.len() as u64).to_le_bytes());
        hash.update(&turn.text);
        for picture in &turn.pictures {
            hash.update(&picture.mark.sha256);
        }
        for call in &turn.calls {
            for part in [&call.id, &call.name, &call.arguments] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        let short: Vec<u8> = hash.clone().finalize().into_iter().take(6).collect();
        ids::hex(&short)
    });
    ledger::SentRequest { message_chain: chain.collect(), bytes: request.estimated_bytes() }
}

const fn role(speaker: Speaker) -> wire::Role {
    match speaker {
        Speaker::System => wire::Role::System,
        Speaker::User => wire::Role::User,
        Speaker::Assistant => wire::Role::Assistant,
        Speaker::Tool => wire::Role::Tool,
    }
}

pub(super) const fn channel(channel: wire::Channel) -> Channel {
    match channel {
        wire::Channel::Answer => Channel::Answer,
        wire::Channel::Reasoning => Channel::Reasoning,
        wire::Channel::ToolArgs => Channel::ToolArgs,
    }
}

/// The currency of a `cost` in a usage block: `OpenRouter`, which invented it, bills in dollars.
const COST_CURRENCY: &str = "USD";

/// A usage report. Its raw JSON is kept for ever, so it passes the redactor like any other text.
pub(super) fn usage(report: wire::ReportedUsage, clean: impl Fn(&str) -> String) -> UsageReport {
    let said_cost = report.provider_cost.and_then(|amount| SaidCost::new(&amount, COST_CURRENCY));
    UsageReport { usage: report.usage.map_err(|why| clean(&why)), raw: clean(&report.raw), said_cost }
}

/// The end of a stream. Messages are redacted by the caller's closure: providers quote what they were sent.
pub(super) fn end(close: wire::Close, clean: impl Fn(&str) -> String) -> AttemptEnd {
    match close {
        wire::Close::Finished(stop) => AttemptEnd::Finished(match stop {
            wire::Stop::EndTurn => engine::Stop::EndTurn,
            wire::Stop::Length => engine::Stop::Length,
            wire::Stop::ToolUse => engine::Stop::ToolUse,
            wire::Stop::ContentFilter => engine::Stop::ContentFilter,
            wire::Stop::Other(word) => engine::Stop::Other(clean(&word)),
        }),
        wire::Close::Cut { why } => AttemptEnd::Cut { why: clean(&why) },
        wire::Close::Failed(error) => AttemptEnd::Failed(AttemptFailure {
            class: class(&error),
            status: error.status,
            message: clean(&error.message),
            retry_after_ms: error.retry_after_ms,
            limit: error.limit.map(|limit| limit.name().to_owned()),
        }),
    }
}

fn class(error: &wire::ProviderError) -> FailureClass {
    use wire::ErrorClass as C;
    match error.class {
        // A proxy that wants a password will want it the next time too.
        C::Proxy if error.status == Some(407) || error.message.contains("authorization required") => {
            FailureClass::Config
        }
        C::Dns | C::Refused | C::Connect | C::Proxy => FailureClass::Connect,
        C::Tls => FailureClass::Tls,
        C::Reset => FailureClass::Reset,
        // A status says that the server timed out, and may do better; without one our own limit was reached.
        C::Timeout if error.status.is_some() => FailureClass::Server,
        C::Timeout => FailureClass::Timeout,
        C::Auth => FailureClass::Auth,
        C::Rejected => FailureClass::Rejected,
        C::TooLarge => FailureClass::TooLarge,
        C::RateLimited => FailureClass::RateLimited,
        C::Quota => FailureClass::Quota,
        C::Overloaded => FailureClass::Overloaded,
        C::Server if matches!(error.status, Some(500 | 502 | 503 | 504)) => FailureClass::Server,
        // What no status names, or one that says what a server never does, is no better a moment later.
        C::Server => FailureClass::Broken,
        C::Protocol => FailureClass::Protocol,
        C::Redirected | C::Config => FailureClass::Config,
    }
}

pub(super) fn basis(basis: engine::Basis) -> ledger::Basis {
    match basis {
        engine::Basis::Reported(usage) => ledger::Basis::Reported(usage),
        engine::Basis::Estimated => ledger::Basis::Estimated,
        engine::Basis::Nothing => ledger::Basis::Nothing,
    }
}

pub(super) const fn outcome(outcome: AttemptOutcome) -> ledger::Outcome {
    match outcome {
        AttemptOutcome::Ok => ledger::Outcome::Ok,
        AttemptOutcome::Cut => ledger::Outcome::Cut,
        AttemptOutcome::Cancelled => ledger::Outcome::Cancelled,
        AttemptOutcome::Failed => ledger::Outcome::Failed,
    }
}

pub(super) const fn status(status: RunStatus) -> ledger::RunStatus {
    match status {
        RunStatus::Running | RunStatus::Detached => ledger::RunStatus::Running,
        RunStatus::Succeeded => ledger::RunStatus::Succeeded,
        RunStatus::Degraded => ledger::RunStatus::Degraded,
        RunStatus::Failed => ledger::RunStatus::Failed,
        RunStatus::Cancelled => ledger::RunStatus::Cancelled,
        RunStatus::Interrupted => ledger::RunStatus::Interrupted,
        RunStatus::Parked => ledger::RunStatus::Parked,
    }
}

pub(super) fn refusal(refusal: &ledger::Refusal) -> engine::Refusal {
    engine::Refusal {
        cause: match refusal.scope {
            ledger::Scope::Wallet | ledger::Scope::Debt => engine::RefusalCause::Balance,
            ledger::Scope::Run
            | ledger::Scope::Session
            | ledger::Scope::Day
            | ledger::Scope::Month
            | ledger::Scope::Persona
            | ledger::Scope::Project
            | ledger::Scope::Provider => engine::RefusalCause::Budget,
            ledger::Scope::PriceUnknown => engine::RefusalCause::PriceUnknown,
        },
        needed: refusal.needed,
        available: refusal.available,
        limit: Some(refusal.limit),
        setting: refusal.setting.clone(),
    }
}

/// A part of a budget that is spent.
pub(super) fn notice(notice: ledger::BudgetNotice) -> Input {
    let id = notice.budget.id;
    let scope = match (id.scope, id.period) {
        (ledger::BudgetScope::All, period) => period.as_str(),
        (scope, _) => scope.as_str(),
    };
    Input::BudgetReached(engine::BudgetReached {
        scope: scope.to_owned(),
        key: Some(id.key).filter(|key| !key.is_empty()),
        percent: notice.percent,
        spent: notice.spent,
        limit: notice.budget.limit,
        setting: notice.setting,
    })
}

/// A ledger that cannot be written, as the user meets it.
pub(crate) fn storage(error: &ledger::LedgerError) -> Fault {
    Fault::new(ErrorKind::Storage, format!("the ledger cannot be written: {error}"))
        .hint("free some space or mend the disk, then ask again; plyrum doctor")
}

/// Policies that cannot be used, as the user meets them.
pub(crate) fn policies(error: &PoliciesError) -> Fault {
    let kind = match error {
        PoliciesError::Unknown { .. } => ErrorKind::NotFound,
        PoliciesError::Broken(_) | PoliciesError::Unreadable(_) => ErrorKind::Config,
        PoliciesError::Storage { .. } => ErrorKind::Storage,
        PoliciesError::TooLarge(_) => ErrorKind::Usage,
    };
    Fault::new(kind, error.to_string()).hint(error.hint())
}

/// An attempt whose provider cannot be used.
pub(super) fn unusable(attempt: &AttemptId, provider: &str, why: &crate::registry::Unusable) -> Input {
    let hint = match &why.key_variable {
        Some(name) => format!("set {name} and run `plyrum daemon restart`, or use api_key = {{ file = … }}"),
        None => "check the provider's entry in config.toml".to_owned(),
    };
    let fault = Fault::new(ErrorKind::Auth, format!("{provider} cannot be used: {}", why.why)).hint(hint);
    Input::Closed { attempt: attempt.clone(), end: AttemptEnd::NotSent(fault) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_engine::{Conversation, Exchange, Picture};
    use plyrum_protocol::PictureMark;

    fn picture(sha256: &str) -> Picture {
        let (name, sha256) = ("a.gif".to_owned(), sha256.to_owned());
        Picture {
            mark: PictureMark { name, media_type: MediaType::Gif, bytes: 2, sha256 },
            data: Arc::from([1, 2].as_slice()),
        }
    }

    fn asked(earlier: &str, now: &str) -> engine::Request {
        let exchange = Exchange { pictures: vec![picture(earlier)], ..Exchange::default() };
        let conversation = Conversation {
            history: vec![exchange],
            prompt: "and this?".to_owned(),
            pictures: vec![picture(now)],
            ..Conversation::default()
        };
        engine::request_for(&conversation, 10, 0)
    }

    #[test]
    fn a_picture_is_part_of_the_prefix_that_two_requests_share() {
        let chain = |earlier, now| sent(&asked(earlier, now)).message_chain;
        let (one, again, other) = (chain("aa", "bb"), chain("aa", "cc"), chain("dd", "bb"));
        assert_eq!(one[..2], again[..2]);
        assert_ne!(one[2], again[2]);
        assert_ne!(one[0], other[0]);
    }

    #[test]
    fn a_picture_reaches_the_wire_as_it_is_and_is_not_copied() {
        let turns = asked("aa", "bb").turns;
        let data = Arc::clone(&turns[2].pictures[0].data);
        let messages: Vec<wire::ChatMessage> = turns.into_iter().map(message).collect();
        let images: Vec<usize> = messages.iter().map(|message| message.images.len()).collect();
        assert_eq!(images, [1, 0, 1]);
        let image = &messages[2].images[0];
        assert!(image.media == wire::MediaType::Gif && Arc::ptr_eq(&image.bytes, &data));
    }
}
