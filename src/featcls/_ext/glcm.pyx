"""Grey-level co-occurrence: counts, and Haralick properties without the counts.

Called by featcls.kernels.glcm, which has checked every argument.
"""
from cython.parallel import parallel, prange
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

from featcls._ext.pixels cimport mask_row

cdef extern from "glcm_sparse.h" nogil:
    enum:
        GLCM_TABLES
        GLCM_PROPERTIES
    ctypedef struct glcm_task:
        const uint8_t *image
        const uint8_t *mask
        long rows, cols, dr, dc, levels
    ctypedef struct glcm_work:
        uint16_t *tables
        uint32_t *cells
        uint32_t *marginal
    ctypedef struct glcm_sparse_task:
        const uint16_t *image
        const uint8_t *mask
        long rows, cols, dr, dc
        int bits, symmetric
    long glcm_table_size(long levels)
    long glcm_stride(long levels)
    void glcm_half_properties(const glcm_task *, const glcm_work *, int, uint64_t, double *)
    void glcm_sparse_properties(
        const glcm_sparse_task *, uint32_t *, uint32_t *, int, uint64_t, double *)

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


def symmetric_properties(
    const uint8_t[:, :, ::1] images,    # IN   (n, rows, cols), values < levels
    const uint8_t[:, :, ::1] masks,     # IN   as above
    const int64_t[:, ::1] offsets,      # IN   (n_offsets, 2), each within +-max(rows, cols)
    long levels,                        # IN   2..256
    uint64_t lowest,                    # IN   level that 0 stands for
    bint entropy,                       # IN   is it wanted
    int n_threads,
    double[:, :, ::1] out,              # OUT  (n, n_offsets, GLCM_PROPERTIES)
):
    """Properties of symmetric matrices, counted in tables of the levels in use."""
    cdef Py_ssize_t n_offsets = offsets.shape[0], job
    cdef glcm_work *work = NULL
    cdef int failed = 0

    with nogil, parallel(num_threads=n_threads):
        work = _new_work(levels)
        for job in prange(images.shape[0] * n_offsets, schedule="dynamic"):
            failed += _symmetric_one(images, masks, offsets, levels, lowest, entropy, work,
                                     job // n_offsets, job % n_offsets, out)
        free(work)
    if failed:
        raise MemoryError("co-occurrence: no memory for the tables of counts")


cdef int _symmetric_one(
    const uint8_t[:, :, ::1] images, const uint8_t[:, :, ::1] masks,
    const int64_t[:, ::1] offsets, long levels, uint64_t lowest, bint entropy,
    const glcm_work *work, Py_ssize_t i, Py_ssize_t k, double[:, :, ::1] out,
) noexcept nogil:
    cdef glcm_task task = glcm_task(
        &images[i, 0, 0], mask_row(masks, i, 0), images.shape[1], images.shape[2],
        offsets[k, 0], offsets[k, 1], levels)
    if work == NULL:
        return 1
    glcm_half_properties(&task, work, entropy, lowest, &out[i, k, 0])
    return 0


cdef glcm_work *_new_work(long levels) noexcept nogil:
    """Zeroed memory of one thread in one block, NULL if there is none."""
    cdef Py_ssize_t tables = GLCM_TABLES * glcm_table_size(levels)
    cdef Py_ssize_t cells = levels * glcm_stride(levels)
    cdef glcm_work *work = <glcm_work *>calloc(
        sizeof(glcm_work) + (cells + levels) * sizeof(uint32_t) + tables * sizeof(uint16_t), 1)
    if work != NULL:
        work.cells = <uint32_t *>(work + 1)
        work.marginal = work.cells + cells
        work.tables = <uint16_t *>(work.marginal + levels)
    return work


def sparse_properties(
    const uint16_t[:, :, ::1] images,   # IN   (n, rows, cols), values < 2^bits
    const uint8_t[:, :, ::1] masks,
    const int64_t[:, ::1] offsets,
    int bits,                           # IN   1..16
    bint symmetric,
    uint64_t lowest,
    bint entropy,
    int n_threads,
    double[:, :, ::1] out,              # OUT  (n, n_offsets, GLCM_PROPERTIES)
):
    """The same for any levels and for matrices that are not symmetric, by sorting the pairs."""
    cdef Py_ssize_t n_offsets = offsets.shape[0], job
    cdef Py_ssize_t pixels = images.shape[1] * images.shape[2]
    cdef uint32_t *keys = NULL
    cdef int failed = 0

    with nogil, parallel(num_threads=n_threads):
        keys = <uint32_t *>malloc(2 * pixels * sizeof(uint32_t))
        for job in prange(images.shape[0] * n_offsets, schedule="dynamic"):
            failed += _sparse_one(images, masks, offsets, bits, symmetric, lowest, entropy, keys,
                                  job // n_offsets, job % n_offsets, out)
        free(keys)
    if failed:
        raise MemoryError("co-occurrence: no memory to sort the pairs of levels")


cdef int _sparse_one(
    const uint16_t[:, :, ::1] images, const uint8_t[:, :, ::1] masks,
    const int64_t[:, ::1] offsets, int bits, bint symmetric, uint64_t lowest, bint entropy,
    uint32_t *keys, Py_ssize_t i, Py_ssize_t k, double[:, :, ::1] out,
) noexcept nogil:
    cdef glcm_sparse_task task = glcm_sparse_task(
        &images[i, 0, 0], mask_row(masks, i, 0), images.shape[1], images.shape[2],
        offsets[k, 0], offsets[k, 1], bits, symmetric)
    if keys == NULL:
        return 1
    glcm_sparse_properties(&task, keys, keys + images.shape[1] * images.shape[2], entropy,
                           lowest, &out[i, k, 0])
    return 0
