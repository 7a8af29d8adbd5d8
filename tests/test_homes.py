"""Of entries that fit equally well, what is for the asker's own town or for all goes before another's."""

from datetime import date

import pytest

from bot.chat import Account
from bot.directory import known_as
from knowledge.entries import Entry
from knowledge.homes import homes_of
from knowledge.search import Index
from knowledge.text import Synonyms, Words
from tests.conftest import Whole
from tests.test_search import DESCRIBED

AT = date(2026, 11, 20)
ASKED = "書かない窓口の説明会はどこでありますか"


def session_in(name: str, whose: str, *, title: str = "") -> Entry:
    return Entry(
        name, title or "書かない窓口の説明会", ("書かない窓口の説明会はどこでありますか",),
        f"説明会は{whose}で開きます。", field="窓口DX", holds=(f"where:{whose}",) if whose.endswith(("市", "町")) else ("count:1回",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def index(words: Words, synonyms: Synonyms) -> Index:
    entries = (
        session_in("a-nishinomiya", "西宮市"),
        session_in("b-all", "県内のどこか"),
        session_in("c-taka", "多可町"),
    )
    return Index(entries, DESCRIBED, words, synonyms)


@pytest.mark.parametrize(
    ("home", "first"),
    [
        (("西宮市", "阪神南"), "a-nishinomiya"),
        (("多可町", "北播磨"), "c-taka"),
        (("洲本市", "淡路"), "b-all"),
    ],
)
def test_ones_own_comes_first_then_what_is_for_all(
    index: Index, home: tuple[str, ...], first: str
) -> None:
    found = index.search(ASKED, at=AT, home=home, top=3)
    assert found.candidates[0].entry.id == first
    assert len({one.entry.id for one in found.candidates}) == 3


def test_a_town_that_is_named_is_meant(index: Index) -> None:
    found = index.search("西宮市の書かない窓口の説明会は", at=AT, home=("多可町", "北播磨"))
    assert found.candidates[0].entry.id == "a-nishinomiya"


def test_the_own_region_comes_first_and_one_that_is_named_is_meant(
    words: Words, synonyms: Synonyms
) -> None:
    regions = ("但馬", "淡路")
    both = (
        session_in(f"r{n}", "役場", title=f"{region}圏域の書かない窓口の説明会")
        for n, region in enumerate(regions)
    )
    index = Index(both, DESCRIBED, words, synonyms)
    for n, home in enumerate((("豊岡市", "但馬"), ("洲本市", "淡路"))):
        assert index.search(ASKED, at=AT, home=home).candidates[0].entry.id == f"r{n}"
        named = index.search(f"{regions[1 - n]}圏域の説明会", at=AT, home=home)
        assert named.candidates[0].entry.id == f"r{1 - n}"


def test_how_sure_the_desk_is_does_not_rise_by_it(index: Index) -> None:
    plain = index.search(ASKED, at=AT)
    for home in (("多可町", "北播磨"), ("洲本市", "淡路")):
        assert index.search(ASKED, at=AT, home=home).score <= plain.score + 0.05


def test_what_was_replaced_never_comes_before_what_replaced_it(
    words: Words, synonyms: Synonyms
) -> None:
    from dataclasses import replace

    old = replace(session_in("old", "多可町"), replaced_by="new")
    index = Index((old, session_in("new", "西宮市")), DESCRIBED, words, synonyms)
    assert index.search(ASKED, at=AT, home=("多可町", "北播磨")).candidates[0].entry.id == "new"


def test_where_an_entry_is_at_home() -> None:
    assert homes_of(session_in("a", "西宮市")) == {"西宮市"}
    assert homes_of(session_in("b", "役場", title="北播磨圏域の会")) == {"北播磨"}
    assert homes_of(Entry("c", "豊岡市の取組", (), "答え")) == {"豊岡市"}
    assert homes_of(Entry("d", "岩手県の取組", (), "答え", holds=("where:岩手県",))) == frozenset()


def test_the_desk_knows_where_an_asker_is_at_home(page: Whole) -> None:
    with page.db.read() as session:
        known = known_as(session, Account("web", "page", "yamada"))
        inside = known_as(session, Account("web", "page", "mori"))
    assert known is not None and known.home == ("多可町", "北播磨")
    assert inside is not None and inside.home == ()
