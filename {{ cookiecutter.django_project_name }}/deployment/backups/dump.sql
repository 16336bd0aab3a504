-- Runs as PostgreSQL's superuser: dumps the database, and the checksums of its tables, as of one moment.
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! "$FOLDER/backup" dump
\o :tables
\ir checksums.sql
