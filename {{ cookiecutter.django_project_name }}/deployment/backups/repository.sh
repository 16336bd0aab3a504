# Sourced by the programs of this folder: how to reach the database and the repository.
# A backup is two snapshots of restic's (https://restic.readthedocs.io), of the database and of the files. What they share is
# a tag with the ID of the backup. They are tagged `unverified` until all was read back.
# shellcheck shell=bash
set -euo pipefail

export PGHOST=postgres PGUSER=postgres PGPASSFILE=/tmp/pgpass PGOPTIONS="-c client_min_messages=warning"
export RESTIC_PASSWORD_FILE=/run/secrets/RESTIC_PASSWORD RESTIC_CACHE_DIR=/backups/cache
export RESTIC_REPOSITORY=${BACKUP_REPOSITORY:-/backups/repository}
export AWS_SHARED_CREDENTIALS_FILE=/tmp/aws AWS_DEFAULT_REGION=$BACKUP_S3_REGION
FOLDER=$(dirname "$0")
export FOLDER
WORK=/tmp/backup
# Who provides an external database backs it up.
[ -n "$DATABASE_HOST" ] || BACKUP_WAL=false
# What wal receives, and by which replication slot; none where it receives nothing.
WAL=/backups/wal
SLOT=
[ "$BACKUP_WAL" != true ] || SLOT=$(cat "$WAL/slot" 2>/dev/null) || true
# What is known of this repository: that it was there, and since when (the time of the file) the newest backup is verified.
STATE=/backups/state/$(sha256sum <<<"$RESTIC_REPOSITORY" | cut -c1-12)
mkdir -p "$WORK"

# In files, because the environment of a process can be read by others.
umask 077
echo "*:*:*:*:$(sed 's/[\\:]/\\&/g' /run/secrets/POSTGRES_PASSWORD)" >"$PGPASSFILE.$$"
# another program may be about to read it
mv "$PGPASSFILE.$$" "$PGPASSFILE"
if [ -e /run/secrets/BACKUP_S3_ACCESS_KEY_ID ]; then
    printf '[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n' "$(cat /run/secrets/BACKUP_S3_ACCESS_KEY_ID)" \
        "$(cat /run/secrets/BACKUP_S3_SECRET_ACCESS_KEY)" >"$AWS_SHARED_CREDENTIALS_FILE"
fi
if [ -e /run/secrets/BACKUP_SFTP_KEY ]; then
    # named in ssh_config; with the last line break, which ssh needs
    { cat /run/secrets/BACKUP_SFTP_KEY && echo; } >/tmp/sftp_key
fi

# Print an error, and end; `finish` prints the next command.
fail() {
    echo "$1" >&2
    next=$2
    exit 1
}

# What goes wrong without `fail` is printed by the program that fails; what to do next by this.
finish() {
    local status=${1:-$?} free
    if [ "$status" != 0 ] && [ -n "$next" ]; then
        # restic leaves a little free: it writes up to five files of 16 MiB at once.
        free=$(df -Pm /backups | awk 'NR == 2 { print $4 }')
        if [ "$free" -lt 96 ]; then
            echo "The disk of the volume backups is full: $free MB are free." >&2
            # What a backup stored before it failed is of no use, and the site may need the space.
            [ -n "$BACKUP_REPOSITORY" ] || restic prune --quiet --max-repack-size 0 || true
        fi
        echo "→ $next" >&2
    fi
    exit "$status"
}
next="mend that, then the same command"
trap finish EXIT

sql() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"
}

# Let one container at a time use the repository. Wait for another for an hour, or for the seconds that are given.
lock() {
    exec 9>/backups/lock
    timeout "${1:-3600}" flock 9 || fail "Another backup or restore is running." "make service-logs SERVICE=backups SINCE=2h"
}

# Print the server of a repository as ssh wants it named: sftp:user@host:folder, or sftp://user@host:port/folder.
ssh_server() {
    local server=${RESTIC_REPOSITORY#sftp:}
    if [[ $server == //* ]]; then
        server=${server#//}
        echo "ssh://${server%%/*}"
    else
        echo "${server%%:*}"
    fi
}

# Say why the repository cannot be used: the exit status of restic, and what it printed.
unreachable() {
    local status=$1 printed=$2 said
    said=$(grep -v '^Fatal' <<<"$printed" | tail -1) || true
    case $status$printed in
    124* | 143*)
        fail "$RESTIC_REPOSITORY did not answer within 20 s: $(head -1 <<<"$printed")" \
            "see whether the server runs, then make backups"
        ;;
    *"Host key verification failed"*)
        fail "The server of $RESTIC_REPOSITORY has another host key than BACKUP_SFTP_KNOWN_HOSTS: it may be another server." \
            "compare ssh-keyscan HOST with the server's own keys, then make rotate-secret NAME=BACKUP_SFTP_KNOWN_HOSTS"
        ;;
    *"Permission denied ("*)
        fail "The server of $RESTIC_REPOSITORY refuses the key BACKUP_SFTP_KEY: $said" \
            "add to its authorized_keys what ssh-keygen -y -f KEY prints, or make rotate-secret NAME=BACKUP_SFTP_KEY"
        ;;
    *"ssh: "*) fail "$RESTIC_REPOSITORY did not answer: $said" "see whether the server runs, then make backups" ;;
    *) fail "$RESTIC_REPOSITORY cannot be used: $printed" "mend that, or BACKUP_REPOSITORY and its secrets, then make backups" ;;
    esac
}

# Connect to the repository. Where there is none yet, `open create` makes it; never in place of one that is gone.
open() {
    local printed said status=0
    if [[ $RESTIC_REPOSITORY == sftp:* ]] && { [ ! -e /tmp/sftp_key ] || [ ! -e /run/secrets/BACKUP_SFTP_KNOWN_HOSTS ]; }; then
        fail "BACKUP_SFTP_KEY or BACKUP_SFTP_KNOWN_HOSTS is missing." "see BACKUP_REPOSITORY in production.env, then make secrets"
    fi
    # What was killed may have left a lock behind, which is no reason to fail: see unlock.
    printed=$(timeout 20 restic cat config --no-lock 2>&1) || status=$?
    if [[ $RESTIC_REPOSITORY == sftp:* && $status == 1 ]]; then
        # restic often ends before it has printed what ssh says. Where ssh gets in now, the container had just been started.
        if said=$(ssh -n -s "$(ssh_server)" sftp 2>&1); then
            status=0
            printed=$(timeout 20 restic cat config --no-lock 2>&1) || status=$?
        else
            printed=$said
        fi
    fi
    # restic goes on asking for a bucket that does not exist, and would create it.
    [[ $printed != *"bucket does not exist"* ]] || status=10
    # https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes
    case $status in
    0) ;;
    10)
        [ ! -e "$STATE" ] ||
            fail "The backups in $RESTIC_REPOSITORY are gone: there is no repository any more." \
                "bring it back; or to begin with none, another folder in BACKUP_REPOSITORY, then make deploy-backups"
        [ "${1:-}" = create ] || fail "There is no backup yet: $RESTIC_REPOSITORY does not exist." "make backup"
        restic init --quiet
        ;;
    12)
        fail "RESTIC_PASSWORD does not open $RESTIC_REPOSITORY: these are backups with another key." \
            "DDPT_RESTIC_PASSWORD=... make setup RESTORE=latest on a new server; else another folder in BACKUP_REPOSITORY"
        ;;
    *) unreachable "$status" "$printed" ;;
    esac
    mkdir -p "$STATE"
}

# What locks the repository now was killed: see lock.
unlock() {
    restic unlock --remove-all --quiet
}

# Print a file of the snapshot of a kind (database, files) of a backup.
read_back() {
    restic dump --quiet --host "$STACK_NAME" --tag "$1,$2" latest "$3"
}

# Print the ID of the newest verified backup, or nothing.
newest() {
    restic snapshots --json --no-cache --host "$STACK_NAME" --tag verified | grep -Eo '"[0-9]{8}-[0-9]{6}"' | tr -d '"' | sort | tail -1
}

# Print when the newest verified backup was verified, in seconds of the epoch.
verified() {
    stat -c %Y "$STATE/verified" 2>/dev/null || echo 0
}
