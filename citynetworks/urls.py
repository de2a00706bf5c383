"""URLs of the project. The language is the first segment of the path; the default language has none."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from networks.operations import health
from networks.page_store.layer import stored
from networks.public import open_data
from networks.public.dataset import TABLES
from networks.public.documents import document
from networks.public.security_txt import security_txt
from networks.public.sitemaps import sitemap, sitemap_part
from networks.public.views import robots

urlpatterns = [
    path("sitemap.xml", stored(sitemap), name="sitemap"),
    path("sitemap-<int:number>.xml", stored(sitemap_part), name="sitemap_part"),
    path("robots.txt", stored(robots), name="robots"),
    path("networks.json", stored(open_data.networks_json), name="networks_json"),
    *(path(table.file, stored(open_data.csv_view(name)), name=f"{name}_csv") for name, table in TABLES.items()),
    path("networks.csv-metadata.json", stored(open_data.networks_csv_metadata), name="networks_csv_metadata"),
    path("networks.ttl", stored(open_data.networks_turtle), name="networks_turtle"),
    path("catalog.jsonld", stored(open_data.catalogue_json_ld), name="catalogue_json_ld"),
    path("catalog.ttl", stored(open_data.catalogue_turtle), name="catalogue_turtle"),
    path(".well-known/security.txt", stored(security_txt), name="security_txt"),
    path("documents/<slug:slug>/<slug:kind>-<slug:line_id>.pdf", document, name="document"),
    path("id/city", open_data.identified, name="city_id"),
    path("id/site", open_data.identified, name="site_id"),
    path("id/network/<int:pk>", open_data.identified, name="network_id"),
    path("health/live/", health.live, name="live"),
    path("health/serving/", health.serving, name="serving"),
    path("health/ready/", health.serving, name="ready"),
    path("health/full/", health.full, name="full"),
    *i18n_patterns(
        path("admin/networks/", include("networks.live_preview")),
        path("admin/", admin.site.urls),
        path("", include("networks.public.urls")),
        prefix_default_language=False,
    ),
]

handler400 = "citynetworks.error_pages.bad_request"
handler403 = "citynetworks.error_pages.permission_denied"
handler404 = "networks.public.views.page_not_found"
handler500 = "citynetworks.error_pages.server_error"
