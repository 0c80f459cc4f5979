-- Schema 5: approvals, the tool actions that a person is asked for, and what a run needs to go on when it was answered.

-- Asked for before any client is told, answered once, executed at most once; never changed otherwise, never deleted.
CREATE TABLE approvals (
    id           TEXT    NOT NULL PRIMARY KEY,
    run          TEXT    NOT NULL REFERENCES runs (run),
    session      TEXT    NOT NULL,
    call         TEXT    NOT NULL, -- the tool call of the model
    tool         TEXT    NOT NULL,
    sha256       TEXT    NOT NULL, -- of the action: what runs is what was approved
    why          TEXT    NOT NULL,
    rule         TEXT,             -- by which it is asked
    at           INTEGER NOT NULL CHECK (at >= 0),
    deadline     INTEGER NOT NULL CHECK (deadline >= 0),
    content_hash BLOB    NOT NULL, -- a repeat is told from a reuse of the id

    status       TEXT    NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'executed')),
    scope        TEXT    CHECK (scope IN ('once', 'session', 'always')),
    answered_by  TEXT,             -- the client; NULL: nobody, it expired
    saved_rule   TEXT,             -- saved with the answer
    reason       TEXT,
    ends_run     INTEGER NOT NULL DEFAULT 0 CHECK (ends_run IN (0, 1)),
    answered_at  INTEGER CHECK (answered_at >= 0),
    executed_at  INTEGER CHECK (executed_at >= 0),
    action       TEXT    NOT NULL, -- JSON of exactly what will run; last, since it may be long

    CHECK ((status = 'pending') = (answered_at IS NULL)),
    CHECK ((status IN ('approved', 'denied', 'executed')) = (answered_by IS NOT NULL)),
    CHECK ((answered_by IS NULL) = (scope IS NULL)),
    CHECK ((status = 'executed') = (executed_at IS NOT NULL))
) STRICT;

CREATE INDEX approvals_newest ON approvals (at, id);
CREATE INDEX approvals_of_run ON approvals (run, at, id);
CREATE INDEX approvals_due ON approvals (deadline, id) WHERE status = 'pending';
CREATE INDEX approvals_pending ON approvals (at, id) WHERE status = 'pending';

CREATE TRIGGER approvals_answered_once BEFORE UPDATE ON approvals
WHEN NOT (OLD.status = 'pending' AND NEW.status IN ('approved', 'denied', 'expired')
     OR OLD.status = 'approved' AND NEW.status = 'executed' AND NEW.scope IS OLD.scope AND NEW.answered_by IS OLD.answered_by
         AND NEW.saved_rule IS OLD.saved_rule AND NEW.reason IS OLD.reason AND NEW.ends_run IS OLD.ends_run
         AND NEW.answered_at IS OLD.answered_at)
BEGIN SELECT RAISE(ABORT, 'an approval is answered once and executed once'); END;
CREATE TRIGGER approvals_keep_what_was_asked BEFORE UPDATE ON approvals
WHEN NEW.id IS NOT OLD.id OR NEW.run IS NOT OLD.run OR NEW.session IS NOT OLD.session OR NEW.call IS NOT OLD.call
     OR NEW.tool IS NOT OLD.tool OR NEW.sha256 IS NOT OLD.sha256 OR NEW.why IS NOT OLD.why OR NEW.rule IS NOT OLD.rule
     OR NEW.at IS NOT OLD.at OR NEW.deadline IS NOT OLD.deadline OR NEW.content_hash IS NOT OLD.content_hash
     OR NEW.action IS NOT OLD.action
BEGIN SELECT RAISE(ABORT, 'what was asked for does not change'); END;
CREATE TRIGGER approvals_stay BEFORE DELETE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals are never deleted'); END;

-- What the daemon needs to go on with the run after a restart. A table of its own: an answer does not write megabytes
-- again, and a row is here exactly as long as its run has not taken the answer.
CREATE TABLE approval_checkpoints (
    approval   TEXT NOT NULL PRIMARY KEY REFERENCES approvals (id),
    checkpoint TEXT NOT NULL
) STRICT;
