"""Array functions over the compiled kernels; usable without the rest of featcls.

Each takes one image (rows, cols) or a stack (n, rows, cols) and a `mask` in which True pixels are
ignored: whatever lies under it, the result is the same to the last bit.
"""
