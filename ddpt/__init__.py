"""What the template adds to Cookiecutter: validation of the answers, and their escaping for each file type."""
