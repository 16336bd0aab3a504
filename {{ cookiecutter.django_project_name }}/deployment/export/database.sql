-- PostgreSQL runs this at its first start, as its superuser: creates the roles and an empty database.
\getenv name NAME
\getenv login LOGIN
\getenv site SITE_ID
\getenv extensions EXTENSIONS
\set create yes
\ir /ensure_database.sql
