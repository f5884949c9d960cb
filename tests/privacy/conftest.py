import shutil
from pathlib import Path

import pytest

from dagster_project.privacy.erase import erase
from dagster_project.privacy.receipt import Receipt
from tests.privacy.people import ANNA, deliver, deliveries
from tests.warehouse.homes import Home


@pytest.fixture(scope="session")
def loaded_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("loaded") / "home")
    deliver(home, deliveries())
    home.load()
    return home


@pytest.fixture
def home(loaded_once: Home, tmp_path: Path) -> Home:
    """A home of one's own in which everything is loaded and nothing was built yet."""
    shutil.copytree(loaded_once.settings.home, tmp_path / "home")
    home = Home(tmp_path / "home")
    home.load()  # a copied file is known again by its content
    return home


@pytest.fixture(scope="session")
def erased_once(loaded_once: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Receipt]:
    """A home that lost a person, to look at, and the receipt of it."""
    root = tmp_path_factory.mktemp("erased") / "home"
    shutil.copytree(loaded_once.settings.home, root)
    home = Home(root)
    home.load()
    return home, erase(home.settings, ANNA, report=lambda message: None)
