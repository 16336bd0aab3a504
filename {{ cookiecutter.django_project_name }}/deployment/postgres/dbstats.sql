-- How the database is, for `make dbstats`. Runs as PostgreSQL's superuser, in the database of the site.
\set QUIET on
\set ON_ERROR_STOP on
\pset footer off
\pset pager off
SET client_min_messages = warning;
SET statement_timeout = '30s';

\pset title 'Databases: each copy that a restore has kept is one'
SELECT datname AS database, pg_size_pretty(pg_database_size(datname)) AS size, numbackends AS connections,
  round(100.0 * blks_hit / nullif(blks_hit + blks_read, 0), 1) AS "found in memory %", deadlocks,
  pg_size_pretty(temp_bytes) AS "sorted on disk", stats_reset::timestamp(0) AS since
FROM pg_stat_database WHERE datname NOT LIKE 'template%' ORDER BY pg_database_size(datname) DESC;

\pset title 'Connections: "idle in transaction" for long keeps dead rows and locks'
SELECT usename AS role, state, count(*) AS connections, max(now() - xact_start)::interval(0) AS "longest transaction",
  count(*) FILTER (WHERE wait_event_type = 'Lock') AS "wait for a lock", current_setting('max_connections') AS "of at most"
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY role, state ORDER BY connections DESC;

\pset title 'Largest tables: dead rows are removed by autovacuum; many of them, and none lately, want a look at long transactions'
SELECT relid::regclass AS "table", pg_size_pretty(pg_total_relation_size(relid)) AS size,
  pg_size_pretty(pg_indexes_size(relid)) AS indexes, n_live_tup AS rows, n_dead_tup AS dead,
  round(100.0 * n_dead_tup / nullif(n_live_tup + n_dead_tup, 0)) AS "dead %",
  greatest(last_vacuum, last_autovacuum)::timestamp(0) AS vacuumed, greatest(last_analyze, last_autoanalyze)::timestamp(0) AS analyzed
FROM pg_stat_user_tables ORDER BY pg_total_relation_size(relid) DESC LIMIT 10;

\pset title 'Tables that are read from beginning to end: an index may be missing'
SELECT relid::regclass AS "table", n_live_tup AS rows, seq_scan AS "times read as a whole", seq_tup_read AS "rows read so", idx_scan AS "by an index"
FROM pg_stat_user_tables WHERE n_live_tup > 10000 AND seq_scan > 0 ORDER BY seq_tup_read DESC LIMIT 5;

\pset title 'Largest indexes that were not used since the statistics begin: each slows writes down'
SELECT indexrelid::regclass AS index, relid::regclass AS "table", pg_size_pretty(pg_relation_size(indexrelid)) AS size
FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)
WHERE idx_scan = 0 AND NOT indisunique AND pg_relation_size(indexrelid) > 1048576
ORDER BY pg_relation_size(indexrelid) DESC LIMIT 5;

-- In the database postgres, so that no backup of the site's has it. It counts those of all databases.
\set database :DBNAME
\connect postgres
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
\pset title 'Statements of the site that took the longest in sum; $1 stands for a value'
SELECT round(total_exec_time) AS "ms in sum", calls, round(mean_exec_time::numeric, 1) AS "ms each", round(max_exec_time) AS "ms at most",
  round(rows::numeric / calls, 1) AS "rows each", left(regexp_replace(query, '\s+', ' ', 'g'), 140) AS statement
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid JOIN pg_roles ON pg_roles.oid = userid
-- without those of backups, of make dbshell, and of this file
WHERE datname = :'database' AND NOT rolsuper ORDER BY total_exec_time DESC LIMIT 10;
SELECT format('Statements are counted since %s; to begin anew: SELECT pg_stat_statements_reset() in the database postgres.',
  stats_reset::timestamp(0)) AS " " FROM pg_stat_statements_info \g (format=unaligned tuples_only=on)
