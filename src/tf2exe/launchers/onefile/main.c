/* The launcher in front of every onefile: unpacks the program into the user's cache at the first start, and
 * becomes it at every start.
 *
 * Format of a onefile (version 5; numbers are little-endian; written by tf2exe/onefile/archive_format.py)
 *     launcher     this executable
 *     chunks       independent zstd frames, one behind the other, in the order of the raw stream, which is the
 *                  contents of all files, one behind the other; regions of a chunk may have been filtered
 *                  before (filter.h)
 *     index        one zstd frame of:
 *         entries u32, chunks u32, regions u32, length of name u16, length of start u16, name, 0, start, 0
 *             name: of the program in the cache; start: path of the executable that is started
 *         per chunk: size here u32, size in the stream u32, number of its regions u32, BLAKE2b-128 of the
 *                    bytes here
 *         per region: offset in its chunk's part of the stream u32, size u32, filter u16, row u16; chunk by chunk,
 *                     each region behind the one before
 *         per entry: kind u16 (0 file, 1 executable file, 2 folder, 3 symbolic link), length of path u16,
 *                    length of target u32, size u64 (0 unless a file), path, 0, target, 0
 *             folders first, parents before what they hold; then files, in the order of the stream; then links
 *         and a frame that zstd skips, so that the footer ends at a multiple of 8
 *     footer       magic "\x89tf2exe\n", version u64, size of the launcher u64, position of the index u64, its size
 *                  here u64, its size when decoded u64, BLAKE2b-128 of the launcher (but for the fields that a
 *                  signature changes: signed.h), BLAKE2b-128 of the index as it stands here
 *     signature    of a Windows executable, if somebody has signed it
 * That last hash is the payload's identity: it covers names, sizes and modes, and through the chunks' hashes
 * every byte of every file. It protects against accidents; it is no signature.
 *
 * What is checked, and when: docs/explanation/onefile.md. In short
 *     every start: footer, launcher and index against their hashes, each number and path of the index. In the cache,
 *         that the folders down to the unpacked one belong to the user alone; owner, kind, size, mode and time of
 *         change of each file of the index, each folder, each link with its target.
 *     unpacking: each chunk against its hash before it is decoded, and its decoded size.
 *     only with TF2EXE_CHECK_CACHE: the contents of unpacked files, and whether there are more of them.
 * Whatever is not as it should be makes the launcher unpack anew, beside, and swap by renaming.
 *
 * Environment
 *     TF2EXE_CACHE_DIR       the folder to unpack into. Tried next: XDG_CACHE_HOME/tf2exe, ~/.cache/tf2exe (if
 *                            there is a home), TMPDIR/tf2exe-UID or /tmp/tf2exe-UID (Windows: LOCALAPPDATA\tf2exe,
 *                            TEMP\tf2exe). One that cannot be written, is full, is mounted noexec, or is not
 *                            the user's alone is passed over for the next.
 *     TF2EXE_CHECK_CACHE=1   compare the contents of all unpacked files with the executable before the start
 *     TF2EXE_CLEAR_CACHE=1   delete what was unpacked for this program, say so, and end
 *     TF2EXE_ONEFILE         set for the program: PID:PATH, this process and the path of the onefile
 *
 * Exit codes of the launcher itself; every other one is the program's (118 and 119: see python.c)
 *     113  the executable is damaged or incomplete
 *     114  no cache folder can be used
 *     115  no cache folder can be used, and one for want of space
 *     116  the system refuses: memory, or the executable cannot be found or read
 *     117  the unpacked program cannot be started
 * Clearing ends with 0, or with 1 where something could not be deleted.
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
static struct place place;

/* One line, whatever the texts hold: a file name may hold a line's end. */
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
    say(line);
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

static int fail_unready(void)
{
    char why[64];
    if (place.unpacking.outcome == UNPACK_DAMAGED) {
        snprintf(why, sizeof why, "part %lu does not match its checksum", place.unpacking.chunk + 1UL);
        return fail_damaged(why);
    }
    if (place.unpacking.outcome == UNPACK_UNREADABLE) {
        return fail(EXIT_REFUSED, "the executable cannot be read", describe_error(place.unpacking.error),
                    "check the disk that holds it");
    }
    if (place.unpacking.outcome == UNPACK_REFUSED) {
        return fail(EXIT_REFUSED, "the program cannot be unpacked", describe_error(place.unpacking.error),
                    "try again with more memory free");
    }
    return fail(EXIT_REFUSED, "unpacking was interrupted", "a signal came", "start it again");
}

static int is_asked_for(const char *name)
{
    const char *value = environment(name);
    return value != NULL && strcmp(value, "0") != 0;
}

static int clear(const struct payload *payload)
{
    struct cleared cleared = clear_cache(payload);
    printf("%s: removed %d unpacked version(s)", payload->name, cleared.removed);
    if (cleared.in_use > 0) {
        printf(", kept %d in use", cleared.in_use);
    }
    printf("\n");
    int told = fflush(stdout) == 0;
    if (cleared.failed > 0) {
        return fail(EXIT_NOT_CLEARED, "not everything could be removed",
                    "a file cannot be deleted, or another start that unpacks does not go on",
                    "end that one, or delete the cache folder by hand");
    }
    return told ? 0 : EXIT_NOT_CLEARED;
}

/* What starts may have been swapped out since it was looked at: then look again, but not for ever. */
static int run(const struct payload *payload, char **arguments)
{
    for (int round = 1;; round++) {
        static char path[PATH_SIZE];
        enum readied readied = ready_folder(payload, &place);
        if (readied == NOT_READIED) {
            return fail(place.full ? EXIT_NO_SPACE : EXIT_NO_CACHE, "nowhere to unpack the program", place.tried,
                        place.full ? "free some space, or set TF2EXE_CACHE_DIR to a folder of yours that has it"
                                   : "set TF2EXE_CACHE_DIR to a folder of yours");
        }
        if (readied == STOPPED) {
            return fail_unready();
        }
        if (place.differed) {
            print_line("%s: unpacked files had been changed; they were unpacked again", payload->name);
            place.differed = 0;
        }
        if ((size_t)snprintf(path, sizeof path, "%s/%s", place.path, payload->start) >= sizeof path) {
            return fail(EXIT_NOT_STARTED, "cannot start the unpacked program", "its path is too long",
                        "set TF2EXE_CACHE_DIR to a shorter one");
        }
        int code = 0;
        if (start_program(path, arguments, self, &code) == 0) {
            return code;
        }
        if (!is_missing(last_error()) || round == ROUNDS) {
            char why[PATH_SIZE + 256];
            snprintf(why, sizeof why, "%s: %s", path, describe_error(last_error()));
            return fail(EXIT_NOT_STARTED, "cannot start the unpacked program", why,
                        "see whether this system is one it was built for");
        }
    }
}

int main(int argc, char **argv)
{
    static struct payload payload;
    int damaged = 0;
    ready_process();
    file_handle executable = open_self(argc > 0 ? argv[0] : NULL, self);
    if (executable == -1) {
        return fail(EXIT_REFUSED, "the executable cannot be read", describe_error(last_error()),
                    "start it by its full path, and see that you may read it");
    }
    const char *why = read_payload(executable, &payload, &damaged);
    if (why != NULL) {
        return damaged ? fail_damaged(why)
                       : fail(EXIT_REFUSED, "the executable cannot be used", why, "try again with more memory free");
    }
    if (is_asked_for("TF2EXE_CLEAR_CACHE")) {
        return clear(&payload);
    }
    place.compares = is_asked_for("TF2EXE_CHECK_CACHE");
    return run(&payload, argv);
}
