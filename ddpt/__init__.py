"""What the template adds to Cookiecutter: the check of the answers, and their escaping for each file type."""
