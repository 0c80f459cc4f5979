//! Questions about tool actions: listing them, and answering one.

use super::Visitor;
use crate::clock;
use crate::driver::convert;
use plyrum_ledger::{AnswerApproval, Answered, Approval, ApprovalFilter, ApprovalStatus};
use plyrum_protocol::{
    Action, ApprovalAnswered, ApprovalId, ApprovalQuery, ApprovalReply, ApprovalRow, ApprovalScope,
    ErrorKind, Fault, Listing, RunId, SessionId, Timestamp,
};

/// Rows of one page, and bytes of their actions: a page has to fit a message.
const PAGE_ROWS: u32 = 64;
const PAGE_BYTES: usize = 700 * 1024;
/// Longest reason for a no, in bytes; the model reads it.
const MAX_REASON: usize = 4 * 1024;

/// The pending ones, or all, the newest first.
pub(super) async fn list(visitor: &mut Visitor, query: ApprovalQuery) -> Result<Listing<ApprovalRow>, Fault> {
    let before = match query.cursor.as_deref().map(|cursor| cursor.split_once(' ')) {
        None => None,
        Some(Some((at, id))) => Some((at.parse().map_err(|_| bad_cursor())?, id.to_owned())),
        Some(None) => return Err(bad_cursor()),
    };
    let ledger = &visitor.daemon.ledger;
    ledger.expire_approvals(clock::now().millis()).await.map_err(|e| convert::storage(&e))?;
    visitor.daemon.recorder.outbox_filled();
    let filter = ApprovalFilter { pending_only: !query.all, run: None, before, limit: PAGE_ROWS };
    let found = ledger.approvals(filter).await.map_err(|e| convert::storage(&e))?;
    let (mut rows, mut bytes, mut next) = (Vec::new(), 0, None);
    let whole = found.len() < PAGE_ROWS as usize;
    for approval in &found {
        bytes += approval.action.len() + approval.why.len();
        if bytes > PAGE_BYTES && !rows.is_empty() {
            break;
        }
        rows.push(row(approval)?);
        next = Some(format!("{} {}", approval.at, approval.id));
    }
    let next = next.filter(|_| !(whole && rows.len() == found.len()));
    Ok(Listing { rows, next })
}

fn bad_cursor() -> Fault {
    Fault::new(ErrorKind::Usage, "this is no cursor of `approval/list`")
}

/// Answers a question. "Always" saves its rule first, so that what is promised holds.
pub(super) async fn answer(visitor: &mut Visitor, reply: ApprovalReply) -> Result<ApprovalAnswered, Fault> {
    let asked = find(visitor, &reply.approval).await?;
    let scope = if reply.approve { reply.scope } else { ApprovalScope::Once };
    let rule = match scope {
        ApprovalScope::Once => None,
        ApprovalScope::Session | ApprovalScope::Always => {
            Some(asked.rule.clone().ok_or_else(|| no_rule(&asked))?)
        }
    };
    let reason = reply.reason.map(|reason| clean(&reason, MAX_REASON));
    let order = AnswerApproval {
        id: asked.id.clone(),
        verdict: if reply.approve {
            plyrum_ledger::ApprovalVerdict::Approved
        } else {
            plyrum_ledger::ApprovalVerdict::Denied
        },
        scope: match scope {
            ApprovalScope::Once => plyrum_ledger::ApprovalScope::Once,
            ApprovalScope::Session => plyrum_ledger::ApprovalScope::Session,
            ApprovalScope::Always => plyrum_ledger::ApprovalScope::Always,
        },
        by: clean(&reply.client, 80),
        rule: rule.clone(),
        reason,
        ends_run: !reply.approve && reply.end,
        at: clock::now().millis(),
    };
    let answered = visitor.daemon.ledger.answer_approval(order).await.map_err(|e| convert::storage(&e))?;
    visitor.daemon.recorder.outbox_filled();
    match answered {
        Answered::Now(approval) => {
            let note = remember(visitor, &approval, scope, rule.as_deref());
            let id = ApprovalId::new(approval.id.clone())
                .map_err(|e| Fault::new(ErrorKind::Internal, e.to_string()))?;
            visitor.daemon.toolbox.answered(&id, &approval);
            Ok(ApprovalAnswered { approval: row(&approval)?, first: true, note })
        }
        Answered::Before(approval) => {
            Ok(ApprovalAnswered { approval: row(&approval)?, first: false, note: None })
        }
        Answered::Unknown => Err(unknown(&reply.approval)),
    }
}

/// Keeps the rule of an answer. The answer itself stands, whatever becomes of the rule.
fn remember(
    visitor: &Visitor,
    approval: &Approval,
    scope: ApprovalScope,
    rule: Option<&str>,
) -> Option<String> {
    let rule = rule?;
    match scope {
        ApprovalScope::Once => None,
        ApprovalScope::Session => {
            let session = SessionId::new(approval.session.clone()).ok()?;
            visitor.daemon.toolbox.add_session_rule(&session, rule);
            Some("the same is allowed in this session, until the daemon ends".to_owned())
        }
        ApprovalScope::Always => Some(match plyrum_tools::policies::add(&visitor.daemon.paths, rule) {
            Ok(path) => format!("a rule was added to {}: plyrum policy list", path.display()),
            Err(e) => format!("it is approved this once; the rule could not be saved: {e}"),
        }),
    }
}

/// The question of an id, or of an unambiguous beginning of a pending one's.
async fn find(visitor: &Visitor, asked: &str) -> Result<Approval, Fault> {
    let ledger = &visitor.daemon.ledger;
    if let Some(found) = ledger.approval(asked).await.map_err(|e| convert::storage(&e))? {
        return Ok(found);
    }
    let filter = ApprovalFilter { pending_only: true, run: None, before: None, limit: 10_000 };
    let mut found = ledger.approvals(filter).await.map_err(|e| convert::storage(&e))?;
    if asked == "last" && found.len() == 1 {
        return found.pop().ok_or_else(|| unknown(asked));
    }
    let is_last = asked == "last";
    found.retain(|approval| is_last || !asked.is_empty() && approval.id.starts_with(asked));
    match (found.pop(), found.is_empty()) {
        (Some(approval), true) => Ok(approval),
        (Some(_), false) => {
            Err(Fault::new(ErrorKind::Ambiguous, format!("`{asked}` fits several questions"))
                .hint("plyrum approvals list"))
        }
        (None, _) => Err(unknown(asked)),
    }
}

fn unknown(asked: &str) -> Fault {
    Fault::new(ErrorKind::NotFound, format!("there is no question `{asked}`")).hint("plyrum approvals list")
}

fn no_rule(approval: &Approval) -> Fault {
    Fault::new(ErrorKind::Usage, format!("no rule can allow this for longer: {}", approval.why))
        .hint(format!("plyrum approve {} approves it once", approval.id))
}

fn row(approval: &Approval) -> Result<ApprovalRow, Fault> {
    let broken = |e: String| Fault::new(ErrorKind::Internal, format!("approval {}: {e}", approval.id));
    let action: Action = serde_json::from_str(&approval.action).map_err(|e| broken(e.to_string()))?;
    Ok(ApprovalRow {
        approval: ApprovalId::new(approval.id.clone()).map_err(|e| broken(e.to_string()))?,
        run: RunId::new(approval.run.clone()).map_err(|e| broken(e.to_string()))?,
        tool: approval.tool.clone(),
        action,
        sha256: approval.sha256.clone(),
        status: status(approval.status).to_owned(),
        rule: approval.rule.clone(),
        why: approval.why.clone(),
        deadline: Timestamp::from_millis(approval.deadline),
        by: approval.by.clone(),
        reason: approval.reason.clone(),
    })
}

const fn status(status: ApprovalStatus) -> &'static str {
    match status {
        ApprovalStatus::Pending => "pending",
        ApprovalStatus::Approved => "approved",
        ApprovalStatus::Denied => "denied",
        ApprovalStatus::Expired => "expired",
        ApprovalStatus::Executed => "executed",
    }
}

/// A client's words, as they go on record.
fn clean(text: &str, most: usize) -> String {
    let clean = crate::log::redacted(text);
    let mut clean: String = clean.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    clean.truncate(clean.floor_char_boundary(most));
    clean
}
