"""For every test and docstring: no one reads or writes the user's cache."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATCLS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
