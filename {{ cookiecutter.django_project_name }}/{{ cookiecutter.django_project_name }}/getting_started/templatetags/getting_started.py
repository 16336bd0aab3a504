"""Template tags of the guide."""

from django.template import Library

from ..connections import connections

register = Library()
register.simple_tag(connections)
