"""What the pages say is what queries of the release say; filters, tables and themes do what they promise."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.dashboards.definitions import Tile, slug
from dagster_project.dashboards.pages import PAGES
from dagster_project.dashboards.periods import Grain
from tests.dashboards.browser import Tab
from tests.dashboards.test_pages_in_a_browser import address
from tests.dashboards.toy_release import AS_OF, FINANCE_AS_OF

# Some of the headline figures once more, asked for in words of their own.
ASKED = {
    "Monthly recurring revenue": "select closing_mrr from finance.mrr_monthly where month = '2026-09-01'",
    "Payment volume": "select sum(volume) from finance.payments_daily "
    "where payment_date between '2026-09-01' and '2026-09-30'",
    "Payment success": "select 100 * (1 - sum(failed) / sum(succeeded + failed)) from finance.payments_daily "
    "where payment_date between '2026-09-01' and '2026-09-30'",
    "Monthly active users": "select mau from product.active_users_daily "
    "where platform = 'all' and activity_date = '2026-10-18'",
    "Retention after a month": "select 100 * retention_rate from product.retention_monthly "
    "where cohort = '2026-08-01' and period_number = 1",
    "Client errors": "select sum(occurrences) from platform.errors_daily where activity_date = '2026-10-18'",
    "Failed sign-ins": "select 100 * failure_rate from security.authentication_daily "
    "where activity_date = '2026-10-18'",
}


def tiles() -> list[tuple[str, Tile]]:
    return [(page.name, item) for page in PAGES for item in page.items() if isinstance(item, Tile)]


@pytest.fixture(scope="module")
def figures(tab: Tab, pages: Path) -> dict[str, dict]:
    """What each tile shows: its exact figure as a number, its period, the change, the trend's marks."""
    found = {}
    for page in PAGES:
        tab.open(address(pages, page.name), draws=False)
        for shown in tab.run("""[...document.querySelectorAll('.tile')].map(tile => ({
            id: tile.id, exact: tile.querySelector('.figure').title, shown: tile.querySelector('.figure').innerText,
            period: tile.querySelector('.period').innerText, change: tile.querySelector('.change')?.innerText,
            trend: tile.querySelectorAll('.trend path').length}))"""):
            found[shown["id"]] = shown
    return found


def number(text: str) -> float:
    return float(text.split(" ")[0].replace(",", "").rstrip("%"))


def last_day(grain: Grain, period: date) -> date:
    day = period.date() if isinstance(period, datetime) else period
    return day.replace(day=calendar.monthrange(day.year, day.month)[1]) if grain is Grain.month else day


@pytest.mark.parametrize(("page", "tile"), tiles(), ids=[slug(f"{page} {tile.title}") for page, tile in tiles()])
def test_a_tile_shows_what_its_query_gives_for_the_last_period_that_is_over(
    release: Path, figures: dict[str, dict], page: str, tile: Tile
) -> None:
    as_of = FINANCE_AS_OF if tile.metric.startswith("finance.") else AS_OF
    with duckdb.connect(str(release), read_only=True) as connection:
        rows = connection.execute(tile.sql).fetchall()
    over = [(period, value) for period, value in rows if last_day(tile.grain, period) <= as_of]
    period, value = over[-1]
    shown = figures[f"tile-{slug(tile.title)}"]

    expected = float(value) * (100 if tile.form.is_fraction else 1)
    assert number(shown["exact"]) == pytest.approx(
        expected, abs=0.5 * 10 ** -(tile.form.decimals - 2 * tile.form.is_fraction) + 1e-9
    )
    assert f"{period:%Y}" in shown["period"] and f"{period:%b}" in shown["period"]
    if (earlier := tile.grain.before(period, tile.compare)) in dict(over):
        before = float(dict(over)[earlier])
        change = number(re.findall(r"[+-][\d.,]+", shown["change"].replace("\N{MINUS SIGN}", "-"))[0])
        wanted = (
            expected - before * 100 if tile.form.is_fraction else 100 * (expected / before - 1) if before else expected
        )
        assert change == pytest.approx(wanted, abs=0.0501)
        assert shown["trend"] >= 1


@pytest.mark.parametrize("title", ASKED)
def test_a_headline_figure_is_what_the_release_says_when_asked_otherwise(
    release: Path, figures: dict[str, dict], title: str
) -> None:
    with duckdb.connect(str(release), read_only=True) as connection:
        ((expected,),) = connection.execute(ASKED[title]).fetchall()

    assert number(figures[f"tile-{slug(title)}"]["exact"]) == pytest.approx(float(expected), abs=0.006)


def test_large_figures_are_shortened_and_exact_beside(figures: dict[str, dict]) -> None:
    volume = figures["tile-payment-volume"]

    assert volume["shown"].replace("\n", "").endswith("K USD")
    assert number(volume["shown"].replace("K", "")) == pytest.approx(number(volume["exact"]) / 1000, abs=0.006)


def table(tab: Tab, chart: str) -> list[list[str]]:
    """The rows of the table behind a chart, its heading first."""
    tab.run(f"document.querySelector('[data-table={chart}]').open = true")
    tab.wait_until(f"document.querySelector('[data-table={chart}] table') !== null")
    rows = f"[...document.querySelectorAll('[data-table={chart}] tr')]"
    return tab.run(f"{rows}.map(row => [...row.cells].map(cell => cell.textContent))")


def choose(tab: Tab, name: str, value: str) -> None:
    tab.run(f"""(() => {{
        const control = document.querySelector(`select[name={name}], input[name={name}][value="{value}"]`);
        if (control.tagName === 'SELECT') control.value = '{value}'; else control.checked = true;
        control.dispatchEvent(new Event('change', {{bubbles: true}}));
    }})()""")
    tab.wait_until("document.documentElement.dataset.ready === 'true'")


def test_the_table_behind_a_chart_has_its_figures_newest_first_whatever_the_time_zone(
    tab: Tab, pages: Path, release: Path
) -> None:
    tab.send("Emulation.setTimezoneOverride", timezoneId="America/Los_Angeles")
    try:
        tab.open(address(pages, "executive"))
        rows = table(tab, "active-users")
    finally:
        tab.send("Emulation.setTimezoneOverride", timezoneId="")
    with duckdb.connect(str(release), read_only=True) as connection:
        expected = connection.execute(
            "select mau, wau, dau from product.active_users_daily where platform = 'all' "
            "order by activity_date desc limit 2"
        ).fetchall()

    assert rows[0] == ["Period", "platform", "Monthly", "Weekly", "Daily"]
    assert rows[1:3] == [
        ["Sun, 18 Oct 2026", "all", *(f"{value:,}" for value in expected[0])],
        ["Sat, 17 Oct 2026", "all", *(f"{value:,}" for value in expected[1])],
    ]


def test_the_filters_choose_period_rows_and_series(tab: Tab, pages: Path) -> None:
    tab.open(address(pages, "executive"))
    choose(tab, "period", "91")
    choose(tab, "platform", "ios")
    choose(tab, "channel", "social")
    users, registrations = table(tab, "active-users"), table(tab, "registrations-by-channel")

    assert len(users) == 1 + 91
    assert {row[1] for row in users[1:]} == {"ios"}
    assert users[-1][0] == f"{AS_OF - timedelta(days=90):%a, %-d %b %Y}"
    figures = dict(zip(registrations[0][1:], zip(*[row[1:] for row in registrations[1:]], strict=True), strict=True))
    assert all(
        value == "\N{EN DASH}" for name in figures if name not in ("channel", "social") for value in figures[name]
    )
    assert all(value != "\N{EN DASH}" for value in figures["social"])
    assert tab.complaints == []


def test_a_running_period_is_dashed_in_lines_pale_in_bars_and_named_in_tables(tab: Tab, pages: Path) -> None:
    tab.open(address(pages, "executive"))
    dashed = (
        "document.querySelectorAll('[data-chart=revenue-retention] .mark-line path[stroke-dasharray=\"3,3\"]').length"
    )
    pale = "document.querySelectorAll('[data-chart=churn] .mark-rect path[opacity=\"0.45\"]').length"

    assert tab.run(dashed) == 2
    assert tab.run(pale) == 2
    assert table(tab, "churn")[1][0] == "October 2026, still running"
    assert "October 2026 so far" in tab.run("document.querySelector('#tile-registrations').innerText")


def test_the_reader_can_choose_the_colours(tab: Tab, pages: Path) -> None:
    tab.open(address(pages, "executive"), theme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(background)
    seen = []
    for _ in range(3):
        tab.run("document.getElementById('theme').click()")
        tab.wait_until("document.documentElement.dataset.ready === 'true'")
        seen.append((tab.run("document.getElementById('theme').getAttribute('aria-label')"), tab.run(background)))

    assert [label for label, _ in seen] == ["Colours: light", "Colours: dark", "Colours: as the system has it"]
    assert seen[0][1] == seen[2][1] == light != seen[1][1]
    assert tab.complaints == []
