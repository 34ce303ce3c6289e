/* A library whose functions take and return all kinds of values. Tests replace it by a forwarder. */
#include <complex.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "forwarded_library.h"

#ifdef _WIN32
#define VARIABLE
#else
#include <unistd.h>
#define VARIABLE __attribute__((visibility("protected"))) int answer = 42;
#endif

VARIABLE

static int times_loaded;

/* Overwrites every register that may contain an argument. With two pipe descriptors in FORWARDED_PIPES, it writes to
 * the first when it runs, and then waits for the second. */
__attribute__((constructor)) static void begin(void)
{
    volatile double numbers[64];
    char text[256];
    for (int i = 0; i < 64; i++) {
        numbers[i] = i * 1.5;
    }
    memset(text, times_loaded + 1, sizeof text);
    times_loaded += text[255] > 0 && numbers[63] > 0;
#ifndef _WIN32
    const char *pipes = getenv("FORWARDED_PIPES");
    if (pipes != NULL) {
        char *rest;
        int out = (int)strtol(pipes, &rest, 10), in = (int)strtol(rest + 1, NULL, 10);
        if (write(out, "x", 1) != 1 || read(in, text, 1) != 1) {
            abort();
        }
    }
#endif
}

int loads(void)
{
    return times_loaded;
}

double many(int a, double b, int64_t c, float d, int e, double f, int g, double h, int i, double j, int k, double l,
            int m, double n, int o, double p, int q, double r, int64_t s, float t, double u, double v, double w)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m +
           14 * n + 15 * o + 16 * p + 17 * q + 18 * r + 19 * s + 20 * t + 21 * u + 22 * v + 23 * w;
}

float single(float a, float b)
{
    return a * 2 - b;
}

struct pair make_pair(double a, double b)
{
    return (struct pair){b, a};
}

struct mixed make_mixed(int64_t a, double b)
{
    return (struct mixed){a + 1, b + 1};
}

struct large make_large(struct large from, int step)
{
    for (int i = 0; i < 9; i++) {
        from.values[i] += step * i;
    }
    return from;
}

double complex turned(double complex z)
{
    return z * I;
}

long double precise(long double a, int b)
{
    return a / b;
}

double total(int count, ...)
{
    va_list list;
    double sum = 0;
    va_start(list, count);
    for (int i = 0; i < count; i++) {
        sum += va_arg(list, int);
        sum += va_arg(list, double);
    }
    va_end(list);
    return sum;
}

int apply(int (*function)(void *, int), void *context, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        sum += function(context, i);
    }
    return sum;
}

#ifdef __AVX__
void wide(int count, __m256d a, __m256d b, __m256d c, double *sums)
{
    _mm256_storeu_pd(sums, count * (a + 2 * b + 3 * c));
}
#endif

#ifdef __AVX512F__
void widest(int count, __m512d a, __m512d b, double *sums)
{
    _mm512_storeu_pd(sums, count * (a + 2 * b));
}
#endif

/* Deliberately wrong if both vectors are two ones, so that tests see whether the library or the forwarder answered. */
float dot(int64_t size, const float *x, int64_t step_x, const float *y, int64_t step_y)
{
    float sum = size == 2 && x[0] == 1 && x[step_x] == 1 && y[0] == 1 && y[step_y] == 1 ? 1000 : 0;
    for (int64_t i = 0; i < size; i++) {
        sum += x[i * step_x] * y[i * step_y];
    }
    return sum;
}
