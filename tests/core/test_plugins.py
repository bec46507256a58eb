"""Finding connectors: what loads, what does not and why, and which of them is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount import hookspecs
from headcount import plugins as plugins_module
from headcount.plugins import connect, new_manager, plugins
from tests.core.toy import TOY, Toy, rows_of

Install = Callable[..., None]


def bringing(*names: str, **more: Any) -> SimpleNamespace:
    """A plugin that brings connectors of these names."""
    made = [attrs.evolve(TOY, name=name) for name in names]
    return SimpleNamespace(headcount_connectors=hookspecs.hookimpl(lambda: made), **more)


def failing(error: BaseException) -> Callable[[], Any]:
    def load() -> Any:
        raise error

    return load


@attrs.frozen
class Point:
    """An entry point as `importlib.metadata` gives it."""

    name: str
    load: Callable[[], Any]
    distribution: str | None = "dist"
    value: str = "module"

    @property
    def dist(self) -> Any:
        return None if self.distribution is None else SimpleNamespace(name=self.distribution)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs these entry points, and no others."""

    def put(*points: Point) -> None:
        def found(*, group: str) -> list[Point]:
            assert group == "headcount"
            return list(points)

        monkeypatch.setattr(plugins_module, "entry_points", found)
        plugins.cache_clear()

    yield put
    plugins.cache_clear()


def test_every_installed_connector_is_found_by_name(install: Install) -> None:
    install(Point("b", lambda: bringing("beta", "gamma"), "one"), Point("a", lambda: bringing("alpha"), "two"))
    assert list(plugins().connectors()) == ["alpha", "beta", "gamma"]
    assert plugins().broken == {}
    assert plugins().connector("beta").name == "beta"


def test_plugins_are_loaded_once_a_process(install: Install) -> None:
    loads: list[int] = []

    def load() -> Any:
        loads.append(1)
        return bringing("alpha")

    install(Point("a", load))
    assert plugins() is plugins()
    assert loads == [1]


def test_two_distributions_with_one_entry_point_name_both_load(install: Install) -> None:
    install(Point("hr", lambda: bringing("alpha"), "one"), Point("hr", lambda: bringing("beta"), "two"))
    assert list(plugins().connectors()) == ["alpha", "beta"]
    assert plugins().broken == {}


def test_one_distribution_found_twice_loads_once(install: Install) -> None:
    install(Point("hr", lambda: bringing("alpha")), Point("hr", lambda: bringing("alpha")))
    assert list(plugins().connectors()) == ["alpha"]


@pytest.mark.parametrize("error", [ImportError("no xyz"), SyntaxError("bad"), RuntimeError("boom"), KeyError("k")])
def test_a_plugin_that_does_not_load_is_told_and_the_others_work(install: Install, error: Exception) -> None:
    install(Point("bad", failing(error), "broken-dist"), Point("good", lambda: bringing("alpha")))
    found = plugins()
    assert list(found.connectors()) == ["alpha"]
    assert list(found.broken) == ["broken-dist:bad"]
    assert type(error).__name__ in found.broken["broken-dist:bad"]


def test_a_plugin_with_a_hook_that_does_not_exist_is_told(install: Install) -> None:
    misspelt = SimpleNamespace(headcount_conectors=hookspecs.hookimpl(lambda: [TOY]))
    install(Point("bad", lambda: misspelt, "one"), Point("good", lambda: bringing("alpha"), "two"))
    assert list(plugins().connectors()) == ["alpha"]
    assert "headcount_conectors" in plugins().broken["one:bad"]


def test_a_plugin_with_a_hook_of_other_arguments_is_told(install: Install) -> None:
    wrong = SimpleNamespace(headcount_sent=hookspecs.hookimpl(lambda vendor, colour: None))
    install(Point("bad", lambda: wrong, "one"), Point("good", lambda: bringing("alpha"), "two"))
    assert list(plugins().connectors()) == ["alpha"]
    assert "colour" in plugins().broken["one:bad"]


@pytest.mark.parametrize("brings", [failing(RuntimeError("boom")), lambda: TOY, lambda: ["text"]])
def test_a_plugin_whose_hook_fails_does_not_take_the_others_with_it(install: Install, brings: Any) -> None:
    bad = SimpleNamespace(headcount_connectors=hookspecs.hookimpl(brings))
    install(Point("bad", lambda: bad, "one"), Point("good", lambda: bringing("alpha"), "two"))
    assert plugins().connector("alpha").name == "alpha"


def test_an_entry_point_of_no_distribution_loads(install: Install) -> None:
    install(Point("hr", lambda: bringing("alpha"), None))
    assert list(plugins().connectors()) == ["alpha"]


def test_a_connector_that_two_bring_is_told_with_both_and_the_others_work(install: Install) -> None:
    install(Point("a", lambda: bringing("alpha"), "one"), Point("b", lambda: bringing("alpha", "beta"), "two"))
    assert list(plugins().connectors()) == ["beta"]
    assert set(plugins().broken) == {"one:a", "two:b"}
    with pytest.raises(hc.PluginError, match="one:a and two:b both bring 'alpha': uninstall one of them"):
        plugins().connector("alpha")


@pytest.mark.parametrize(
    ("built_for", "do"), [(0, "upgrade the plugin"), (hc.API + 1, "upgrade headcount"), ("x", "upgrade the plugin")]
)
def test_a_plugin_for_another_api_is_told_and_the_others_work(install: Install, built_for: Any, do: str) -> None:
    other = bringing("alpha", HEADCOUNT_API=built_for)
    install(Point("bad", lambda: other, "old-dist"), Point("good", lambda: bringing("beta", HEADCOUNT_API=hc.API)))
    assert list(plugins().connectors()) == ["beta"]
    assert f"API {built_for} of headcount" in plugins().broken["old-dist:bad"]
    assert do in plugins().broken["old-dist:bad"]


def test_an_unknown_vendor_is_told_which_there_are_and_the_nearest(install: Install) -> None:
    install(Point("a", lambda: bringing("alpha", "omega")))
    with pytest.raises(hc.PluginError) as caught:
        connect("alhpa", token="t")
    assert "'alhpa'" in str(caught.value)
    assert "alpha, omega" in str(caught.value)
    assert "Did you mean alpha?" in str(caught.value)


def test_a_vendor_like_no_other_gets_no_suggestion(install: Install) -> None:
    install(Point("a", lambda: bringing("alpha")))
    with pytest.raises(hc.PluginError) as caught:
        connect("zzz")
    assert "Did you mean" not in str(caught.value)


def test_an_unknown_vendor_is_told_what_did_not_load(install: Install) -> None:
    install(Point("alpha", failing(ImportError("no xyz")), "alpha-dist"))
    with pytest.raises(hc.PluginError) as caught:
        connect("alpha")
    assert "there are: none" in str(caught.value)
    assert "alpha-dist:alpha did not load: ImportError: no xyz" in str(caught.value)


def test_connect_makes_a_connection_and_sends_nothing(install: Install, toy: Toy) -> None:
    install(Point("toy", lambda: bringing("toy")))
    toy.given = rows_of(3)
    with connect("toy", token=toy.key, base_url=toy.base_url) as connection:
        assert toy.log == []
        assert connection.connector.name == "toy"
        assert len(list(connection.employees())) == 3


def test_connect_takes_a_connector_that_is_not_installed(install: Install, toy: Toy) -> None:
    install()
    toy.given = rows_of(3)
    with connect(TOY, token=toy.key, base_url=toy.base_url) as connection:
        assert len(list(connection.employees())) == 3


def test_connect_asks_for_what_is_missing(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    monkeypatch.delenv("HEADCOUNT_TOY_TOKEN", raising=False)
    with pytest.raises(hc.ConfigError, match="HEADCOUNT_TOY_TOKEN"):
        connect(TOY)


def test_a_new_manager_knows_the_hooks_and_has_no_plugins() -> None:
    manager = new_manager()
    assert manager.get_plugins() == set()
    assert manager.hook.headcount_connectors() == []
