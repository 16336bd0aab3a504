"""Tests of the image, the Compose file and the Makefile, on a real Docker engine."""
