"""What a band of rows is coded with: the circles of a call and the rings of its buffers."""
from libc.math cimport floor
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc

cdef extern from "lbp_rows.h" nogil:
    enum:
        LBP_MASK_STEP
        LBP_STEP
        LBP_TABLES
    ctypedef struct lbp_sample:
        const double *top
        const double *bottom
        double weight
        double rest
    void lbp_interpolate_row(const double *, const double *, const double *, double *, long)

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


cdef inline Plan lbp_plan(
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


cdef inline Circle lbp_circle(const Plan *plan, Py_ssize_t k) noexcept nogil:
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


cdef inline int lbp_allocate(
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


cdef inline Py_ssize_t lbp_shift(const Rings *rings, double column) noexcept nogil:
    """Whole part of a column offset, held inside the padding."""
    return <Py_ssize_t>max(<double>-rings.pad, min(<double>(rings.pad - 1), floor(column)))


cdef inline void lbp_interpolate(Rings *rings, const Plan *plan, Py_ssize_t row) noexcept nogil:
    """Put a new row into the rings of the column offsets that fall between pixels."""
    cdef const double *centre = rings.rows + row % rings.depth * rings.stride + rings.pad
    cdef const double *left
    cdef Py_ssize_t k
    for k in range(plan.n_columns):
        if plan.column[k] != floor(plan.column[k]):
            left = centre + lbp_shift(rings, plan.column[k])
            lbp_interpolate_row(
                left, left + 1, rings.weight + k * rings.n,
                rings.between + (k * rings.depth + row % rings.depth) * rings.step, rings.n)


cdef inline const double *lbp_row(const Rings *rings, const Plan *plan, Py_ssize_t column, Py_ssize_t row,
                        Py_ssize_t rows) noexcept nogil:
    """Row `row` of the image at one of the column offsets; zeros outside."""
    cdef double offset = plan.column[column]
    if row < 0 or row >= rows:
        return rings.zeros
    row = row % rings.depth
    if offset != floor(offset):
        return rings.between + (column * rings.depth + row) * rings.step
    return rings.rows + row * rings.stride + rings.pad + lbp_shift(rings, offset)
