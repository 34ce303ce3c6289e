#include "unpack_lock.h"

#include <stdio.h>

#ifndef POLLS_WITHOUT_LIFE    /* less for tests */
#define POLLS_WITHOUT_LIFE 500 /* ten seconds: counted, as the clock goes on while this process is stopped */
#endif

enum {
    POLL_MILLISECONDS = 20,
    POLLS_UNTIL_TOLD = 50,       /* a second */
    POLLS_FOR_HOLDING = 50,      /* who deletes has that lock only for as long as renaming takes */
    SIGN_MILLISECONDS = 1000,
    USE_MILLISECONDS = 60 * 1000 /* a time of use is right to the minute, and rarely costs a write */
};

static file_handle my_turn = -1;
static uint64_t last_sign;
static int is_undone;

void show_life(void)
{
    uint64_t now = milliseconds();
    if (my_turn != -1 && now - last_sign >= SIGN_MILLISECONDS) {
        last_sign = now;
        touch(my_turn);
    }
}

static void begin_turn(file_handle lock)
{
    my_turn = lock;
    is_undone = 0;
    mark(lock, 1);
    show_life();
}

file_handle take_turn(const char *path, const char *name)
{
    uint64_t seen = time_of_use(path);
    file_handle lock = lock_file(path, LOCK_ALONE, 0);
    long error = last_error();
    int told = 0;
    for (int polls = 0, lifeless = 0; lock == -1 && is_held(error) && lifeless < POLLS_WITHOUT_LIFE; polls++) {
        if (!told && polls >= POLLS_UNTIL_TOLD && error_stream_is_terminal()) {
            told = fprintf(stderr, "%s: waiting for another start, which unpacks ...", name);
            fflush(stderr);
        }
        wait_milliseconds(POLL_MILLISECONDS);
        uint64_t sign = time_of_use(path);
        lifeless = sign == seen ? lifeless + 1 : 0;
        seen = sign;
        lock = lock_file(path, LOCK_ALONE, 0);
        error = last_error();
    }
    if (told) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
    begin_turn(lock);
    set_last_error(error);
    return lock;
}

file_handle take_abandoned_turn(const char *path)
{
    file_handle lock = is_marked(path) ? lock_file(path, LOCK_ALONE, 0) : -1;
    begin_turn(lock);
    return lock;
}

void leave_undone(void)
{
    is_undone = 1;
}

void end_turn(file_handle turn)
{
    mark(turn, is_undone);
    close_file(turn);
    my_turn = -1;
}

file_handle hold(const char *path)
{
    file_handle lock = lock_file(path, LOCK_SHARED, 1);
    for (int polls = 0; lock == -1 && is_held(last_error()) && polls < POLLS_FOR_HOLDING; polls++) {
        wait_milliseconds(POLL_MILLISECONDS);
        lock = lock_file(path, LOCK_SHARED, 1);
    }
    if (lock != -1 && age_of_use(lock) >= USE_MILLISECONDS) {
        touch(lock);
    }
    return lock;
}
