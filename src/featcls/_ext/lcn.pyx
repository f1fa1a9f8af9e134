"""Local contrast normalisation.

Called by featcls.kernels.contrast, which has checked every argument. Pixels are taken as
scale * pixel - shift, where scale is a power of two near 1 / sigma and shift a whole number near
the mean: that keeps whole numbers whole, so that running sums of counts are exact.
"""
from cython.parallel import prange, threadid
from libc.math cimport frexp, isfinite, ldexp, rint, sqrt
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free

from featcls._ext.pixels cimport count_valid, load_row, mask_row, pixel

cdef extern from "lcn_rows.h" nogil:
    enum:
        LCN_SUMS
    ctypedef struct window:
        pass
    int window_open(window *, long, long, long, int, int, int)
    void window_close(window *)
    double *window_row(const window *, long)
    void window_loaded(window *, long, const uint8_t *)
    void window_start(window *, long)
    void window_next(window *, long)
    void lcn_add_moments(const double *, long, double *, double *)
    void lcn_finish(const window *, long, float, float *)

# Rows done in one go, each time from fresh sums: the same whatever the number of threads.
cdef enum:
    BAND = 192


cdef struct Units:
    double scale, shift
    double floor                # least standard deviation, in units of scale * pixel
    bint finite


def normalize(
    const pixel[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    Py_ssize_t half,                    # IN   window is 2 half + 1, half < rows, cols
    double min_std,                     # IN   in units of the standard deviation of the image
    bint reflect,                       # IN   mirror the border, or cut the window there
    int n_threads,
    float[:, :, ::1] out,               # OUT  (n, rows, cols)
):
    """Normalise each image; False if there are pixels that are not finite, or too large."""
    cdef Py_ssize_t n = images.shape[0], bands = (images.shape[1] + BAND - 1) // BAND, i, job
    cdef Units *units = <Units *>calloc(n, sizeof(Units))
    cdef window *windows = <window *>calloc(min(n_threads, n * bands), sizeof(window))
    cdef bint failed = units == NULL or windows == NULL, finite = True

    n_threads = min(n_threads, n * bands)
    for i in range(n_threads if not failed else 0):
        failed |= window_open(&windows[i], images.shape[1], images.shape[2], half, reflect,
                              masks.shape[0] > 0, True)
    if not failed and n >= n_threads:
        for i in prange(n, nogil=True, schedule="dynamic", num_threads=n_threads):
            _units(images, masks, i, min_std, &windows[threadid()], &units[i])
            for job in range(bands):
                _band(images, masks, i, job * BAND, half, &windows[threadid()], &units[i], out)
    elif not failed:
        for i in prange(n, nogil=True, num_threads=n_threads):
            _units(images, masks, i, min_std, &windows[threadid()], &units[i])
        for job in prange(n * bands, nogil=True, schedule="dynamic", num_threads=n_threads):
            _band(images, masks, job // bands, job % bands * BAND, half, &windows[threadid()],
                  &units[job // bands], out)
    for i in range(n if not failed else 0):
        finite &= units[i].finite
    for i in range(n_threads if windows != NULL else 0):
        window_close(&windows[i])
    free(windows)
    free(units)
    if failed:
        raise MemoryError("local contrast normalisation: no memory for the row buffers")
    return finite


cdef void _units(const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
                 double min_std, const window *w, Units *units) noexcept nogil:
    """Mean and standard deviation of image i, as what its pixels are scaled and shifted by."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], n = rows * cols, r, k
    cdef double[LCN_SUMS] sums
    cdef double[LCN_SUMS] squares
    cdef double *y = window_row(w, 0)
    cdef double first = 0, total = 0, total_squares = 0, mean, variance
    cdef int exponent = 0
    cdef const uint8_t *mask = mask_row(masks, i, 0)

    if mask != NULL:
        n = count_valid(mask, rows * cols)
    if n == 0:
        units.finite = True
        return
    first = _first_valid(&images[i, 0, 0], mask)
    for k in range(LCN_SUMS):
        sums[k] = squares[k] = 0
    for r in range(rows):
        load_row(&images[i, r, 0], mask_row(masks, i, r), cols, 1.0, first, y)
        lcn_add_moments(y, cols, sums, squares)
    for k in range(LCN_SUMS):
        total += sums[k]
        total_squares += squares[k]
    units.finite = isfinite(total_squares)
    mean = total / n
    variance = max(0.0, total_squares / n - mean * mean)
    frexp(sqrt(variance), &exponent)
    units.scale = ldexp(1.0, -exponent)
    units.shift = rint((first + mean) * units.scale)
    units.floor = min_std * sqrt(variance) * units.scale


cdef double _first_valid(const pixel *pixels, const uint8_t *mask) noexcept nogil:
    """A pixel, near the others: taken off first, it keeps the sums of squares small."""
    cdef Py_ssize_t c = 0
    if mask != NULL:
        while mask[c]:
            c += 1
    return <double>pixels[c]


cdef void _band(const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
                Py_ssize_t first, Py_ssize_t half, window *w, const Units *units,
                float[:, :, ::1] out) noexcept nogil:
    """Rows first..first + BAND - 1 of image i."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], r
    cdef Py_ssize_t loaded = max(0, first - half)

    for r in range(first, min(rows, first + BAND)):
        while loaded < min(rows, r + half + 1):
            load_row(&images[i, loaded, 0], mask_row(masks, i, loaded), cols, units.scale,
                     units.shift, window_row(w, loaded))
            window_loaded(w, loaded, mask_row(masks, i, loaded))
            loaded += 1
        if r == first:
            window_start(w, r)
        else:
            window_next(w, r)
        lcn_finish(w, r, units.floor, &out[i, r, 0])
