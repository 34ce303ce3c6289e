/* The launcher of every onefile. The first start unpacks the program into the user's cache; every start then runs it
 * from there.
 *
 * Format of a onefile (version 5; numbers are little-endian; written by tf2exe/onefile/archive_format.py)
 *     launcher     this executable
 *     chunks       independent zstd frames in the order of the raw stream, which is the concatenated contents of all
 *                  files; regions of a chunk may be filtered (filter.h)
 *     index        one zstd frame of:
 *         entries u32, chunks u32, regions u32, length of name u16, length of start u16, name, 0, start, 0
 *             name: of the program in the cache; start: path of the executable to start
 *         per chunk: compressed size u32, raw size u32, number of regions u32, BLAKE2b-128 of the compressed bytes
 *         per region: offset in the raw chunk u32, size u32, filter u16, row u16; in the order of chunks and offsets,
 *                     without overlaps
 *         per entry: kind u16 (0 file, 1 executable file, 2 folder, 3 symbolic link), length of path u16,
 *                    length of target u32, size u64 (0 unless a file), path, 0, target, 0
 *             folders first, parents before their contents; then files, in the order of the stream; then links
 *         then a skippable zstd frame, so that the footer ends at a multiple of 8
 *     footer       magic "\x89tf2exe\n", version u64, size of the launcher u64, position of the index u64, its compressed
 *                  size u64, its raw size u64, BLAKE2b-128 of the launcher (without the fields that a signature changes:
 *                  authenticode.h), BLAKE2b-128 of the compressed index
 *     signature    of a Windows executable, if you have signed it
 * The last hash is the payload's identity: it covers names, sizes and modes, and through the hashes of the chunks every
 * byte of every file. It protects against accidents; it is not a signature.
 *
 * Checks (docs/explanation/onefile.md has the details)
 *     every start: footer, launcher and index against their hashes; each number and path of the index. In the cache:
 *         only the user may change the folders; owner, kind, size, mode and modification time of each file, each folder,
 *         each link with its target.
 *     unpacking: each chunk against its hash before it is decoded, and its decoded size.
 *     only with TF2EXE_CHECK_CACHE: the contents of unpacked files, and whether there are additional files.
 * If a check of the cache fails, the launcher unpacks to a temporary folder and exchanges the two by renaming.
 *
 * Environment
 *     TF2EXE_CACHE_DIR       the folder to unpack into. Next candidates: XDG_CACHE_HOME/tf2exe, ~/.cache/tf2exe (if the
 *                            home folder exists), TMPDIR/tf2exe-UID or /tmp/tf2exe-UID (Windows: LOCALAPPDATA\tf2exe,
 *                            TEMP\tf2exe). A folder is skipped if it cannot be written, is full, is mounted noexec, or
 *                            if other users may change it.
 *     TF2EXE_CHECK_CACHE=1   compare the contents of all unpacked files with the executable before the start
 *     TF2EXE_CLEAR_CACHE=1   delete what was unpacked for this program, print how much, and exit
 *     TF2EXE_ONEFILE         set for the program: PID:PATH, this process and the path of the onefile
 *
 * Exit codes of the launcher; all others are the program's (118, 119 and 121: see interpreter/main.c)
 *     113  the executable is damaged or incomplete
 *     114  no cache folder can be used
 *     115  no cache folder can be used, and one of them has no space left
 *     116  the system lacks memory, or the executable cannot be found or read
 *     117  the unpacked program cannot be started
 * Clearing the cache ends with 0, or with 1 if something could not be deleted.
 */
#include "cache.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    EXIT_DAMAGED = 113,
    EXIT_NO_CACHE = 114,
    EXIT_NO_SPACE = 115,
    EXIT_REFUSED = 116,
    EXIT_NOT_STARTED = 117,
    EXIT_NOT_CLEARED = 1,
    ROUNDS = 3,
};

static char self[PATH_SIZE];
static struct cache_state state;

/* Always prints one line: a file name may contain a line break. */
static void print_line(const char *format, ...)
{
    char line[PATH_SIZE * 2];
    va_list texts;
    va_start(texts, format);
    vsnprintf(line, sizeof line, format, texts);
    va_end(texts);
    for (char *c = line; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
    }
    show_error(line);
}

static int fail(int code, const char *what, const char *why, const char *remedy)
{
    const char *name = self;
    for (const char *c = self; *c; c++) {
        name = *c == SEPARATOR ? c + 1 : name;
    }
    print_line("%s: %s: %s; %s", *name ? name : "tf2exe", what, why, remedy);
    return code;
}

static int fail_damaged(const char *why)
{
    return fail(EXIT_DAMAGED, "the executable is damaged", why, "copy or download it again");
}

static int fail_unpacking(void)
{
    char why[64];
    if (state.unpack.outcome == UNPACK_DAMAGED) {
        snprintf(why, sizeof why, "part %lu does not match its checksum", state.unpack.chunk + 1UL);
        return fail_damaged(why);
    }
    if (state.unpack.outcome == UNPACK_UNREADABLE) {
        return fail(EXIT_REFUSED, "the executable cannot be read", describe_error(state.unpack.error),
                    "check the disk that holds it");
    }
    if (state.unpack.outcome == UNPACK_REFUSED) {
        return fail(EXIT_REFUSED, "the program cannot be unpacked", describe_error(state.unpack.error),
                    "try again with more memory free");
    }
    return fail(EXIT_REFUSED, "unpacking was interrupted", "a signal stopped it", "start the program again");
}

static int is_variable_set(const char *name)
{
    const char *value = environment_value(name);
    return value != NULL && strcmp(value, "0") != 0;
}

static int clear(const struct payload *payload)
{
    struct prune_result result = clear_cache(payload);
    printf("%s: removed %d unpacked version%s", payload->name, result.removed, result.removed == 1 ? "" : "s");
    if (result.in_use > 0) {
        printf(", kept %d in use", result.in_use);
    }
    printf("\n");
    int is_printed = fflush(stdout) == 0;
    if (result.failed > 0) {
        return fail(EXIT_NOT_CLEARED, "not everything could be removed",
                    "a file cannot be deleted, or another process that unpacks does not continue",
                    "end that process, or delete the cache folder by hand");
    }
    return is_printed ? 0 : EXIT_NOT_CLEARED;
}

/* Another process may replace the unpacked folder after the check: check again, up to ROUNDS times. */
static int run(const struct payload *payload, char **arguments)
{
    for (int round = 1;; round++) {
        static char path[PATH_SIZE];
        enum cache_result result = prepare_cache(payload, &state);
        if (result == CACHE_UNUSABLE) {
            return fail(state.disk_full ? EXIT_NO_SPACE : EXIT_NO_CACHE, "no cache folder can be used", state.rejected,
                        state.disk_full ? "free some space, or set TF2EXE_CACHE_DIR to a folder of yours with enough space"
                                   : "set TF2EXE_CACHE_DIR to a folder of yours");
        }
        if (result == CACHE_STOPPED) {
            return fail_unpacking();
        }
        if (state.contents_differed) {
            print_line("%s: unpacked files had changed and were unpacked again", payload->name);
            state.contents_differed = 0;
        }
        if ((size_t)snprintf(path, sizeof path, "%s/%s", state.path, payload->start) >= sizeof path) {
            return fail(EXIT_NOT_STARTED, "cannot start the unpacked program", "its path is too long",
                        "set TF2EXE_CACHE_DIR to a folder with a shorter path");
        }
        int code = 0;
        if (start_program(path, arguments, self, &code) == 0) {
            return code;
        }
        if (!is_missing(last_error()) || round == ROUNDS) {
            char why[PATH_SIZE + 256];
            snprintf(why, sizeof why, "%s: %s", path, describe_error(last_error()));
            return fail(EXIT_NOT_STARTED, "cannot start the unpacked program", why,
                        "check that the executable was built for this system");
        }
    }
}

int main(int argc, char **argv)
{
    static struct payload payload;
    int damaged = 0;
    prepare_process();
    file_handle executable = open_self(argc > 0 ? argv[0] : NULL, self);
    if (executable == -1) {
        return fail(EXIT_REFUSED, "the executable cannot be read", describe_error(last_error()),
                    "start it by its full path, and check that you may read it");
    }
    const char *why = read_payload(executable, &payload, &damaged);
    if (why != NULL) {
        return damaged ? fail_damaged(why)
                       : fail(EXIT_REFUSED, "the executable cannot be used", why, "try again with more memory free");
    }
    if (is_variable_set("TF2EXE_CLEAR_CACHE")) {
        return clear(&payload);
    }
    state.check_contents = is_variable_set("TF2EXE_CHECK_CACHE");
    return run(&payload, argv);
}
