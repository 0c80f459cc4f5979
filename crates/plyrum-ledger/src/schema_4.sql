-- Schema 4: what every attempt repeats is kept once, and prints are 128 bits. Run with foreign keys off (open.rs), since
-- `attempts` is built anew; they are checked before the commit.

-- What an attempt is charged with: values, not names of rows elsewhere that may change. Never changed, never deleted,
-- so a charge recomputes from an attempt and its terms alone.
CREATE TABLE terms (
    id              INTEGER NOT NULL PRIMARY KEY,
    price_version   TEXT,
    fx_version      TEXT,
    price_card      TEXT    CHECK (json_valid(price_card)),
    currency        TEXT,
    fx              TEXT    CHECK (json_valid(fx)),
    bytes_per_token TEXT    NOT NULL CHECK (json_valid(bytes_per_token)),
    CHECK ((price_card IS NULL) = (price_version IS NULL)),
    CHECK ((price_card IS NULL) = (currency IS NULL)),
    CHECK ((price_card IS NULL) = (fx IS NULL)),
    CHECK ((price_card IS NULL) = (fx_version IS NULL))
) STRICT;
CREATE INDEX terms_of_version ON terms (price_version, fx_version);
INSERT INTO terms (price_version, fx_version, price_card, currency, fx, bytes_per_token)
    SELECT DISTINCT price_version, fx_version, price_card, currency, fx, bytes_per_token FROM attempts;
CREATE TRIGGER terms_never_change BEFORE UPDATE ON terms
BEGIN SELECT RAISE(ABORT, 'terms are append-only'); END;
CREATE TRIGGER terms_stay BEFORE DELETE ON terms
BEGIN SELECT RAISE(ABORT, 'terms are append-only'); END;

-- A provider says its usage in the same words each time, with other numbers: the words, `#` in place of each number.
CREATE TABLE usage_shapes (
    id    INTEGER NOT NULL PRIMARY KEY,
    shape TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER usage_shapes_never_change BEFORE UPDATE ON usage_shapes
BEGIN SELECT RAISE(ABORT, 'shapes are append-only'); END;
CREATE TRIGGER usage_shapes_stay BEFORE DELETE ON usage_shapes
BEGIN SELECT RAISE(ABORT, 'shapes are append-only'); END;

DROP VIEW rollup_places;
DROP VIEW usage_lines;

CREATE TABLE attempts_4 (
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
    first_of       INTEGER NOT NULL DEFAULT 0 CHECK (first_of BETWEEN 0 AND 31), -- schema_3.sql
    closed_at      INTEGER CHECK (closed_at >= 0),
    terms          INTEGER NOT NULL REFERENCES terms (id), -- without a price in them nothing is held (check.rs)

    input          INTEGER CHECK (input >= 0),
    cache_read     INTEGER CHECK (cache_read >= 0),
    cache_write_5m INTEGER CHECK (cache_write_5m >= 0),
    cache_write_1h INTEGER CHECK (cache_write_1h >= 0),
    output         INTEGER CHECK (output >= 0),
    reasoning      INTEGER CHECK (reasoning >= 0),
    units          TEXT    CHECK (json_valid(units)), -- NULL: none

    request_bytes  INTEGER NOT NULL CHECK (request_bytes >= 0),
    received_bytes INTEGER NOT NULL DEFAULT 0 CHECK (received_bytes >= 0),
    held_at        INTEGER NOT NULL CHECK (held_at >= 0),
    sent_at        INTEGER CHECK (sent_at >= 0),
    ms             INTEGER CHECK (ms >= 0),
    ttft_ms        INTEGER CHECK (ttft_ms >= 0),

    content_hash   BLOB    NOT NULL, -- of the hold: a repeat is told from a reuse of the id
    settle_hash    BLOB,             -- of the settle, likewise

    cost_problem   TEXT,   -- why the reported usage could not be priced: a code of billing-client
    error_kind     TEXT,
    message_chain  TEXT    CHECK (json_valid(message_chain)), -- schema_2.sql
    -- The provider's own words: as they came, or (with a shape) the numbers of the shape, in its order, with spaces between.
    usage_shape    INTEGER REFERENCES usage_shapes (id),
    raw_usage      TEXT,
    -- schema_2.sql
    provider_cost           TEXT,
    provider_cost_micro_rub INTEGER,

    CHECK ((state IN ('settled', 'released')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'settled') = (outcome IS NOT NULL)),
    CHECK ((state = 'settled') = (quality IS NOT NULL)),
    CHECK ((state = 'settled') = (input IS NOT NULL AND cache_read IS NOT NULL AND cache_write_5m IS NOT NULL
                                  AND cache_write_1h IS NOT NULL AND output IS NOT NULL AND reasoning IS NOT NULL)),
    CHECK (state = 'settled' OR cost_micro_rub IS NULL),
    CHECK (usage_shape IS NULL OR raw_usage IS NOT NULL)
) STRICT;

-- A print of 64 hex digits keeps its first 128 bits; recovery's mark is no print and stays what it is.
INSERT INTO attempts_4 (rowid, attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub,
        outcome, quality, review, first_of, closed_at, terms, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning,
        units, request_bytes, received_bytes, held_at, sent_at, ms, ttft_ms, content_hash, settle_hash, cost_problem, error_kind,
        message_chain, raw_usage, provider_cost, provider_cost_micro_rub)
    SELECT a.rowid, attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub,
        outcome, quality, review, first_of, closed_at,
        (SELECT id FROM terms t WHERE t.price_version IS a.price_version AND t.fx_version IS a.fx_version
            AND t.price_card IS a.price_card AND t.currency IS a.currency AND t.fx IS a.fx AND t.bytes_per_token = a.bytes_per_token),
        input, cache_read, cache_write_5m, cache_write_1h, output, reasoning,
        units, request_bytes, received_bytes, held_at, sent_at, ms, ttft_ms,
        iif(length(content_hash) = 64, unhex(substr(content_hash, 1, 32)), CAST(content_hash AS BLOB)),
        iif(length(settle_hash) = 64, unhex(substr(settle_hash, 1, 32)), CAST(settle_hash AS BLOB)),
        cost_problem, error_kind, message_chain, raw_usage, provider_cost, provider_cost_micro_rub
    FROM attempts a ORDER BY a.rowid;
DROP TABLE attempts;
ALTER TABLE attempts_4 RENAME TO attempts;

CREATE INDEX attempts_of_run ON attempts (run);
CREATE INDEX attempts_settled ON attempts (closed_at) WHERE state = 'settled';
CREATE INDEX attempts_unresolved ON attempts (state) WHERE state IN ('held', 'sent', 'streaming');

-- A resolved attempt is a fact. Only the review flag, which holds no money, may still change.
CREATE TRIGGER attempts_resolved_once BEFORE UPDATE ON attempts
WHEN OLD.state IN ('settled', 'released') AND (NEW.state IS NOT OLD.state OR NEW.cost_micro_rub IS NOT OLD.cost_micro_rub
     OR NEW.hold_micro_rub IS NOT OLD.hold_micro_rub OR NEW.settle_hash IS NOT OLD.settle_hash)
BEGIN SELECT RAISE(ABORT, 'an attempt is resolved once'); END;
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END;

ALTER TABLE runs ADD COLUMN content_print BLOB NOT NULL DEFAULT x'';
ALTER TABLE runs ADD COLUMN finish_print BLOB;
UPDATE runs SET
    content_print = iif(length(content_hash) = 64, unhex(substr(content_hash, 1, 32)), CAST(content_hash AS BLOB)),
    finish_print = iif(length(finish_hash) = 64, unhex(substr(finish_hash, 1, 32)), CAST(finish_hash AS BLOB));
ALTER TABLE runs DROP COLUMN content_hash;
ALTER TABLE runs DROP COLUMN finish_hash;
ALTER TABLE runs RENAME COLUMN content_print TO content_hash;
ALTER TABLE runs RENAME COLUMN finish_print TO finish_hash;

ALTER TABLE refusals ADD COLUMN content_print BLOB NOT NULL DEFAULT x'';
UPDATE refusals SET
    content_print = iif(length(content_hash) = 64, unhex(substr(content_hash, 1, 32)), CAST(content_hash AS BLOB));
ALTER TABLE refusals DROP COLUMN content_hash;
ALTER TABLE refusals RENAME COLUMN content_print TO content_hash;

-- As in schema_3.sql, word for word.
-- What a settled attempt adds to every sum: the one definition, used by the roll-ups, their back-fill, their
-- proof, and by what reads attempts themselves.
CREATE VIEW usage_lines AS SELECT
    a.attempt, a.run, a.closed_at, a.model, a.provider, r.persona, a.role, coalesce(r.project, '') AS project, r.session, a.units,
    1 AS attempts, a.input, a.cache_read, a.cache_write_5m, a.cache_write_1h, a.output, a.reasoning,
    coalesce(a.cost_micro_rub, 0) AS cost, a.cost_micro_rub IS NULL AS unpriced,
    a.quality = 'reported' AS reported, a.quality = 'estimated' AS estimated, a.quality = 'missing' AS missing, a.review,
    a.outcome = 'failed' AS failed, iif(a.outcome = 'failed', coalesce(a.cost_micro_rub, 0), 0) AS failed_cost,
    a.outcome = 'cut' AS cut, iif(a.outcome = 'cut', coalesce(a.cost_micro_rub, 0), 0) AS cut_cost,
    a.outcome = 'cancelled' AS cancelled, iif(a.outcome = 'cancelled', coalesce(a.cost_micro_rub, 0), 0) AS cancelled_cost,
    a.try > 1 AS retries, iif(a.try > 1, coalesce(a.cost_micro_rub, 0), 0) AS retries_cost,
    a.first_of & 1 AS runs, (a.first_of >> 1) & 1 AS runs_model, (a.first_of >> 2) & 1 AS runs_provider,
    (a.first_of >> 3) & 1 AS runs_role, (a.first_of >> 4) & 1 AS runs_each
FROM attempts a JOIN runs r ON r.run = a.run WHERE a.state = 'settled';

-- Which rows of the roll-ups each attempt belongs to: five.
CREATE VIEW rollup_places AS SELECT l.level, u.closed_at - u.closed_at % l.width_ms AS start,
    CASE l.key_is WHEN 'all' THEN 0
        WHEN 'session' THEN (SELECT id FROM rollup_sessions s WHERE s.session = u.session)
        ELSE (SELECT id FROM rollup_keys k WHERE k.model = u.model AND k.provider = u.provider AND k.persona = u.persona
                  AND k.role = u.role AND k.project = u.project) END AS key,
    u.*
FROM usage_lines u CROSS JOIN rollup_levels l;
