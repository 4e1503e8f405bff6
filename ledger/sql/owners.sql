-- Everything in the schemas of the log and the desk belongs to the owner role, stated again at every migration:
-- a dump that was restored belongs to whoever restored it. The names in braces are settings (ledger/roles.py).

-- A restored function belongs to whoever restored it; SECURITY DEFINER would then run with that power.
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT nspname AS name FROM pg_namespace
        WHERE nspname IN ('ledger', 'desk') AND pg_get_userbyid(nspowner) <> {owner_text}
    LOOP
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', thing.name, {owner_text});
    END LOOP;
    FOR thing IN
        SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
                      oid::regclass) AS name
        FROM pg_class
        WHERE relnamespace::regnamespace::text IN ('ledger', 'desk') AND relkind IN ('r', 'p', 'v', 'S')
          AND pg_get_userbyid(relowner) <> {owner_text}
        UNION ALL
        SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc
        WHERE pronamespace::regnamespace::text IN ('ledger', 'desk') AND pg_get_userbyid(proowner) <> {owner_text}
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', thing.name, {owner_text});
    END LOOP;
END $$;
