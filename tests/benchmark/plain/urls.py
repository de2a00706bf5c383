from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from tests.benchmark.plain.views import NetworkDetail, NetworkList, PageDetail, Section

urlpatterns = i18n_patterns(
    path("", NetworkList.as_view(), name="list"),
    path("networks/<slug:slug>/", NetworkDetail.as_view(), name="network"),
    path("pages/<slug:slug>/", PageDetail.as_view(), name="page"),
    path("timeline/", Section.as_view(), name="timeline"),
    path("changes/", Section.as_view(), name="changes"),
    path("open-data/", Section.as_view(), name="data"),
    prefix_default_language=False,
)
