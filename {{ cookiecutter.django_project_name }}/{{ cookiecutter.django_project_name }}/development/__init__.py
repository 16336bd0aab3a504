"""What only development uses: console email, log filters, the debug toolbar, and ``startapp``. No image has it."""
