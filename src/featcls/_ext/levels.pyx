"""Grey levels under a mask: their range, and a level of its own for what is masked.

Called by featcls.kernels.haralick and by the checks of its arguments.
"""
from libc.stdint cimport uint8_t, uint16_t

from featcls._ext.pixels cimport mask_row

cdef extern from "levels_rows.h" nogil:
    void levels_range_u8(const uint8_t *, const uint8_t *, long, uint8_t *, uint8_t *)
    void levels_range_u16(const uint16_t *, const uint8_t *, long, uint16_t *, uint16_t *)
    void levels_mark_u8(const uint8_t *, const uint8_t *, long, uint8_t, uint8_t, uint8_t *)
    void levels_mark_u16(const uint16_t *, const uint8_t *, long, uint16_t, uint8_t, uint8_t *)

ctypedef fused level:
    uint8_t
    uint16_t


def find_range(
    const level[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
):
    """Least and largest level of the pixels that are not masked; the former above the latter if
    there are none."""
    cdef Py_ssize_t size = images.shape[1] * images.shape[2], i
    cdef const uint8_t *mask
    cdef level low, high
    least, most = [], []
    for i in range(images.shape[0]):
        mask = mask_row(masks, i, 0)
        with nogil:
            if level is uint8_t:
                levels_range_u8(&images[i, 0, 0], mask, size, &low, &high)
            else:
                levels_range_u16(&images[i, 0, 0], mask, size, &low, &high)
        least.append(low)
        most.append(high)
    return min(least), max(most)


def mark_masked(
    const level[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   as above, not (0, ...)
    level lowest,
    uint8_t masked,
    uint8_t[:, :, ::1] out,             # OUT  (n, rows, cols)
):
    """Levels counted from the lowest one; `masked` where the mask is set."""
    cdef Py_ssize_t size = images.shape[1] * images.shape[2], i
    for i in range(images.shape[0]):
        with nogil:
            if level is uint8_t:
                levels_mark_u8(&images[i, 0, 0], mask_row(masks, i, 0), size, lowest, masked,
                               &out[i, 0, 0])
            else:
                levels_mark_u16(&images[i, 0, 0], mask_row(masks, i, 0), size, lowest, masked,
                                &out[i, 0, 0])
