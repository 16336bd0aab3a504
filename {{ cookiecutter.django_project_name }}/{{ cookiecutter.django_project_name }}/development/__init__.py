"""What only development uses: console email, log filters, the debug toolbar, ``startapp``, checks. No image has it."""
