-- Everything in the log's schema belongs to the owner role, stated again at every migration:
-- a dump that was restored belongs to whoever restored it. The names in braces are settings (ledger/roles.py).

-- A restored function belongs to whoever restored it; SECURITY DEFINER would then run with that power.
DO $$
DECLARE
    thing record;
BEGIN
    IF (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'ledger') <> {owner_text} THEN
        ALTER SCHEMA ledger OWNER TO {owner};
    END IF;
    FOR thing IN
        SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
                      oid::regclass) AS name
        FROM pg_class
        WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
          AND pg_get_userbyid(relowner) <> {owner_text}
        UNION ALL
        SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'ledger'::regnamespace AND pg_get_userbyid(proowner) <> {owner_text}
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', thing.name, {owner_text});
    END LOOP;
END $$;
