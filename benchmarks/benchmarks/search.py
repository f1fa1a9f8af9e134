"""What a long history costs: the next proposal, and reading it all again on resuming."""

import tempfile
from pathlib import Path

from featcls.config import canonical, config_id
from featcls.plugins import registry
from featcls.search.document import load_space
from featcls.search.sampler import Sampler
from featcls.search.store import Store, Trial

CLASSES = ("blank", "no-crystal", "weak", "good", "strong")


class History:
    """A search of the paper's space with many finished trials; the target is 1,000."""

    params = ([100, 1000],)
    param_names = ("n_trials",)

    def setup(self, n_trials: int) -> None:
        """Write a history of random trials."""
        self.space = load_space("diffranet", registry(), CLASSES)
        self.n, self.folder = n_trials, tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "trials.sqlite")
        drawn = Sampler(self.space, 0)
        with Store(self.path) as store:
            store._db.execute("PRAGMA synchronous = OFF")
            for tid in range(n_trials):
                point = drawn.ask(tid, (), at_random=True)
                config = canonical(drawn.config(point), registry().space_of)
                store.put(
                    Trial(
                        tid,
                        config=config,
                        config_id=config_id(config),
                        indices=point,
                        state="ok",
                        loss=(37 * tid % n_trials) / n_trials,
                        metrics={"accuracy": 0.5},
                        told=tid,
                    )
                )
            self.trials = store.trials()
        self.sampler = Sampler(self.space, 0)
        self.sampler.ask(n_trials, self.trials)  # what a running search has seen already

    def teardown(self, n_trials: int) -> None:
        """Remove the files."""
        self.folder.cleanup()

    def time_ask(self, n_trials: int) -> None:
        """The next proposal; wanted below 50 ms."""
        self.sampler.ask(n_trials + 1, self.trials)

    def time_resume(self, n_trials: int) -> None:
        """Read the history and make the first proposal; wanted below 2 s."""
        with Store(self.path) as store:
            trials = store.trials()
        Sampler(self.space, 0).ask(n_trials, trials)
