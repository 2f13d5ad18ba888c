/* Preloaded into a process, fails calls on files whose path holds $FAILING_PATH while the file $FAILING_SWITCH exists.
 * The switch's content says how: an errno and the names of the calls, as in "5 write fdatasync ". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(const char *call, const char *path) {
    const char *wanted = getenv("FAILING_PATH"), *where = getenv("FAILING_SWITCH");
    char how[256], name[64];
    if (!wanted || !where || !path || !strstr(path, wanted)) return 0;
    int kept = errno, fd = syscall(SYS_openat, AT_FDCWD, where, O_RDONLY);
    if (fd < 0) { errno = kept; return 0; }
    ssize_t length = syscall(SYS_read, fd, how, sizeof how - 1);
    syscall(SYS_close, fd);
    how[length < 0 ? 0 : length] = 0;
    snprintf(name, sizeof name, " %s ", call);
    errno = kept;
    if (!strstr(how, name)) return 0;
    errno = atoi(how);
    return 1;
}

static int fails_fd(const char *call, int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int kept = errno;
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = kept;
    if (length < 0) return 0;
    path[length] = 0;
    return fails(call, path);
}

#define NEXT(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

#define OVER_FD(type, name, as, parameters, arguments, ...) \
    type name parameters { return fails_fd(as, fd) ? -1 : NEXT(type, name, __VA_ARGS__) arguments; }

OVER_FD(ssize_t, write, "write", (int fd, const void *b, size_t n), (fd, b, n), int, const void *, size_t)
OVER_FD(ssize_t, pwrite, "write", (int fd, const void *b, size_t n, off_t o), (fd, b, n, o), int, const void *, size_t, off_t)
OVER_FD(ssize_t, pwrite64, "write", (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o), int, const void *, size_t, off64_t)
OVER_FD(ssize_t, writev, "write", (int fd, const struct iovec *v, int n), (fd, v, n), int, const struct iovec *, int)
OVER_FD(ssize_t, read, "read", (int fd, void *b, size_t n), (fd, b, n), int, void *, size_t)
OVER_FD(ssize_t, pread, "read", (int fd, void *b, size_t n, off_t o), (fd, b, n, o), int, void *, size_t, off_t)
OVER_FD(ssize_t, pread64, "read", (int fd, void *b, size_t n, off64_t o), (fd, b, n, o), int, void *, size_t, off64_t)
OVER_FD(int, fsync, "fsync", (int fd), (fd), int)
OVER_FD(int, fdatasync, "fdatasync", (int fd), (fd), int)

int unlink(const char *path) { return fails("unlink", path) ? -1 : NEXT(int, unlink, const char *)(path); }
