"""What a command does: the steps of a release, backing services, secret rotation, removal."""
