"""URLs of the public pages. They are included in `i18n_patterns`: once for each language."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from networks.page_store.layer import stored
from networks.public import changes_page, confirmations, feeds, open_data, views
from networks.public.seats_map import seats_map
from networks.public.share_pictures import network_picture, site_picture
from networks.public.timeline import timeline

app_name = "public"

to_list = RedirectView.as_view(pattern_name="public:index", permanent=True)

urlpatterns = [
    path("", stored(views.network_list, reads_query=True), name="index"),
    path("networks/", csrf_exempt(require_safe(to_list)), name="networks"),
    path("networks/<slug:slug>/", stored(views.network_detail), name="network"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("confirm/<str:token>/", confirmations.confirmation, name="confirmation"),
    path("picture.png", stored(site_picture), name="picture"),
    path("networks/<slug:slug>/picture.png", stored(network_picture), name="network_picture"),
    path("timeline/", stored(timeline, reads_query=True), name="timeline"),
    path("map/", stored(seats_map), name="map"),
    path("open-data/", stored(open_data.open_data), name="open_data"),
    path("changes/", stored(changes_page.change_list, reads_query=True), name="changes"),
    path("feed.atom", stored(feeds.change_feed), name="feed"),
    path("pages/<slug:slug>/", stored(views.page_detail), name="page"),
]
