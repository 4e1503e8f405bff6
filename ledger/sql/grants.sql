-- Who may do what, stated whole and applied again at every migration, as the owner: a dump that was restored
-- brings no grants. The names in braces are settings (ledger/roles.py).
--
--   {committer}  EXECUTE on ledger.append, and nothing else: no INSERT, UPDATE, DELETE, TRUNCATE, LOCK
--   {reader}     SELECT
--   {projector}  SELECT, the places of followers, and schemas of its own
--   {signer}     SELECT, the checkpoints it signed, and the time stamps over them
--   {integrator} SELECT, and the tiles of the tree
--   {desk}       the rows of the desk, and nothing of the log

REVOKE ALL ON SCHEMA ledger FROM PUBLIC, {desk};
REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {integrator}, {desk};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {integrator}, {desk};

GRANT USAGE ON SCHEMA ledger TO {committer}, {reader}, {projector}, {signer}, {integrator};
GRANT EXECUTE ON FUNCTION ledger.append TO {committer};
GRANT SELECT ON ledger.events, ledger.head, ledger.commands, ledger.migrations, ledger.tracking,
                ledger.tiles, ledger.checkpoints, ledger.time_stamps
    TO {reader}, {projector}, {signer}, {integrator};
GRANT INSERT, UPDATE ON ledger.tracking TO {projector};
GRANT INSERT ON ledger.tiles TO {integrator};
GRANT INSERT, UPDATE ON ledger.checkpoints TO {signer};
GRANT INSERT ON ledger.time_stamps TO {signer};

REVOKE ALL ON SCHEMA desk FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {integrator};
REVOKE ALL ON ALL TABLES IN SCHEMA desk FROM PUBLIC, {committer}, {reader}, {projector}, {signer}, {integrator}, {desk};
GRANT USAGE ON SCHEMA desk TO {desk};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA desk TO {desk};
