"""Local binary patterns, as code images and as histograms.

Called by featcls.kernels.texture, which has checked every argument. An image is taken row by
row: a ring holds the few rows that the circles reach, as float64 and padded by zeros, and for
each column offset that falls between pixels a second ring holds those rows interpolated along
the row; all circles share them. A neighbour then costs one interpolation between two rows, for
which scikit-image's order of operations (and so its every bit) is kept: weights are the fraction
of `row + offset` and `column + offset` in float64, horizontal before vertical, no contraction.
"""
from cython.parallel import prange
from libc.math cimport floor
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free

from featcls._ext.lbp_rings cimport (
    LBP_TABLES, Circle, Plan, Rings, lbp_allocate, lbp_circle, lbp_interpolate, lbp_plan, lbp_row,
    lbp_sample, lbp_shift,
)
from featcls._ext.pixels cimport load_row, mask_row, pixel

cdef extern from "lbp_rows.h" nogil:
    enum:
        LBP_VAR
    uint8_t lbp_load_mask(const uint8_t *, long, uint8_t *)
    int simd_bytes()
    void lbp_code_row(int, const lbp_sample *, int, const double *, long, int, uint32_t *)
    void lbp_variance_row(const lbp_sample *, int, long, int, double *)
    void lbp_any_row(const uint8_t *const *, long, long, int, uint8_t *)
    void lbp_store_codes(const uint32_t *, const uint8_t *, long, double *)
    void lbp_store_variances(const double *, const uint8_t *, long, double *)
    void lbp_drop_row(const uint8_t *, uint32_t, long, uint32_t *)
    void lbp_count_row(const uint32_t *, long, long, uint32_t *)


def code_images(
    const pixel[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    const int32_t[::1] methods,         # IN   (1,) as in Plan, like what follows
    const int64_t[:, ::1] start,
    const double[::1] row,
    const int32_t[::1] column_of,
    const double[::1] column,
    const int32_t[:, ::1] touched,
    int n_threads,
    double[:, :, ::1] out,              # OUT  (n, rows, cols), NaN where dropped
):
    """Code of every pixel."""
    cdef Plan plan = lbp_plan(methods, start, row, column_of, column, touched)
    cdef Py_ssize_t n = images.shape[0], rows = images.shape[1]
    cdef Py_ssize_t bands = max(1, min(rows, n_threads // n)), job
    cdef int failed = 0

    for job in prange(n * bands, nogil=True, schedule="dynamic", num_threads=n_threads):
        failed |= _band(
            images, masks, job // bands, rows * (job % bands) // bands,
            rows * (job % bands + 1) // bands, &plan, &out[job // bands, 0, 0], NULL,
        )
    if failed:
        raise MemoryError("local binary pattern: no memory for the row buffers")


def count_codes(
    const pixel[:, :, ::1] images,
    const uint8_t[:, :, ::1] masks,
    const int32_t[::1] methods,         # IN   (n_circles,) as in Plan, like what follows
    const int64_t[:, ::1] start,
    const double[::1] row,
    const int32_t[::1] column_of,
    const double[::1] column,
    const int32_t[:, ::1] touched,
    const double[::1] edges,            # IN   (n_bins of all circles,)
    int n_threads,
    int64_t[:, :, ::1] out,             # OUT  (n, bands, n_bins of all), to be summed over bands
):
    """Histograms of the codes, without the code images."""
    cdef Plan plan = lbp_plan(methods, start, row, column_of, column, touched)
    cdef Py_ssize_t n = images.shape[0], rows = images.shape[1], bands = out.shape[1], job
    cdef int failed = 0

    plan.edges = &edges[0]
    for job in prange(n * bands, nogil=True, schedule="dynamic", num_threads=n_threads):
        failed |= _band(
            images, masks, job // bands, rows * (job % bands) // bands,
            rows * (job % bands + 1) // bands, &plan, NULL, &out[job // bands, job % bands, 0],
        )
    if failed:
        raise MemoryError("local binary pattern: no memory for the row buffers")


cdef int _band(
    const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
    Py_ssize_t first, Py_ssize_t last, const Plan *plan, double *out, int64_t *counts,
) noexcept nogil:
    """Rows first..last-1 of image i, into `out` (whole image) or `counts`; 1 if out of memory."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], r, next_row, slot, k
    cdef bint has_mask = masks.shape[0] > 0
    cdef Circle circle
    cdef uint32_t *tables
    cdef Rings rings

    if lbp_allocate(&rings, plan, rows, cols):
        return 1
    next_row = max(0, first - plan.reach)
    for r in range(first, last):
        while next_row < min(rows, r + plan.reach + 1):
            slot = next_row % rings.depth
            load_row(&images[i, next_row, 0], NULL, cols, 1.0, 0.0,
                     rings.rows + slot * rings.stride + rings.pad)
            lbp_interpolate(&rings, plan, next_row)
            if has_mask:
                rings.masked[slot] = lbp_load_mask(
                    mask_row(masks, i, next_row), cols,
                    rings.mask + slot * rings.mask_stride + rings.pad)
            next_row += 1
        for k in range(plan.n_circles):
            circle = lbp_circle(plan, k)
            tables = rings.tables + LBP_TABLES * (circle.first_bin + k)
            _code(&rings, plan, &circle, r, rows)
            if has_mask:
                _drop(&rings, &circle, r, rows)
            if counts != NULL:
                _count(&rings, &circle, cols, has_mask, tables)
            else:
                _store(&rings, &circle, cols, has_mask, out + r * cols)
    if counts != NULL:
        _sum_tables(&rings, plan, counts)
    free(rings.memory)
    return 0


cdef void _sum_tables(const Rings *rings, const Plan *plan, int64_t *counts) noexcept nogil:
    cdef Py_ssize_t k, c, t
    cdef const uint32_t *tables
    cdef Circle circle
    for k in range(plan.n_circles):
        circle = lbp_circle(plan, k)
        tables = rings.tables + LBP_TABLES * (circle.first_bin + k)
        for c in range(circle.n_bins):
            for t in range(LBP_TABLES):
                counts[circle.first_bin + c] += tables[t * (circle.n_bins + 1) + c]


cdef void _code(Rings *rings, const Plan *plan, const Circle *circle, Py_ssize_t r,
                Py_ssize_t rows) noexcept nogil:
    """Codes, or variances, of row r."""
    cdef Py_ssize_t k, row
    cdef double position
    for k in range(circle.P):
        position = r + circle.row[k]
        row = <Py_ssize_t>floor(position)
        rings.samples[k].weight = position - floor(position)
        rings.samples[k].rest = 1 - rings.samples[k].weight
        rings.samples[k].top = lbp_row(rings, plan, circle.column_of[k], row, rows)
        rings.samples[k].bottom = NULL
        if rings.samples[k].weight != 0:
            rings.samples[k].bottom = lbp_row(rings, plan, circle.column_of[k], row + 1, rows)
    if circle.method == LBP_VAR:
        lbp_variance_row(rings.samples, circle.P, rings.n, simd_bytes(), rings.variance)
    else:
        lbp_code_row(circle.method, rings.samples, circle.P,
                     rings.rows + r % rings.depth * rings.stride + rings.pad,
                     rings.n, simd_bytes(), rings.codes)


cdef void _drop(Rings *rings, const Circle *circle, Py_ssize_t r, Py_ssize_t rows) noexcept nogil:
    """Mark the pixels of row r whose code reads a masked pixel."""
    cdef Py_ssize_t k, row, n = 0
    for k in range(circle.n_touched):
        row = r + circle.touched[2 * k]
        if 0 <= row < rows and rings.masked[row % rings.depth]:
            rings.touching[n] = (rings.mask + row % rings.depth * rings.mask_stride + rings.pad
                                 + lbp_shift(rings, circle.touched[2 * k + 1]))
            n += 1
    lbp_any_row(rings.touching, n, rings.mask_n, simd_bytes(), rings.dropped)


cdef void _count(Rings *rings, const Circle *circle, Py_ssize_t cols, bint has_mask,
                 uint32_t *tables) noexcept nogil:
    cdef Py_ssize_t c
    if circle.method == LBP_VAR:
        for c in range(cols):
            rings.codes[c] = _bin(rings.variance[c], circle.edges, circle.n_bins)
    if has_mask:
        lbp_drop_row(rings.dropped, <uint32_t>circle.n_bins, cols, rings.codes)
    lbp_count_row(rings.codes, cols, circle.n_bins + 1, tables)


cdef uint32_t _bin(double value, const double *edges, Py_ssize_t n_bins) noexcept nogil:
    """Last bin whose lower edge is not above the value; the first one takes what is below."""
    cdef Py_ssize_t low = 0, high = n_bins, middle
    while high - low > 1:
        middle = (low + high) // 2
        if edges[middle] <= value:
            low = middle
        else:
            high = middle
    return <uint32_t>low


cdef void _store(Rings *rings, const Circle *circle, Py_ssize_t cols, bint has_mask,
                 double *out) noexcept nogil:
    """One row of the code image; NaN where dropped and where a variance is 0."""
    cdef const uint8_t *dropped = rings.dropped if has_mask else NULL
    if circle.method == LBP_VAR:
        lbp_store_variances(rings.variance, dropped, cols, out)
    else:
        lbp_store_codes(rings.codes, dropped, cols, out)
