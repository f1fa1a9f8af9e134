"""Grey-level co-occurrence: counts, and Haralick properties without the counts.

Called by featcls.kernels.glcm, which has checked every argument.
"""
from cython.parallel import parallel, prange
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from featcls._ext.pixels cimport mask_row

cdef extern from "glcm_half.h" nogil:
    enum:
        GLCM_LOG_TABLE
        GLCM_TABLES
    ctypedef struct glcm_task:
        const uint8_t *image
        const uint8_t *mask
        long rows, cols, dr, dc, levels
    ctypedef struct glcm_work:
        uint16_t *tables
        uint32_t *cells
        uint32_t *marginal
        uint32_t *sums
    long glcm_table_size(long levels)
    long glcm_numbers(long levels)
    void glcm_fill_logs(uint64_t *)
    void glcm_half_properties(
        const glcm_task *, const glcm_work *, unsigned, const uint64_t *, uint64_t, double *)

cdef extern from "glcm_sparse.h" nogil:
    ctypedef struct glcm_sparse_task:
        const uint16_t *image
        const uint8_t *mask
        long rows, cols, dr, dc, levels
        int symmetric
    ctypedef struct glcm_sparse_work:
        uint32_t *ends
        uint32_t *table
        uint32_t *marginals
        uint32_t *sums
        uint32_t *bucket
        uint16_t *lower
        uint16_t *inside
    void glcm_sparse_properties(
        const glcm_sparse_task *, const glcm_sparse_work *, unsigned, const uint64_t *,
        uint64_t, double *)

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
    const uint8_t[:, :, ::1] images,    # IN   (n, rows, cols), values < levels; where there are
                                        #      fewer than 256, `levels` masks a pixel
    const uint8_t[:, :, ::1] masks,     # IN   as above
    const int64_t[:, ::1] offsets,      # IN   (n_offsets, 2), each within +-max(rows, cols)
    long levels,                        # IN   2..256
    uint64_t lowest,                    # IN   level that 0 stands for
    unsigned wanted,                    # IN   bit k: property k of enum glcm_property
    int n_threads,
    double[:, :, ::1] out,              # OUT  (n, n_offsets, GLCM_PROPERTIES), wanted ones valid
):
    """Properties of symmetric matrices, counted in tables of the levels in use."""
    cdef Py_ssize_t n_offsets = offsets.shape[0], job
    cdef uint64_t[GLCM_LOG_TABLE] logs
    cdef glcm_work *work = NULL
    cdef int failed = 0

    glcm_fill_logs(logs)
    with nogil, parallel(num_threads=n_threads):
        work = _new_work(levels)
        for job in prange(images.shape[0] * n_offsets, schedule="dynamic"):
            failed += _symmetric_one(images, masks, offsets, levels, lowest, wanted, logs, work,
                                     job // n_offsets, job % n_offsets, out)
        free(work)
    if failed:
        raise MemoryError("co-occurrence: no memory for the tables of counts")


cdef int _symmetric_one(
    const uint8_t[:, :, ::1] images, const uint8_t[:, :, ::1] masks,
    const int64_t[:, ::1] offsets, long levels, uint64_t lowest, unsigned wanted,
    const uint64_t *logs, const glcm_work *work, Py_ssize_t i, Py_ssize_t k,
    double[:, :, ::1] out,
) noexcept nogil:
    cdef glcm_task task = glcm_task(
        &images[i, 0, 0], mask_row(masks, i, 0), images.shape[1], images.shape[2],
        offsets[k, 0], offsets[k, 1], levels)
    if work == NULL:
        return 1
    glcm_half_properties(&task, work, wanted, logs, lowest, &out[i, k, 0])
    return 0


cdef glcm_work *_new_work(long levels) noexcept nogil:
    """Zeroed memory of one thread in one block, NULL if there is none."""
    cdef Py_ssize_t tables = GLCM_TABLES * glcm_table_size(levels)
    cdef Py_ssize_t cells = glcm_numbers(levels)
    cdef glcm_work *work = <glcm_work *>calloc(
        sizeof(glcm_work) + (cells + 3 * levels) * sizeof(uint32_t) + tables * sizeof(uint16_t),
        1)
    if work != NULL:
        work.cells = <uint32_t *>(work + 1)
        work.marginal = work.cells + cells
        work.sums = work.marginal + levels
        work.tables = <uint16_t *>(work.sums + 2 * levels)
    return work


def sparse_properties(
    const uint16_t[:, :, ::1] images,   # IN   (n, rows, cols), values < levels
    const uint8_t[:, :, ::1] masks,
    const int64_t[:, ::1] offsets,
    long levels,                        # IN   1..65536
    bint symmetric,
    uint64_t lowest,
    unsigned wanted,
    int n_threads,
    double[:, :, ::1] out,              # OUT  (n, n_offsets, GLCM_PROPERTIES), wanted ones valid
):
    """The same for any levels and for matrices that are not symmetric, without a matrix."""
    cdef Py_ssize_t n_offsets = offsets.shape[0], job
    cdef uint64_t[GLCM_LOG_TABLE] logs
    cdef glcm_sparse_work *work = NULL
    cdef int failed = 0

    glcm_fill_logs(logs)
    with nogil, parallel(num_threads=n_threads):
        work = _new_sparse_work(levels, images.shape[1], images.shape[2])
        for job in prange(images.shape[0] * n_offsets, schedule="dynamic"):
            failed += _sparse_one(images, masks, offsets, levels, symmetric, lowest, wanted, logs,
                                  work, job // n_offsets, job % n_offsets, out)
        free(work)
    if failed:
        raise MemoryError("co-occurrence: no memory to sort the pairs of levels")


cdef int _sparse_one(
    const uint16_t[:, :, ::1] images, const uint8_t[:, :, ::1] masks,
    const int64_t[:, ::1] offsets, long levels, bint symmetric, uint64_t lowest, unsigned wanted,
    const uint64_t *logs, const glcm_sparse_work *work, Py_ssize_t i, Py_ssize_t k,
    double[:, :, ::1] out,
) noexcept nogil:
    cdef glcm_sparse_task task = glcm_sparse_task(
        &images[i, 0, 0], mask_row(masks, i, 0), images.shape[1], images.shape[2],
        offsets[k, 0], offsets[k, 1], levels, symmetric)
    if work == NULL:
        return 1
    glcm_sparse_properties(&task, work, wanted, logs, lowest, &out[i, k, 0])
    return 0


cdef glcm_sparse_work *_new_sparse_work(
    long levels, Py_ssize_t rows, Py_ssize_t cols,
) noexcept nogil:
    """Zeroed memory of one thread in one block, NULL if there is none."""
    cdef glcm_sparse_work *work = <glcm_sparse_work *>calloc(
        sizeof(glcm_sparse_work) + (7 * levels + 1 + cols) * sizeof(uint32_t)
        + (rows + 1) * cols * sizeof(uint16_t), 1)
    if work != NULL:
        work.ends = <uint32_t *>(work + 1)
        work.table = work.ends + 2 * levels + 1
        work.marginals = work.table + levels
        work.sums = work.marginals + 2 * levels
        work.bucket = work.sums + 2 * levels
        work.lower = <uint16_t *>(work.bucket + cols)
        work.inside = work.lower + cols
    return work
