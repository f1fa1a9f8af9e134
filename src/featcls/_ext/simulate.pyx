"""Diffraction frames: Bragg spots, photon noise and read-out noise.

Called by featcls.simulate, which has checked every argument. One call works on one frame and
releases the GIL: threads are spread over shots.
"""
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "simulate_spots.h" nogil:
    ctypedef struct spots_job:
        const double *basis
        double wavelength, mosaic, radius, q_max, scale
        const float *table
        int octant
        long nh, nk, nl
        double zoom, row, col
        float *image
        long rows, cols
        double *found
        long capacity, n_found
    void spots_all(spots_job *)
    double spots_cut_area(double, double, double)

cdef extern from "simulate_noise.h" nogil:
    void noise_poisson(float *, long, uint32_t, uint32_t)
    void noise_read_out(
        float *, const float *, long, float, float, float, float, uint32_t, uint32_t)


def add_spots(
    const double[:, ::1] basis,         # IN   (3, 3) rows a*, b*, c* (1/angstrom), beam along z
    double wavelength,                  # IN   angstrom
    double mosaic,                      # IN   largest rotation, radians
    double radius,                      # IN   of a reflection, 1/angstrom
    double q_max,                       # IN   1/angstrom
    double scale,                       # IN   photons where |F|^2 x area x polarisation is 1
    const float[:, :, ::1] table,       # IN   |F|^2
    bint octant,                        # IN   table by |h|, |k|, |l|; else by h >= 0, k, l
    double zoom,                        # IN   distance / pixel
    double row, double col,             # IN   beam centre
    float[:, ::1] image,                # INOUT photons are added
    double[:, ::1] found,               # OUT  (capacity, 5) row, col, photons, |q|, half-length
):
    """Number of reflections that meet the detector; those beyond `capacity` are not listed."""
    cdef spots_job job

    job.basis = &basis[0, 0]
    job.wavelength, job.mosaic, job.radius, job.q_max = wavelength, mosaic, radius, q_max
    job.scale = scale
    job.table = &table[0, 0, 0]
    job.octant = octant
    job.nh = table.shape[0] - 1
    job.nk = table.shape[1] - 1 if octant else table.shape[1] // 2
    job.nl = table.shape[2] - 1 if octant else table.shape[2] // 2
    job.zoom, job.row, job.col = zoom, row, col
    job.image = &image[0, 0]
    job.rows, job.cols = image.shape[0], image.shape[1]
    job.capacity = found.shape[0]
    job.found = &found[0, 0] if job.capacity else NULL
    with nogil:
        spots_all(&job)
    return job.n_found


def cut_area(double excess, double width, double radius):
    """Mean area in which the Ewald sphere cuts one reflection, 1/angstrom^2."""
    return spots_cut_area(excess, width, radius)


def poisson(
    float[:, ::1] light,                # INOUT mean photons, below 2^31, become counts
    uint64_t key,
):
    cdef long n = light.shape[0] * light.shape[1]

    with nogil:
        noise_poisson(&light[0, 0], n, <uint32_t>key, <uint32_t>(key >> 32))


def read_out(
    float[:, ::1] light,                # INOUT photons become counts, not yet whole numbers
    const float[:, ::1] gain,           # IN   (rows, cols)
    float noise, float offset, float bottom, float top,
    uint64_t key,
):
    cdef long n = light.shape[0] * light.shape[1]

    with nogil:
        noise_read_out(&light[0, 0], &gain[0, 0], n, noise, offset, bottom, top,
                       <uint32_t>key, <uint32_t>(key >> 32))
