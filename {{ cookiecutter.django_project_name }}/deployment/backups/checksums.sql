-- Prints for each table its name, its number of rows and a checksum of them, so that a restored database can be compared
-- with the one that was dumped. Left out are sequences, which change outside of transactions, and materialized views, which a
-- restore refreshes.
\pset format unaligned
\pset tuples_only on
-- what decides how values are written as text
SELECT set_config(name, value, false) FROM (VALUES ('search_path', 'pg_catalog'), ('TimeZone', 'UTC'), ('DateStyle', 'ISO'),
  ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'), ('extra_float_digits', '1'), ('lc_monetary', 'C'))
  AS settings (name, value) \g /dev/null
SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended((r.*)::text, 0)), 0) FROM %I.%I AS r',
  format('%I.%I', nspname, relname), nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND relpersistence = 'p' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  -- pg_dump leaves the tables of extensions to these
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY nspname, relname \gexec
SELECT 'large objects', count(*), coalesce(sum(hashtextextended(oid || encode(lo_get(oid), 'hex'), 0)), 0)
FROM pg_largeobject_metadata;
