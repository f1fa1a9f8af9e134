"""Spots of a diffraction image: strong pixels, and those that touch taken together.

Called by featcls.kernels.spots, which has checked every argument. One pass: sums of windows row
by row, a test that few pixels pass, the variance of the window for those alone, and spots by
joining with the neighbours seen before.
"""
from cython.parallel import prange, threadid
from libc.math cimport hypot, isfinite, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport calloc, free, realloc

from featcls._ext.pixels cimport load_row, mask_row, pixel

cdef extern from "spots_rows.h" nogil:
    ctypedef struct window:
        long stride
        double *totals
        int32_t *count
    int window_open(window *, long, long, long, int, int, int)
    void window_close(window *)
    double *window_row(const window *, long)
    void window_loaded(window *, long, const uint8_t *)
    void window_start(window *, long)
    void window_next(window *, long)
    void spots_flag(const window *, long, double, double, uint8_t *)
    long spots_next(const uint8_t *, long, long)
    double spots_sum(const window *, long)
    double spots_squares(const window *, long, long, double, double)

# Rows until sums start afresh: sums of numbers that are not whole gather rounding.
cdef enum:
    BAND = 256


cdef struct Strong:
    int32_t row, col
    Py_ssize_t spot             # index of an earlier pixel it hangs on, or its own; then the spot
    double height               # above the mean of the window


cdef struct Spot:
    double row, col             # centre, weighted by height
    double intensity, peak      # sum and largest of the heights
    double radius, elongation
    double rows, cols, both     # sums of squares and products of distances from the centre
    int64_t area                # pixels


cdef struct Found:
    Strong *pixels
    Py_ssize_t n, room
    Py_ssize_t above, here      # first pixels of the row before that may touch the next, of this row
    Spot *spots
    Py_ssize_t n_spots
    bint failed, finite


cdef struct Limits:
    double gain, threshold, sigma_background, sigma_strong
    Py_ssize_t half, smallest, largest


def find(
    const pixel[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    double gain,
    double threshold,
    double sigma_background,
    double sigma_strong,
    Py_ssize_t half,                    # IN   window is 2 half + 1
    Py_ssize_t smallest,                # IN   pixels of a spot
    Py_ssize_t largest,
    int n_threads,
):
    """Spots of each image, by first pixel, as the bytes of its `Spot` records; and if all pixels
    and their sums are finite."""
    cdef Py_ssize_t n = images.shape[0], cols = images.shape[2], i
    cdef Limits limits = Limits(gain, threshold, sigma_background, sigma_strong, half, smallest,
                                largest)
    cdef Found *found = <Found *>calloc(n, sizeof(Found))
    cdef window *windows = <window *>calloc(min(n_threads, n), sizeof(window))
    cdef uint8_t *flags = <uint8_t *>calloc(min(n_threads, n), cols)
    cdef bint failed = found == NULL or windows == NULL or flags == NULL, finite = True

    n_threads = min(n_threads, n)
    for i in range(n_threads if not failed else 0):
        failed |= window_open(&windows[i], images.shape[1], cols, half, False,
                              masks.shape[0] > 0, False)
    for i in prange(n if not failed else 0, nogil=True, schedule="dynamic", num_threads=n_threads):
        _find(images, masks, i, &limits, &windows[threadid()], flags + threadid() * cols,
              &found[i])
        _measure(&found[i], smallest, largest)
    records = []
    for i in range(n if found != NULL else 0):
        failed |= found[i].failed
        finite &= found[i].finite
        if not failed:
            records.append((<char *>found[i].spots)[:found[i].n_spots * sizeof(Spot)])
        free(found[i].pixels)
        free(found[i].spots)
    for i in range(n_threads if windows != NULL else 0):
        window_close(&windows[i])
    free(found)
    free(windows)
    free(flags)
    if failed:
        raise MemoryError("spots: no memory for the row buffers")
    return records, finite


cdef void _find(const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
                const Limits *limits, window *w, uint8_t *flag, Found *found) noexcept nogil:
    """Strong pixels of image i, in the order of the image, joined to spots."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], r, c, loaded = 0
    cdef double scale = limits.sigma_strong * limits.sigma_strong * limits.gain
    cdef const uint8_t *mask

    found.finite = True
    for r in range(rows):
        while loaded < min(rows, r + limits.half + 1):
            mask = mask_row(masks, i, loaded)
            load_row(&images[i, loaded, 0], mask, cols, 1.0, 0.0, window_row(w, loaded))
            window_loaded(w, loaded, mask)
            loaded += 1
        if r % BAND == 0:
            window_start(w, r)
        else:
            window_next(w, r)
        found.finite &= isfinite(w.totals[w.stride - 1])
        found.above = found.here
        found.here = found.n
        spots_flag(w, r, scale, limits.threshold, flag)
        c = spots_next(flag, 0, cols)
        while c < cols:
            if _is_dispersed(w, r, c, limits):
                _add(found, r, c, window_row(w, r)[c] - spots_sum(w, c) / w.count[c])
            c = spots_next(flag, c + 1, cols)


cdef bint _is_dispersed(const window *w, Py_ssize_t r, Py_ssize_t c,
                        const Limits *limits) noexcept nogil:
    """Is the variance in the window of a valid pixel above what counting gives?"""
    cdef double N = w.count[c], mean
    if N == 0:
        return False
    mean = spots_sum(w, c) / N
    return spots_squares(w, r, c, N, mean) / (N - 1) > limits.gain * max(mean, 0.0) * (
        1 + limits.sigma_background * sqrt(2 / (N - 1)))


cdef void _add(Found *found, Py_ssize_t r, Py_ssize_t c, double height) noexcept nogil:
    """Keep a strong pixel and join the spots it touches."""
    cdef Py_ssize_t room = max(1024, 2 * found.room), n = found.n, k
    cdef Strong *pixels
    if n == found.room:
        pixels = <Strong *>realloc(found.pixels, room * sizeof(Strong))
        if pixels == NULL:
            found.failed = True
            return
        found.pixels = pixels
        found.room = room
    found.pixels[n] = Strong(<int32_t>r, <int32_t>c, n, height)
    found.n += 1
    while found.above < found.here and found.pixels[found.above].col < c - 1:
        found.above += 1
    k = found.above
    while k < found.here and found.pixels[k].col <= c + 1:
        _join(found.pixels, n, k)
        k += 1
    if n > found.here and found.pixels[n - 1].col == c - 1:
        _join(found.pixels, n, n - 1)


cdef Py_ssize_t _root(Strong *pixels, Py_ssize_t k) noexcept nogil:
    """First pixel of the spot of pixel k."""
    while pixels[k].spot != k:
        pixels[k].spot = pixels[pixels[k].spot].spot
        k = pixels[k].spot
    return k


cdef void _join(Strong *pixels, Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    a, b = _root(pixels, a), _root(pixels, b)
    pixels[max(a, b)].spot = min(a, b)


cdef void _measure(Found *found, Py_ssize_t smallest, Py_ssize_t largest) noexcept nogil:
    """Spots of a fit size from the strong pixels, in the order of their first ones."""
    cdef Strong *pixels = found.pixels
    cdef Py_ssize_t k
    cdef double h, dr, dc
    cdef Spot *s

    found.spots = <Spot *>calloc(found.n + 1, sizeof(Spot))
    if found.spots == NULL:
        found.failed = True
        return
    for k in range(found.n):            # each at the place of its first pixel
        pixels[k].spot = _root(pixels, k)
        s, h = &found.spots[pixels[k].spot], pixels[k].height
        s.area += 1
        s.intensity += h
        s.row += h * pixels[k].row
        s.col += h * pixels[k].col
        s.peak = max(s.peak, h)
    for k in range(found.n):
        s = &found.spots[k]
        if s.area > 0:
            s.row /= s.intensity
            s.col /= s.intensity
    for k in range(found.n):
        s, h = &found.spots[pixels[k].spot], pixels[k].height
        dr, dc = pixels[k].row - s.row, pixels[k].col - s.col
        s.rows += h * (dr * dr)
        s.both += h * (dr * dc)
        s.cols += h * (dc * dc)
    for k in range(found.n):
        if smallest <= found.spots[k].area <= largest:
            found.spots[found.n_spots] = found.spots[k]
            _shape(&found.spots[found.n_spots])
            found.n_spots += 1


cdef void _shape(Spot *s) noexcept nogil:
    """Radius and elongation from the sums of squares."""
    cdef double rows = s.rows / s.intensity, cols = s.cols / s.intensity
    cdef double half = (rows + cols) / 2, split = hypot((rows - cols) / 2, s.both / s.intensity)
    s.radius = sqrt(rows + cols)
    if half + split > 0:
        s.elongation = 1 - max(half - split, 0.0) / (half + split)
