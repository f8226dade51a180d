// SPDX-License-Identifier: Apache-2.0
/* Boxes, opened elsewhere. */
#include "collector/sealed/opener.h"

#include "base/cur.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "cli/sandbox.h"
#include "collector/sealed/opener_keeper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS_MAX   1024 /* bytes of the file */
#define FOR_OTHERS 077
#define ANSWER_S   20

enum answer {
    ANSWER_OPENED = 0,
    ANSWER_OTHER_KEY = 1,
    ANSWER_DAMAGED = 2,
    ANSWER_NO_MEMORY = 3
};

struct opener {
    pthread_mutex_t lock;
    int fd; /* -1: it is gone */
    pid_t pid;
    int news; /* from the keeper */
    pid_t keeper;
};

/* ---- bytes over the sockets ---------------------------------------------- */

static bool read_all(int fd, void *p, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = read(fd, (char *)p + got, len - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        got += (size_t)n;
    }
    return true;
}

/* So many bytes more, read into a buffer that has room for them. */
static bool read_into(int fd, size_t len, struct buf *out)
{
    char chunk[16384];
    while (len > 0) {
        size_t n = len < sizeof(chunk) ? len : sizeof(chunk);
        if (!read_all(fd, chunk, n) || buf_add(out, chunk, n) != ERR_OK) {
            return false;
        }
        len -= n;
    }
    return true;
}

static bool send_all(int fd, const void *p, size_t len)
{
    for (size_t put = 0; put < len;) {
        ssize_t n = write(fd, (const char *)p + put, len - put);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        put += (size_t)n;
    }
    return true;
}

static void put_u32(uint32_t n, uint8_t out[4])
{
    out[0] = (uint8_t)(n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
}

static uint32_t get_u32(const uint8_t in[4])
{
    struct cur c = cur_of(in, 4);
    return cur_u32(&c);
}

/* ---- the process --------------------------------------------------------- */

static bool answer(int fd, enum answer how, struct str plain)
{
    uint8_t head[5] = {(uint8_t)how};
    put_u32((uint32_t)plain.len, head + 1);
    return send_all(fd, head, sizeof(head)) &&
           send_all(fd, plain.p ? plain.p : "", plain.len);
}

static bool serve_one(int fd, const struct sealed_keys *keys)
{
    uint8_t head[4];
    struct buf box, plain;
    struct str open, body;
    if (!read_all(fd, head, sizeof(head)) || get_u32(head) > SEALED_MAX) {
        return false;
    }
    buf_init(&box, SEALED_MAX);
    buf_init(&plain, SEALED_MAX);
    bool good = read_into(fd, get_u32(head), &box);
    if (good) {
        enum err e = sealed_open(keys, buf_str(&box), &plain, &open, &body);
        good = answer(fd,
                      e == ERR_OK         ? ANSWER_OPENED
                      : e == ERR_NOTFOUND ? ANSWER_OTHER_KEY
                      : e == ERR_PARSE    ? ANSWER_DAMAGED
                                          : ANSWER_NO_MEMORY,
                      e == ERR_OK ? buf_str(&plain) : STR(""));
    }
    buf_fini(&box);
    buf_fini(&plain);
    return good;
}

void opener_serve(int fd, const struct sealed_keys *keys)
{
    while (serve_one(fd, keys)) {
    }
}

static enum err load_keys(const char *path, struct sealed_keys *out)
{
    struct diag ignored = {""};
    struct look seen;
    struct buf text;
    enum err e = look_at(path, &seen, &ignored);
    if (e == ERR_OK && (seen.mode & FOR_OTHERS)) {
        e = ERR_ACCESS;
    }
    buf_init(&text, KEYS_MAX);
    if (e == ERR_OK) {
        e = fs_read(path, KEYS_MAX, &text, &ignored);
    }
    if (e == ERR_OK) {
        e = sealed_read_keys(buf_str(&text), out);
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    buf_fini(&text);
    return e;
}

/* What the keeper starts: never returns. Its first byte says whether it has
 * keys. It ignores the signals that the keeper does. */
static void run_child(const char *key_file, int fd)
{
    struct sealed_keys keys;
    struct sandbox box;
    struct sandbox_state st;
    uint8_t how;
    enum err e = load_keys(key_file, &keys);
    how = (uint8_t)e;
    if (e == ERR_OK) {
        sandbox_init(&box);
        sandbox_enter(&box, 0, &st);
    }
    if (send_all(fd, &how, 1) && e == ERR_OK) {
        opener_serve(fd, &keys);
    }
    crypto_forget(&keys, sizeof(keys));
    _exit(0);
}

/* ---- how it is asked ----------------------------------------------------- */

/* The latest process that the keeper tells of is the one to ask. True: there is
 * news, and *how says how its start went. */
static bool take_next(struct opener *o, bool wait, enum err *how)
{
    struct timeval limit = {.tv_sec = ANSWER_S};
    struct opener_keeper_news news;
    bool any = false;
    while (opener_keeper_hear(o->news, wait && !any, &news)) {
        if (o->fd >= 0) {
            close(o->fd);
        }
        o->fd = news.fd;
        o->pid = news.pid;
        *how = news.how;
        any = true;
    }
    if (o->fd >= 0) {
        setsockopt(o->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        setsockopt(o->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    }
    return any;
}

static enum err wait_ready(struct opener *o, const char *key_file,
                           struct diag *d)
{
    enum err e = ERR_OK;
    if (!take_next(o, true, &e)) {
        return diag_set(d, ERR_NET, "what opens sealed records did not start");
    }
    return e == ERR_OK
               ? e
               : diag_set(d, e, "%.180s: %s", key_file,
                          e == ERR_ACCESS  ? "others may read it: chmod 600"
                          : e == ERR_PARSE ? "no file of sealing keys"
                                           : err_str(e));
}

enum err opener_start(const char *key_file, struct opener **out, struct diag *d)
{
    int fds[2];
    struct timeval limit = {.tv_sec = ANSWER_S};
    struct opener *o = calloc(1, sizeof(*o));
    if (!o || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        free(o);
        return diag_set(d, ERR_NOMEM, "no pair of sockets");
    }
    pthread_mutex_init(&o->lock, NULL);
    o->fd = -1;
    o->keeper = fork();
    if (o->keeper == 0) {
        close(fds[0]);
        opener_keeper_run(key_file, fds[1], run_child);
    }
    close(fds[1]);
    o->news = fds[0];
    setsockopt(o->news, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    enum err e = o->keeper < 0 ? diag_set(d, ERR_NOMEM, "no further process")
                               : wait_ready(o, key_file, d);
    if (e != ERR_OK) {
        opener_stop(o);
        return e;
    }
    *out = o;
    return ERR_OK;
}

void opener_stop(struct opener *o)
{
    if (!o) {
        return;
    }
    close(o->news); /* first: the keeper shall start no other */
    if (o->fd >= 0) {
        close(o->fd);
    }
    while (o->keeper > 0 && waitpid(o->keeper, NULL, 0) < 0 && errno == EINTR) {
    }
    pthread_mutex_destroy(&o->lock);
    free(o);
}

pid_t opener_pid(const struct opener *o)
{
    return o->pid;
}

/* False: the process is gone, or nonsense came of it. */
static bool ask(const struct opener *o, struct str box, uint8_t *how,
                struct buf *plain)
{
    uint8_t head[5];
    put_u32((uint32_t)box.len, head);
    if (!send_all(o->fd, head, 4) || !send_all(o->fd, box.p, box.len) ||
        !read_all(o->fd, head, sizeof(head)) || head[0] > ANSWER_NO_MEMORY ||
        get_u32(head + 1) > SEALED_MAX) {
        return false;
    }
    *how = head[0];
    return read_into(o->fd, get_u32(head + 1), plain);
}

enum err opener_open(struct opener *o, struct str box, struct buf *plain,
                     struct str *open, struct str *body)
{
    static const enum err errors[] = {[ANSWER_OPENED] = ERR_OK,
                                      [ANSWER_OTHER_KEY] = ERR_NOTFOUND,
                                      [ANSWER_DAMAGED] = ERR_PARSE,
                                      [ANSWER_NO_MEMORY] = ERR_NOMEM};

    uint8_t how = 0;
    if (box.len <= SEALED_MORE || box.len > SEALED_MAX) {
        return ERR_PARSE;
    }
    buf_clear(plain);
    pthread_mutex_lock(&o->lock);
    enum err e = ERR_OK;
    if (take_next(o, false, &e) && e != ERR_OK) {
        log_error("serve", "what opens sealed records has no key: %s",
                  err_str(e));
    }
    bool good = o->fd >= 0 && ask(o, box, &how, plain);
    if (!good && o->fd >= 0) {
        /* what would come now belongs to no question */
        close(o->fd);
        o->fd = -1;
        log_error("serve", "what opens sealed records is gone: they are "
                           "refused until there is another");
    }
    pthread_mutex_unlock(&o->lock);
    if (!good) {
        return ERR_NET;
    }
    return how == ANSWER_OPENED ? sealed_split(buf_str(plain), open, body)
                                : errors[how];
}
