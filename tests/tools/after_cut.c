// SPDX-License-Identifier: Apache-2.0
/* after_cut --begin DIR LOG: notes that all of DIR is on the disk now.
 * after_cut DIR LOG SEED: makes DIR what it is after a power cut, by the LOG of
 * tests/faults/powercut.c. SEED 0: all that was not synced is gone, bytes and
 * names. Others: of what was not synced some is there, in any order: blocks of
 * a file, its length, names that came or went; the last write is torn.
 */
#include "tests/faults/powercut.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK   512u
#define NODES   65536u
#define PATH_OF PATH_MAX

/* Of one inode: what is on the disk, and where it is now. */
struct node {
    uint64_t inode;
    uint32_t kind;
    const char *durable; /* NULL: nothing was synced */
    size_t len;
    char *live; /* path; NULL: it has no name any more */
};

static struct node nodes[NODES];
static size_t n_nodes;
static uint64_t state; /* of the random numbers; 0: none are asked for */

static void die(const char *what)
{
    fprintf(stderr, "after_cut: %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool by_chance(void)
{
    if (state == 0) {
        return false;
    }
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 40 & 1) != 0;
}

static struct node *node_of(uint64_t inode)
{
    for (size_t i = 0; i < n_nodes; i++) {
        if (nodes[i].inode == inode) {
            return &nodes[i];
        }
    }
    if (n_nodes == NODES) {
        errno = ENOSPC;
        die("too many files");
    }
    nodes[n_nodes].inode = inode;
    return &nodes[n_nodes++];
}

static char *read_all(const char *path, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        die(path);
    }
    char *p = malloc((size_t)st.st_size + 1);
    ssize_t n = p ? read(fd, p, (size_t)st.st_size) : -1;
    if (n < 0) {
        die(path);
    }
    close(fd);
    p[n] = '\0';
    *len = (size_t)n;
    return p;
}

static void read_log(const char *path)
{
    struct powercut_entry e;
    size_t len = 0, at = 0;
    char *all = read_all(path, &len);
    while (len - at >= sizeof(e)) {
        memcpy(&e, all + at, sizeof(e));
        at += sizeof(e);
        if (e.magic != POWERCUT_MAGIC || e.len > len - at) {
            break; /* the cut came before it was whole */
        }
        struct node *n = node_of(e.inode);
        n->kind = e.kind;
        n->durable = all + at;
        n->len = e.len;
        at += e.len;
    }
}

/* Calls fn for each name in a directory, with its path. */
static void each_name(const char *dir, void (*fn)(const char *, void *),
                      void *arg)
{
    char path[PATH_OF];
    struct dirent *ent;
    DIR *d = opendir(dir);
    if (!d) {
        die(dir);
    }
    while ((ent = readdir(d))) {
        if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0) {
            snprintf(path, sizeof(path), "%s/%s", dir, ent->d_name);
            fn(path, arg);
        }
    }
    closedir(d);
}

static void note_live(const char *path, void *arg)
{
    struct stat st;
    if (lstat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
        struct node *n = node_of(st.st_ino);
        n->live = strdup(path);
        n->kind = S_ISDIR(st.st_mode) ? POWERCUT_DIR : POWERCUT_FILE;
        if (S_ISDIR(st.st_mode)) {
            each_name(path, note_live, arg);
        }
    }
}

static void sync_all(const char *path, void *arg)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        return; /* a socket */
    }
    if (S_ISDIR(st.st_mode)) {
        each_name(path, sync_all, arg);
    }
    if (fsync(fd) != 0) {
        die(path);
    }
    close(fd);
}

/* ---- what is there after it ---------------------------------------------- */

static void write_file(const struct node *n, const char *to)
{
    size_t have = 0;
    char *live = n->live && state ? read_all(n->live, &have) : NULL;
    size_t end = live && by_chance() ? have : n->len;
    if (live && by_chance() && have > n->len) {
        end = n->len + (have - n->len) * (state >> 33 & 0xff) / 256;
    }
    FILE *f = fopen(to, "w");
    if (!f) {
        die(to);
    }
    static const char zeros[BLOCK];
    for (size_t at = 0; at < end; at += BLOCK) {
        size_t size = end - at < BLOCK ? end - at : BLOCK;
        bool is_new = live && at + size <= have && by_chance();
        const char *from = is_new                ? live + at
                           : at + size <= n->len ? n->durable + at
                                                 : zeros;
        fwrite(from, 1, size, f);
        if (!is_new && at < n->len && at + size > n->len) {
            fseek(f, (long)at, SEEK_SET);
            fwrite(n->durable + at, 1, n->len - at, f);
            fseek(f, 0, SEEK_END);
        }
    }
    if (fclose(f) != 0) {
        die(to);
    }
    free(live);
}

static void write_dir(const struct node *n, const char *to);

static void write_name(uint64_t inode, const char *name, const char *dir)
{
    char path[PATH_OF];
    const struct node *n = node_of(inode);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (n->kind == POWERCUT_DIR) {
        write_dir(n, path);
    } else if (n->kind == POWERCUT_FILE) {
        write_file(n, path);
    }
}

struct making {
    const struct node *dir;
    const char *to;
};

/* What the directory on the disk says of a name: its inode, or 0. */
static uint64_t durable_inode(const struct node *dir, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = dir->durable, *end = p ? p + dir->len : NULL;
         p && p < end;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        const char *space = memchr(p, ' ', (size_t)(nl - p));
        if ((size_t)(nl - space) == len + 1 &&
            memcmp(space + 1, name, len) == 0) {
            return strtoull(p, NULL, 10);
        }
        p = nl + 1;
    }
    return 0;
}

/* A name of now that came, or stands for something else, since the last sync.
 */
static void maybe_new(const char *path, void *arg)
{
    const struct making *m = arg;
    const char *name = strrchr(path, '/') + 1;
    struct stat st;
    if (lstat(path, &st) == 0 && durable_inode(m->dir, name) != st.st_ino &&
        by_chance()) {
        char to[PATH_OF];
        snprintf(to, sizeof(to), "%s/%s", m->to, name);
        unlink(to);
        write_name(st.st_ino, name, m->to);
    }
}

/* A name of the disk; one that went since may be gone. */
static void old_name(const struct node *dir, const char *line, size_t len,
                     const char *to)
{
    char name[NAME_MAX + 1], path[PATH_OF];
    const char *space = memchr(line, ' ', len);
    snprintf(name, sizeof(name), "%.*s", (int)(line + len - space - 1),
             space + 1);
    snprintf(path, sizeof(path), "%s/%s", dir->live ? dir->live : "/", name);
    if (access(path, F_OK) == 0 || !by_chance()) {
        write_name(strtoull(line, NULL, 10), name, to);
    }
}

static void write_dir(const struct node *n, const char *to)
{
    struct making m = {n, to};
    if (mkdir(to, 0700) != 0) {
        die(to);
    }
    for (const char *p = n->durable, *end = p ? p + n->len : NULL;
         p && p < end;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        old_name(n, p, (size_t)(nl - p), to);
        p = nl + 1;
    }
    if (n->live && state != 0) {
        each_name(n->live, maybe_new, &m);
    }
}

int main(int argc, char **argv)
{
    umask(077); /* a device's own files */
    struct stat st;
    char made[PATH_OF], old[PATH_OF];
    if (argc == 4 && strcmp(argv[1], "--begin") == 0) {
        sync_all(argv[2], NULL); /* run with powercut.so before us */
        return 0;
    }
    if (argc != 4 || stat(argv[1], &st) != 0) {
        fprintf(stderr, "usage: after_cut [--begin] DIR LOG [SEED]\n");
        return 2;
    }
    read_log(argv[2]);
    note_live(argv[1], NULL);
    state = strtoull(argv[3], NULL, 10);
    snprintf(made, sizeof(made), "%s.made", argv[1]);
    snprintf(old, sizeof(old), "%s.old", argv[1]);
    write_dir(node_of(st.st_ino), made);
    return rename(argv[1], old) != 0 || rename(made, argv[1]) != 0;
}
