"""The style of the debug toolbar's handle, in development alone."""
