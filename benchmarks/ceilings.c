/* How fast this machine does what the kernels are made of; see ratios.py. */
#include <stdint.h>
#include <string.h>

/* One increment for each ready key, in four tables in turn: the counting of co-occurrences. */
void count_keys(const uint16_t *keys, long n, uint16_t *tables, long table_size)
{
    uint16_t *t0 = tables, *t1 = t0 + table_size, *t2 = t1 + table_size, *t3 = t2 + table_size;
    for (long k = 0; k + 4 <= n; k += 4) {
        uint64_t four;
        memcpy(&four, keys + k, sizeof four);
        t0[four & 0xffff]++;
        t1[four >> 16 & 0xffff]++;
        t2[four >> 32 & 0xffff]++;
        t3[four >> 48]++;
    }
}

/* n multiplications and n additions of float64 that wait for no memory, in 128 sums. */
#define SUMS 128
void multiply_and_add(long n, double factor, double *out)
{
    double sums[SUMS];
    for (int s = 0; s < SUMS; s++)
        sums[s] = s;
    for (long k = 0; k < n; k += SUMS)
        for (int s = 0; s < SUMS; s++)
            sums[s] = sums[s] * factor + 1.0;
    memcpy(out, sums, sizeof sums);
}
