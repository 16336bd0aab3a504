"""What a command does: the steps of a release, backing services, backups, secret rotation, removal."""
