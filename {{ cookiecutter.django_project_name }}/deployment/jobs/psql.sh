#!/bin/sh
# Runs /job.sql in PostgreSQL as its superuser, whose password may just have been changed.
set -eu
for file in /run/secrets/POSTGRES_PASSWORD /run/secrets/POSTGRES_PASSWORD_BEFORE; do
    [ -f "$file" ] || continue
    PGPASSWORD=$(cat "$file")
    export PGPASSWORD
    if psql --host postgres --username postgres --no-psqlrc --quiet --command 'SELECT 1' > /dev/null; then
        exec psql --host postgres --username postgres --no-psqlrc --quiet \
            --set ON_ERROR_STOP=1 --set name="$NAME" --set login="$LOGIN" --file /job.sql
    fi
done
echo "PostgreSQL takes neither the password POSTGRES_PASSWORD nor the one before." >&2
exit 1
