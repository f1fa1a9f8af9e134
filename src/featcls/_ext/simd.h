/* Whole row loops compiled for x86-64-v3 and -v4 beside the baseline and chosen at load time.
 *
 * SIMD_CLONES belongs on functions that work through a whole row or image: the call is indirect.
 * Clones need GCC's ifunc support of glibc; elsewhere the same C runs at the baseline. All
 * arithmetic is element by element and never contracted, so every clone gives the same bits.
 */
#ifndef FEATCLS_SIMD_H
#define FEATCLS_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(SIMD_CLONES)
/* given by the compiler's command line: the tests compile one instruction set at a time */
#define SIMD_V3
#define SIMD_V4
#elif defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define SIMD_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#define SIMD_CHOICE
#define SIMD_V3 __attribute__((target("arch=x86-64-v3")))
#define SIMD_V4 __attribute__((target("arch=x86-64-v4")))
#else
#define SIMD_CLONES
#define SIMD_V3
#define SIMD_V4
#endif

/* Bytes of the widest vectors that functions marked SIMD_V3 (32) or SIMD_V4 (64) may be called
 * with here, for loops written once for each width; 16 goes everywhere. */
static inline int simd_bytes(void)
{
#ifdef SIMD_CHOICE
    if (__builtin_cpu_supports("x86-64-v4"))
        return 64;
    if (__builtin_cpu_supports("x86-64-v3"))
        return 32;
#endif
    return 16;
}

#define SIMD_INLINE static inline __attribute__((always_inline))

#endif
