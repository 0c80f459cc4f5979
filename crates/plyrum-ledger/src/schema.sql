-- Schema 1. Amounts are micro-rubles, times are milliseconds since the Unix epoch, both from the caller.
-- Later versions are further files of this kind, applied in order (open.rs); this one never changes again.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which ledger this is: told apart from a copy of another one, for ever.
INSERT INTO meta (key, value) VALUES ('install_id', lower(hex(randomblob(16))));

-- The user's account. available = credit_limit + posted - held.
-- posted = sum of its `wallet` and `debt` entries; held = sum of its unresolved holds.
-- The figures' bounds keep every sum of two of them inside 64 bits.
CREATE TABLE accounts (
    id           INTEGER NOT NULL PRIMARY KEY,
    mode         TEXT    NOT NULL CHECK (mode IN ('metered', 'prepaid')),
    mode_chosen  INTEGER NOT NULL DEFAULT 0 CHECK (mode_chosen IN (0, 1)), -- a person chose it: configuration no longer does
    posted       INTEGER NOT NULL DEFAULT 0 CHECK (posted BETWEEN -4000000000000000000 AND 4000000000000000000),
    held         INTEGER NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND 4000000000000000000),
    debt         INTEGER NOT NULL DEFAULT 0 CHECK (debt BETWEEN 0 AND 4000000000000000000),
    credit_limit INTEGER NOT NULL DEFAULT 0 CHECK (credit_limit BETWEEN 0 AND 1000000000000000000)
) STRICT;

INSERT INTO accounts (id, mode) VALUES (1, 'metered');

CREATE TABLE runs (
    run              TEXT    NOT NULL PRIMARY KEY,
    session          TEXT    NOT NULL,
    persona          TEXT    NOT NULL,
    plan             TEXT    NOT NULL,
    project          TEXT,
    client           TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('running', 'parked', 'succeeded', 'degraded', 'failed', 'cancelled', 'interrupted')),
    started_at       INTEGER NOT NULL CHECK (started_at >= 0),
    ended_at         INTEGER CHECK (ended_at >= 0),
    budget_micro_rub INTEGER CHECK (budget_micro_rub >= 0),
    content_hash     TEXT    NOT NULL,
    finish_hash      TEXT,
    CHECK ((status IN ('running', 'parked')) = (ended_at IS NULL))
) STRICT;

CREATE INDEX runs_newest ON runs (started_at DESC, run DESC);
CREATE INDEX runs_open ON runs (status) WHERE status IN ('running', 'parked');

-- One row per request to one provider: first the intent (its hold), in the end the usage row.
CREATE TABLE attempts (
    attempt        TEXT    NOT NULL PRIMARY KEY,
    run            TEXT    NOT NULL REFERENCES runs (run),
    account        INTEGER NOT NULL REFERENCES accounts (id),
    step           TEXT    NOT NULL,
    layer          INTEGER NOT NULL CHECK (layer >= 0),
    role           TEXT    NOT NULL,
    provider       TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    try            INTEGER NOT NULL CHECK (try >= 1),

    state          TEXT    NOT NULL CHECK (state IN ('held', 'sent', 'streaming', 'settled', 'released')),
    hold_micro_rub INTEGER NOT NULL CHECK (hold_micro_rub BETWEEN 0 AND 1000000000000000000),
    cost_micro_rub INTEGER CHECK (cost_micro_rub BETWEEN 0 AND 1000000000000000000), -- NULL in a settled row: unpriced, never 0
    outcome        TEXT    CHECK (outcome IN ('ok', 'cut', 'cancelled', 'failed')),
    quality        TEXT    CHECK (quality IN ('reported', 'estimated', 'missing')),
    review         INTEGER NOT NULL DEFAULT 0 CHECK (review IN (0, 1)),
    cost_problem   TEXT,   -- why the reported usage could not be priced: a code of billing-client
    error_kind     TEXT,

    -- What it is charged with: ids and values, so that the charge recomputes from this row alone.
    price_version  TEXT,
    price_card     TEXT    CHECK (json_valid(price_card)),
    currency       TEXT,
    fx             TEXT    CHECK (json_valid(fx)),
    fx_version     TEXT,

    input          INTEGER CHECK (input >= 0),
    cache_read     INTEGER CHECK (cache_read >= 0),
    cache_write_5m INTEGER CHECK (cache_write_5m >= 0),
    cache_write_1h INTEGER CHECK (cache_write_1h >= 0),
    output         INTEGER CHECK (output >= 0),
    reasoning      INTEGER CHECK (reasoning >= 0),
    units          TEXT    CHECK (json_valid(units)), -- NULL: none
    raw_usage      TEXT,   -- the provider's own words

    request_bytes   INTEGER NOT NULL CHECK (request_bytes >= 0),
    received_bytes  INTEGER NOT NULL DEFAULT 0 CHECK (received_bytes >= 0),
    bytes_per_token TEXT    NOT NULL CHECK (json_valid(bytes_per_token)),

    held_at        INTEGER NOT NULL CHECK (held_at >= 0),
    sent_at        INTEGER CHECK (sent_at >= 0),
    closed_at      INTEGER CHECK (closed_at >= 0),
    ms             INTEGER CHECK (ms >= 0),
    ttft_ms        INTEGER CHECK (ttft_ms >= 0),

    content_hash   TEXT    NOT NULL, -- of the hold: a repeat is told from a reuse of the id
    settle_hash    TEXT,             -- of the settle, likewise

    CHECK ((state IN ('settled', 'released')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'settled') = (outcome IS NOT NULL)),
    CHECK ((state = 'settled') = (quality IS NOT NULL)),
    CHECK ((state = 'settled') = (input IS NOT NULL AND cache_read IS NOT NULL AND cache_write_5m IS NOT NULL
                                  AND cache_write_1h IS NOT NULL AND output IS NOT NULL AND reasoning IS NOT NULL)),
    CHECK (state = 'settled' OR cost_micro_rub IS NULL),
    CHECK ((price_card IS NULL) = (price_version IS NULL)),
    CHECK ((price_card IS NULL) = (currency IS NULL)),
    CHECK ((price_card IS NULL) = (fx IS NULL)),
    CHECK ((price_card IS NULL) = (fx_version IS NULL)),
    CHECK (price_card IS NOT NULL OR hold_micro_rub = 0)
) STRICT;

CREATE INDEX attempts_of_run ON attempts (run, held_at);
CREATE INDEX attempts_settled ON attempts (closed_at) WHERE state = 'settled';
CREATE INDEX attempts_unresolved ON attempts (state) WHERE state IN ('held', 'sent', 'streaming');

-- A resolved attempt is a fact. Only the review flag, which holds no money, may still change.
CREATE TRIGGER attempts_resolved_once BEFORE UPDATE ON attempts
WHEN OLD.state IN ('settled', 'released') AND (NEW.state IS NOT OLD.state OR NEW.cost_micro_rub IS NOT OLD.cost_micro_rub
     OR NEW.hold_micro_rub IS NOT OLD.hold_micro_rub OR NEW.settle_hash IS NOT OLD.settle_hash)
BEGIN SELECT RAISE(ABORT, 'an attempt is resolved once'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END;

-- Ids whose hold was refused: they stay refused, with the figures of the first time.
CREATE TABLE refusals (
    attempt             TEXT    NOT NULL PRIMARY KEY,
    run                 TEXT    NOT NULL REFERENCES runs (run),
    at                  INTEGER NOT NULL CHECK (at >= 0),
    needed_micro_rub    INTEGER NOT NULL,
    available_micro_rub INTEGER NOT NULL,
    limit_micro_rub     INTEGER NOT NULL,
    setting             TEXT    NOT NULL,
    scope               TEXT    NOT NULL,
    content_hash        TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Double entry: the amounts of one txn (the id of its first entry) add up to 0 in each currency.
CREATE TABLE entries (
    id       INTEGER NOT NULL PRIMARY KEY,
    txn      INTEGER NOT NULL CHECK (txn <= id),
    account  TEXT    NOT NULL CHECK (account IN ('wallet', 'debt', 'spend', 'funding', 'external', 'adjustment')),
    currency TEXT    NOT NULL DEFAULT 'RUB',
    amount   INTEGER NOT NULL CHECK (amount <> 0),
    kind     TEXT    NOT NULL CHECK (kind IN ('settle', 'debt', 'top_up', 'debt_payment', 'mode', 'adjustment')),
    attempt  TEXT    REFERENCES attempts (attempt),
    ref      TEXT,   -- the caller's id of a top-up or correction: makes it idempotent
    reason   TEXT,
    at       INTEGER NOT NULL CHECK (at >= 0)
) STRICT;

CREATE INDEX entries_of_attempt ON entries (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX entries_of_ref ON entries (ref) WHERE ref IS NOT NULL;

CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

-- Bodies for the audit log, written with what they tell of. AUTOINCREMENT: an id never comes twice.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL CHECK (at >= 0),
    kind    TEXT    NOT NULL,
    body    TEXT    NOT NULL CHECK (json_valid(body)),
    drained INTEGER NOT NULL DEFAULT 0 CHECK (drained IN (0, 1))
) STRICT;

CREATE INDEX outbox_waiting ON outbox (id) WHERE drained = 0;
