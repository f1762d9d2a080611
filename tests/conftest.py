"""How the tests spread over processes: a file stays together, but each lesson's run is on its own."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        path, runs = item.path.name, "test_stored_outputs_are_what" in item.name
        item.add_marker(pytest.mark.xdist_group(item.name if runs else path))
