-- Runs as PostgreSQL's superuser: has `upgrade load` copy this database as of one moment. With :hold nobody writes to its tables
-- until this session ends, in whatever way; who does waits, and an unfinished transaction is waited for first.
SET idle_in_transaction_session_timeout = 0;
SET lock_timeout = '60s';
SELECT string_agg(format('%I.%I', nspname, relname), ', ') AS tables
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND nspname NOT IN ('pg_catalog', 'information_schema') \gset
BEGIN ISOLATION LEVEL REPEATABLE READ;
\if :hold
LOCK TABLE :tables IN SHARE MODE;
\endif
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\setenv NAME :DBNAME
\setenv HOLD :hold
\o :expected
\ir checksums.sql
\ir objects.sql
\o
\! "$FOLDER/upgrade" load "$NAME" "$HOLD"
