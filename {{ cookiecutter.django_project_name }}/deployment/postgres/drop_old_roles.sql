-- Runs as PostgreSQL's superuser, after a rollout: drops the roles of passwords that nothing uses any more.
SELECT format('DROP ROLE %I', rolname) FROM pg_roles
WHERE rolname ~ ('^' || :'name' || '_[0-9]+$') AND rolname <> :'login' \gexec
