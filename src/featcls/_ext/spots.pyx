"""Strong pixels of a diffraction image, and which of them touch.

Called by featcls.kernels.spots, which has checked every argument. One pass: sums of columns and
of windows row by row, a test that few pixels pass, the variance of the window for those alone,
and labels by joining with the neighbours seen before.
"""
from cython.parallel import prange
from libc.math cimport sqrt
from libc.stdint cimport int32_t, uint8_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memset

from featcls._ext.pixels cimport load_row, mask_row, pixel

cdef extern from "spots_rows.h" nogil:
    void window_count_row(const uint8_t *, long, int32_t, int32_t *)
    void window_pad_f64(double *, long, long, int)
    void window_pad_i32(int32_t *, long, long, int)
    void window_sum_f64(const double *, long, long, double *, double *)
    void window_sum_i32(const int32_t *, long, long, int32_t *, int32_t *)
    void spots_add_rows(const double **, long, long, double *)
    void spots_flag_row(const double *, const double *, const int32_t *, long, double, double,
                        uint8_t *)
    long spots_next(const uint8_t *, long, long)


cdef struct Strong:
    int32_t row, col, spot      # spot: index of an earlier pixel it hangs on, or its own
    double height               # above the mean of the window


cdef struct Found:
    Strong *pixels
    Py_ssize_t n, room


cdef struct Limits:
    double gain, threshold, sigma_background, sigma_strong
    Py_ssize_t half


cdef struct Rows:
    void *memory
    Py_ssize_t width, depth
    double *ring                # (depth, cols) pixels, 0 where masked
    double *sum                 # of columns, from -half to cols + half
    double *part
    double *window_sum
    const double **inside       # (depth,) rows of the ring that are in the window
    int32_t *count              # valid pixels, likewise
    int32_t *part_count
    int32_t *window_count
    int32_t *above              # (cols + 2) 1 + index of the strong pixel there, 0 for none
    int32_t *here
    uint8_t *flag


def strong_pixels(
    const pixel[:, :, ::1] images,      # IN   (n, rows, cols)
    const uint8_t[:, :, ::1] masks,     # IN   nonzero = ignore; (n, rows, cols), (1, ...) or (0, ...)
    double gain,
    double threshold,
    double sigma_background,
    double sigma_strong,
    Py_ssize_t half,                    # IN   window is 2 half + 1
    int n_threads,
):
    """Strong pixels of each image as the bytes of its `Strong` records, spots by first pixel."""
    cdef Py_ssize_t n = images.shape[0], i
    cdef Limits limits = Limits(gain, threshold, sigma_background, sigma_strong, half)
    cdef Found *found = <Found *>calloc(n, sizeof(Found))
    cdef int failed = 0

    if found == NULL:
        raise MemoryError(NO_MEMORY)
    for i in prange(n, nogil=True, schedule="dynamic", num_threads=n_threads):
        failed += _find(images, masks, i, &limits, &found[i])
    records = []
    for i in range(n):
        if not failed:
            records.append((<char *>found[i].pixels)[:found[i].n * sizeof(Strong)])
        free(found[i].pixels)
    free(found)
    if failed:
        raise MemoryError(NO_MEMORY)
    return records


NO_MEMORY = "spots: no memory for the row buffers"


cdef int _find(const pixel[:, :, ::1] images, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
               const Limits *limits, Found *found) noexcept nogil:
    """Strong pixels of image i, in the order of the image; 1 if out of memory."""
    cdef Py_ssize_t rows = images.shape[1], cols = images.shape[2], half = limits.half
    cdef Py_ssize_t r, c, first, last, loaded = 0
    cdef const uint8_t *mask
    cdef const double *x
    cdef int32_t *spare
    cdef Rows w
    cdef int failed = _allocate(&w, cols, half)

    for r in range(rows if not failed else 0):
        first, last = max(0, r - half), min(rows, r + half + 1)
        while loaded < last:
            load_row(&images[i, loaded, 0], mask_row(masks, i, loaded), cols, 1.0, 0.0,
                     w.ring + loaded % w.depth * cols)
            loaded += 1
        _sum_windows(&w, masks, i, r, first, last, cols, half)
        x = w.ring + r % w.depth * cols
        spots_flag_row(x, w.window_sum, w.window_count, cols,
                       limits.sigma_strong * limits.sigma_strong * limits.gain,
                       limits.threshold, w.flag)
        mask = mask_row(masks, i, r)
        spare = w.above
        w.above = w.here
        w.here = spare
        memset(w.here, 0, (cols + 2) * sizeof(int32_t))
        c = spots_next(w.flag, 0, cols)
        while c < cols:
            if ((mask == NULL or not mask[c])
                    and _is_dispersed(&w, masks, i, r, c, first, last, cols, limits)):
                failed |= _add(&w, found, r, c, x[c] - w.window_sum[c] / w.window_count[c])
            c = spots_next(w.flag, c + 1, cols)
    for c in range(found.n):
        found.pixels[c].spot = <int32_t>_root(found, c)
    free(w.memory)
    return failed


cdef int _allocate(Rows *w, Py_ssize_t cols, Py_ssize_t half) noexcept nogil:
    cdef Py_ssize_t padded = cols + 2 * half + 1
    w.width = w.depth = 2 * half + 1
    w.memory = calloc(
        (w.depth * cols + 2 * padded + cols) * sizeof(double) + w.depth * sizeof(double *)
        + (2 * padded + 3 * cols + 4) * sizeof(int32_t) + cols, 1)
    if w.memory == NULL:
        return 1
    w.ring = <double *>w.memory
    w.sum = w.ring + w.depth * cols + half
    w.part = w.sum + padded - half
    w.window_sum = w.part + padded
    w.inside = <const double **>(w.window_sum + cols)
    w.count = <int32_t *>(w.inside + w.depth) + half
    w.part_count = w.count + padded - half
    w.window_count = w.part_count + padded
    w.above = w.window_count + cols
    w.here = w.above + cols + 2
    w.flag = <uint8_t *>(w.here + cols + 2)
    return 0


cdef void _sum_windows(Rows *w, const uint8_t[:, :, ::1] masks, Py_ssize_t i, Py_ssize_t r,
                       Py_ssize_t first, Py_ssize_t last, Py_ssize_t cols,
                       Py_ssize_t half) noexcept nogil:
    """Sum and number of the valid pixels in each window of row r, of rows first..last-1."""
    cdef Py_ssize_t k
    for k in range(first, last):
        w.inside[k - first] = w.ring + k % w.depth * cols
    spots_add_rows(w.inside, last - first, cols, w.sum)
    window_pad_f64(w.sum, cols, half, 0)
    window_sum_f64(w.sum - half, cols, w.width, w.part, w.window_sum)
    if masks.shape[0] == 0 and first > 0 and last - first == w.width:
        return                  # the number is that of the row before
    if r == 0:
        for k in range(first, last):
            _count(w, masks, i, k, 1, cols)
    else:
        if r + half < last:
            _count(w, masks, i, r + half, 1, cols)
        if r - half > 0:
            _count(w, masks, i, first - 1, -1, cols)
    window_pad_i32(w.count, cols, half, 0)
    window_sum_i32(w.count - half, cols, w.width, w.part_count, w.window_count)


cdef void _count(Rows *w, const uint8_t[:, :, ::1] masks, Py_ssize_t i, Py_ssize_t row, int sign,
                 Py_ssize_t cols) noexcept nogil:
    """Add a row's valid pixels to those of the columns, or take them away."""
    cdef Py_ssize_t c
    if masks.shape[0] > 0:
        window_count_row(mask_row(masks, i, row), cols, sign, w.count)
    else:
        for c in range(cols):
            w.count[c] += sign


cdef bint _is_dispersed(const Rows *w, const uint8_t[:, :, ::1] masks, Py_ssize_t i,
                        Py_ssize_t r, Py_ssize_t c, Py_ssize_t first, Py_ssize_t last,
                        Py_ssize_t cols, const Limits *limits) noexcept nogil:
    """Is the variance in the window above what counting gives?"""
    cdef double N = w.window_count[c], mean = w.window_sum[c] / N, squares = 0, d
    cdef Py_ssize_t y, x
    cdef const uint8_t *mask
    if N < 2:
        return False
    for y in range(first, last):
        mask = mask_row(masks, i, y)
        for x in range(max(0, c - limits.half), min(cols, c + limits.half + 1)):
            if mask == NULL or not mask[x]:
                d = w.ring[y % w.depth * cols + x] - mean
                squares += d * d
    return squares / (N - 1) > limits.gain * max(mean, 0.0) * (
        1 + limits.sigma_background * sqrt(2 / (N - 1)))


cdef Py_ssize_t _root(Found *found, Py_ssize_t k) noexcept nogil:
    """First pixel of the spot of pixel k."""
    while found.pixels[k].spot != k:
        found.pixels[k].spot = found.pixels[found.pixels[k].spot].spot
        k = found.pixels[k].spot
    return k


cdef int _add(Rows *w, Found *found, Py_ssize_t r, Py_ssize_t c, double height) noexcept nogil:
    """Keep a strong pixel and join the spots it touches; 1 if out of memory."""
    cdef Py_ssize_t room = max(1024, 2 * found.room), k = found.n, other
    cdef Strong *pixels
    cdef int32_t[4] near
    if found.n == found.room:
        pixels = <Strong *>realloc(found.pixels, room * sizeof(Strong))
        if pixels == NULL:
            return 1
        found.pixels = pixels
        found.room = room
    found.pixels[k] = Strong(<int32_t>r, <int32_t>c, <int32_t>k, height)
    found.n += 1
    w.here[c + 1] = <int32_t>(k + 1)
    near[:] = [w.above[c], w.above[c + 1], w.above[c + 2], w.here[c]]
    for other in near:
        if other:
            _join(found, k, other - 1)
    return 0


cdef void _join(Found *found, Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    a, b = _root(found, a), _root(found, b)
    found.pixels[max(a, b)].spot = <int32_t>min(a, b)
