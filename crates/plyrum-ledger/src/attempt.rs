//! One attempt as stored: the intent, and once resolved the usage row.

use plyrum_billing_client::{BytesPerToken, MicroRub, Quality, Usage};
use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row, Statement};

use crate::charge::{Price, Terms};
use crate::error::LedgerError;
use crate::raw_usage;
use crate::terms;
use crate::words::{AttemptState, Outcome};

/// An attempt with everything that its charge came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub attempt: String,
    /// The run that it served.
    pub run: String,
    /// The step of the run's plan.
    pub step: String,
    /// Layer of the plan, from 0.
    pub layer: u32,
    /// What it was for.
    pub role: String,
    /// Who got the request.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// Which try of its step it was, from 1.
    pub try_no: u32,
    /// Where it is.
    pub state: AttemptState,
    /// What it reserved.
    pub hold: MicroRub,
    /// What it was charged; `None` before it is settled, and for an unpriced one after.
    pub cost: Option<MicroRub>,
    /// How it ended, once settled.
    pub outcome: Option<Outcome>,
    /// How far its usage can be trusted, once settled.
    pub quality: Option<Quality>,
    /// A person may want to look at it.
    pub review: bool,
    /// Why its reported usage could not be charged, as a code of the cost formula.
    pub cost_problem: Option<String>,
    /// What went wrong with the request, in the caller's words.
    pub error_kind: Option<String>,
    /// What it is charged with; `None` where no price was known.
    pub price: Option<Price>,
    /// What it used, once settled.
    pub usage: Option<Usage>,
    /// The provider's own words about that.
    pub raw_usage: Option<String>,
    /// Size of the request.
    pub request_bytes: u64,
    /// What had been received by the last note of it.
    pub received_bytes: u64,
    /// The ratio for estimates.
    pub bytes_per_token: BytesPerToken,
    /// When its money was reserved, in milliseconds since the epoch, as all times here.
    pub held_at: i64,
    /// When its request started to go out.
    pub sent_at: Option<i64>,
    /// When it was settled or released.
    pub closed_at: Option<i64>,
    /// How long it took.
    pub ms: Option<u64>,
    /// How long its first token took.
    pub ttft_ms: Option<u64>,
    pub(crate) settle_hash: Option<Vec<u8>>,
}

impl Attempt {
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            price: self.price.clone(),
            hold: self.hold,
            request_bytes: self.request_bytes,
            received_bytes: self.received_bytes,
            bytes_per_token: self.bytes_per_token,
        }
    }

    pub(crate) fn wrong_state(&self, wanted: &'static str) -> LedgerError {
        wrong_state(&self.attempt, self.state, wanted)
    }
}

pub(crate) fn wrong_state(attempt: &str, state: AttemptState, wanted: &'static str) -> LedgerError {
    LedgerError::WrongState { attempt: attempt.to_owned(), state: state.to_string(), wanted }
}

/// The query for whole attempts, with what follows `FROM attempts`. Terms and words of usages are looked up by
/// their ids: over a join SQLite would compile the statement again at each use.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT attempt, run, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub, \
             outcome, quality, review, cost_problem, error_kind, terms, input, cache_read, cache_write_5m, \
             cache_write_1h, output, reasoning, units, usage_shape, raw_usage, request_bytes, \
             received_bytes, held_at, sent_at, closed_at, ms, ttft_ms, settle_hash \
             FROM attempts ",
            $rest
        )
    };
}
pub(crate) use select;

pub(crate) fn load(conn: &Connection, attempt: &str) -> Result<Attempt, LedgerError> {
    let mut select = conn.prepare_cached(select!("WHERE attempt = ?1"))?;
    let mut rows = select.query([attempt])?;
    match rows.next()? {
        Some(row) => Ok(from_row(conn, row)?),
        None => Err(LedgerError::UnknownAttempt { attempt: attempt.to_owned() }),
    }
}

/// The attempts that a statement of `select!` finds.
pub(crate) fn all(
    conn: &Connection,
    select: &mut Statement<'_>,
    params: impl Params,
) -> Result<Vec<Attempt>, LedgerError> {
    let mut rows = select.query(params)?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        attempts.push(from_row(conn, row)?);
    }
    Ok(attempts)
}

/// Reads a row of `select!`: by place, since finding forty columns by name costs more than reading them.
pub(crate) fn from_row(conn: &Connection, row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let state: AttemptState = row.get(8)?;
    let terms = terms::load(conn, row.get(16)?)?;
    Ok(Attempt {
        attempt: row.get(0)?,
        run: row.get(1)?,
        step: row.get(2)?,
        layer: row.get(3)?,
        role: row.get(4)?,
        provider: row.get(5)?,
        model: row.get(6)?,
        try_no: row.get(7)?,
        state,
        hold: MicroRub::new(row.get(9)?),
        cost: row.get::<_, Option<i64>>(10)?.map(MicroRub::new),
        outcome: row.get(11)?,
        quality: quality(row)?,
        review: row.get(13)?,
        cost_problem: row.get(14)?,
        error_kind: row.get(15)?,
        price: terms.price,
        usage: if state == AttemptState::Settled { Some(usage(row)?) } else { None },
        raw_usage: raw_usage::load(conn, row.get(24)?, row.get(25)?)?,
        request_bytes: row.get(26)?,
        received_bytes: row.get(27)?,
        bytes_per_token: terms.bytes_per_token,
        held_at: row.get(28)?,
        sent_at: row.get(29)?,
        closed_at: row.get(30)?,
        ms: row.get(31)?,
        ttft_ms: row.get(32)?,
        settle_hash: row.get(33)?,
    })
}

fn quality(row: &Row<'_>) -> rusqlite::Result<Option<Quality>> {
    let Some(word) = row.get_ref(12)?.as_str_or_null()? else { return Ok(None) };
    let known = [Quality::Reported, Quality::Estimated, Quality::Missing];
    Ok(known.into_iter().find(|quality| quality.as_str() == word))
}

fn usage(row: &Row<'_>) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input: row.get(17)?,
        cache_read: row.get(18)?,
        cache_write_5m: row.get(19)?,
        cache_write_1h: row.get(20)?,
        output: row.get(21)?,
        reasoning: row.get(22)?,
        units: json(row, 23)?.unwrap_or_default(),
    })
}

/// JSON text in a column; `None` where there is none.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else { return Ok(None) };
    let value = serde_json::from_str(text);
    value
        .map(Some)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into()))
}
