"""The admin of old addresses: paths that redirect to another page."""

from urllib.parse import unquote

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from networks.admin.base import CityModelAdmin
from networks.admin.guarded_form import GuardedForm
from networks.languages import SCRIPT_PARAMETER, canonical_url
from networks.models import ContentVersion, OldAddress
from networks.redirects import (
    FILE_PREFIXES,
    find_redirect,
    page_exists,
    with_and_without_slash,
    without_language,
)


def readable_path(url: str) -> str:
    """Return a path with its query, percent-decoded and with the language prefix in its canonical spelling."""
    try:
        url = unquote(url, errors="strict")
    except UnicodeDecodeError:
        return url
    path, mark, query = url.partition("?")
    canonical = canonical_url(path, "") if path.startswith("/") else None
    return f"{path if canonical is None else unquote(canonical)}{mark}{query}"


def validate_path(path: str) -> None:
    """Raise ValidationError for what is no path of this site."""
    if not path.startswith("/"):
        raise ValidationError(_("Begin with a slash, as in /old-page/, and leave out the name of the site."), "slash")
    if path.startswith("//") or "\\" in path or "#" in path or not path.isprintable() or " " in path:
        raise ValidationError(
            _("This is no address of a page. It has a slash between its words, as in /news/networks/."), "path"
        )


class OldAddressForm(GuardedForm):
    """Refuses paths that have a page, redirect already, or would redirect to nowhere or in a circle."""

    class Meta:
        labels = {"old_path": _("Old address"), "new_path": _("Leads to")}
        help_texts = {
            "old_path": _(
                "What stands in the address after the name of the site, such as /mreze-gradova/. The slash at the "
                "end, the language at the beginning (/en/) and the script (pismo=lat) may be left out: all forms of "
                "it are led on."
            ),
            "new_path": _(
                "A page of this site, such as /pages/about/ or /, which the reader gets in the same language; or an "
                "address on another site, such as https://www.example.org/."
            ),
        }

    def clean_old_path(self) -> str:
        old_path = readable_path(self.cleaned_data["old_path"])
        validate_path(old_path)
        path, _mark, query = old_path.partition("?")
        if SCRIPT_PARAMETER.search(query):
            raise ValidationError(_("Leave out pismo=lat and pismo=cir: either is led on by itself."), "script")
        if page_exists(path):
            raise ValidationError(
                _("There is a page at this address, and it stays there. Only an address without a page is led on."),
                "page",
            )
        # Saving one raises the content version, so this lock lets only one of two new spellings of a path through.
        ContentVersion.objects.select_for_update().first()
        others = OldAddress.objects.filter(old_path__in=with_and_without_slash(old_path)).exclude(pk=self.instance.pk)
        if other := others.first():
            raise ValidationError(
                _("This address is in the table already, and leads to %(target)s. Change it there."),
                "unique",
                {"target": other.new_path},
            )
        return old_path

    def clean_new_path(self) -> str:
        new_path = self.cleaned_data["new_path"]
        if not new_path.startswith("/"):
            try:
                URLValidator(schemes=["https"])(new_path)
            except ValidationError as error:
                raise ValidationError(
                    _("Enter a page of this site, such as /pages/about/, or an address that begins with https://."),
                    "target",
                ) from error
            return new_path
        path, mark, query = new_path.partition("?")
        # The query stays percent-encoded, because %26 is no separator.
        new_path = f"{readable_path(path)}{mark}{query}"
        validate_path(new_path)
        return new_path

    def clean(self) -> dict | None:
        cleaned = super().clean()
        old_path, new_path = cleaned.get("old_path"), cleaned.get("new_path", "")
        if old_path and new_path.startswith("/"):
            try:
                self.check_target(old_path, new_path)
            except ValidationError as error:
                self.add_error("new_path", error)
        return cleaned

    def check_target(self, old_path: str, new_path: str) -> None:
        """Raise ValidationError if the new path does not lead to a page, or is an old one itself."""
        path, _mark, query = new_path.partition("?")
        if without_language(old_path) in with_and_without_slash(without_language(new_path)):
            raise ValidationError(_("The old address would lead to itself."), "loop")
        row = find_redirect(path, query)
        if row is not None and row.pk != self.instance.pk:
            raise ValidationError(
                _("This is an old address itself, and leads to %(target)s. Enter that."),
                "old",
                {"target": row.new_path},
            )
        if not path.startswith(FILE_PREFIXES) and not page_exists(path):
            raise ValidationError(
                _("There is no page at this address. Open the page that you mean, and copy its address from there."),
                "missing",
            )


@admin.register(OldAddress)
class OldAddressAdmin(CityModelAdmin):
    form = OldAddressForm
    fields = ["old_path", "new_path"]
    list_display = ["old_address", "target"]
    search_fields = ["old_path", "new_path"]
    search_help_text = _("Part of an address, such as mreze.")

    @admin.display(description=_("old address"), ordering="old_path")
    def old_address(self, row: OldAddress) -> str:
        return row.old_path

    @admin.display(description=_("leads to"), ordering="new_path")
    def target(self, row: OldAddress) -> str:
        return row.new_path
