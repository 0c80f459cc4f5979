//! What changes an approval: one step forward at a time, each with its body for the audit log.

use rusqlite::{Connection, OptionalExtension as _, Params, params};
use serde::Serialize;

use super::{AnswerApproval, Answered, Approval, MAX_PENDING, NewApproval, Request, check_words, rows};
use crate::bounds;
use crate::error::LedgerError;
use crate::fingerprint::Print;
use crate::outbox;
use crate::run;
use crate::words::{ApprovalScope, ApprovalStatus};

/// Who resolves what nobody has answered, in the audit log.
const BY_DAEMON: &str = "daemon";
/// Why, at the deadline.
const LATE: &str = "nobody answered before the deadline";
/// Why, at the end of the run.
const RUN_ENDED: &str = "the run has ended";

#[derive(Serialize)]
struct Requested<'a> {
    approval: &'a str,
    run: &'a str,
    call: &'a str,
    tool: &'a str,
    sha256: &'a str,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    deadline: i64,
}

#[derive(Serialize)]
struct Resolved<'a> {
    approval: &'a str,
    run: &'a str,
    call: &'a str,
    tool: &'a str,
    sha256: &'a str,
    verdict: ApprovalStatus,
    by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ApprovalScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Executed<'a> {
    approval: &'a str,
    run: &'a str,
    call: &'a str,
    sha256: &'a str,
}

/// How an approval stops being pending.
struct Resolution<'a> {
    status: ApprovalStatus,
    scope: Option<ApprovalScope>,
    by: Option<&'a str>,
    saved_rule: Option<&'a str>,
    reason: Option<&'a str>,
    ends_run: bool,
    at: i64,
}

/// Asks. Once for each id, for a run that is open, as long as not too many wait already.
pub(crate) fn request(conn: &Connection, request: &Request) -> Result<(), LedgerError> {
    let Request { new, print } = request;
    let mut select = conn.prepare_cached("SELECT content_hash FROM approvals WHERE id = ?1")?;
    let earlier: Option<Vec<u8>> = select.query_row([&new.id], |row| row.get(0)).optional()?;
    match earlier {
        Some(earlier) if earlier == print => return Ok(()),
        Some(_) => return Err(LedgerError::IdReused { what: "approval", id: new.id.clone() }),
        None => {}
    }
    run::open(conn, &new.run)?;
    check_room(conn)?;
    insert(conn, new, print)?;
    let body = Requested {
        approval: &new.id,
        run: &new.run,
        call: &new.call,
        tool: &new.tool,
        sha256: &new.sha256,
        why: &new.why,
        rule: new.rule.as_deref(),
        deadline: new.deadline,
    };
    outbox::push(conn, new.at, "approval.requested", &body).map(drop)
}

fn check_room(conn: &Connection) -> Result<(), LedgerError> {
    let mut count = conn.prepare_cached("SELECT count(*) FROM approvals WHERE status = 'pending'")?;
    let pending: u32 = count.query_row([], |row| row.get(0))?;
    if pending < MAX_PENDING {
        return Ok(());
    }
    Err(LedgerError::invalid(format!(
        "{pending} approvals are pending, and more than that never wait at once"
    )))
}

fn insert(conn: &Connection, new: &NewApproval, print: &Print) -> Result<(), LedgerError> {
    conn.prepare_cached(
        "INSERT INTO approvals (id, run, session, call, tool, sha256, why, rule, at, deadline, content_hash, action)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        new.id,
        new.run,
        new.session,
        new.call,
        new.tool,
        new.sha256,
        new.why,
        new.rule,
        new.at,
        new.deadline,
        print,
        new.action
    ])?;
    if let Some(checkpoint) = &new.checkpoint {
        conn.prepare_cached("INSERT INTO approval_checkpoints (approval, checkpoint) VALUES (?1, ?2)")?
            .execute([&new.id, checkpoint])?;
    }
    Ok(())
}

/// Answers, unless somebody was first or the time is over, which is then written down.
pub(crate) fn answer(conn: &Connection, answer: &AnswerApproval) -> Result<Answered, LedgerError> {
    bounds::check_id("answering client", &answer.by)?;
    check_words("rule", answer.rule.as_deref())?;
    check_words("reason", answer.reason.as_deref())?;
    bounds::check_time("answer time", answer.at)?;
    let Some(row) = rows::find(conn, &answer.id)? else { return Ok(Answered::Unknown) };
    if row.status != ApprovalStatus::Pending {
        return Ok(Answered::Before(row));
    }
    if answer.at >= row.deadline {
        return resolve(conn, row, &expired(answer.at, LATE)).map(Answered::Before);
    }
    let resolution = Resolution {
        status: answer.verdict.into(),
        scope: Some(answer.scope),
        by: Some(&answer.by),
        saved_rule: answer.rule.as_deref(),
        reason: answer.reason.as_deref(),
        ends_run: answer.ends_run,
        at: answer.at,
    };
    resolve(conn, row, &resolution).map(Answered::Now)
}

fn expired(at: i64, reason: &str) -> Resolution<'_> {
    Resolution {
        status: ApprovalStatus::Expired,
        scope: None,
        by: None,
        saved_rule: None,
        reason: Some(reason),
        ends_run: false,
        at,
    }
}

/// Takes a pending approval to its end, and returns it as it is then.
fn resolve(conn: &Connection, row: Approval, by: &Resolution<'_>) -> Result<Approval, LedgerError> {
    conn.prepare_cached(
        "UPDATE approvals SET status = ?2, scope = ?3, answered_by = ?4, saved_rule = ?5, reason = ?6, ends_run = ?7,
             answered_at = ?8 WHERE id = ?1",
    )?
    .execute(params![row.id, by.status, by.scope, by.by, by.saved_rule, by.reason, by.ends_run, by.at])?;
    let body = Resolved {
        approval: &row.id,
        run: &row.run,
        call: &row.call,
        tool: &row.tool,
        sha256: &row.sha256,
        verdict: by.status,
        by: by.by.unwrap_or(BY_DAEMON),
        scope: by.scope,
        rule: by.saved_rule,
        reason: by.reason,
    };
    outbox::push(conn, by.at, "approval.resolved", &body)?;
    Ok(Approval {
        status: by.status,
        scope: by.scope,
        by: by.by.map(str::to_owned),
        rule: by.saved_rule.map(str::to_owned).or(row.rule),
        reason: by.reason.map(str::to_owned),
        ends_run: by.ends_run,
        answered_at: Some(by.at),
        ..row
    })
}

/// True where `expire` has something to do.
pub(crate) fn any_due(conn: &Connection, at: i64) -> bool {
    let query = "SELECT EXISTS (SELECT 1 FROM approvals WHERE status = 'pending' AND deadline <= ?1)";
    any(conn, query, [at])
}

/// True where the end of this run ends an approval or drops a checkpoint.
pub(crate) fn any_of(conn: &Connection, run: &str) -> bool {
    let query = "SELECT EXISTS (SELECT 1 FROM approvals a WHERE a.run = ?1 AND (a.status = 'pending'
        OR a.id IN (SELECT approval FROM approval_checkpoints)))";
    any(conn, query, [run])
}

/// Where it cannot be said, the more careful way is taken; what follows will tell.
fn any(conn: &Connection, query: &str, params: impl Params) -> bool {
    let look = || conn.prepare_cached(query)?.query_row(params, |row| row.get(0));
    look().unwrap_or(true)
}

/// The time of these is over, the earliest first.
pub(crate) fn expire(conn: &Connection, at: i64) -> Result<Vec<Approval>, LedgerError> {
    bounds::check_time("expiry time", at)?;
    let due = rows::due(conn, at)?;
    due.into_iter().map(|row| resolve(conn, row, &expired(at, LATE))).collect()
}

/// Nobody waits for these any more: their run does not.
pub(crate) fn withdraw(
    conn: &Connection,
    run: &str,
    at: i64,
    reason: &str,
) -> Result<Vec<Approval>, LedgerError> {
    bounds::check_time("withdrawal time", at)?;
    check_words("reason", Some(reason))?;
    let pending = rows::pending_of(conn, run)?;
    pending.into_iter().map(|row| resolve(conn, row, &expired(at, reason))).collect()
}

/// A run ends: what it still waited for expires, and it never goes on from a checkpoint.
pub(crate) fn end_of_run(conn: &Connection, run: &str, at: i64) -> Result<(), LedgerError> {
    withdraw(conn, run, at, RUN_ENDED)?;
    conn.prepare_cached(
        "DELETE FROM approval_checkpoints WHERE approval IN (SELECT id FROM approvals WHERE run = ?1)",
    )?
    .execute([run])?;
    Ok(())
}

/// The action is about to run: true once, of an approved one with this hash, whose run is open.
pub(crate) fn begin_execution(
    conn: &Connection,
    id: &str,
    sha256: &str,
    at: i64,
) -> Result<bool, LedgerError> {
    bounds::check_time("execution time", at)?;
    let begun = conn
        .prepare_cached(
            "UPDATE approvals SET status = 'executed', executed_at = ?3
             WHERE id = ?1 AND sha256 = ?2 AND status = 'approved'
                 AND EXISTS (SELECT 1 FROM runs r WHERE r.run = approvals.run AND r.ended_at IS NULL)
             RETURNING run, call",
        )?
        .query_row(params![id, sha256, at], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let Some((run, call)) = begun else { return Ok(false) };
    let body = Executed { approval: id, run: &run, call: &call, sha256 };
    outbox::push(conn, at, "approval.executed", &body)?;
    Ok(true)
}

/// The run has taken the answer: it does not go on from here again.
pub(crate) fn take_up(conn: &Connection, id: &str, at: i64) -> Result<(), LedgerError> {
    bounds::check_time("time of taking up", at)?;
    match rows::find(conn, id)? {
        None => return Err(LedgerError::UnknownApproval { approval: id.to_owned() }),
        Some(row) if row.status == ApprovalStatus::Pending => {
            return Err(LedgerError::invalid(format!(
                "approval `{id}` is pending: there is no answer to take up"
            )));
        }
        Some(_) => {}
    }
    conn.prepare_cached("DELETE FROM approval_checkpoints WHERE approval = ?1")?.execute([id])?;
    Ok(())
}
