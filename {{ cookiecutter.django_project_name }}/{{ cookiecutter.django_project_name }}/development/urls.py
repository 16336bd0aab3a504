"""URLs of the site in development, with media files and the debug toolbar."""

from debug_toolbar.toolbar import debug_toolbar_urls
from django.conf import settings
from django.conf.urls.static import static

from ..config import urls

urlpatterns = [
    *debug_toolbar_urls(),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    *urls.urlpatterns,
]

handler500 = urls.handler500
