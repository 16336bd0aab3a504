"""Pages that show what the load test has to see."""

import os
import time

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from .models import Entry


def page(request):
    """A page that names a static file of its own release, and reads the database."""
    return render(request, "proof/page.html", {"release": settings.PROOF_RELEASE, "entry": Entry.objects.last()})


def slow(request):
    """Takes its time."""
    time.sleep(1.5)
    return HttpResponse("done")


@csrf_exempt
def end(request, name):
    """Ends its process, as the kernel does when there is no memory left."""
    print(f"ends at {request.path}", flush=True)
    os._exit(1)


def who(request):
    """What Django knows of the client, and counts in the session."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JsonResponse(
        {
            "address": request.META["REMOTE_ADDR"],
            "scheme": request.scheme,
            "visits": request.session["visits"],
            "release": settings.PROOF_RELEASE,
        }
    )


@csrf_exempt
def upload(request):
    """Reads all of the files that are sent."""
    return JsonResponse({name: file.size for name, file in request.FILES.items()})


@csrf_exempt
def store(request, name):
    """Stores an id, which may come again only with a key."""
    _, created = Entry.objects.get_or_create(name=name, defaults={"size": len(request.body)})
    if not created and "Idempotency-Key" not in request.headers:
        return HttpResponse("it came twice", status=409)
    return HttpResponse("stored", status=201)
