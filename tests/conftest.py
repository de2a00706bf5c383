import hypothesis
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import translation

# A slow machine is no failure of the code, and each run tries the same examples.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def clean_surroundings(settings, tmp_path):
    """Uploads in a folder of the test's own, nothing cached, and the default language before and after."""
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture
def nis(db):
    """The real content: the eleven memberships of Niš, their themes, the plain pages and the city's profile."""
    call_command("loaddata", "nis", verbosity=0)
