"""All that the plugin registers keeps its contract."""

import featcls_shape
from featcls.testing import check_plugin


def test_all_that_it_registers_keeps_its_contract():
    assert all(report.n_run for report in check_plugin(featcls_shape))
