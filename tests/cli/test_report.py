def test_report_writes_the_page_again(featcls, searched):
    page = searched.path / "report.html"
    page.unlink()
    result = featcls("report", searched.path)
    assert result.stdout.strip() == str(page)
    assert "The best of 6 pipelines is" in page.read_text(encoding="utf-8")


def test_report_of_what_is_no_run_is_refused(featcls, tmp_path):
    result = featcls("report", tmp_path)
    assert result.exit_code == 1
    assert "is not a run directory" in result.stderr
