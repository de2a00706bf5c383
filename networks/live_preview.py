"""
The preview of a form as one types: the public page of what stands in the form of a row, which is not saved.

It stands above the admin, whose form it reads, and above the public pages, whose views render it.
static/networks/live_preview.js shows the response beside the form; without JavaScript it opens in another tab.
"""

from functools import partial

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, resolve
from django.utils import timezone
from django.utils.translation import gettext, override

from networks.admin.base import is_integer
from networks.admin.revised_admin import RevisedModelAdmin
from networks.languages import language_codes, language_tag
from networks.models import RevisedModel, free_slug
from networks.models.model_fields import normalise_line_ends, stored_value
from networks.pictures import PictureField
from networks.public.page_context import PageContext
from networks.public.views import read_row, render_row
from networks.revisions.content import (
    Content,
    Model,
    complete_content,
    content_fields,
    content_of,
    field_label,
    row_with,
    slugs_of,
)


def live_preview(request: HttpRequest, pk: int | None = None, *, model: Model) -> HttpResponse:
    """
    Render the page of the submitted form, in the language of which `live_language` is the tag. Nothing is written.

    `pk` is None for a new row. A GET, such as after a log-in, is redirected to the form.
    """
    model_admin = admin.site.get_model_admin(model)
    if not model_admin.may(request, "change" if pk else "add"):
        raise PermissionDenied
    # A new row has a key for its themes to be read.
    row = get_object_or_404(model.objects.outside_bin().select_related("head"), pk=pk) if pk else model(pk=0)
    if request.method != "POST":
        return HttpResponseRedirect(model_admin.url("change", pk) if pk else model_admin.url("add"))
    content, left_out = typed_content(model_admin, request, row)
    shown = row_with(row, content)
    shown.slug = shown.slug or row.slug or free_slug(shown, shown.heading)
    shown.changed_at = timezone.now()
    note = gettext("This is not saved.")
    if left_out:
        text = gettext("Shown as last saved, because it is not valid or not uploaded yet: {fields}.")
        note = f"{note} {text.format(fields=', '.join(field_label(model, name) for name in left_out))}"
    live = {"tag": language_tag(request.LANGUAGE_CODE), "note": note}
    tags = {language_tag(code): code for code in language_codes()}
    language = tags.get(request.POST.get("live_language", ""), request.LANGUAGE_CODE)
    with override(language):
        # The links of the page are those of the public page.
        request.resolver_match = resolve(shown.get_absolute_url())
        page = PageContext(request, read_row(shown), is_preview=True)
        response = render_row(page, {"preview": True, "live": live})
    response.headers["Content-Language"] = language_tag(language)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def typed_content(
    model_admin: RevisedModelAdmin, request: HttpRequest, row: RevisedModel
) -> tuple[Content, list[str]]:
    """
    Return the content that stands in the submitted form, field by field as it would be saved.

    Also return the names of the fields that have the newest stored value instead: those with an invalid one, and
    pictures that were just chosen, which have no URL before they are saved. Lines are without files that were just
    chosen, which are only checked and stored when the form is saved.
    """
    model = type(row)
    saved = complete_content(model, row.head.content if row.head else content_of(row))
    content, left_out = dict(saved), []
    for name, model_field in content_fields(model).items():
        if model_field.many_to_many:
            chosen = [pk for pk in request.POST.getlist(name) if is_integer(pk)]
            content[name] = slugs_of(model_field.related_model._default_manager.filter(pk__in=chosen))
        elif isinstance(model_field, PictureField):
            if request.FILES.get(name) or request.POST.get(name):  # the script sends the name of the file alone
                left_out.append(name)
            elif f"{name}-clear" in request.POST:
                content[name] = None
        # What is as it is stored needs no cleaning, which takes longest.
        elif name in request.POST and normalise_line_ends(request.POST[name]) != (content[name] or ""):
            form_field = model_admin.formfield_for_dbfield(model_field, request)
            try:
                value = form_field.clean(form_field.widget.value_from_datadict(request.POST, {}, name))
                content[name] = stored_value(model_field, model_field.clean(value, row))
            except ValidationError:
                left_out.append(name)
    return content | model_admin.form.filled_in(content, saved), left_out


app_name = "live_preview"

urlpatterns = [
    path(
        f"{model._meta.model_name}/{route}live/",
        admin.site.admin_view(partial(live_preview, model=model)),
        name=f"{model._meta.model_name}{suffix}",
    )
    for model in RevisedModel.__subclasses__()
    for route, suffix in (("<int:pk>/", ""), ("add/", "_add"))
]
