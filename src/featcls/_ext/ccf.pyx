"""Correlation of all pairs of rings of an image.

Called by featcls.kernels.correlation, which has checked every argument. Rings lie side by side in
blocks of 16, filled up with zeros: (blocks, angles, 16).
"""
from cython.parallel import prange, threadid
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

cdef extern from "simd.h" nogil:
    int simd_bytes()

cdef extern from "polar_rows.h" nogil:
    void polar_sample_points(
        const float *, long, const int32_t *, const float *, long, int, float *)
    void polar_sample_bins(
        const float *, const int32_t *, const float *, const int64_t *, long, float *)

cdef extern from "ccf_rows.h" nogil:
    ctypedef struct ccf_stages:
        long n, count
        const int64_t *radix
        const float *table
        const int64_t *place

    ctypedef struct ccf_spare:
        float *z
        float *weight_z
        float *spare
        float *pair
        float *weight_pair
        float *spectra
        float *weight_spectra
        float *tile

    long ccf_tiles(long)
    void ccf_inverse(const ccf_stages *, const float *, long, float, int, const ccf_spare *,
                     float *)
    void ccf_largest(const ccf_stages *, const float *, const float *, const float *, long, float,
                     int, const ccf_spare *, float *)
    void ccf_products(const float *, long, long, int, float *)
    void ccf_centre(float *, const float *, long, int, float *, float *)
    void ccf_component(const float *, const float *, long, const float *, float *)
    void ccf_scale_row(float *, const float *, float, long)
    void ccf_outer_row(float *, const float *, const float *, long, long, long)

cdef enum:
    LANES = 16
cdef enum:  # parts of a map of `parts`
    FULL = 1
    ORDER = 2


def ring_products(
    const float[:, :, :, ::1] rings,    # IN   (n, blocks, angles, 16)
    int n_threads,
    float[:, :, ::1] out,               # OUT  (n, n_rings, n_rings), symmetric
):
    """Sum over the angle of the products of all pairs of rings."""
    cdef Py_ssize_t i
    for i in prange(rings.shape[0], nogil=True, schedule="dynamic", num_threads=n_threads):
        ccf_products(&rings[i, 0, 0, 0], out.shape[1], rings.shape[2], simd_bytes(), &out[i, 0, 0])


def correlate(
    const float[:, :, ::1] images,      # IN   (n, rows, cols), or rings (n, blocks * angles, 16)
    const int32_t[::1] pixels,          # IN   of each point, or of all bins; () where given rings
    const int64_t[::1] start,           # IN   where the pixels of each bin start; () for points
    const float[:, ::1] shares,         # IN   (k, ...) k = 1, or n, each image with its own
    bint masked,                        # IN   what has no share may be anything
    const float[:, :, :, ::1] weights,  # IN   (k, blocks, angles, 16), k = 0 for all alike
    const float[:, :, ::1] scales,      # IN   (k, n_rings, n_rings) 1 / common weight
    const float[:, ::1] waves,          # IN   (2, angles) cosine, sine of the order
    bint subtract,                      # IN   take the mean of each ring off
    int parts,                          # IN   1 correlation at 0, 2 the order, 3 order above it
    int n_threads,
    float[:, :, :, ::1] rings,          # WORK (n_threads, blocks, angles, 16)
    float[:, :, ::1] lanes,             # OUT  (n, 4, blocks * 16) mean, weight, re, im of rings
    float[:, :, ::1] out,               # OUT  (n, n_rings, n_rings)
):
    """Maps of the correlation of all pairs of rings."""
    cdef Py_ssize_t i, k
    for i in prange(images.shape[0], nogil=True, schedule="dynamic", num_threads=n_threads):
        k = i if shares.shape[0] > 1 else 0
        _centred_rings(images[i], pixels, start, shares[k], masked, weights, k, subtract,
                       rings[threadid()], lanes[i])
        _map(rings[threadid()], scales, k, waves, parts, lanes[i], out[i])


cdef void _centred_rings(
    const float[:, ::1] image, const int32_t[::1] pixels, const int64_t[::1] start,
    const float[::1] shares, bint masked, const float[:, :, :, ::1] weights, Py_ssize_t k,
    bint subtract, float[:, :, ::1] rings, float[:, ::1] lanes,
) noexcept nogil:
    """Samples of an image, block by block, less their means and weighted."""
    cdef Py_ssize_t blocks = rings.shape[0], n = rings.shape[1], b, at
    for b in range(blocks):
        at = b * n * LANES
        if pixels.shape[0] == 0:
            memcpy(&rings[b, 0, 0], &image[b * n, 0], n * LANES * sizeof(float))
        elif start.shape[0] == 0:
            polar_sample_points(&image[0, 0], image.shape[1], &pixels[at], &shares[4 * at],
                                n * LANES, masked, &rings[b, 0, 0])
        else:
            polar_sample_bins(&image[0, 0], &pixels[0], &shares[0], &start[at], n * LANES,
                              &rings[b, 0, 0])
        ccf_centre(&rings[b, 0, 0], &weights[k, b, 0, 0] if weights.shape[0] > 0 else NULL, n,
                   subtract, &lanes[0, b * LANES], &lanes[1, b * LANES])


cdef void _map(
    const float[:, :, ::1] rings, const float[:, :, ::1] scales, Py_ssize_t k,
    const float[:, ::1] waves, int parts, float[:, ::1] lanes, float[:, ::1] out,
) noexcept nogil:
    cdef Py_ssize_t n_rings = out.shape[0], n = rings.shape[1], i, b
    if parts & FULL:
        ccf_products(&rings[0, 0, 0], n_rings, n, simd_bytes(), &out[0, 0])
        for i in range(n_rings):
            ccf_scale_row(&out[i, 0], &scales[k, i, 0] if scales.shape[0] > 0 else NULL,
                          <float>(1.0 / n), n_rings)
    if parts & ORDER:
        for b in range(rings.shape[0]):
            for i in range(2):
                ccf_component(&rings[b, 0, 0], &waves[i, 0], n, &lanes[1, b * LANES],
                              &lanes[2 + i, b * LANES])
        for i in range(n_rings):
            ccf_outer_row(&out[i, 0], &lanes[2, 0], &lanes[3, 0], i,
                          i + 1 if parts & FULL else 0, n_rings)


def inverse_size(Py_ssize_t n_rings, Py_ssize_t n_angles):
    """Numbers that `inverse_weights` gives."""
    return ccf_tiles(n_rings + 1) * n_angles * LANES


def inverse_weights(
    const float[:, :, ::1] weights,     # IN   (blocks, angles, 16)
    Py_ssize_t n_rings,
    const int64_t[::1] radix,           # IN   as in largest
    const float[::1] table,
    const int64_t[::1] place,
    float least,
    float[:, ::1] spectra,              # WORK as in largest, of one thread
    float[:, ::1] spare,
    float[::1] out,                     # OUT  (inverse_size,)
):
    """One over the common weight of all pairs of rings, at all turns; NaN up to `least`."""
    cdef ccf_stages stages = _stages(radix, table, place)
    cdef ccf_spare work = _work(spectra, spare)
    with nogil:
        ccf_inverse(&stages, &weights[0, 0, 0], n_rings, least, simd_bytes(), &work, &out[0])


def largest(
    const float[:, :, ::1] images,      # IN   as in correlate, to shares
    const int32_t[::1] pixels,
    const int64_t[::1] start,
    const float[:, ::1] shares,
    bint masked,
    const float[:, :, :, ::1] weights,
    const float[::1] inverse,           # IN   inverse_weights of weights (1, ...), or ()
    const int64_t[::1] radix,           # IN   factors of angles, a stage of the transform each
    const float[::1] table,             # IN   of each stage: roots of 1, then turns of its entries
    const int64_t[::1] place,           # IN   (angles,) where each frequency comes to lie
    bint subtract,
    float least,                        # IN   common weight above which a turn counts
    int n_threads,
    float[:, :, :, ::1] rings,          # WORK (n_threads, blocks, angles, 16)
    float[:, :, ::1] spectra,           # WORK (n_threads, 2, blocks * 16 * 2 * (angles / 2 + 1))
    float[:, :, ::1] spare,             # WORK (n_threads, 6, angles * 16)
    float[:, :, ::1] lanes,             # OUT  (n, 2, blocks * 16) mean and weight of rings
    float[:, :, ::1] out,               # OUT  (n, n_rings, n_rings)
):
    """Largest correlation of all pairs of rings when one is turned against the other."""
    cdef Py_ssize_t i, k
    cdef int t
    cdef ccf_stages stages = _stages(radix, table, place)
    cdef const float *tiles = NULL
    if inverse.shape[0] > 0:
        tiles = &inverse[0]
    for i in prange(images.shape[0], nogil=True, schedule="dynamic", num_threads=n_threads):
        k = i if shares.shape[0] > 1 else 0
        t = threadid()
        _centred_rings(images[i], pixels, start, shares[k], masked, weights, k, subtract,
                       rings[t], lanes[i])
        _largest(&stages, rings[t], &weights[k, 0, 0, 0] if weights.shape[0] > 0 else NULL,
                 tiles, least, spectra[t], spare[t], out[i])


cdef void _largest(
    const ccf_stages *stages, const float[:, :, ::1] rings, const float *weights,
    const float *tiles, float least, float[:, ::1] spectra, float[:, ::1] spare,
    float[:, ::1] out,
) noexcept nogil:
    cdef ccf_spare work = _work(spectra, spare)
    ccf_largest(stages, &rings[0, 0, 0], weights, tiles, out.shape[0], least, simd_bytes(), &work,
                &out[0, 0])


cdef ccf_stages _stages(
    const int64_t[::1] radix, const float[::1] table, const int64_t[::1] place,
) noexcept nogil:
    cdef ccf_stages stages
    stages.n, stages.count = place.shape[0], radix.shape[0]
    stages.radix, stages.table, stages.place = &radix[0], &table[0], &place[0]
    return stages


cdef ccf_spare _work(float[:, ::1] spectra, float[:, ::1] spare) noexcept nogil:
    cdef ccf_spare work
    work.z, work.weight_z, work.spare = &spare[0, 0], &spare[1, 0], &spare[2, 0]
    work.pair, work.weight_pair, work.tile = &spare[3, 0], &spare[4, 0], &spare[5, 0]
    work.spectra, work.weight_spectra = &spectra[0, 0], &spectra[1, 0]
    return work
