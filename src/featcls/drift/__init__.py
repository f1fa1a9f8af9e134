"""Drift: what frames looked like when the model was made, and a test that says they no longer do.

`health` measures a frame as the reader gives it, `reference` keeps the quantiles of those
figures and of the model's features, `cusum` adds up how far frames lie off, `names` says what
such a change is called, and `monitor` raises the alarm.
"""
