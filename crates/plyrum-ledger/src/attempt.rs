//! One attempt as stored: the intent, and once resolved the usage row.

use plyrum_billing_client::{BytesPerToken, Fx, MicroRub, Quality, RateCard, Usage};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::charge::{Price, Terms};
use crate::error::LedgerError;
use crate::raw_usage;
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

/// The query for whole attempts, with what follows `FROM attempts`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT attempt, run, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub, \
             outcome, quality, review, cost_problem, error_kind, price_version, price_card, currency, fx, \
             fx_version, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, units, \
             raw_usage, request_bytes, received_bytes, bytes_per_token, held_at, sent_at, closed_at, ms, \
             ttft_ms, settle_hash, usage_shapes.shape \
             FROM attempts JOIN terms ON terms.id = attempts.terms \
             LEFT JOIN usage_shapes ON usage_shapes.id = attempts.usage_shape ",
            $rest
        )
    };
}
pub(crate) use select;

pub(crate) fn load(conn: &Connection, attempt: &str) -> Result<Attempt, LedgerError> {
    conn.prepare_cached(select!("WHERE attempt = ?1"))?
        .query_row([attempt], from_row)
        .optional()?
        .ok_or_else(|| LedgerError::UnknownAttempt { attempt: attempt.to_owned() })
}

/// Reads a row of `select!`: by place, since finding forty columns by name costs more than reading them.
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let state: AttemptState = row.get(8)?;
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
        price: price(row)?,
        usage: if state == AttemptState::Settled { Some(usage(row)?) } else { None },
        raw_usage: raw_usage(row)?,
        request_bytes: row.get(29)?,
        received_bytes: row.get(30)?,
        bytes_per_token: json(row, 31)?.unwrap_or_default(),
        held_at: row.get(32)?,
        sent_at: row.get(33)?,
        closed_at: row.get(34)?,
        ms: row.get(35)?,
        ttft_ms: row.get(36)?,
        settle_hash: row.get(37)?,
    })
}

fn quality(row: &Row<'_>) -> rusqlite::Result<Option<Quality>> {
    let word: Option<String> = row.get(12)?;
    let known = [Quality::Reported, Quality::Estimated, Quality::Missing];
    Ok(word.and_then(|word| known.into_iter().find(|quality| quality.as_str() == word)))
}

fn price(row: &Row<'_>) -> rusqlite::Result<Option<Price>> {
    // The schema has all five or none.
    let (Some(card), Some(fx)) = (json::<RateCard>(row, 17)?, json::<Fx>(row, 19)?) else {
        return Ok(None);
    };
    Ok(Some(Price { version: row.get(16)?, currency: row.get(18)?, card, fx_version: row.get(20)?, fx }))
}

fn raw_usage(row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let kept: Option<String> = row.get(28)?;
    let shape = row.get_ref(38)?.as_str_or_null()?;
    Ok(kept.map(|kept| shape.map_or_else(|| kept.clone(), |shape| raw_usage::said(shape, &kept))))
}

fn usage(row: &Row<'_>) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input: row.get(21)?,
        cache_read: row.get(22)?,
        cache_write_5m: row.get(23)?,
        cache_write_1h: row.get(24)?,
        output: row.get(25)?,
        reasoning: row.get(26)?,
        units: json(row, 27)?.unwrap_or_default(),
    })
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else { return Ok(None) };
    let value = serde_json::from_str(text);
    value
        .map(Some)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into()))
}
