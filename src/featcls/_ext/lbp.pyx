"""Local binary patterns, as code images and as histograms.

Called by featcls.kernels.texture, which has checked every argument. An image is taken row by
row: a ring holds the few rows that the circles reach, as float64 and padded by zeros, and for
each column offset that falls between pixels a second ring holds those rows interpolated along
the row; all circles share them. A neighbour then costs one interpolation between two rows, for which scikit-image's
order of operations (and so its every bit) is kept: weights are the fraction of `row + offset`
and `column + offset` in float64, horizontal before vertical, no contraction.
"""
from cython.parallel import prange
from libc.math cimport floor
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free

from featcls._ext.pixels cimport load_row, mask_row, pixel

cdef extern from "lbp_rows.h" nogil:
    enum:
        LBP_MASK_STEP
        LBP_STEP
        LBP_TABLES
        LBP_VAR
    ctypedef struct lbp_sample:
        const double *top
        const double *bottom
        double weight
        double rest
    uint8_t lbp_load_mask(const uint8_t *, long, uint8_t *)
    void lbp_interpolate_row(const double *, const double *, const double *, double *, long)
    int simd_bytes()
    void lbp_code_row(int, const lbp_sample *, int, const double *, long, int, uint32_t *)
    void lbp_variance_row(const lbp_sample *, int, long, int, double *)
    void lbp_any_row(const uint8_t *const *, long, long, int, uint8_t *)
    void lbp_store_codes(const uint32_t *, const uint8_t *, long, double *)
    void lbp_store_variances(const double *, const uint8_t *, long, double *)
    void lbp_drop_row(const uint8_t *, uint32_t, long, uint32_t *)
    void lbp_count_row(const uint32_t *, long, long, uint32_t *)

# Keeps the rows of one neighbour off each other's cache sets where rows are a power of two long.
cdef enum:
    ROW_GAP = 40
    LINE = 8    # doubles of a cache line


cdef struct Circle:
    int method
    int P
    const double *row           # (P,) offset of each neighbour
    const int32_t *column_of    # (P,) its index into the columns
    Py_ssize_t n_touched
    const int32_t *touched      # (n_touched, 2) pixel offsets with weight: rows, columns
    Py_ssize_t n_bins
    Py_ssize_t first_bin
    const double *edges         # (n_bins,)


# All circles of a call; circle k owns neighbours, touched pixels and bins start[k]..start[k + 1].
cdef struct Plan:
    Py_ssize_t n_circles
    const int32_t *methods      # (n_circles,) enum lbp_method
    const int64_t *start        # (n_circles + 1, 3)
    const double *row
    const int32_t *column_of
    Py_ssize_t n_columns
    const double *column        # (n_columns,) distinct column offsets
    const int32_t *touched
    const double *edges         # lower edges of the bins of variances; NULL without histograms
    Py_ssize_t reach, reach_columns     # how far the circles go from their centre


cdef struct Rings:
    void *memory
    Py_ssize_t n, mask_n        # columns, rounded up to LBP_STEP and to LBP_MASK_STEP
    Py_ssize_t pad              # zeros left and right of a row
    Py_ssize_t stride, mask_stride, depth
    Py_ssize_t step             # from one row of `between` to the next
    double *rows                # (depth, stride)
    double *between             # (n_columns, depth, step) rows at the column offsets
    double *weight              # (n_columns, n)
    double *zeros               # (stride,)
    double *variance            # (n,)
    lbp_sample *samples         # (P,) of one circle
    const uint8_t **touching    # (n_touched,) rows of the mask under one circle, shifted
    uint32_t *codes             # (n,)
    uint8_t *mask               # (depth, mask_stride)
    uint8_t *masked             # (depth,) does the row have a masked pixel
    uint8_t *dropped            # (mask_n,)
    uint32_t *tables            # for each circle (LBP_TABLES, n_bins + 1)


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
    cdef Plan plan = _plan(methods, start, row, column_of, column, touched)
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
    cdef Plan plan = _plan(methods, start, row, column_of, column, touched)
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


cdef Plan _plan(
    const int32_t[::1] methods, const int64_t[:, ::1] start, const double[::1] row,
    const int32_t[::1] column_of, const double[::1] column, const int32_t[:, ::1] touched,
) noexcept nogil:
    cdef Plan plan
    cdef Py_ssize_t k
    plan.n_circles = methods.shape[0]
    plan.methods = &methods[0]
    plan.start = &start[0, 0]
    plan.row = &row[0]
    plan.column_of = &column_of[0]
    plan.n_columns = column.shape[0]
    plan.column = &column[0]
    plan.touched = &touched[0, 0]
    plan.edges = NULL
    plan.reach = plan.reach_columns = 0
    for k in range(touched.shape[0]):
        plan.reach = max(plan.reach, max(touched[k, 0], -touched[k, 0]))
        plan.reach_columns = max(plan.reach_columns, max(touched[k, 1], -touched[k, 1]))
    return plan


cdef Circle _circle(const Plan *plan, Py_ssize_t k) noexcept nogil:
    cdef const int64_t *first = plan.start + 3 * k
    cdef const int64_t *end = first + 3
    cdef Circle circle
    circle.method = plan.methods[k]
    circle.P = <int>(end[0] - first[0])
    circle.row = plan.row + first[0]
    circle.column_of = plan.column_of + first[0]
    circle.n_touched = end[1] - first[1]
    circle.touched = plan.touched + 2 * first[1]
    circle.n_bins = end[2] - first[2]
    circle.first_bin = first[2]
    circle.edges = plan.edges
    if plan.edges != NULL:
        circle.edges += first[2]
    return circle


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

    if _allocate(&rings, plan, rows, cols):
        return 1
    next_row = max(0, first - plan.reach)
    for r in range(first, last):
        while next_row < min(rows, r + plan.reach + 1):
            slot = next_row % rings.depth
            load_row(&images[i, next_row, 0], NULL, cols, 1.0, 0.0,
                     rings.rows + slot * rings.stride + rings.pad)
            _interpolate(&rings, plan, next_row)
            if has_mask:
                rings.masked[slot] = lbp_load_mask(
                    mask_row(masks, i, next_row), cols,
                    rings.mask + slot * rings.mask_stride + rings.pad)
            next_row += 1
        for k in range(plan.n_circles):
            circle = _circle(plan, k)
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
        circle = _circle(plan, k)
        tables = rings.tables + LBP_TABLES * (circle.first_bin + k)
        for c in range(circle.n_bins):
            for t in range(LBP_TABLES):
                counts[circle.first_bin + c] += tables[t * (circle.n_bins + 1) + c]


cdef int _allocate(
    Rings *rings, const Plan *plan, Py_ssize_t rows, Py_ssize_t cols,
) noexcept nogil:
    """Zeroed buffers, and the column weights; 1 if there is no memory."""
    cdef Py_ssize_t n = (cols + LBP_STEP - 1) // LBP_STEP * LBP_STEP, k, c, doubles
    cdef const int64_t *total = plan.start + 3 * plan.n_circles
    cdef Py_ssize_t entries = LBP_TABLES * (total[2] + plan.n_circles)
    cdef double *weight

    rings.n = n
    # Beyond cols + 1 a shift reads zeros anyway. Whole cache lines, so that rows start at one.
    rings.pad = (min(plan.reach_columns, cols + 1) // LINE + 1) * LINE
    rings.mask_n = (cols + LBP_MASK_STEP - 1) // LBP_MASK_STEP * LBP_MASK_STEP
    rings.stride = n + 2 * rings.pad
    rings.mask_stride = rings.mask_n + 2 * rings.pad
    rings.depth = min(2 * plan.reach + 1, rows)
    rings.step = n + ROW_GAP
    doubles = ((rings.depth + 1) * rings.stride
               + plan.n_columns * (rings.depth * rings.step + n) + n)
    rings.memory = calloc(
        (doubles + LINE) * sizeof(double) + total[0] * sizeof(lbp_sample) + total[1] * sizeof(uint8_t *)
        + (n + entries) * sizeof(uint32_t) + rings.depth * (rings.mask_stride + 1) + rings.mask_n, 1)
    if rings.memory == NULL:
        return 1
    rings.rows = <double *>rings.memory
    while <size_t>rings.rows % (LINE * sizeof(double)):
        rings.rows += 1
    rings.zeros = rings.rows + rings.depth * rings.stride
    rings.between = rings.zeros + rings.stride
    rings.weight = rings.between + plan.n_columns * rings.depth * rings.step
    rings.variance = rings.weight + plan.n_columns * n
    rings.samples = <lbp_sample *>(rings.variance + n)
    rings.touching = <const uint8_t **>(rings.samples + total[0])
    rings.codes = <uint32_t *>(rings.touching + total[1])
    rings.tables = rings.codes + n
    rings.mask = <uint8_t *>(rings.tables + entries)
    rings.masked = rings.mask + rings.depth * rings.mask_stride
    rings.dropped = rings.masked + rings.depth
    for k in range(plan.n_columns):
        weight = rings.weight + k * n
        for c in range(n):
            weight[c] = c + plan.column[k]
            weight[c] = weight[c] - floor(weight[c])
    return 0


cdef inline Py_ssize_t _shift(const Rings *rings, double column) noexcept nogil:
    """Whole part of a column offset, held inside the padding."""
    return <Py_ssize_t>max(<double>-rings.pad, min(<double>(rings.pad - 1), floor(column)))


cdef void _interpolate(Rings *rings, const Plan *plan, Py_ssize_t row) noexcept nogil:
    """Put a new row into the rings of the column offsets that fall between pixels."""
    cdef const double *centre = rings.rows + row % rings.depth * rings.stride + rings.pad
    cdef const double *left
    cdef Py_ssize_t k
    for k in range(plan.n_columns):
        if plan.column[k] != floor(plan.column[k]):
            left = centre + _shift(rings, plan.column[k])
            lbp_interpolate_row(
                left, left + 1, rings.weight + k * rings.n,
                rings.between + (k * rings.depth + row % rings.depth) * rings.step, rings.n)


cdef const double *_row(const Rings *rings, const Plan *plan, Py_ssize_t column, Py_ssize_t row,
                        Py_ssize_t rows) noexcept nogil:
    """Row `row` of the image at one of the column offsets; zeros outside."""
    cdef double offset = plan.column[column]
    if row < 0 or row >= rows:
        return rings.zeros
    row = row % rings.depth
    if offset != floor(offset):
        return rings.between + (column * rings.depth + row) * rings.step
    return rings.rows + row * rings.stride + rings.pad + _shift(rings, offset)


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
        rings.samples[k].top = _row(rings, plan, circle.column_of[k], row, rows)
        rings.samples[k].bottom = NULL
        if rings.samples[k].weight != 0:
            rings.samples[k].bottom = _row(rings, plan, circle.column_of[k], row + 1, rows)
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
                                 + _shift(rings, circle.touched[2 * k + 1]))
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
