"""The page in a browser, where there is one."""

import shutil
import subprocess

import pytest

from featcls import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
def test_a_browser_draws_the_page_without_a_word_of_complaint(make_run, tmp_path):
    page = report.write(make_run(30))
    words = ("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *words, profile, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "CONSOLE" not in done.stderr  # script errors, refused loads, broken styles
    assert done.stdout.count("<section") == page.read_text(encoding="utf-8").count("<section")
    assert "Most uncertain frames" in done.stdout
