-- Schema 3: roll-ups of settled attempts, kept in the transaction that settles them (rollup.rs), so that a
-- report over years reads thousands of rows and not millions.

-- A run counts where its first settled attempt falls: a bit for each thing that it is the first one of.
-- 1: the run · 2: the run and model · 4: and provider · 8: and role · 16: model, provider and role together.
-- Written once, with the settle, in the order of settles. Sums of these bits are additive over time.
ALTER TABLE attempts ADD COLUMN first_of INTEGER NOT NULL DEFAULT 0 CHECK (first_of BETWEEN 0 AND 31);

UPDATE attempts SET first_of = firsts.bits FROM (
    SELECT rowid AS id,
        (row_number() OVER (PARTITION BY run ORDER BY closed_at, rowid) = 1)
        + 2 * (row_number() OVER (PARTITION BY run, model ORDER BY closed_at, rowid) = 1)
        + 4 * (row_number() OVER (PARTITION BY run, provider ORDER BY closed_at, rowid) = 1)
        + 8 * (row_number() OVER (PARTITION BY run, role ORDER BY closed_at, rowid) = 1)
        + 16 * (row_number() OVER (PARTITION BY run, model, provider, role ORDER BY closed_at, rowid) = 1) AS bits
    FROM attempts WHERE state = 'settled') AS firsts
WHERE attempts.rowid = firsts.id;

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

-- How wide a row of each level is, and what its key is: all of rollup_keys, nothing (0), or a session.
CREATE TABLE rollup_levels (
    level    INTEGER NOT NULL PRIMARY KEY,
    width_ms INTEGER NOT NULL CHECK (width_ms > 0),
    key_is   TEXT    NOT NULL CHECK (key_is IN ('each', 'all', 'session'))
) STRICT;
INSERT INTO rollup_levels VALUES
    (0, 3600000, 'each'),     -- an hour (UTC)
    (1, 86400000, 'each'),    -- a day
    (2, 2764800000, 'each'),  -- 32 days
    (3, 3600000, 'all'),      -- an hour of everything
    (4, 86400000, 'session'); -- a day of a session

CREATE TABLE rollup_keys (
    id       INTEGER NOT NULL PRIMARY KEY,
    model    TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    persona  TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    project  TEXT    NOT NULL, -- '': none
    UNIQUE (model, provider, persona, role, project)
) STRICT;
CREATE TABLE rollup_sessions (
    id      INTEGER NOT NULL PRIMARY KEY,
    session TEXT    NOT NULL UNIQUE
) STRICT;

-- Sums over usage_lines from `start` (inclusive) for the width of the level, by closed_at.
CREATE TABLE rollups (
    level INTEGER NOT NULL, start INTEGER NOT NULL, key INTEGER NOT NULL,
    attempts INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
    cost INTEGER NOT NULL, unpriced INTEGER NOT NULL,
    reported INTEGER NOT NULL, estimated INTEGER NOT NULL, missing INTEGER NOT NULL, review INTEGER NOT NULL,
    failed INTEGER NOT NULL, failed_cost INTEGER NOT NULL, cut INTEGER NOT NULL, cut_cost INTEGER NOT NULL,
    cancelled INTEGER NOT NULL, cancelled_cost INTEGER NOT NULL, retries INTEGER NOT NULL, retries_cost INTEGER NOT NULL,
    runs INTEGER NOT NULL, runs_model INTEGER NOT NULL, runs_provider INTEGER NOT NULL, runs_role INTEGER NOT NULL,
    runs_each INTEGER NOT NULL,
    PRIMARY KEY (level, start, key)
) STRICT, WITHOUT ROWID;

-- Counted units of the same rows, by name.
CREATE TABLE rollup_units (
    level INTEGER NOT NULL, start INTEGER NOT NULL, key INTEGER NOT NULL, unit TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (level, start, key, unit)
) STRICT, WITHOUT ROWID;

-- Which rows of the roll-ups each attempt belongs to: five.
CREATE VIEW rollup_places AS SELECT l.level, u.closed_at - u.closed_at % l.width_ms AS start,
    CASE l.key_is WHEN 'all' THEN 0
        WHEN 'session' THEN (SELECT id FROM rollup_sessions s WHERE s.session = u.session)
        ELSE (SELECT id FROM rollup_keys k WHERE k.model = u.model AND k.provider = u.provider AND k.persona = u.persona
                  AND k.role = u.role AND k.project = u.project) END AS key,
    u.*
FROM usage_lines u CROSS JOIN rollup_levels l;

INSERT INTO rollup_keys (model, provider, persona, role, project)
    SELECT DISTINCT model, provider, persona, role, project FROM usage_lines;
INSERT INTO rollup_sessions (session) SELECT DISTINCT session FROM usage_lines;
-- Hours and days of sessions from the attempts; what is wider, or of everything, from the hours.
INSERT INTO rollups SELECT level, start, key, sum(attempts), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h),
    sum(output), sum(reasoning), sum(cost), sum(unpriced), sum(reported), sum(estimated), sum(missing), sum(review),
    sum(failed), sum(failed_cost), sum(cut), sum(cut_cost), sum(cancelled), sum(cancelled_cost), sum(retries), sum(retries_cost),
    sum(runs), sum(runs_model), sum(runs_provider), sum(runs_role), sum(runs_each)
    FROM rollup_places WHERE level IN (0, 4) GROUP BY level, start, key;
INSERT INTO rollups SELECT l.level, h.start - h.start % l.width_ms, iif(l.key_is = 'all', 0, h.key), sum(attempts), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h),
    sum(output), sum(reasoning), sum(cost), sum(unpriced), sum(reported), sum(estimated), sum(missing), sum(review),
    sum(failed), sum(failed_cost), sum(cut), sum(cut_cost), sum(cancelled), sum(cancelled_cost), sum(retries), sum(retries_cost),
    sum(runs), sum(runs_model), sum(runs_provider), sum(runs_role), sum(runs_each)
    FROM rollups h JOIN rollup_levels l ON l.level IN (1, 2, 3) WHERE h.level = 0 GROUP BY 1, 2, 3;
INSERT INTO rollup_units SELECT p.level, p.start, p.key, u.key, sum(u.value)
    FROM rollup_places p, json_each(p.units) u WHERE p.units IS NOT NULL GROUP BY 1, 2, 3, 4;
