"""Local binary patterns, as code images and as histograms.

Called by featcls.kernels.texture, which has checked every argument. An image is taken row by
row: a ring holds the few rows that the circle reaches, as float64 and padded by zeros, and for
each column offset that falls between pixels a second ring holds those rows interpolated along
the row. A neighbour then costs one interpolation between two rows, for which scikit-image's
order of operations (and so its every bit) is kept: weights are the fraction of `row + offset`
and `column + offset` in float64, horizontal before vertical, no contraction.
"""
from cython.parallel import prange
from libc.math cimport NAN, floor
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from featcls._ext.pixels cimport load_row, mask_row, pixel

cdef extern from "lbp_rows.h" nogil:
    enum:
        LANES
        LBP_TABLES
        LBP_VAR
    ctypedef struct lbp_sample:
        const double *top
        const double *bottom
        double weight
        double rest
    uint8_t lbp_load_mask(const uint8_t *, long, uint8_t *)
    void lbp_interpolate_row(const double *, const double *, const double *, double *, long)
    void lbp_code_row(int, const lbp_sample *, int, const double *, long, uint32_t *)
    void lbp_variance_row(const lbp_sample *, int, long, double *)
    void lbp_spread_row(const uint8_t *, long, long, uint8_t *)
    void lbp_drop_row(const uint8_t *, uint32_t, long, uint32_t *)
    void lbp_count_row(const uint32_t *, long, long, uint32_t *)

# Keeps the rows of one neighbour off each other's cache sets where rows are a power of two long.
cdef enum:
    ROW_GAP = 40


cdef struct Circle:
    int method
    int P
    const double *row           # (P,) offset of each neighbour
    const int32_t *column_of    # (P,) its index into `column`
    int n_columns
    const double *column        # (n_columns,) distinct column offsets
    int n_touched
    const int32_t *touched      # (n_touched, 2) pixel offsets with weight: rows, columns
    Py_ssize_t reach            # rows above and below


cdef struct Rings:
    void *memory
    Py_ssize_t n                # columns, rounded up to LANES
    Py_ssize_t pad              # zeros left and right of a row
    Py_ssize_t stride, depth
    Py_ssize_t step             # from one row of `between` to the next
    double *rows                # (depth, stride)
    double *between             # (n_columns, depth, step) rows at the column offsets
    double *weight              # (n_columns, n)
    double *zeros               # (stride,)
    double *variance            # (n,)
    lbp_sample *samples         # (P,)
    uint32_t *codes             # (n,)
    uint8_t *mask               # (depth, stride)
    uint8_t *masked             # (depth,) does the row have a masked pixel
    uint8_t *dropped            # (n,)
    uint32_t *tables            # (LBP_TABLES, n_bins + 1)


def code_images(
    const pixel[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    int method,                         # IN   enum lbp_method
    const double[::1] row_offsets,      # IN   (P,)
    const int32_t[::1] column_of,       # IN   (P,) indices into columns
    const double[::1] columns,          # IN   distinct column offsets
    const int32_t[:, ::1] touched,      # IN   (n_touched, 2) pixel offsets that carry weight
    int n_threads,
    double[:, :, ::1] out,              # OUT  (n, rows, cols), NaN where dropped
):
    """Code of every pixel."""
    cdef Circle circle = _circle(method, row_offsets, column_of, columns, touched)
    cdef Py_ssize_t n = images.shape[0], rows = images.shape[1]
    cdef Py_ssize_t bands = max(1, min(rows, n_threads // n)), job
    cdef int failed = 0

    for job in prange(n * bands, nogil=True, schedule="dynamic", num_threads=n_threads):
        failed |= _band(
            images, masks, job // bands, rows * (job % bands) // bands,
            rows * (job % bands + 1) // bands, &circle, 0, NULL, &out[job // bands, 0, 0], NULL,
        )
    if failed:
        raise MemoryError("local binary pattern: no memory for the row buffers")


def count_codes(
    const pixel[:, :, ::1] images,
    const uint8_t[:, :, ::1] masks,
    int method,
    const double[::1] row_offsets,
    const int32_t[::1] column_of,
    const double[::1] columns,
    const int32_t[:, ::1] touched,
    const double[::1] edges,            # IN   lower edges of the variance bins
    int n_threads,
    int64_t[:, :, ::1] out,             # OUT  (n, bands, n_bins), to be summed over bands
):
    """Histogram of the codes, without the code image."""
    cdef Circle circle = _circle(method, row_offsets, column_of, columns, touched)
    cdef Py_ssize_t n = images.shape[0], rows = images.shape[1], bands = out.shape[1], job
    cdef int failed = 0

    for job in prange(n * bands, nogil=True, schedule="dynamic", num_threads=n_threads):
        failed |= _band(
            images, masks, job // bands, rows * (job % bands) // bands,
            rows * (job % bands + 1) // bands, &circle, out.shape[2], &edges[0], NULL,
            &out[job // bands, job % bands, 0],
        )
    if failed:
        raise MemoryError("local binary pattern: no memory for the row buffers")


cdef Circle _circle(int method, const double[::1] row_offsets, const int32_t[::1] column_of,
                    const double[::1] columns, const int32_t[:, ::1] touched) noexcept nogil:
    cdef Circle circle
    cdef Py_ssize_t k
    circle.method = method
    circle.P = <int>row_offsets.shape[0]
    circle.row = &row_offsets[0]
    circle.column_of = &column_of[0]
    circle.n_columns = <int>columns.shape[0]
    circle.column = &columns[0]
    circle.n_touched = <int>touched.shape[0]
    circle.touched = &touched[0, 0]
    circle.reach = 0
    for k in range(touched.shape[0]):
        circle.reach = max(circle.reach, max(touched[k, 0], -touched[k, 0]))
    return circle


cdef int _band(
    const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
    Py_ssize_t first, Py_ssize_t last, const Circle *circle, Py_ssize_t n_bins,
    const double *edges, double *out, int64_t *counts,
) noexcept nogil:
    """Rows first..last-1 of image i, into `out` (whole image) or `counts`; 1 if out of memory."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], r, next_row, slot, c
    cdef bint has_mask = masks.shape[0] > 0
    cdef Rings rings

    if _allocate(&rings, circle, rows, cols, n_bins):
        return 1
    next_row = max(0, first - circle.reach)
    for r in range(first, last):
        while next_row < min(rows, r + circle.reach + 1):
            slot = next_row % rings.depth
            load_row(&images[i, next_row, 0], NULL, cols, 1.0, 0.0,
                     rings.rows + slot * rings.stride + rings.pad)
            _interpolate(&rings, circle, next_row)
            if has_mask:
                rings.masked[slot] = lbp_load_mask(
                    mask_row(masks, i, next_row), cols, rings.mask + slot * rings.stride + rings.pad)
            next_row += 1
        _point_samples(&rings, circle, r, rows)
        if circle.method == LBP_VAR:
            lbp_variance_row(rings.samples, circle.P, rings.n, rings.variance)
        else:
            lbp_code_row(circle.method, rings.samples, circle.P,
                         rings.rows + r % rings.depth * rings.stride + rings.pad,
                         rings.n, rings.codes)
        if has_mask:
            _drop(&rings, circle, r, rows)
        if counts != NULL:
            _count(&rings, circle, cols, n_bins, edges, has_mask)
        else:
            _store(&rings, circle, cols, has_mask, out + r * cols)
    if counts != NULL:
        for c in range(n_bins):
            for r in range(LBP_TABLES):
                counts[c] += rings.tables[r * (n_bins + 1) + c]
    free(rings.memory)
    return 0


cdef int _allocate(Rings *rings, const Circle *circle, Py_ssize_t rows, Py_ssize_t cols,
                   Py_ssize_t n_bins) noexcept nogil:
    """Zeroed buffers, and the column weights; 1 if there is no memory."""
    cdef Py_ssize_t n = (cols + LANES - 1) // LANES * LANES, reach = 0, k, c, doubles
    cdef double *weight

    for k in range(circle.n_touched):
        c = circle.touched[2 * k + 1]
        reach = max(reach, max(c, -c))
    rings.n = n
    rings.pad = min(reach, cols + 1) + 1    # beyond cols + 1 a shift reads zeros anyway
    rings.stride = n + 2 * rings.pad
    rings.depth = min(2 * circle.reach + 1, rows)
    rings.step = n + ROW_GAP
    doubles = ((rings.depth + 1) * rings.stride
               + circle.n_columns * (rings.depth * rings.step + n) + n)
    rings.memory = calloc(
        doubles * sizeof(double) + circle.P * sizeof(lbp_sample)
        + (n + LBP_TABLES * (n_bins + 1)) * sizeof(uint32_t)
        + rings.depth * (rings.stride + 1) + n, 1)
    if rings.memory == NULL:
        return 1
    rings.rows = <double *>rings.memory
    rings.zeros = rings.rows + rings.depth * rings.stride
    rings.between = rings.zeros + rings.stride
    rings.weight = rings.between + circle.n_columns * rings.depth * rings.step
    rings.variance = rings.weight + circle.n_columns * n
    rings.samples = <lbp_sample *>(rings.variance + n)
    rings.codes = <uint32_t *>(rings.samples + circle.P)
    rings.tables = rings.codes + n
    rings.mask = <uint8_t *>(rings.tables + LBP_TABLES * (n_bins + 1))
    rings.masked = rings.mask + rings.depth * rings.stride
    rings.dropped = rings.masked + rings.depth
    for k in range(circle.n_columns):
        weight = rings.weight + k * n
        for c in range(n):
            weight[c] = c + circle.column[k]
            weight[c] = weight[c] - floor(weight[c])
    return 0


cdef inline Py_ssize_t _shift(const Rings *rings, double column) noexcept nogil:
    """Whole part of a column offset, held inside the padding."""
    return <Py_ssize_t>max(<double>-rings.pad, min(<double>(rings.pad - 1), floor(column)))


cdef void _interpolate(Rings *rings, const Circle *circle, Py_ssize_t row) noexcept nogil:
    """Put a new row into the rings of the column offsets that fall between pixels."""
    cdef const double *centre = rings.rows + row % rings.depth * rings.stride + rings.pad
    cdef const double *left
    cdef Py_ssize_t k
    for k in range(circle.n_columns):
        if circle.column[k] != floor(circle.column[k]):
            left = centre + _shift(rings, circle.column[k])
            lbp_interpolate_row(
                left, left + 1, rings.weight + k * rings.n,
                rings.between + (k * rings.depth + row % rings.depth) * rings.step, rings.n)


cdef const double *_row(const Rings *rings, const Circle *circle, Py_ssize_t k, Py_ssize_t row,
                        Py_ssize_t rows) noexcept nogil:
    """Row `row` of the image at the column offset of neighbour k; zeros outside."""
    cdef double column = circle.column[circle.column_of[k]]
    if row < 0 or row >= rows:
        return rings.zeros
    row = row % rings.depth
    if column != floor(column):
        return rings.between + (circle.column_of[k] * rings.depth + row) * rings.step
    return rings.rows + row * rings.stride + rings.pad + _shift(rings, column)


cdef void _point_samples(Rings *rings, const Circle *circle, Py_ssize_t r,
                         Py_ssize_t rows) noexcept nogil:
    """Say where the neighbours of output row r are."""
    cdef Py_ssize_t k, row
    cdef double position
    for k in range(circle.P):
        position = r + circle.row[k]
        row = <Py_ssize_t>floor(position)
        rings.samples[k].weight = position - floor(position)
        rings.samples[k].rest = 1 - rings.samples[k].weight
        rings.samples[k].top = _row(rings, circle, k, row, rows)
        rings.samples[k].bottom = NULL
        if rings.samples[k].weight != 0:
            rings.samples[k].bottom = _row(rings, circle, k, row + 1, rows)


cdef void _drop(Rings *rings, const Circle *circle, Py_ssize_t r, Py_ssize_t rows) noexcept nogil:
    """Mark the pixels of row r whose code reads a masked pixel."""
    cdef Py_ssize_t k, row
    memset(rings.dropped, 0, rings.n)
    for k in range(circle.n_touched):
        row = r + circle.touched[2 * k]
        if 0 <= row < rows and rings.masked[row % rings.depth]:
            lbp_spread_row(rings.mask + row % rings.depth * rings.stride + rings.pad,
                           _shift(rings, circle.touched[2 * k + 1]), rings.n, rings.dropped)


cdef void _count(Rings *rings, const Circle *circle, Py_ssize_t cols, Py_ssize_t n_bins,
                 const double *edges, bint has_mask) noexcept nogil:
    cdef Py_ssize_t c
    if circle.method == LBP_VAR:
        for c in range(cols):
            rings.codes[c] = _bin(rings.variance[c], edges, n_bins)
    if has_mask:
        lbp_drop_row(rings.dropped, <uint32_t>n_bins, cols, rings.codes)
    lbp_count_row(rings.codes, cols, n_bins + 1, rings.tables)


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
    cdef Py_ssize_t c
    if circle.method == LBP_VAR:
        for c in range(cols):
            out[c] = rings.variance[c] if rings.variance[c] != 0 else NAN
    else:
        for c in range(cols):
            out[c] = <double>rings.codes[c]
    if has_mask:
        for c in range(cols):
            if rings.dropped[c]:
                out[c] = NAN
