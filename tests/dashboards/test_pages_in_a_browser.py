"""Every page in a real browser: drawn, quiet, to itself, readable in both themes and at both widths."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from dagster_project.dashboards.pages import PAGES
from tests.dashboards.browser import Tab
from tests.dashboards.conftest import PICTURES, made_pages
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release

NAMES = ["index", *(page.name for page in PAGES)]
# Charts without a mark of their own; axes and grid lines don't count.
UNDRAWN = """[...document.querySelectorAll('.plot')].filter(plot => !plot.querySelector(
    '.mark-line path, .mark-rect path, .mark-area path, .mark-symbol path')).map(plot => plot.dataset.chart)"""
# Texts without sufficient contrast (WCAG 2.1: 4.5 for text, 3 for what is drawn), by role.
CONTRAST = """(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    const light = role => {
        probe.style.color = `var(--${role})`;
        const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const contrast = (one, two) =>
        (Math.max(light(one), light(two)) + 0.05) / (Math.min(light(one), light(two)) + 0.05);
    const texts = ['text', 'muted', 'accent', 'good', 'bad']
        .flatMap(role => ['bg', 'surface'].map(on => [role, on, 4.5]));
    const drawn = [1, 2, 3, 4, 5, 6, 7, 8].map(number => [`c${number}`, 'surface', 3]);
    const others = [['warn', 'warn_bg', 4.5], ['text', 'warn_bg', 4.5], ['text', 'raised', 4.5]];
    return [...texts, ...drawn, ...others].filter(([role, on, least]) => contrast(role, on) < least).map(String);
})()"""
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&[a.b]{{7*7}}\\"


def address(folder: Path, name: str) -> str:
    return (folder / f"{name}.html").as_uri()


@pytest.fixture(scope="module", params=NAMES)
def shown(request: pytest.FixtureRequest, tab: Tab, pages: Path) -> str:
    """A page opened once for all tests of it, broad and light."""
    tab.open(address(pages, request.param), 1280, theme="light")
    return request.param


def assert_drawn_quiet_and_fitting(tab: Tab, width: int) -> None:
    assert tab.complaints == []
    assert tab.run(UNDRAWN) == []
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run(CONTRAST) == []


def test_a_page_is_drawn_without_complaint_and_fits(tab: Tab, shown: str) -> None:
    assert_drawn_quiet_and_fitting(tab, 1280)


def test_a_page_asks_for_its_own_files_alone(tab: Tab, shown: str, pages: Path) -> None:
    assert {request.split(":")[0] for request in tab.requests} <= {"file", "data"}
    assert {Path(request).parent for request in tab.requests if request.startswith("file:")} == {
        Path(address(pages, shown)).parent
    }


def test_what_the_figures_are_of_stays_in_sight(tab: Tab, shown: str) -> None:
    tab.run("window.scrollTo(0, 1500)")
    bar = "document.querySelector('.bar')"

    assert tab.run(f"{bar}.getBoundingClientRect().top") == 0
    told = tab.run(f"{bar}.querySelector('.facts').textContent.replace(/\\s+/g, ' ')")
    for fact in (
        "As of 18 Oct 2026",
        "Days of UTC",
        "Money in USD",
        RELEASE_ID,
        "Held back finance, as of 12 Oct 2026",
    ):
        assert fact in told


def test_a_figure_that_lacks_deliveries_says_so(pages: Path) -> None:
    text = {name: (pages / f"{name}.html").read_text(encoding="utf-8") for name in ("index", "technical", "executive")}
    told = "<b>Platform is provisional:</b> 1 table from 2026-10-17 on, for want of deliveries of web_vitals."

    assert all(told in page for page in text.values())
    marked = [card for card in text["technical"].split("<article ")[1:] if "provisional from 17 Oct 2026" in card]
    assert marked
    assert all("platform.web_vitals_daily" in card for card in marked)


def test_a_page_can_be_used_without_eyes_and_without_a_mouse(tab: Tab, shown: str) -> None:
    assert tab.run("document.documentElement.lang") == "en"
    assert (
        tab.run("[...document.querySelectorAll('.plot')].filter(p => !(p.getAttribute('aria-label') || '').length)")
        == []
    )
    assert tab.run("[...document.querySelectorAll('select, input')].filter(c => !c.labels.length).length") == 0
    assert (
        tab.run("[...document.querySelectorAll('.card.chart')].filter(c => !c.querySelector('[data-table]')).length")
        == 0
    )
    headings = tab.run("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    identities = tab.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(identities) == len(set(identities))


def test_a_page_is_drawn_in_other_colours_and_on_a_phone_too(tab: Tab, shown: str) -> None:
    tab.picture(PICTURES / f"{shown}-1280-light.png")
    tab.change(390, 844, "dark")
    assert_drawn_quiet_and_fitting(tab, 390)
    tab.picture(PICTURES / f"{shown}-390-dark.png")


@pytest.fixture(scope="module")
def odd_pages(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a release without finance and security, in which texts of the data are code."""
    release = tmp_path_factory.mktemp("odd") / f"{RELEASE_ID}.duckdb"
    changes = [
        "update product.feature_adoption_monthly set feature = ? where feature = 'reports'",
        "update product.registrations_daily set acquisition_channel = ? where acquisition_channel = 'partner'",
        "update platform.errors_daily set fingerprint = ? where fingerprint like 'TypeError%'",
        "update platform.api_performance_hourly set service = ? where service = 'reports'",
        "update ops.quality_checks set detail = ? where not passed",
    ]
    write_toy_release(release, without=("finance", "security"), changes=[(change, HOSTILE) for change in changes])
    return made_pages(release, pages.parent / "odd")


@pytest.mark.parametrize("name", NAMES)
def test_texts_of_the_data_stay_texts(tab: Tab, odd_pages: Path, name: str) -> None:
    tab.open(address(odd_pages, name))

    assert tab.complaints == []
    assert tab.run("document.querySelectorAll('img').length") == 0
    assert tab.run(UNDRAWN) == []
    if name == "executive":
        assert HOSTILE in tab.run("[...document.querySelectorAll('select[name=channel] option')].map(o => o.value)")


def test_a_domain_that_was_never_published_leaves_places_that_say_so(odd_pages: Path) -> None:
    page = " ".join((odd_pages / "technical.html").read_text(encoding="utf-8").split())

    assert page.count("Not in this release yet") > 5
    assert "It was never published." in page
