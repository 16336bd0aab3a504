# Sourced by restore: recovers PostgreSQL's data directory as of a moment, from a base backup and the WAL after it, and runs it
# in this container. https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-PITR-RECOVERY
# shellcheck shell=bash

# Where the data is, and its socket: in the volume that the image has for that, which goes with the container.
RECOVERY=/var/lib/postgresql/recovery

# Recover from the base backup of an ID to a moment: `recover ID MOMENT SNAPSHOT...`, with the snapshots of WAL that it takes.
recover() {
    local id=$1 moment=$2 snapshot segment
    mkdir -p "$RECOVERY/data" "$RECOVERY/wal"
    read_back "$id" base base.tar | tar -x -C "$RECOVERY/data"
    [ "$(cat "$RECOVERY/data/PG_VERSION")" = "$PG_MAJOR" ] ||
        fail "At $moment this was PostgreSQL $(cat "$RECOVERY/data/PG_VERSION"), whose WAL $PG_MAJOR does not read." \
            "a later time, or make backups, then make restore BACKUP=..."
    for snapshot in "${@:3}"; do
        # The last one may have been replaced meanwhile, by one that has all of it.
        restic restore --quiet "$snapshot:$WAL/stored" --target "$RECOVERY/wal" >/dev/null 2>&1 ||
            restic restore --quiet --host "$STACK_NAME" --tag wal "latest:$WAL/stored" --target "$RECOVERY/wal" >/dev/null
    done
    # A segment of which the rest is not there, or is in a file without that ending.
    for segment in "$RECOVERY"/wal/*.partial; do
        [ ! -e "$segment" ] || mv -n "$segment" "${segment%.partial}"
    done
    pg_verifybackup --quiet --wal-directory="$RECOVERY/wal" "$RECOVERY/data"
    cat >>"$RECOVERY/data/postgresql.auto.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$RECOVERY'
hot_standby = off
shared_buffers = 64MB
fsync = off
restore_command = 'cp $RECOVERY/wal/%f %p'
recovery_target_time = '$moment'
recovery_target_action = promote
CONF
    echo "local all all trust" >"$RECOVERY/data/pg_hba.conf"
    touch "$RECOVERY/data/recovery.signal"
    chown -R postgres "$RECOVERY"
    gosu postgres pg_ctl start --pgdata "$RECOVERY/data" --log "$RECOVERY/log" --silent --wait || true
    # It lets nobody in before the target is reached, and ends when it cannot be.
    until pg_isready --quiet --host "$RECOVERY"; do
        [ -e "$RECOVERY/data/postmaster.pid" ] || {
            tail -5 "$RECOVERY/log" >&2
            fail "PostgreSQL did not recover to $moment." "make backups, then another time or BACKUP=..."
        }
        sleep 1
    done
}
