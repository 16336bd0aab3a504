#!/bin/sh
# Runs /job.sql in PostgreSQL as its superuser, whose password may be about to change.
set -eu
umask 077
export PGPASSFILE=/tmp/pgpass
for file in /run/secrets/POSTGRES_PASSWORD*; do
    printf '*:*:*:*:%s\n' "$(cat "$file")" > "$PGPASSFILE"
    if psql --host postgres --username postgres --no-psqlrc --quiet --command 'SELECT 1' > /dev/null; then
        exec psql --host postgres --username postgres --no-psqlrc --quiet \
            --set ON_ERROR_STOP=1 --set name="$NAME" --set login="$LOGIN" \
            --set site="$SITE_ID" --set create="$CREATE" --set extensions="$EXTENSIONS" --file /job.sql
    fi
done
echo "PostgreSQL accepts none of the passwords in POSTGRES_PASSWORD." >&2
exit 1
