/* The program in the test onefiles. Its first argument selects an action; by default it prints its word and inode. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[4096], text[4096];

/* Prints the word in the file next to it, and its inode, which changes when it is unpacked again. */
static int print_word(void)
{
    struct stat status;
    stat(path, &status);
    strcpy(strrchr(path, '/'), "/lib/word.txt");
    FILE *file = fopen(path, "r");
    if (!file || !fgets(text, sizeof text, file)) {
        return 9;
    }
    fclose(file);
    printf("%s %lu\n", text, (unsigned long)status.st_ino);
    return 0;
}

/* Reads the word until standard input ends, and once more. Exits with 9 when it is missing or wrong. */
static int watch(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    int has_ended = 0;
    strcpy(strrchr(path, '/'), "/lib/word.txt");
    puts("ready");
    fflush(stdout);
    while (!has_ended) {
        has_ended = poll(&input, 1, 0) > 0;
        FILE *file = fopen(path, "r");
        if (!file || !fgets(text, sizeof text, file) || strcmp(text, "word") != 0) {
            return 9;
        }
        fclose(file);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length] = 0;
    if (!strcmp(what, "argv")) {
        for (int i = 0; i < argc; i++) {
            printf("%s\n", argv[i]);
        }
    } else if (!strcmp(what, "exit")) {
        return atoi(argv[2]);
    } else if (!strcmp(what, "kill")) {
        raise(SIGTERM);
    } else if (!strcmp(what, "environment")) {
        printf("%ld %s\n", (long)getpid(), getenv("TF2EXE_ONEFILE"));
    } else if (!strcmp(what, "copy")) {
        while ((length = read(0, text, sizeof text)) > 0) {
            (void)!write(1, text, (size_t)length);
        }
    } else if (!strcmp(what, "wait")) {
        puts("ready");
        fflush(stdout);
        pause();
    } else if (!strcmp(what, "watch")) {
        return watch();
    } else if (!strcmp(what, "open")) {
        for (int i = 0; i < 200; i++) {
            if (fcntl(i, F_GETFD) != -1) {
                printf("%d ", i);
            }
        }
    } else if (!strcmp(what, "mask")) {
        printf("%03o\n", (unsigned)umask(0));
    } else {
        return print_word();
    }
    return 0;
}
