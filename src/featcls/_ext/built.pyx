"""How these extensions were built, for featcls doctor."""

cdef extern from "simd.h" nogil:
    int simd_bytes()

cdef extern from *:
    """
    #ifdef _OPENMP
    #define FEATCLS_OPENMP 1
    #else
    #define FEATCLS_OPENMP 0
    #endif
    """
    bint FEATCLS_OPENMP


def has_openmp():
    """Say whether the kernels can use several threads."""
    return FEATCLS_OPENMP


def vector_bytes():
    """Return the width of the vectors that row loops use on this machine: 16, 32 or 64."""
    return simd_bytes()
