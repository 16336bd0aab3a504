#!/bin/sh
# Runs in Caddy's image, on each node with public ports: validates the new Caddyfile, stores it as JSON where the running
# Caddy reads it, and reloads that. An invalid file changes nothing. Without a file it only turns maintenance on or off.
set -eu
if [ -f /new/Caddyfile ]; then
    # validation makes certificates of its own, which are thrown away
    export XDG_DATA_HOME=/tmp
    caddy adapt --config /new/Caddyfile --adapter caddyfile --validate > /tmp/caddy.json
    # by another name first, so that nobody reads half a file
    for file in /tmp/caddy.json /new/maintenance.html; do
        cp "$file" /etc/caddy/new
        mv -f /etc/caddy/new "/etc/caddy/${file##*/}"
    done
    # a node that has just become an edge has no Caddy yet
    if [ "$RELOAD" = yes ] && [ -S /etc/caddy/admin.sock ]; then
        caddy reload --config /etc/caddy/caddy.json --address unix//etc/caddy/admin.sock
    fi
fi
if [ "$MAINTENANCE" = on ]; then
    touch /etc/caddy/maintenance.on
else
    rm -f /etc/caddy/maintenance.on
fi
