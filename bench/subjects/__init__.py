"""What is measured: this template's project, its peer, a plain Django project, and the limit of the server."""
