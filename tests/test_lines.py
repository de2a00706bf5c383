"""Lines of a record: what is stored of them, and what becomes of the changes of two people."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from networks.links.mending import mend
from networks.links.places import find_places, links_of_row
from networks.models import ConfirmationLink, Link, Network, PreviewLink, Revision
from networks.models.lines import IDENTIFIER, MOST_LINES, act_lines
from networks.revisions import drafts, publishing
from networks.revisions.content import content_of, merge, select_current_fields
from networks.revisions.line_merge import keep_both, merge_lines
from networks.revisions.newest_columns import RECORD_GAPS
from networks.revisions.previews import link_url as preview_url
from networks.revisions.storage import update_row
from networks.revisions.unit_answers import link_url, stated_digest
from networks.revisions.word_checks import check_words
from networks.revisions.word_checks import mend as mend_words
from tests.pages import errors_by_field, form_values, opened, parsed, text_of

FEES = Network._meta.get_field("fees")
PERIODS, ROLES = (Network._meta.get_field(name) for name in ("periods", "roles"))
DOCUMENTS = Network._meta.get_field("documents")


class TestField:
    def test_stores_text_and_numbers_without_empty_columns(self):
        lines = FEES.to_python([{"id": "5f0c9a3e", "year": "2026", "amount": "1500", "currency": "EUR", "due": ""}])
        assert lines == [{"id": "5f0c9a3e", "year": 2026, "amount": "1500.00", "currency": "EUR"}]
        assert FEES.to_python(lines) == lines

    def test_gives_a_new_line_an_identifier_and_drops_an_empty_one(self):
        new, *others = FEES.to_python([{"year": 2026, "unknown": 1}, {"id": "5f0c9a3e", "year": ""}])
        assert len(new["id"]) == 8
        assert not others

    @pytest.mark.parametrize(
        ("identifiers", "kept"),
        [
            (["00000fee", "00000dec"], ["00000fee", "00000dec"]),
            (["1", "2"], []),
            (["\ud800", "\0"], []),
            (["0000ABCD", "5f0c9a3e\n"], []),
            (["5f0c9a3e", "5f0c9a3e", "5f0c9a3e"], ["5f0c9a3e"]),
            ([1, 1], []),
        ],
    )
    def test_gives_each_line_an_identifier_that_forms_know_always_the_same(self, identifiers, kept):
        lines = [{"id": each, "year": 2026, "amount": "1.00", "currency": "EUR"} for each in identifiers]
        stored = FEES.to_python(lines)
        FEES.validate(stored, None)
        names = [line["id"] for line in stored]
        assert len({*names}) == len(identifiers)
        assert all(IDENTIFIER.fullmatch(name) for name in names)
        assert names[: len(kept)] == kept
        assert FEES.to_python(lines) == FEES.to_python(stored) == stored

    def test_amount_of_minus_nothing_is_nothing(self):
        (line,) = FEES.to_python([{"id": "5f0c9a3e", "amount": "-0"}])
        assert line["amount"] == "0.00"

    @pytest.mark.parametrize("value", ["text", [1], {"id": "1"}, "[1]"])
    def test_refuses_what_is_no_list_of_lines(self, value):
        with pytest.raises(ValidationError):
            FEES.to_python(value)

    @pytest.mark.parametrize(
        ("field", "line", "column"),
        [
            (FEES, {"year": 2026, "amount": "1500"}, "currency"),
            (FEES, {"year": "soon", "amount": "1500", "currency": "EUR"}, "year"),
            (FEES, {"year": 2026, "amount": "-1", "currency": "EUR"}, "amount"),
            (FEES, {"year": 2026, "amount": "1", "currency": "euro"}, "currency"),
            (FEES, {"year": 2026, "amount": "1", "currency": "EUR", "due": "0202-01-01"}, "due"),
            (FEES, {"year": 2026, "amount": "1", "currency": "EUR", "paid_on": "0202-01-01"}, "paid_on"),
            (PERIODS, {"joined": "2010", "left": "2009-12-31"}, "left"),
            (PERIODS, {"joined": "2010-05-03", "left": "2010-05-02"}, "left"),
            (PERIODS, {"left": "2199"}, "left"),
            (PERIODS, {"joined": "2010", "left": "2.3.2009"}, "left"),
            (ROLES, {"role": "full", "since": "2020", "until": "2019"}, "until"),
            (DOCUMENTS, {"kind": "decision"}, "title_sr"),
            (DOCUMENTS, {"kind": "poem", "title_sr": "Одлука"}, "kind"),
            (DOCUMENTS, {"kind": "decision", "title_sr": "Одлука", "date": "31.2.2007"}, "date"),
            (DOCUMENTS, {"kind": "decision", "title_sr": "Одлука", "link": "javascript:alert(1)"}, "link"),
        ],
    )
    def test_says_which_line_and_column_is_wrong(self, field, line, column):
        lines = field.to_python([line])
        assert [*field.line_errors(lines[0])] == [column]
        with pytest.raises(ValidationError, match=" 1, "):
            field.validate(lines, None)

    @pytest.mark.parametrize(
        ("field", "line"),
        [
            (PERIODS, {"left": "2003"}),
            (PERIODS, {"joined": "2003", "left": "2003"}),
            (PERIODS, {"joined": "2003-05-03", "left": "2003-05"}),
            (PERIODS, {"joined": "2003", "left": "2003-05"}),
            (ROLES, {"role": "full", "since": "2020", "until": "2199"}),
        ],
    )
    def test_takes_dates_as_exact_as_they_are_known(self, field, line):
        assert field.line_errors(field.to_python([line])[0]) == {}


# Properties of merging

LINES = st.dictionaries(
    st.sampled_from("abcdef"), st.fixed_dictionaries({}, optional={name: st.integers(1, 3) for name in "xyz"})
).map(lambda lines: [{"id": identifier, **line} for identifier, line in lines.items()])


@st.composite
def changed(draw, lines):
    """What a person has made of lines: changed, moved, removed, added."""
    kept = [
        draw(st.sampled_from([line, {**line, "x": 9}, {**line, "y": 8}])) for line in lines if draw(st.booleans())
    ]
    added = [{"id": draw(st.uuids()).hex[:8], "z": 7} for _each in range(draw(st.integers(0, 2)))]
    return draw(st.permutations(kept + added))


@st.composite
def stories(draw):
    base = draw(LINES)
    return base, draw(changed(base)), draw(changed(base))


def by_identifier(lines):
    return {line["id"]: line for line in lines}


@given(stories())
def test_what_one_has_changed_added_or_removed_is_so_in_the_merge(story):
    base, theirs, mine = story
    for own_wins in (True, False):
        merged = merge_lines(base, theirs, mine, mine_wins=own_wins)
        result, old = by_identifier(merged.lines), by_identifier(base)
        assert len(result) == len(merged.lines)
        for own, other in ((theirs, mine), (mine, theirs)):
            own, other = by_identifier(own), by_identifier(other)
            for identifier in {**old, **own}:
                if identifier in merged.conflicts:
                    assert identifier in result
                    continue
                before, after = old.get(identifier), own.get(identifier)
                if before == after:
                    assert result.get(identifier) == other.get(identifier)
                elif after is None:
                    assert identifier not in result
                else:
                    for name in {*(before or {}), *after}:
                        if (before or {}).get(name) != after.get(name):
                            assert result[identifier].get(name) == after.get(name)


@given(stories())
def test_order_is_that_of_who_has_moved_lines(story):
    base, theirs, mine = story
    merged = [line["id"] for line in merge_lines(base, theirs, mine).lines]
    old = [*by_identifier(base)]
    for own, other in ((mine, theirs), (theirs, mine)):
        own, other = ([*by_identifier(each)] for each in (own, other))
        if [each for each in other if each in old] == [each for each in old if each in other]:
            assert [each for each in merged if each in own] == [each for each in own if each in merged]


@given(stories())
def test_both_are_kept_of_a_line_that_both_have_changed(story):
    base, theirs, mine = story
    both = [{**line, "id": ""} for line in keep_both(base, theirs, mine)]
    for winner in (True, False):
        for line in merge_lines(base, theirs, mine, mine_wins=winner).lines:
            assert {**line, "id": ""} in both


@given(stories())
def test_merging_with_what_nobody_else_has_changed_changes_nothing(story):
    base, _theirs, mine = story
    assert merge_lines(base, base, mine).lines == merge_lines(base, mine, mine).lines == mine
    assert merge_lines(base, mine, base).lines == mine


@pytest.mark.django_db
def test_two_people_who_add_lines_to_one_field_have_no_conflict():
    base = content_of(Network(name_sr="Мрежа"), themes=[])
    mine = base | {"fees": FEES.to_python([{"year": 2025, "amount": "1", "currency": "EUR"}])}
    theirs = base | {"fees": FEES.to_python([{"year": 2026, "amount": "2", "currency": "EUR"}])}
    merged = merge(Network, base, theirs, mine)
    assert merged.conflicts == []
    assert merged.taken == ["fees"]
    assert {line["year"] for line in merged.content["fees"]} == {2025, 2026}


# What becomes of lines in drafts, on the site and in lists

FEE = {"id": "00000fee", "year": 2025, "amount": "1500.00", "currency": "EUR"}
OTHER = {"id": "5f0c9a3e", "year": 2026, "amount": "1600.00", "currency": "EUR"}
DECISION = {"id": "00000dec", "kind": "decision", "title_sr": "Одлука", "link": "https://example.org/old"}


def account(name):
    return User.objects.create_user(name)


def published(**content):
    row = drafts.save(Network(), {"name_sr": "Мрежа", "slug": "mreza"} | content, author=None).row
    return publishing.publish(row, author=None)


def anew(row):
    return type(row).objects.select_related("head", "live").get(pk=row.pk)


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        ({"deciding_act": "Одлука", "fee_amount": None, "fee_currency": "", "fee_year": None}, ("Одлука", [])),
        ({"deciding_act": "", "fee_amount": "1500.00", "fee_currency": "EUR", "fee_year": 2025}, ("", [FEE])),
        ({"fee_year": 2025}, (None, [{"id": "00000fee", "year": 2025}])),
        ({"deciding_act": "Одлука", "documents": [DECISION], "fees": [OTHER]}, ("Одлука", [OTHER])),
        ({"name_sr": "Мрежа"}, (None, None)),
    ],
)
def test_what_was_written_before_there_were_lines_is_always_read_as_the_same_lines(before, lines):
    act, fees = lines
    content = select_current_fields(Network, before)
    assert content == select_current_fields(Network, before)
    titles = None if act is None else [{"id": "00000dec", "kind": "decision", "title_sr": act}] if act else []
    assert content.get("documents") == before.get("documents", titles)
    assert content.get("fees") == fees


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "year", "documents", "fees"),
    [
        ("Стара одлука", 2020, [{"title_sr": "Стара одлука"}, {}], [{}, {"year": 2020}]),
        ("", None, [None, {}], [{}, None]),
    ],
)
def test_restoring_what_was_written_before_there_were_lines_leaves_the_other_lines(act, year, documents, fees):
    statute = {"id": "11111111", "kind": "statute", "title_sr": "Статут"}
    present = {"documents": [DECISION, statute], "fees": [OTHER, FEE], "roles": [{"id": "22222222", "role": "full"}]}
    row = published(**present)
    fee = {"fee_amount": "1500.00", "fee_currency": "EUR"} if year else {"fee_amount": None, "fee_currency": ""}
    old = {"summary_sr": "Старо", "deciding_act": act, "fee_year": year} | fee
    restored = drafts.restore(row, row.revisions.create(number=9, content=old), author=None).revision.content
    for name, changes in {"documents": documents, "fees": fees, "roles": [{}]}.items():
        lines = zip(present[name], changes, strict=True)
        assert restored[name] == [line | change for line, change in lines if change is not None]
    assert restored["summary_sr"] == "Старо"


@pytest.mark.django_db
def test_change_of_private_columns_alone_changes_nothing_that_visitors_see():
    row = published(fees=[FEE])
    Network.objects.update(changed_at=datetime(2026, 1, 1, tzinfo=UTC))
    seen, digest = anew(row).changed_at, stated_digest(anew(row))
    drafts.save(row, {"fees": [FEE | {"paid_on": "2025-02-11", "budget_line": "4819"}]}, author=None)
    row = publishing.publish(anew(row), author=None)
    assert (anew(row).changed_at, stated_digest(anew(row)), row.changes.count()) == (seen, digest, 1)
    assert anew(row).fees == [FEE | {"paid_on": "2025-02-11", "budget_line": "4819"}]
    drafts.save(row, {"fees": [FEE | {"due": "2025-03-01"}]}, author=None)
    row = publishing.publish(anew(row), author=None)
    assert [change.fields for change in row.changes.all()] == [["fees"], []]
    assert anew(row).changed_at > seen


@pytest.mark.django_db
def test_nothing_private_is_on_a_page_that_needs_no_account(client):
    row = published(fees=[FEE | {"paid_on": "2025-02-11", "budget_line": "4819-X"}], responsible_unit="Служба")
    link = PreviewLink.objects.create(revision=anew(row).head, expires_at=timezone.now() + timedelta(days=1))
    unit = ConfirmationLink.objects.create(unit="Служба", expires_at=timezone.now() + timedelta(days=1))
    paths = ["/networks/mreza/", "/en/", "/networks.json", "/networks.csv", "/timeline/", "/changes/", "/feed.atom"]
    paths += [preview_url(link), link_url(unit, "en")]
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200, path
        text = response.content.decode()
        assert not any(secret in text for secret in ("4819-X", "2025-02-11", "11. фебруара 2025", "11 February 2025"))


@pytest.mark.django_db
def test_own_lines_are_published_beside_those_of_others_and_those_that_both_have_changed_are_not():
    ana, milan = account("ana"), account("milan")
    row = published(fees=[FEE])
    drafts.save(row, {"fees": [FEE, OTHER]}, author=milan)
    drafts.save(anew(row), {"fees": [FEE | {"due": "2025-03-01"}, OTHER]}, author=ana)
    own, left_out = publishing.own_changes(anew(row), ana)
    assert (own["fees"], left_out) == ([FEE | {"due": "2025-03-01"}], [])
    drafts.save(anew(row), {"fees": [FEE | {"due": "2025-03-01"}, OTHER | {"year": 2027}]}, author=ana)
    assert publishing.own_changes(anew(row), ana)[1] == ["fees"]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["sr", "en"])
def test_lines_are_facts_and_published_with_the_texts_of_either_language(language):
    row = published()
    head = drafts.save(row, {"summary_sr": "Ново", "summary_en": "New", "fees": [FEE]}, author=None).revision
    row = publishing.publish_language(anew(row), language, author=None, head=head)
    assert (anew(row).fees, anew(row).has_draft) == ([FEE], True)


@pytest.mark.django_db
def test_links_of_lines_are_found_and_mended_in_drafts():
    editor = User.objects.create_superuser("editor")
    row = published(documents=[DECISION], activities=[{"id": "1a2b3c4d", "kind": "visit", "title_sr": "Посета"}])
    assert list(links_of_row(row)) == [(DECISION["link"], "documents")]
    link = Link.objects.create(url=DECISION["link"], moved_to="https://example.org/new")
    mend(link, find_places()[link.url], author=editor)
    assert anew(row).head.content["documents"] == [DECISION | {"link": "https://example.org/new"}]
    assert anew(row).documents == [DECISION]


@pytest.mark.django_db
def test_worklist_names_fees_of_this_year_and_english_titles_that_are_missing():
    year = timezone.localdate().year
    paid, unpaid = FEE | {"year": year}, FEE | {"year": year - 1}
    rows = {
        name: published(slug=name, name_sr=name, **content)
        for name, content in {
            "paid": {"fees": [unpaid, paid | {"id": "11111111"}]},
            "unpaid": {"fees": [unpaid]},
            "later": {"fees": [FEE | {"year": year + 1}]},
            "left": {"fees": [unpaid], "status": "left"},
            "documents": {"documents": [DECISION]},
            "english": {"documents": [DECISION | {"title_en": "Decision"}]},
            "nothing": {},
        }.items()
    }
    # The newest draft counts, also one from before there were lines.
    drafts.save(rows["nothing"], {"documents": [DECISION]}, author=None)
    drafts.save(rows["english"], {"documents": []}, author=None)
    old = {"name_sr": "x", "fee_amount": "1.00", "fee_currency": "EUR", "fee_year": year - 2, "deciding_act": ""}
    update_row(rows["paid"], head=rows["paid"].revisions.create(number=9, content=old))
    found = Network.objects.values_list("slug", "gaps_newest")
    gaps = {name: {slug for slug, each in found if has_gap(each)} for name, has_gap in RECORD_GAPS.items()}
    assert gaps == {"fee": {"unpaid", "paid"}, "title": {"documents", "nothing"}}


@pytest.mark.django_db
def test_words_of_lines_are_checked_and_mended_where_they_stand(clerk):
    lines = [DECISION | {"title_sr": "Одлукa  о приступању", "title_en": "Decision"}, DECISION | {"id": "11111111"}]
    row = published(documents=lines)
    content = row.head.content
    (letter, space) = check_words(Network, content)
    cell = "documents-00000dec-title_sr"
    assert {letter.field, space.field} == {cell}
    assert mend_words(Network, content, cell)["documents"] == [
        lines[0] | {"title_sr": "Одлука о приступању"},
        lines[1],
    ]
    tree = opened(clerk, address(row))
    (note,) = tree.get_element_by_id(f"id_{cell}_helptext").find_class("warnings")
    assert f"id_{cell}_helptext" in tree.get_element_by_id(f"id_{cell}").get("aria-describedby")
    button = next(each.get("value") for each in note.xpath(".//button") if "latin" in each.get("value"))
    response = clerk.post(address(row), form_values(tree) | {"_mend": button})
    assert response["Location"].endswith(f"#id_{cell}_helptext")
    assert newest(row)["documents"][0]["title_sr"] == "Одлука  о приступању"


# In the form


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


def address(row):
    return f"/en/admin/networks/network/{row.pk}/change/"


def send(client, row, values, **typed):
    return client.post(address(row), values | typed | {"_save": "1"})


def newest(row):
    return anew(row).head.content


def test_form_that_knows_no_lines_loses_none(clerk):
    """Such as one that was opened with the last release, or kept as unsaved text."""
    row = published(fees=[FEE])
    values = {name: each for name, each in form_values(opened(clerk, address(row))).items() if "fees" not in name}
    assert send(clerk, row, values, summary_en="New").status_code == 302
    assert (newest(row)["fees"], newest(row)["summary_en"]) == ([FEE], "New")


ACT_AND_FEE = {"deciding_act": "Одлука", "fee_amount": "1500.00", "fee_currency": "EUR", "fee_year": 2025}
STATUTE = {"id": "11111111", "kind": "statute", "title_sr": "Статут"}


def test_form_without_lines_of_a_version_that_has_them_is_refused(clerk):
    """Such as one that was opened while the site was back at the last release."""
    row = published(documents=[STATUTE])
    values = {name: each for name, each in form_values(opened(clerk, address(row))).items() if "document" not in name}
    response = send(clerk, row, values | ACT_AND_FEE)
    assert "open the form anew" in response.text
    assert newest(row)["documents"] == [STATUTE]


@pytest.mark.parametrize(
    ("typed", "act", "fee"),
    [
        ({}, "Одлука", FEE),
        ({"deciding_act": "Нова", "fee_amount": "2,000"}, "Нова", FEE | {"amount": "2000.00"}),
        (dict.fromkeys(ACT_AND_FEE, ""), "", None),
        ({"fee_amount": "much"}, None, None),
    ],
)
def test_form_that_was_opened_before_there_were_lines_saves_its_act_and_its_fee(clerk, typed, act, fee):
    row = published()
    lines = ("documents", "roles", "periods", "fees", "activities")
    values = {
        name: each
        for name, each in form_values(opened(clerk, address(row))).items()
        if name.partition("-")[0] not in lines
    }
    old = {name: each for name, each in row.head.content.items() if name not in lines}
    Revision.objects.update(content=old | ACT_AND_FEE)
    drafts.save(anew(row), {"documents": [*act_lines("Одлука"), STATUTE]}, author=account("milan"))
    response = send(clerk, row, values | ACT_AND_FEE | {"fee_amount": "1,500.00"}, **typed)
    if act is None:
        assert [*errors_by_field(parsed(response))] == ["fees-00000fee-amount"]
        return
    assert response.status_code == 302
    assert newest(row)["fees"] == ([fee] if fee else [])
    assert newest(row)["documents"] == [*act_lines(act), STATUTE]


@pytest.mark.long
@pytest.mark.parametrize(
    ("order", "expected"),
    [(("1", "2", "3"), "abc"), (("3", "2", "3"), "bca"), (("1", "2", "1"), "cab"), (("", "1", "x"), "bac")],
)
def test_numbers_bring_lines_into_order(clerk, order, expected):
    lines = [FEE | {"id": letter * 8, "year": 2020 + place} for place, letter in enumerate("abc")]
    row = published(fees=lines)
    numbers = {f"fees-{line['id']}-ORDER": number for line, number in zip(lines, order, strict=True)}
    send(clerk, row, form_values(opened(clerk, address(row))), **numbers)
    assert "".join(line["id"][0] for line in newest(row)["fees"]) == expected


@pytest.mark.parametrize(
    ("choice", "amounts"),
    [("mine", ["1700.00"]), ("theirs", ["1800.00"]), ("both", ["1800.00", "1700.00"])],
)
@pytest.mark.long
def test_choice_in_a_conflict_is_about_the_cells_that_collide_and_loses_no_line(clerk, choice, amounts):
    row = published(fees=[FEE, OTHER])
    values = form_values(opened(clerk, address(row)))
    typed = {"fees-5f0c9a3e-amount": "1700", "fees-00000fee-due": "1 March 2025"}
    typed |= {"fees-11111111-year": "2024", "fees-11111111-amount": "1", "fees-11111111-currency": "RSD"}
    theirs = [FEE | {"budget_line": "4819"}, OTHER | {"amount": "1800.00"}, FEE | {"id": "22222222", "year": 2023}]
    drafts.save(anew(row), {"fees": theirs}, author=account("milica"))
    response = send(clerk, row, values, **typed)
    for _time in range(2 if choice == "both" else 1):
        assert response.status_code == 200
        tree = parsed(response)
        assert bool(tree.find_class("conflict")) == (_time == 0)
        response = send(clerk, row, form_values(tree), choice_fees=choice)
    assert response.status_code == 302
    fees = newest(row)["fees"]
    assert [line["amount"] for line in fees if line["year"] == 2026] == amounts
    assert {line["year"] for line in fees} == {2023, 2024, 2025, 2026}
    assert [line for line in fees if line["year"] == 2025] == [FEE | {"budget_line": "4819", "due": "2025-03-01"}]


@pytest.mark.long
def test_wrong_cell_does_not_lose_what_a_colleague_has_added(clerk):
    row = published(fees=[FEE])
    values = form_values(opened(clerk, address(row)))
    drafts.save(anew(row), {"fees": [FEE, OTHER]}, author=account("milica"))
    tree = parsed(send(clerk, row, values, **{"fees-00000fee-amount": "much"}))
    assert list(errors_by_field(tree)) == ["fees-00000fee-amount"]
    assert send(clerk, row, form_values(tree), **{"fees-00000fee-amount": "7"}).status_code == 302
    assert newest(row)["fees"] == [FEE | {"amount": "7.00"}, OTHER]


@pytest.mark.long
def test_line_that_one_has_changed_and_the_other_removed_is_shown_once_more(clerk):
    row = published(fees=[FEE, OTHER])
    values = form_values(opened(clerk, address(row)))
    drafts.save(anew(row), {"fees": [OTHER]}, author=account("milica"))
    tree = parsed(send(clerk, row, values, **{"fees-00000fee-amount": "7"}))
    assert "stands here again" in text_of(tree.get_element_by_id("form-errors"))
    assert send(clerk, row, form_values(tree)).status_code == 302
    assert newest(row)["fees"] == [FEE | {"amount": "7.00"}, OTHER]


@pytest.mark.django_db
def test_who_may_only_look_reads_the_lines_in_words(client):
    row = published(fees=[FEE])
    viewer = account("viewer")
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.add(Permission.objects.get(codename="view_network"))
    client.force_login(viewer)
    shown = opened(client, address(row)).find_class("field-fees")[0]
    assert text_of(shown.find_class("readonly")[0]) == "2025: 1,500.00 EUR"


@pytest.mark.long
def test_more_lines_than_there_may_be_are_refused_and_kept(clerk):
    row = published()
    cells = {"year": "2026", "amount": "1", "currency": "EUR"}
    typed = {f"fees-{n:08x}-{name}": value for n in range(MOST_LINES + 1) for name, value in cells.items()}
    tree = parsed(send(clerk, row, form_values(opened(clerk, address(row))), **typed))
    assert "100" in text_of(tree.get_element_by_id("form-errors"))
    assert {**form_values(tree), **{name: [value] for name, value in typed.items()}} == form_values(tree)


@pytest.mark.long
def test_start_page_leads_to_the_networks_with_gaps(clerk):
    published(documents=[DECISION], slug="documents")
    published(fees=[FEE | {"year": timezone.localdate().year - 1}], slug="fees")
    home = opened(clerk, "/en/admin/")
    for gap, text in (("title", "1 network with a document"), ("fee", "1 membership without the fee")):
        address = f"/en/admin/networks/network/?record={gap}"
        (link,) = home.xpath("//a[@href=$address]", address=address)
        assert text_of(link).startswith(text)
        assert len(opened(clerk, address).xpath("//table[@id='result_list']/tbody/tr")) == 1
