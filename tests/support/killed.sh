#!/bin/sh
# Stands before programs in the image of the backups. Runs the program of its own name; where /backups/kill has a pattern that
# the command matches, all of the container is killed while it runs.
name=${0##*/}
PATH=${PATH#/killed:}
if [ -e /backups/kill ] && echo "$name $*" | grep -Eq "$(cat /backups/kill)"; then
    rm /backups/kill
    "$name" "$@" &
    sleep 0.3
    kill -KILL -1
    exit 1
fi
exec "$name" "$@"
