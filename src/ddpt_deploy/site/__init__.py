"""What is known about a site: settings, stack files, secrets, recorded releases, the lock, nodes."""
