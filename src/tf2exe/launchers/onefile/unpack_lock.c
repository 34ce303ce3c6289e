#include "unpack_lock.h"

#include <stdio.h>

#ifndef POLLS_WITHOUT_HEARTBEAT /* tests set a smaller number */
/* Ten seconds. Polls are counted because the clock continues while this process is stopped. */
#define POLLS_WITHOUT_HEARTBEAT 500
#endif

enum {
    POLL_MILLISECONDS = 20,
    POLLS_UNTIL_MESSAGE = 50, /* a second */
    POLLS_FOR_USE_LOCK = 50,  /* deletion holds that lock only while it renames */
    HEARTBEAT_MILLISECONDS = 1000,
    USE_PRECISION_MILLISECONDS = 60 * 1000 /* so that few starts write */
};

static file_handle held_lock = -1;
static uint64_t last_heartbeat;
static int stays_dirty;

void heartbeat(void)
{
    uint64_t now = milliseconds();
    if (held_lock != -1 && now - last_heartbeat >= HEARTBEAT_MILLISECONDS) {
        last_heartbeat = now;
        touch(held_lock);
    }
}

static void start_heartbeat(file_handle lock)
{
    held_lock = lock;
    stays_dirty = 0;
    set_dirty_flag(lock, 1);
    heartbeat();
}

file_handle acquire_unpack_lock(const char *path, const char *name)
{
    uint64_t seen = modified_at(path);
    file_handle lock = lock_file(path, EXCLUSIVE_LOCK, 0);
    long error = last_error();
    int is_shown = 0;
    for (int polls = 0, polls_without_heartbeat = 0; lock == -1 && is_lock_held(error) && polls_without_heartbeat < POLLS_WITHOUT_HEARTBEAT; polls++) {
        if (!is_shown && polls >= POLLS_UNTIL_MESSAGE && error_stream_is_terminal()) {
            is_shown = fprintf(stderr, "%s: waiting for another process that unpacks the program ...", name);
            fflush(stderr);
        }
        wait_milliseconds(POLL_MILLISECONDS);
        uint64_t touched = modified_at(path);
        polls_without_heartbeat = touched == seen ? polls_without_heartbeat + 1 : 0;
        seen = touched;
        lock = lock_file(path, EXCLUSIVE_LOCK, 0);
        error = last_error();
    }
    if (is_shown) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
    start_heartbeat(lock);
    set_last_error(error);
    return lock;
}

file_handle acquire_stale_lock(const char *path)
{
    file_handle lock = has_dirty_flag(path) ? lock_file(path, EXCLUSIVE_LOCK, 0) : -1;
    start_heartbeat(lock);
    return lock;
}

void mark_dirty(void)
{
    stays_dirty = 1;
}

void release_unpack_lock(file_handle lock)
{
    set_dirty_flag(lock, stays_dirty);
    close_file(lock);
    held_lock = -1;
}

file_handle acquire_use_lock(const char *path)
{
    file_handle lock = lock_file(path, SHARED_LOCK, 1);
    for (int polls = 0; lock == -1 && is_lock_held(last_error()) && polls < POLLS_FOR_USE_LOCK; polls++) {
        wait_milliseconds(POLL_MILLISECONDS);
        lock = lock_file(path, SHARED_LOCK, 1);
    }
    if (lock != -1 && modified_ago(lock) >= USE_PRECISION_MILLISECONDS) {
        touch(lock);
    }
    return lock;
}
