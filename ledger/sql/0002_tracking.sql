-- How far each follower of the log has come that writes no tables of its own. Projections keep their place beside
-- their rows, because both are built anew together; what is kept here outlives every such rebuild.
CREATE TABLE ledger.tracking (
    application_name text   PRIMARY KEY,
    notification_id  bigint NOT NULL
) WITH (
    -- Updated for each event it went past: room on the page keeps each new version there (HOT), out of the index.
    fillfactor = 10
);
