-- Tables of many types, with all that a backup has to bring back: sequences, constraints, indexes, a large object.
SET ROLE :"owner";
CREATE SCHEMA kinds;
SET search_path = kinds;
CREATE TYPE mood AS ENUM ('froh', 'müde', 'Ωmega');
CREATE TABLE "Größe ""q"" 表" (
  id integer GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 7) PRIMARY KEY,
  r text,
  script text COLLATE "C" NOT NULL,
  document jsonb,
  raw bytea,
  numbers numeric(40, 20)[],
  amount numeric CHECK (amount IS NULL OR amount <> 13),
  precise double precision,
  single real,
  at timestamptz,
  span interval,
  during tstzrange,
  address inet,
  key uuid DEFAULT gen_random_uuid(),
  mood mood,
  found tsvector,
  twice bigint GENERATED ALWAYS AS (length(script) * 2) STORED
);
INSERT INTO "Größe ""q"" 表" (r, script, document, raw, numbers, amount, precise, single, at, span, during, address, mood, found)
VALUES
  ('r', E'line\nbreak\ttab\\backslash', '{"a": [1, null, "\u00fc"]}', '\x00ff0a5c', '{1.5,NULL,-0.00000000000000000001}', 'NaN',
    'Infinity', 0.1, '2026-10-25 02:30+02', '1 month -3 days 00:00:00.000001', '[2026-01-01,)', '2001:db8::1/64', 'Ωmega', 'a:1 b:2'),
  (NULL, 'Ελληνικά Русский العربية हिन्दी 日本語 한국어 👩‍👩‍👧‍👦', 'null', '', '{}', 1e300, 5e-324, 3.4028235e38, '-infinity',
    NULL, 'empty', '10.0.0.1', 'müde', ''),
  ('', '', NULL, NULL, NULL, NULL, '-0', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('\N', repeat('großer Wert ', 200000), '{}', decode(repeat('de', 300000), 'hex'), '{{1,2},{3,4}}', 12345678901234567890.123,
    1.7976931348623157e308, 1e-45, '4713-01-01 BC', 'P100Y', '(,)', '::', 'froh', 'x');
CREATE TABLE booking (during int4range, EXCLUDE USING gist (during WITH &&));
INSERT INTO booking VALUES ('[1,5)'), ('[5,9)');
CREATE TABLE visit (parent integer REFERENCES "Größe ""q"" 表" DEFERRABLE INITIALLY DEFERRED, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE visit_2026 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO visit VALUES (100, '2026-11-24'), (107, '2026-12-24');
CREATE TABLE many AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, :rows) AS n;
CREATE UNIQUE INDEX ON "Größe ""q"" 表" (md5(script));
CREATE INDEX ON many (text) WHERE id % 2 = 0;
CREATE MATERIALIZED VIEW summary AS SELECT count(*) FROM many;
CREATE VIEW first AS SELECT * FROM many WHERE id = 1;
CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE SEQUENCE odd INCREMENT 2 MINVALUE -5 MAXVALUE 99 CYCLE;
SELECT nextval('odd'), nextval('odd');
COMMENT ON TABLE many IS 'many – ünïcode';
GRANT SELECT ON many TO PUBLIC;
SELECT lo_from_bytea(0, decode(repeat('00ff10', 100000), 'hex'));
RESET ROLE;
CREATE EXTENSION pg_trgm;
CREATE INDEX ON many USING gin (text gin_trgm_ops);
CREATE ROLE reporting NOLOGIN;
GRANT USAGE ON SCHEMA kinds TO reporting;
