import json

import numpy as np

from featcls.cache import Cache, cache_root


def fill():
    cache = Cache(cache_root())
    cache.put_block("0123", 0, np.zeros((10, 10)))
    return cache


def test_the_cache_says_where_it_is_and_how_much_it_holds(featcls):
    fill()
    document = json.loads(featcls("cache", "--json").stdout)
    assert document["path"] == str(cache_root())
    assert document["files"] == 1
    assert document["bytes"] > 800
    assert "1 file," in featcls("cache").stdout


def test_prune_empties_it_and_says_what_it_freed(featcls):
    cache = fill()
    document = json.loads(featcls("cache", "prune", "--json").stdout)
    assert document["freed"] > 800
    assert document["files"] == 0
    assert cache.size() == (0, 0)


def test_prune_keeps_what_fits(featcls):
    cache = fill()
    assert featcls("cache", "prune", "--max-gb", "1").exit_code == 0
    assert cache.size()[0] == 1
