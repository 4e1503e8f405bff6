-- Who may do what, stated whole and applied again at every migration, as the owner: a dump that was restored
-- brings no grants. The names in braces are settings (ledger/roles.py).
--
--   {committer}  EXECUTE on ledger.append, and nothing else: no INSERT, UPDATE, DELETE, TRUNCATE, LOCK
--   {reader}     SELECT
--   {projector}  SELECT, the places of followers, and schemas of its own
--   {signer}     SELECT
--   {desk}       the rows of the desk, and nothing of the log

REVOKE ALL ON SCHEMA ledger FROM PUBLIC, {desk};
REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {desk};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {desk};

GRANT USAGE ON SCHEMA ledger TO {committer}, {reader}, {projector}, {signer};
GRANT EXECUTE ON FUNCTION ledger.append TO {committer};
GRANT SELECT ON ledger.events, ledger.head, ledger.commands, ledger.migrations, ledger.tracking
    TO {reader}, {projector}, {signer};
GRANT INSERT, UPDATE ON ledger.tracking TO {projector};

REVOKE ALL ON SCHEMA desk FROM PUBLIC, {committer}, {reader}, {projector}, {signer};
REVOKE ALL ON ALL TABLES IN SCHEMA desk FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {desk};
GRANT USAGE ON SCHEMA desk TO {desk};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA desk TO {desk};
