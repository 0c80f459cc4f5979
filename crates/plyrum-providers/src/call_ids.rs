//! Ids of calls. A result refers to its call by id alone, but some servers send no ids, and others the same
//! ones in every answer. No server remembers them: it reads both sides anew in each request.

use std::collections::HashSet;

use crate::ChatRequest;

/// Gives each call of an answer an id that nothing else in the conversation has.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallIds {
    taken: HashSet<String>,
    /// Calls of the conversation, with those given an id here.
    count: u64,
}

impl CallIds {
    /// Knows the calls of the conversation that a request continues.
    pub(crate) fn after(request: &ChatRequest) -> Self {
        let calls = request.messages.iter().flat_map(|message| &message.calls);
        let taken: Vec<String> = calls.map(|call| call.id.clone()).collect();
        Self { count: taken.len() as u64, taken: taken.into_iter().collect() }
    }

    /// The next call's id: the wished one if it is a new one, else `call_` with the call's number in the
    /// conversation, or with the first number after it that is free.
    pub(crate) fn next(&mut self, wished: Option<String>) -> String {
        self.count += 1;
        let fresh = |id: &String| !id.is_empty() && !self.taken.contains(id);
        let id = wished.filter(fresh).unwrap_or_else(|| self.made());
        self.taken.insert(id.clone());
        id
    }

    fn made(&self) -> String {
        // One more number than there are ids: one of them is free.
        let mut numbers = self.count..=self.count.saturating_add(self.taken.len() as u64);
        let free =
            numbers.find_map(|number| Some(format!("call_{number}")).filter(|id| !self.taken.contains(id)));
        free.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChatMessage, ToolCall};

    fn after(ids: &[&str]) -> CallIds {
        let call = |id: &&str| ToolCall::new(*id, "read", "{}");
        CallIds::after(&ChatRequest {
            model: String::new(),
            messages: vec![ChatMessage::calling("", ids.iter().map(call).collect())],
            max_output_tokens: 1,
            temperature: None,
            stop: Vec::new(),
            attempt: String::new(),
            seed: 0,
            tools: Vec::new(),
            ..ChatRequest::default()
        })
    }

    #[test]
    fn an_id_is_kept_if_it_is_new_and_made_if_it_is_not() {
        for (before, wished, expected) in [
            (&[][..], &[None, None][..], &["call_1", "call_2"][..]),
            (&["a"], &[Some("b"), None, Some("")], &["b", "call_3", "call_4"]),
            (&["a"], &[Some("a"), Some("b"), Some("b")], &["call_2", "b", "call_4"]),
            (&["call_2"], &[None, Some("call_3"), None], &["call_3", "call_4", "call_5"]),
            (&["call_4", "call_5"], &[None, None], &["call_3", "call_6"]),
        ] {
            let mut ids = after(before);
            let found: Vec<String> = wished.iter().map(|id| ids.next(id.map(str::to_owned))).collect();
            assert_eq!(found, expected, "{before:?} {wished:?}");
        }
    }
}
