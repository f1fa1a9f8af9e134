import pytest

from featcls.model import Model
from small_models import make_config, make_fitted


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """A model file of a forest over intensity statistics."""
    path = tmp_path_factory.mktemp("model") / "model.featcls"
    Model(make_fitted(make_config()), {"name": "test"}).save(path)
    return path
