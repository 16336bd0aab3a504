"""What to do next: the guide on the home page, in development alone.

Delete this folder when nobody needs it any more; nothing else changes.
"""
