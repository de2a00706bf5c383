"""
Messages of Django that our catalogues say in other words.

One of its Serbian catalogues lacks the first two, which would show in English, or on Latin pages in Cyrillic. The
others it says as programmers speak, and our catalogue says them as clerks do. They stand here only so that
makemessages finds them.
"""

from django.utils.translation import gettext_lazy as _

REWORDED = [
    _("Messages"),
    _("%(model)s instance with %(field)s %(value)r is not a valid choice."),
    _("Add %s"),
    _("Change %s"),
    _("View %s"),
    _("Select %s"),
    _("Select %s to change"),
    _("Select %s to view"),
    _("Add %(name)s"),
    _("Delete selected %(verbose_name_plural)s"),
    _(
        'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? '
        "All of the following related items will be deleted:"
    ),
    _(
        "Are you sure you want to delete the selected %(objects_name)s? "
        "All of the following objects and their related items will be deleted:"
    ),
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
    _("You may edit it again below."),
    _("Go"),
    _("History"),
    _("View on site"),
    _("Start typing to filter…"),
    _("Authentication and Authorization"),
    _("group"),
    _("groups"),
    _("email address"),
    _("redirect from"),
    _("redirect to"),
    _("staff status"),
    _("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    _("Enter a valid URL."),
    _("Ensure this value is greater than or equal to %(limit_value)s."),
]
