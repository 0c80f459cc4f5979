-- Schema 2: budgets, what was told of them, and what a charge is compared and explained with.

-- Limits that a person has set with `plyrum budget set`; those of the configuration come with each hold.
-- A window is a day or a month of the caller's calendar, or all time (`total`).
CREATE TABLE budgets (
    scope           TEXT    NOT NULL CHECK (scope IN ('run', 'session', 'all', 'persona', 'project', 'provider')),
    key             TEXT    NOT NULL, -- which one of them; '' for `all`, and for each run or each session
    period          TEXT    NOT NULL CHECK (period IN ('total', 'day', 'month')),
    limit_micro_rub INTEGER NOT NULL CHECK (limit_micro_rub BETWEEN 0 AND 1000000000000000000),
    set_at          INTEGER NOT NULL CHECK (set_at >= 0),
    PRIMARY KEY (scope, key, period),
    CHECK (period = 'total' OR scope NOT IN ('run', 'session')),
    CHECK (scope <> 'all' OR (key = '' AND period <> 'total')),
    CHECK (scope <> 'run' OR key = ''),
    CHECK (scope NOT IN ('persona', 'project', 'provider') OR key <> '')
) STRICT, WITHOUT ROWID;

-- Each notice is given once for each window: half, four fifths and all of a limit.
CREATE TABLE budget_notices (
    scope           TEXT    NOT NULL,
    key             TEXT    NOT NULL,
    period          TEXT    NOT NULL,
    window_start    INTEGER NOT NULL,
    percent         INTEGER NOT NULL CHECK (percent IN (50, 80, 100)),
    limit_micro_rub INTEGER NOT NULL,
    at              INTEGER NOT NULL CHECK (at >= 0),
    PRIMARY KEY (scope, key, period, window_start, percent)
) STRICT, WITHOUT ROWID;

-- What the provider itself says that the attempt cost: its own decimal text and currency, and in rubles by the row's rate.
ALTER TABLE attempts ADD COLUMN provider_cost TEXT;
ALTER TABLE attempts ADD COLUMN provider_cost_micro_rub INTEGER;

-- Short hashes of the request's messages, each over all up to it (JSON array): which prefix two requests
-- share, and so why a provider's cache hit or missed.
ALTER TABLE attempts ADD COLUMN message_chain TEXT CHECK (json_valid(message_chain));

CREATE INDEX runs_of_session ON runs (session);
