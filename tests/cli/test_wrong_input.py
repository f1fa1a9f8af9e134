"""What a new user may get wrong: each is told in a few words, with what to do."""

import json

import pytest

from featcls.cli.root import COMMANDS

# MODEL, RUN, DATA, CONFIG: whole ones. EMPTY: an empty folder. TEXT: a file that is no image.
MISTAKES = [  # command line, exit code, what it names, the remedy
    ("search nowhere", 1, "nowhere does not exist", "check the path"),
    ("search EMPTY", 1, "holds no image", "`featcls plugins`"),
    ("search TEXT", 1, "no reader understands it", "`featcls plugins`"),
    ("search DATA --space nosuch", 2, "no space named 'nosuch'", ".toml"),
    ("search DATA --space nosuch.toml", 2, "cannot read space nosuch.toml", "check the path"),
    ("search DATA --metric nosuch", 2, "available: accuracy", ""),
    ("search DATA --mask nosuch.png", 1, "nosuch.png", "check the path"),
    ("search DATA --geometry nosuch.geom", 1, "nosuch.geom", "check the path"),
    ("search DATA --out RUN", 1, "holds a run already", "--resume"),
    ("search DATA --out TEXT/run", 1, "cannot make the run directory", "--out"),
    ("search DATA --max-lost-hits 0.1", 2, "what a hit is", "--hit-class"),
    ("search DATA --plugin nosuch_module", 5, "nosuch_module", ""),
    ("predict nosuch.featcls DATA", 1, "there is no model file nosuch.featcls", "check the path"),
    ("predict RUN DATA", 1, "there is no model file", "model.featcls"),
    ("predict TEXT DATA", 1, "not a whole model file", "copy it anew"),
    ("predict MODEL EMPTY", 1, "holds no image", "`featcls plugins`"),
    (
        "predict MODEL DATA --out no/such/rows.csv",
        1,
        "no/such/rows.csv",
        "make the folder no/such",
    ),
    ("predict MODEL DATA --reader nosuch", 2, "'nosuch'; available: cbf,", "`featcls plugins`"),
    ("predict MODEL DATA --reader cbf", 1, "holds no image", "name another of cbf, edf,"),
    ("predict MODEL DATA --mask TEXT", 1, "the mask cannot be used", "`featcls plugins`"),
    ("predict MODEL DATA --mask-value nan", 2, "'--mask-value': 'nan' is not a finite", ""),
    ("predict MODEL DATA --beam-center nan,1", 2, "'nan,1' is not x,y", ""),
    ("predict MODEL DATA --save-hits no/such/h.cxi --hit-class dark", 1, "h.cxi", "no/such first"),
    ("predict MODEL TEXT --reader cbf", 3, "could not be read: text.txt", "readers are cbf, edf,"),
    ("predict MODEL DATA --polygon 1,2", 2, "'1,2' is not three corners or more", ""),
    ("predict MODEL DATA --plugin ./x.py", 5, "./x.py is a file", "--plugin x"),
    ("predict MODEL DATA TEXT TEXT", 2, "and 1 more; give the folder of files", ""),
    ("predict MODEL DATA --copy", 2, "--copy is for hits", "--save-hits"),
    ("predict MODEL DATA --json --out rows.csv", 2, "the rows are jsonl", "rows.jsonl"),
    ("predict MODEL DATA --out rows.xyz", 2, "'.xyz' is not known", "--format csv"),
    ("screen MODEL nowhere --hit-class dark --idle 1", 2, "nowhere", "give a folder"),
    ("screen MODEL DATA --hit-class dark --out a.parquet", 2, "jsonl or csv", "rows.jsonl"),
    ("evaluate MODEL nowhere", 1, "nowhere does not exist", "check the path"),
    ("explain MODEL DATA --out TEXT", 1, "text.txt: File exists", "check the path"),
    ("explain MODEL DATA --kind gradcam", 2, "'gradcam'", "occlusion"),
    ("fit nosuch.json DATA", 2, "nosuch.json", "check the path"),
    ("fit CONFIG DATA --out no/such/m", 1, "cannot write no/such/m", "make the folder no/such"),
    ("fit TEXT DATA", 2, "is not JSON", ".toml"),
    ("extract MODEL DATA --out table.txt", 2, "table.txt", ".csv or .npz"),
    ("extract MODEL DATA --out no/such/table.csv", 1, "no/such/table.csv", "make the folder"),
    ("report nowhere", 1, "nowhere is not a run directory", "a search wrote"),
    ("runs nowhere", 1, "no folder nowhere", "run directories"),
    ("model show nowhere", 1, "there is no model file nowhere", "check the path"),
    ("model threshold MODEL", 2, "no share of lost hits", "--max-lost-hits"),
    ("model nosuch", 2, "no command named 'nosuch'; available: show, threshold, verify", ""),
    ("plugins check nosuch", 2, "no plugin named 'nosuch'", "`featcls plugins`"),
    ("inspect nowhere", 1, "nowhere does not exist", "check the path"),
    ("inspect DATA --sheet no/such/s.png", 1, "cannot write no/such/s.png", "make the folder"),
    (
        "split DATA --out no/such/manifest.csv",
        1,
        "no/such/manifest.csv",
        "make the folder no/such",
    ),
    ("split DATA --out rows.xyz", 2, "'rows.xyz' is no name of a manifest", ""),
    ("split DATA --test 0.9 --validation 0.9 --out a.csv", 2, "test 0.9", "less than 1"),
    ("manifest DATA --hits nosuch.lst", 1, "nosuch.lst", "check the path"),
    ("simulate sfx RUN --n 2", 1, "is not empty", "new folder"),
    ("simulate sfx new --n 2 --set nosuch=1", 2, "'nosuch'", ""),
]


@pytest.mark.parametrize(("line", "code", "named", "remedy"), MISTAKES, ids=lambda v: str(v)[:40])
def test_a_mistake_is_named_with_a_remedy(
    line, code, named, remedy, featcls, searched, images, config, tmp_path
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("hello\n")
    meant = {"MODEL": searched.model, "RUN": searched.path, "DATA": images, "CONFIG": config}
    meant |= {"EMPTY": tmp_path / "empty", "TEXT": tmp_path / "text.txt"}
    for word, path in meant.items():
        line = line.replace(word, str(path))
    result = featcls(*line.split())
    assert result.exit_code == code, result.output
    said = " ".join(result.stderr.split())
    assert named in said
    assert remedy in said
    assert ("try:" in said) >= bool(remedy)
    assert "unexpected" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("extractor", "classifier", "named"),
    [
        (("lbp", {"P": 0}), ("knn", {}), "lbp: P is 0; 1 to 32"),
        (("glcm", {"distances": [-3]}), ("knn", {}), "glcm: distances are (-3,)"),
        (("intensity", {}), ("svm", {"C": -1.0}), "'svm': The 'C' parameter"),
        (("intensity", {}), ("xgboost", {"learning_rate": -1.0}), "'xgboost': value -1 for"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_parameter_out_of_range_is_named_with_what_it_is_of(
    extractor, classifier, named, featcls, images, tmp_path
):
    if classifier[0] == "xgboost":
        pytest.importorskip("xgboost")
    steps = [{"name": name, "params": params} for name, params in (extractor, classifier)]
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"extractors": steps[:1], "classifier": steps[1]}))
    result = featcls("fit", config, images, "--out", "model.featcls")
    assert result.exit_code == 2
    assert named in " ".join(result.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_there_is_not_leads_to_the_help_of_its_command(name, featcls):
    result = featcls(name, "--no-such-option")
    assert result.exit_code == 2
    assert f"featcls {name} --help" in result.stderr
    assert "--no-such-option" in result.stderr


def test_a_cache_that_cannot_be_made_is_told_with_what_to_set(featcls, monkeypatch, config):
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(config / "cache"))  # below a file
    result = featcls("cache")
    assert result.exit_code == 1
    assert "cannot make the feature cache" in result.stderr
    assert "with FEATCLS_CACHE_DIR" in result.stderr
