#!/bin/sh
# Runs in Caddy's image, on each machine with public ports: checks the new Caddyfile, keeps it as JSON where the
# running Caddy reads it, and has that reload. A file that is not right changes nothing.
set -eu
# the check makes certificates of its own, which are thrown away
export XDG_DATA_HOME=/tmp
caddy adapt --config /new/Caddyfile --adapter caddyfile --validate > /tmp/caddy.json
# by another name first, so that nobody reads half a file
for file in /tmp/caddy.json /new/maintenance.html; do
    cp "$file" /etc/caddy/new
    mv -f /etc/caddy/new "/etc/caddy/${file##*/}"
done
# a machine that has just become an edge has no Caddy yet
if [ "$RELOAD" = yes ] && [ -S /etc/caddy/admin.sock ]; then
    caddy reload --config /etc/caddy/caddy.json --address unix//etc/caddy/admin.sock
fi
