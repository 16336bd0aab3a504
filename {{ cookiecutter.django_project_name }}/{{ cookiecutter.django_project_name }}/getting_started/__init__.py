"""The guide on the home page in development. Delete this folder at any time: nothing else uses it."""
