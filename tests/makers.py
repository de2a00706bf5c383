"""Rows for tests: each published, unlike any other, and with no more than its model asks for."""

from itertools import count

from django.contrib.auth.models import Group, User

from networks.models import CityProfile, Network, Page, Theme

numbers = count(1)


def make_network(*, themes=(), **fields):
    number = next(numbers)
    defaults = {"slug": f"network-{number}", "name_sr": f"Мрежа {number}", "is_published": True}
    network = Network.objects.create(**defaults | fields)
    network.themes.set(themes)
    return network


def make_theme(**fields):
    number = next(numbers)
    return Theme.objects.create(**{"slug": f"theme-{number}", "name_sr": f"Област {number}"} | fields)


def make_page(**fields):
    number = next(numbers)
    defaults = {
        "slug": f"page-{number}",
        "title_sr": f"Страница {number}",
        "body_sr": f"<p>Текст странице {number}.</p>",
        "is_published": True,
    }
    return Page.objects.create(**defaults | fields)


def make_profile(**fields):
    return CityProfile.objects.create(**{"city_name_sr": "Град Ниш", "site_title_sr": "Мреже градова"} | fields)


def make_account(role=None, **fields):
    account = User.objects.create_user(**{"username": role or "nobody", "is_staff": True, **fields})
    if role:
        account.groups.add(Group.objects.get(name=role))
    return account
