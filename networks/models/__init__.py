"""What the site holds: the memberships of a city in networks of cities, and the city itself."""

from networks.models.account import RequiredSecondFactor, RevokedPasswordLinks, SignInAttempts, TemporaryPassword
from networks.models.audit import AuditEntry
from networks.models.city import CityProfile, ContentVersion, OldAddress
from networks.models.confirmation import ConfirmationLink, UnitAnswer
from networks.models.confirmed_translation import ConfirmedTranslation
from networks.models.link import Link
from networks.models.model_fields import FieldConstraint
from networks.models.network import (
    SEARCHED,
    TRANSLATED,
    FormerNetworkSlug,
    Network,
    Theme,
    update_search_texts,
)
from networks.models.open_form import OpenForm, SavedForm
from networks.models.operation import Operation
from networks.models.page import FormerPageSlug, Page
from networks.models.public_page import free_slug
from networks.models.revised_model import LONGEST_NAME, RevisedModel, RowRelated
from networks.models.revision import Change, Event, PreviewLink, Revision, Schedule
from networks.models.saved_view import SavedView
from networks.models.spreadsheet_file import SpreadsheetFile

__all__ = [
    "AuditEntry",
    "Change",
    "CityProfile",
    "ConfirmationLink",
    "ConfirmedTranslation",
    "ContentVersion",
    "Event",
    "FieldConstraint",
    "FormerNetworkSlug",
    "FormerPageSlug",
    "LONGEST_NAME",
    "Link",
    "Network",
    "OldAddress",
    "OpenForm",
    "Operation",
    "Page",
    "PreviewLink",
    "RequiredSecondFactor",
    "RevisedModel",
    "RevokedPasswordLinks",
    "Revision",
    "RowRelated",
    "SEARCHED",
    "SavedForm",
    "SavedView",
    "Schedule",
    "SignInAttempts",
    "SpreadsheetFile",
    "TRANSLATED",
    "TemporaryPassword",
    "Theme",
    "UnitAnswer",
    "free_slug",
    "update_search_texts",
]
