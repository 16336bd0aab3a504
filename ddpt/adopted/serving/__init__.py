"""What the deploy tool needs of Django: settings, health checks, and the commands that migrate and that check backups."""
