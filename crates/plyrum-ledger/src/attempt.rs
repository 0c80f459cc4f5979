//! One attempt as stored: the intent, and once resolved the usage row.

use plyrum_billing_client::{BytesPerToken, Fx, MicroRub, Quality, RateCard, Usage};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::charge::{Price, Terms};
use crate::error::LedgerError;
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
    pub(crate) settle_hash: Option<String>,
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
        LedgerError::WrongState { attempt: self.attempt.clone(), state: self.state.to_string(), wanted }
    }
}

pub(crate) fn load(conn: &Connection, attempt: &str) -> Result<Attempt, LedgerError> {
    conn.prepare_cached("SELECT * FROM attempts WHERE attempt = ?1")?
        .query_row([attempt], from_row)
        .optional()?
        .ok_or_else(|| LedgerError::UnknownAttempt { attempt: attempt.to_owned() })
}

/// Reads a `SELECT * FROM attempts` row.
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let state: AttemptState = row.get("state")?;
    Ok(Attempt {
        attempt: row.get("attempt")?,
        run: row.get("run")?,
        step: row.get("step")?,
        layer: row.get("layer")?,
        role: row.get("role")?,
        provider: row.get("provider")?,
        model: row.get("model")?,
        try_no: row.get("try")?,
        state,
        hold: MicroRub::new(row.get("hold_micro_rub")?),
        cost: row.get::<_, Option<i64>>("cost_micro_rub")?.map(MicroRub::new),
        outcome: row.get("outcome")?,
        quality: quality(row)?,
        review: row.get("review")?,
        cost_problem: row.get("cost_problem")?,
        error_kind: row.get("error_kind")?,
        price: price(row)?,
        usage: if state == AttemptState::Settled { Some(usage(row)?) } else { None },
        raw_usage: row.get("raw_usage")?,
        request_bytes: row.get("request_bytes")?,
        received_bytes: row.get("received_bytes")?,
        bytes_per_token: json(row, "bytes_per_token")?.unwrap_or_default(),
        held_at: row.get("held_at")?,
        sent_at: row.get("sent_at")?,
        closed_at: row.get("closed_at")?,
        ms: row.get("ms")?,
        ttft_ms: row.get("ttft_ms")?,
        settle_hash: row.get("settle_hash")?,
    })
}

fn quality(row: &Row<'_>) -> rusqlite::Result<Option<Quality>> {
    let word: Option<String> = row.get("quality")?;
    let known = [Quality::Reported, Quality::Estimated, Quality::Missing];
    Ok(word.and_then(|word| known.into_iter().find(|quality| quality.as_str() == word)))
}

fn price(row: &Row<'_>) -> rusqlite::Result<Option<Price>> {
    // The schema has all five or none.
    let (Some(card), Some(fx)) = (json::<RateCard>(row, "price_card")?, json::<Fx>(row, "fx")?) else {
        return Ok(None);
    };
    Ok(Some(Price {
        version: row.get("price_version")?,
        currency: row.get("currency")?,
        card,
        fx_version: row.get("fx_version")?,
        fx,
    }))
}

fn usage(row: &Row<'_>) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input: row.get("input")?,
        cache_read: row.get("cache_read")?,
        cache_write_5m: row.get("cache_write_5m")?,
        cache_write_1h: row.get("cache_write_1h")?,
        output: row.get("output")?,
        reasoning: row.get("reasoning")?,
        units: json(row, "units")?.unwrap_or_default(),
    })
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let index = row.as_ref().column_index(column)?;
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else { return Ok(None) };
    let value = serde_json::from_str(text);
    value
        .map(Some)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into()))
}
