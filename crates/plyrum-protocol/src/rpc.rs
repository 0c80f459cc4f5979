//! JSON-RPC 2.0 envelopes (<https://www.jsonrpc.org/specification>): request, reply, notification.

use crate::{Fault, json::to_line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Number of a request within one connection, made by the side that asks.
pub type RequestId = u64;

/// Any message as it arrives; which kind it is shows in which fields are there.
#[derive(Debug, Deserialize)]
pub struct Incoming {
    /// Set on requests and replies.
    #[serde(default)]
    pub id: Option<RequestId>,
    /// Set on requests and notifications.
    #[serde(default)]
    pub method: Option<String>,
    /// The method's parameters, still as text: decoded by whoever owns the method.
    #[serde(default)]
    pub params: Option<Box<RawValue>>,
    /// A reply's value.
    #[serde(default)]
    pub result: Option<Box<RawValue>>,
    /// A reply's error.
    #[serde(default)]
    pub error: Option<RpcError>,
}

/// A reply's error: the JSON-RPC triple, with our [`Fault`] as its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RpcError {
    /// JSON-RPC code: −32700 parse, −32600 invalid request, −32601 no such method, −32602 bad params,
    /// −32000 everything of our own, told apart by `data.kind`.
    pub code: i32,
    /// For people.
    pub message: String,
    /// The typed error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Fault>,
}

impl RpcError {
    /// An error of our own list.
    pub fn of(fault: Fault) -> Self {
        Self { code: -32000, message: fault.message.clone(), data: Some(fault) }
    }
}

/// Messages as they are sent.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Outgoing<'a, T: Serialize> {
    /// A request that wants a reply.
    Request {
        /// Always "2.0".
        jsonrpc: &'static str,
        /// Number of the request.
        id: RequestId,
        /// `<noun>/<verb>`.
        method: &'a str,
        /// Its parameters.
        params: T,
    },
    /// A message without a reply.
    Notification {
        /// Always "2.0".
        jsonrpc: &'static str,
        /// `frame` or `hello`.
        method: &'a str,
        /// Its content.
        params: T,
    },
    /// A reply with a value.
    Reply {
        /// Always "2.0".
        jsonrpc: &'static str,
        /// The request it answers.
        id: RequestId,
        /// The value.
        result: T,
    },
    /// A reply with an error.
    Refusal {
        /// Always "2.0".
        jsonrpc: &'static str,
        /// The request it answers; none where the request could not be read.
        id: Option<RequestId>,
        /// What went wrong.
        error: RpcError,
    },
}

impl<'a, T: Serialize> Outgoing<'a, T> {
    /// A request.
    pub fn request(id: RequestId, method: &'a str, params: T) -> Self {
        Self::Request { jsonrpc: "2.0", id, method, params }
    }

    /// A notification.
    pub fn notification(method: &'a str, params: T) -> Self {
        Self::Notification { jsonrpc: "2.0", method, params }
    }

    /// A reply.
    pub fn reply(id: RequestId, result: T) -> Self {
        Self::Reply { jsonrpc: "2.0", id, result }
    }

    /// A refusal.
    pub fn refusal(id: Option<RequestId>, error: RpcError) -> Self {
        Self::Refusal { jsonrpc: "2.0", id, error }
    }

    /// The message as one line, newline included.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        let mut line = to_line(self)?;
        line.push('\n');
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_request_survives_the_wire() {
        let line = Outgoing::request(7, "run/cancel", serde_json::json!({"run": "ab"})).to_line().unwrap();
        assert_eq!(
            line,
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"run/cancel\",\"params\":{\"run\":\"ab\"}}\n"
        );
        let back: Incoming = serde_json::from_str(&line).unwrap();
        assert_eq!((back.id, back.method.as_deref()), (Some(7), Some("run/cancel")));
        assert_eq!(back.params.unwrap().get(), "{\"run\":\"ab\"}");
    }

    #[test]
    fn an_error_carries_its_kind_and_hint() {
        let fault = Fault::new(ErrorKind::NotFound, "no run `ab`").hint("plyrum runs list");
        let line = Outgoing::<()>::refusal(Some(1), RpcError::of(fault.clone())).to_line().unwrap();
        let back: Incoming = serde_json::from_str(&line).unwrap();
        assert_eq!(back.error.unwrap().data, Some(fault));
    }
}
