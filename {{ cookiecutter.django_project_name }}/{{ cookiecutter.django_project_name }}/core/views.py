"""Pages of the site itself."""

from typing import Any

from django.conf import settings
from django.views.generic import TemplateView

from .connections import connections


class HomeView(TemplateView):
    """The first page; in development it also tells what is connected."""

    template_name = "core/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the state of the services, which is for developers alone."""
        context = super().get_context_data(**kwargs)
        if settings.DEBUG:
            context["connections"] = connections()
        return context
