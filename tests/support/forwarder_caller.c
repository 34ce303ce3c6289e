/* Calls the functions of forwarded_library.c and prints the results: `caller MODE`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forwarded_library.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#ifdef OLD_GLIBC
const char *gnu_get_libc_version(void)
{
    return "2.31";
}
#endif

static int weighted(void *context, int index)
{
    return *(int *)context * index;
}

static void show_vectors(void)
{
#ifdef __AVX__
    double wide_sums[4];
    wide(3, _mm256_set_pd(1, 2, 3, 4), _mm256_set_pd(5, 6, 7, 8), _mm256_set1_pd(0.5), wide_sums);
    printf("wide %g %g %g %g\n", wide_sums[0], wide_sums[1], wide_sums[2], wide_sums[3]);
#endif
#ifdef __AVX512F__
    double sums[8];
    widest(3, _mm512_set_pd(1, 2, 3, 4, 5, 6, 7, 8), _mm512_set1_pd(0.25), sums);
    printf("widest %g %g %g %g\n", sums[0], sums[3], sums[4], sums[7]);
#endif
}

static double call_many(void)
{
    return many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
}

/* Vectors first: saving the registers must not depend on an earlier call. */
static void show_all(void)
{
    int context = 7;
    show_vectors();
    printf("many %g\n", call_many());
    printf("single %g\n", single(1.5f, 0.25f));
    struct pair pair = make_pair(1, 2);
    printf("pair %g %g\n", pair.a, pair.b);
    struct mixed mixed = make_mixed(1, 2);
    printf("mixed %lld %g\n", (long long)mixed.a, mixed.b);
    struct large large = make_large((struct large){{1, 2, 3, 4, 5, 6, 7, 8, 9}}, 10);
    printf("large %lld %lld\n", (long long)large.values[0], (long long)large.values[8]);
    double complex z = turned(1 + 2 * I);
    printf("turned %g %g\n", creal(z), cimag(z));
    printf("precise %g\n", (double)precise(7, 2));
    printf("total %g\n", total(4, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5));
    printf("apply %d\n", apply(weighted, &context, 5));
    printf("loads %d\n", loads());
}

static void show_dots(void)
{
    const float ones[] = {1, 1, 1}, others[] = {1, 2, 3};
    printf("%g %g\n", dot(2, ones, 1, ones, 1), dot(2, ones, 1, ones, 1));
    printf("%g %g %g\n", dot(2, ones, 2, ones, 1), dot(2, ones, 1, others, 1), dot(3, ones, 1, ones, 1));
    printf("%g\n", dot(2, ones, 1, ones, 1));
}

enum { THREADS = 16 };

static int arrived;

/* Waits for the other threads, so that all of them make the first call at once. */
static long call_at_once(long number)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < THREADS) {
    }
    long wrong = number % 2 ? call_many() != 4324 : total(2, 1, 1.5, 2, 2.5) != 7;
    return wrong + (single(1, 0) != 2);
}

#ifdef _WIN32

static DWORD WINAPI run_thread(void *number)
{
    return (DWORD)call_at_once((long)(intptr_t)number);
}

static long call_in_threads(void)
{
    HANDLE threads[THREADS];
    long wrong = 0;
    for (intptr_t i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, run_thread, (void *)i, 0, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        DWORD result;
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &result);
        wrong += (long)result;
    }
    return wrong;
}

#else

static void *run_thread(void *number)
{
    return (void *)call_at_once((long)number);
}

static long call_in_threads(void)
{
    pthread_t threads[THREADS];
    long wrong = 0;
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, run_thread, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        wrong += (long)result;
    }
    return wrong;
}

static void show_fork(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        printf("child %g loads %d\n", call_many(), loads());
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("code %d\n", WEXITSTATUS(status));
    printf("parent %g loads %d\n", call_many(), loads());
}

static int go[2];

static void *load(void *unused)
{
    (void)unused;
    call_many();
    return NULL;
}

static void *let_go(void *unused)
{
    (void)unused;
    usleep(100000); /* by then fork() has probably begun; the output is the same if it has not */
    (void)!write(go[1], "x", 1);
    return NULL;
}

/* Another thread loads the library while the process forks. */
static void show_fork_meanwhile(int waits)
{
    int started[2];
    char pipes[32], letter;
    pthread_t loader, helper;
    if (pipe(started) != 0 || pipe(go) != 0) {
        abort();
    }
    snprintf(pipes, sizeof pipes, "%d %d", started[1], go[0]);
    setenv("FORWARDED_PIPES", pipes, 1);
    pthread_create(&loader, NULL, load, NULL);
    if (read(started[0], &letter, 1) != 1) {
        abort();
    }
    if (waits) {
        pthread_create(&helper, NULL, let_go, NULL);
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        printf("child %g loads %d\n", call_many(), loads());
        exit(0);
    }
    if (!waits) {
        let_go(NULL);
    }
    int status;
    waitpid(child, &status, 0);
    pthread_join(loader, NULL);
    printf("code %d\n", WEXITSTATUS(status));
    printf("parent %g loads %d\n", call_many(), loads());
}

#endif

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "all";
    setvbuf(stdout, NULL, _IOLBF, 4096);
    if (strcmp(mode, "all") == 0) {
        show_all();
        show_all();
    } else if (strcmp(mode, "dots") == 0) {
        show_dots();
    } else if (strcmp(mode, "threads") == 0) {
        long wrong = call_in_threads();
        printf("wrong %ld loads %d\n", wrong, loads());
#ifndef _WIN32
    } else if (strcmp(mode, "fork") == 0) {
        show_fork();
    } else if (strcmp(mode, "fork meanwhile") == 0) {
        show_fork_meanwhile(argc == 2);
#endif
    }
    return 0;
}
