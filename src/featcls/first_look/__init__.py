"""Third-party plugins are imported first in a process of their own, once for each version.

`verdicts` asks, and remembers what came out; `child` is what runs in that process; `traces`
tells what an import left behind. Only what an import would do to the whole process is judged
here. An ordinary error is found again, and named, when the plugin is loaded.
"""
