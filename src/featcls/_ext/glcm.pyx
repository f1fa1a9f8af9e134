"""Grey-level co-occurrence counts.

Called by featcls.kernels.texture, which has checked every argument.
"""
from cython.parallel import prange
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

ctypedef fused level:
    uint8_t
    uint16_t


def count_pairs(
    const level[:, :, ::1] images,      # IN   (n, rows, cols), values < out.shape[2]
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    const int64_t[:, ::1] offsets,      # IN   (n_offsets, 2): rows, columns
    int n_threads,
    uint32_t[:, :, :, ::1] out,         # OUT  (n, n_offsets, levels, levels), zeroed
):
    """Count the pairs of levels at each offset."""
    cdef Py_ssize_t n_offsets = offsets.shape[0], job

    # Each thread owns one out[image, offset] at a time, so nothing is shared.
    for job in prange(images.shape[0] * n_offsets, nogil=True, schedule="dynamic",
                      num_threads=n_threads):
        _count_one(images, masks, job // n_offsets, offsets[job % n_offsets, 0],
                   offsets[job % n_offsets, 1], out[job // n_offsets, job % n_offsets])


cdef void _count_one(
    const level[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
    Py_ssize_t dr, Py_ssize_t dc, uint32_t[:, ::1] counts,
) noexcept nogil:
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], r, c
    cdef Py_ssize_t m = i if masks.shape[0] > 1 else 0
    cdef bint has_mask = masks.shape[0] > 0

    for r in range(max(0, -dr), min(rows, rows - dr)):
        for c in range(max(0, -dc), min(cols, cols - dc)):
            if has_mask and (masks[m, r, c] or masks[m, r + dr, c + dc]):
                continue
            counts[images[i, r, c], images[i, r + dr, c + dc]] += 1
