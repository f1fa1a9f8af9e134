"""Local contrast normalisation.

Called by featcls.kernels.contrast, which has checked every argument. Pixels are taken as
scale * pixel - shift, where scale is a power of two near 1 / sigma and shift a whole number near
the mean: that keeps whole numbers whole, so that running sums of counts are exact.
"""
from cython.parallel import prange
from libc.math cimport frexp, ldexp, rint, sqrt
from libc.stdint cimport int32_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from featcls._ext.pixels cimport count_valid, load_row, mask_row, pixel

cdef extern from "lcn_rows.h" nogil:
    enum:
        LCN_SUMS
    void window_add_row(const double *, long, double *, double *)
    void window_move_row(const double *, const double *, long, double *, double *)
    void window_count_row(const uint8_t *, long, int32_t, int32_t *)
    void window_pad_f64(double *, long, long, int)
    void window_pad_i32(int32_t *, long, long, int)
    void window_sum_f64(const double *, long, long, double *, double *)
    void window_sum_i32(const int32_t *, long, long, int32_t *, int32_t *)
    void lcn_add_moments(const double *, long, double *, double *)
    void lcn_finish_row(const double *, const double *, const double *, const int32_t *, long,
                        double, float *)
    void lcn_clear_masked(const uint8_t *, long, float *)

NO_MEMORY = "local contrast normalisation: no memory for the row buffers"

# Rows done in one go, each time from fresh sums: the same whatever the number of threads.
cdef enum:
    BAND = 128


cdef struct Units:
    double scale, shift
    double floor                # least standard deviation, in units of scale * pixel


cdef struct Window:
    void *memory
    Py_ssize_t rows, cols, half, width
    bint reflect
    Py_ssize_t depth
    double *ring                # (depth, cols) pixels of the rows in and about to leave the window
    double *sum                 # sums of columns, from -half to cols + half, and of windows
    double *squares
    double *window_sum
    double *window_squares
    double *part
    int32_t *count              # valid pixels of columns and windows
    int32_t *window_count
    int32_t *part_count


def normalize(
    const pixel[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    Py_ssize_t half,                    # IN   window is 2 half + 1, half < rows, cols
    double min_std,                     # IN   in units of the standard deviation of the image
    bint reflect,                       # IN   mirror the border, or cut the window there
    int n_threads,
    float[:, :, ::1] out,               # OUT  (n, rows, cols)
):
    """Normalise each image."""
    cdef Py_ssize_t n = images.shape[0], bands = (images.shape[1] + BAND - 1) // BAND, i, job
    cdef Units *units = <Units *>calloc(n, sizeof(Units))
    cdef int failed = 0

    if units == NULL:
        raise MemoryError(NO_MEMORY)
    for i in prange(n, nogil=True, num_threads=n_threads):
        failed += _units(images, masks, i, min_std, units)
    for job in prange(n * bands, nogil=True, schedule="dynamic", num_threads=n_threads):
        failed += _band(images, masks, job // bands, job % bands * BAND, half, reflect,
                        &units[job // bands], out)
    free(units)
    if failed:
        raise MemoryError(NO_MEMORY)


cdef int _units(const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
                double min_std, Units *units) noexcept nogil:
    """Mean and standard deviation of image i, as what its pixels are scaled and shifted by."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], r, n = 0, valid, k
    cdef double[LCN_SUMS] sums
    cdef double[LCN_SUMS] squares
    cdef double *y = <double *>calloc(cols, sizeof(double))
    cdef double first = 0, total = 0, total_squares = 0, mean, variance
    cdef int exponent = 0
    cdef const uint8_t *mask

    if y == NULL:
        return 1
    for k in range(LCN_SUMS):
        sums[k] = squares[k] = 0
    for r in range(rows):
        mask = mask_row(masks, i, r)
        valid = cols if mask == NULL else count_valid(mask, cols)
        if n == 0 and valid > 0:
            first = _first_valid(&images[i, r, 0], mask)
        n += valid
        load_row(&images[i, r, 0], mask, cols, 1.0, first, y)
        lcn_add_moments(y, cols, sums, squares)
    free(y)
    for k in range(LCN_SUMS):
        total += sums[k]
        total_squares += squares[k]
    if n == 0:
        return 0
    mean = total / n
    variance = max(0.0, total_squares / n - mean * mean)
    frexp(sqrt(variance), &exponent)
    units[i].scale = ldexp(1.0, -exponent)
    units[i].shift = rint((first + mean) * units[i].scale)
    units[i].floor = min_std * sqrt(variance) * units[i].scale
    return 0


cdef double _first_valid(const pixel *pixels, const uint8_t *mask) noexcept nogil:
    """A pixel near the others: taken off first, it keeps the sums of squares small."""
    cdef Py_ssize_t c = 0
    if mask != NULL:
        while mask[c]:
            c += 1
    return <double>pixels[c]


cdef int _allocate(Window *w, Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t half,
                   bint reflect) noexcept nogil:
    cdef Py_ssize_t padded = cols + 2 * half + 1
    w.rows = rows
    w.cols = cols
    w.half = half
    w.width = 2 * half + 1
    w.reflect = reflect
    w.depth = w.width + 1
    w.memory = calloc((w.depth * cols + 3 * padded + 2 * cols) * sizeof(double)
                      + (2 * padded + cols) * sizeof(int32_t), 1)
    if w.memory == NULL:
        return 1
    w.ring = <double *>w.memory
    w.sum = w.ring + w.depth * cols + half
    w.squares = w.sum + padded
    w.part = w.squares + padded - half
    w.window_sum = w.part + padded
    w.window_squares = w.window_sum + cols
    w.count = <int32_t *>(w.window_squares + cols) + half
    w.part_count = w.count + padded - half
    w.window_count = w.part_count + padded
    return 0


cdef int _band(const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
               Py_ssize_t first, Py_ssize_t half, bint reflect, const Units *units,
               float[:, :, ::1] out) noexcept nogil:
    """Rows first..first + BAND - 1 of image i; 1 if out of memory."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2]
    cdef Py_ssize_t last = min(rows, first + BAND), r, v, loaded = max(0, first - half)
    cdef const uint8_t *mask
    cdef Window w

    if _allocate(&w, rows, cols, half, reflect):
        return 1
    for r in range(first, last):
        while loaded < min(rows, r + half + 1):
            load_row(&images[i, loaded, 0], mask_row(masks, i, loaded), cols, units.scale,
                  units.shift, w.ring + loaded % w.depth * cols)
            loaded += 1
        if r == first:
            for v in range(first - half, first + half + 1):
                _enter(&w, v, masks, i)
        else:
            _move(&w, r + half, r - half - 1, masks, i)
        if r == first or masks.shape[0] > 0 or not reflect:
            window_pad_i32(w.count, cols, half, reflect)
            window_sum_i32(w.count - half, cols, w.width, w.part_count, w.window_count)
        window_pad_f64(w.sum, cols, half, reflect)
        window_pad_f64(w.squares, cols, half, reflect)
        window_sum_f64(w.sum - half, cols, w.width, w.part, w.window_sum)
        window_sum_f64(w.squares - half, cols, w.width, w.part, w.window_squares)
        lcn_finish_row(w.ring + r % w.depth * cols, w.window_sum, w.window_squares,
                       w.window_count, cols, units.floor, &out[i, r, 0])
        mask = mask_row(masks, i, r)
        if mask != NULL:
            lcn_clear_masked(mask, cols, &out[i, r, 0])
    free(w.memory)
    return 0


cdef Py_ssize_t _source(const Window *w, Py_ssize_t row) noexcept nogil:
    """Row of the image that window row `row` reads: mirrored at the border, or -1 for none."""
    if 0 <= row < w.rows:
        return row
    if not w.reflect:
        return -1
    return -row if row < 0 else 2 * (w.rows - 1) - row


cdef void _count(Window *w, Py_ssize_t row, int sign, const uint8_t[:, :, ::1] masks,
                 Py_ssize_t i) noexcept nogil:
    """Add or take away the valid pixels of a row."""
    cdef const uint8_t *mask = mask_row(masks, i, row)
    cdef Py_ssize_t c
    if mask != NULL:
        window_count_row(mask, w.cols, sign, w.count)
    else:
        for c in range(w.cols):
            w.count[c] += sign


cdef void _enter(Window *w, Py_ssize_t row, const uint8_t[:, :, ::1] masks,
                 Py_ssize_t i) noexcept nogil:
    row = _source(w, row)
    if row >= 0:
        window_add_row(w.ring + row % w.depth * w.cols, w.cols, w.sum, w.squares)
        _count(w, row, 1, masks, i)


cdef void _move(Window *w, Py_ssize_t enters, Py_ssize_t leaves, const uint8_t[:, :, ::1] masks,
                Py_ssize_t i) noexcept nogil:
    """One row into the sums of the columns, one out of them; outside the image reads zeros."""
    cdef double *nothing = w.part
    enters = _source(w, enters)
    leaves = _source(w, leaves)
    if enters < 0 or leaves < 0:
        memset(nothing, 0, w.cols * sizeof(double))
    window_move_row(
        w.ring + enters % w.depth * w.cols if enters >= 0 else nothing,
        w.ring + leaves % w.depth * w.cols if leaves >= 0 else nothing,
        w.cols, w.sum, w.squares)
    if enters >= 0 and (leaves < 0 or masks.shape[0] > 0):
        _count(w, enters, 1, masks, i)
    if leaves >= 0 and (enters < 0 or masks.shape[0] > 0):
        _count(w, leaves, -1, masks, i)
