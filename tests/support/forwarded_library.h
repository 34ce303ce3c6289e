/* The functions of forwarded_library.c. */
#include <complex.h>
#include <stdint.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED
#endif

struct pair {
    double a, b;
};
struct mixed {
    int64_t a;
    double b;
};
struct large {
    int64_t values[9];
};

EXPORTED int loads(void);
EXPORTED double many(int a, double b, int64_t c, float d, int e, double f, int g, double h, int i, double j, int k,
                     double l, int m, double n, int o, double p, int q, double r, int64_t s, float t, double u,
                     double v, double w);
EXPORTED float single(float a, float b);
EXPORTED struct pair make_pair(double a, double b);
EXPORTED struct mixed make_mixed(int64_t a, double b);
EXPORTED struct large make_large(struct large from, int step);
EXPORTED double complex turned(double complex z);
EXPORTED long double precise(long double a, int b);
EXPORTED double total(int count, ...);
EXPORTED int apply(int (*function)(void *, int), void *context, int count);
EXPORTED float dot(int64_t size, const float *x, int64_t step_x, const float *y, int64_t step_y);

#ifdef __AVX__
EXPORTED void wide(int count, __m256d a, __m256d b, __m256d c, double *sums);
#endif
#ifdef __AVX512F__
EXPORTED void widest(int count, __m512d a, __m512d b, double *sums);
#endif
