//! Which conversation a prompt belongs to, and what of it the model gets to read.
//!
//! A continued session sends its latest exchanges, as many as fit into half of the model's context; older
//! ones are left out whole. The other half is for the new prompt and the answer.

use crate::daemon::Daemon;
use crate::ids;
use plyrum_engine::Exchange;
use plyrum_protocol::{ErrorKind, Fault, FrameBody, RunId, SessionId};
use plyrum_sessions::{Item, TextRole};
use std::collections::BTreeMap;

/// Bytes that a token stands for at least, when history is cut to a context.
const BYTES_PER_TOKEN: u64 = 3;

/// A conversation that a run joins.
#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) id: SessionId,
    is_new: bool,
}

/// A new conversation, or the one that an id, a prefix or `last` names.
pub(crate) fn session(daemon: &Daemon, asked: Option<&str>) -> Result<Conversation, Fault> {
    let storage = |e: String| Fault::new(ErrorKind::Storage, format!("the sessions cannot be read: {e}"));
    let Some(asked) = asked else {
        let id = ids::session().map_err(|e| storage(e.to_string()))?;
        return Ok(Conversation { id, is_new: true });
    };
    let dir = daemon.paths.sessions_dir();
    let mut known =
        tokio::task::block_in_place(|| plyrum_sessions::list(&dir)).map_err(|e| storage(e.to_string()))?;
    known.sort_by_key(|s| s.modified);
    let hint = "plyrum runs list shows the sessions";
    if asked == "last" {
        let last = known.pop().map(|s| Conversation { id: s.id, is_new: false });
        return last.ok_or_else(|| Fault::new(ErrorKind::NotFound, "there is no session yet").hint(hint));
    }
    let mut fits = known.into_iter().filter(|s| s.id.as_str().starts_with(asked));
    match (fits.next(), fits.next()) {
        (Some(one), None) => Ok(Conversation { id: one.id, is_new: false }),
        (Some(one), Some(other)) => {
            let message = format!("`{asked}` fits several sessions: {}, {}", one.id, other.id);
            Err(Fault::new(ErrorKind::Ambiguous, message).hint(hint))
        }
        (None, _) => {
            Err(Fault::new(ErrorKind::NotFound, format!("there is no session `{asked}`")).hint(hint))
        }
    }
}

/// The latest exchanges that fit.
pub(crate) fn exchanges(
    daemon: &Daemon,
    session: &Conversation,
    context_tokens: u64,
) -> Result<Vec<Exchange>, Fault> {
    if session.is_new {
        return Ok(Vec::new());
    }
    let all = tokio::task::block_in_place(|| read(daemon, &session.id))
        .map_err(|e| Fault::new(ErrorKind::Storage, format!("session {} cannot be read: {e}", session.id)))?;
    let mut left = context_tokens.saturating_mul(BYTES_PER_TOKEN) / 2;
    let mut fitting: Vec<Exchange> = all
        .into_iter()
        .rev()
        .take_while(|exchange| {
            let bytes = (exchange.prompt.len() + exchange.answer.len()) as u64;
            let fits = bytes <= left;
            left = left.saturating_sub(bytes);
            fits
        })
        .collect();
    fitting.reverse();
    Ok(fitting)
}

/// Every exchange of a session that has an answer, oldest first.
fn read(daemon: &Daemon, id: &SessionId) -> std::io::Result<Vec<Exchange>> {
    let mut prompts: BTreeMap<RunId, String> = BTreeMap::new();
    let mut exchanges = Vec::new();
    for item in plyrum_sessions::read(&daemon.paths.sessions_dir(), id)? {
        match item? {
            Item::Text(text) if text.role == TextRole::User => {
                prompts.insert(text.run, text.text);
            }
            Item::Frame(frame) => {
                if let FrameBody::RunFinished { result } = frame.body
                    && let Some(prompt) = prompts.remove(&frame.run)
                    && !result.answer.is_empty()
                {
                    exchanges.push(Exchange { prompt, answer: result.answer });
                }
            }
            Item::Text(_) => {}
        }
    }
    Ok(exchanges)
}
