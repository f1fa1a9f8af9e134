import pytest

from featcls import plugins
from featcls.errors import UsageError
from featcls.hookspecs import hookimpl
from featcls.plugins import BUILTIN, Registry, registry
from featcls.search.document import load_space
from featcls.spaces import Choice
from hostile_plugins.hostile import distribution


def make(name="mean", api=1, register=None):
    class Plugin:
        featcls_api = api

        @hookimpl
        def register_extractors(self, register=register):
            register(name, dict, {"n": Choice(1, 2)}, version=3)

    plugin = Plugin()
    if register is not None:
        plugin.register_extractors = hookimpl(register)
    return plugin


def load(registry, plugin, name="p", distribution="dist 1"):
    registry.load(name, distribution, lambda: plugin)
    return registry.rows[-1]


def test_every_built_in_registers():
    rows = {row.plugin: row for row in registry().rows}
    assert [rows[name].reason for name in BUILTIN] == [""] * len(BUILTIN)
    assert all(rows[name].provides for name in BUILTIN)


def test_a_plugin_is_known_by_name_version_and_distribution():
    result = Registry()
    assert load(result, make()).provides == ("extractor mean",)
    assert result.space_of("extractor", "mean")["n"].default == 1
    assert result.versions() == {"extractor.mean": "dist 1 v3"}


def test_a_plugin_brings_a_space_that_a_search_finds_by_name():
    class Plugin:
        featcls_api = 1

        @hookimpl
        def register_spaces(self, register):
            register("mine@1", "[[extractor]]\nname = 'mean'\n[[classifier]]\nname = 'p'")
            register("mine@2", "[[extractor]]\nname = 'mean'\n[[classifier]]\nname = 'q'")

        @hookimpl
        def register_classifiers(self, register):
            register("p", dict)
            register("q", dict)

    result = Registry()
    load(result, make())
    assert set(load(result, Plugin(), "mine").provides) >= {"space mine@1", "space mine@2"}
    newest, oldest = (load_space(name, result) for name in ("mine", "mine@1"))
    assert (newest.name, newest.classifiers[0].name) == ("mine@2", "q")
    assert (oldest.name, oldest.classifiers[0].name) == ("mine@1", "p")


def test_a_clash_is_refused_and_names_both_distributions():
    result = Registry()
    load(result, make())
    row = load(result, make(), "q", "other 2")
    assert "other 2 is already registered by dist 1" in row.reason
    assert result.get("extractor", "mean").distribution == "dist 1"


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (make(api=2), "states featcls_api = 2, this featcls speaks 1"),
        (make(api=None), "states featcls_api = None"),
        (make(name="no name"), "wanted a name of letters"),
    ],
)
def test_a_wrong_plugin_is_a_row_with_its_reason(plugin, reason):
    result = Registry()
    row = load(result, plugin)
    assert reason in row.reason
    assert not result.entries


def test_a_plugin_that_fails_midway_registers_nothing():
    class Halfway:
        featcls_api = 1

        @hookimpl
        def register_extractors(self, register):
            register("one", dict)
            raise RuntimeError("no licence")

    result = Registry()
    assert load(result, Halfway()).reason == "RuntimeError: no licence"
    assert not result.entries
    assert load(result, make("one")).provides == ("extractor one",)


def test_an_import_that_exits_is_survived():
    def leave():
        raise SystemExit(3)

    result = Registry()
    result.load("p", "dist 1", leave)
    assert result.rows[0].reason == "SystemExit: 3"


def test_an_unknown_hook_is_refused():
    class Future:
        featcls_api = 1

        @hookimpl
        def register_teapots(self, register):
            pass

    assert "register_teapots" in load(Registry(), Future()).reason


def test_unknown_options_and_params_that_are_no_range_are_refused():
    class Odd:
        featcls_api = 1

        @hookimpl
        def register_classifiers(self, register):
            register("odd", dict, {}, colour="red")

    class Bare:
        featcls_api = 1

        @hookimpl
        def register_classifiers(self, register):
            register("bare", dict, {"C": 1.0})

    assert "unknown ['colour']" in load(Registry(), Odd()).reason
    assert "describe it with Choice" in load(Registry(), Bare()).reason


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'glcm'"):
        registry().get("extractor", "gclm")


@pytest.fixture
def _one_broken_distribution(monkeypatch, tmp_path):
    distribution(tmp_path, "loud", "import no_such_module")
    monkeypatch.syspath_prepend(tmp_path)
    plugins.registry.cache_clear()
    yield
    plugins.registry.cache_clear()


@pytest.mark.usefixtures("_one_broken_distribution")
def test_a_broken_distribution_warns_and_the_rest_works():
    with pytest.warns(UserWarning, match="loud .loud-dist 1. is off: ModuleNotFoundError"):
        result = registry()
    assert "glcm" in result.names("extractor")
    (row,) = [row for row in result.rows if row.plugin == "loud"]
    assert row.reason == "ModuleNotFoundError: No module named 'no_such_module'"


@pytest.mark.usefixtures("_one_broken_distribution")
@pytest.mark.parametrize(
    ("value", "listed"), [("1", False), ("loud-dist", True), ("x,loud", True)]
)
def test_third_parties_can_be_switched_off_before_any_import(monkeypatch, value, listed):
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", value)
    result = registry()
    assert [row.reason for row in result.rows if row.plugin == "loud"] == ["switched off"] * listed
    assert "glcm" in result.names("extractor")
