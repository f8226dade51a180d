// SPDX-License-Identifier: Apache-2.0
/* Files and frames, listed. */
#include "probe/deliver/spool_list.h"

#include "base/crypto.h"
#include "base/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err spool_list_path(const struct spool *s, const char *name,
                         char out[PATHS_MAX])
{
    return fs_join(out, PATHS_MAX, s->dir, name);
}

/* Room for one more in an array; the new one, or NULL. */
static void *grow(void *array, size_t *cap, size_t n, size_t size)
{
    if (n < *cap) {
        return array;
    }
    size_t more = *cap ? *cap * 2 : 64;
    void *grown = realloc(array, more * size);
    if (grown) {
        *cap = more;
    }
    return grown;
}

enum err spool_list_file(struct spool *s, const struct spool_log *log,
                         uint32_t *index)
{
    if (s->n_logs == SPOOL_LIST_FILES) {
        return ERR_LIMIT;
    }
    struct spool_log *grown =
        grow(s->logs, &s->cap_logs, s->n_logs, sizeof(*grown));
    if (!grown) {
        return ERR_NOMEM;
    }
    s->logs = grown;
    *index = (uint32_t)s->n_logs;
    s->logs[s->n_logs++] = *log;
    return ERR_OK;
}

enum err spool_list_frame(struct spool *s, uint32_t log, uint64_t at,
                          const struct spool_head *h)
{
    if (s->n == SPOOL_LIST_FRAMES) {
        return ERR_LIMIT;
    }
    struct spool_entry *grown = grow(s->entries, &s->cap, s->n, sizeof(*grown));
    if (!grown) {
        return ERR_NOMEM;
    }
    s->entries = grown;
    s->entries[s->n++] = (struct spool_entry){.id = s->next_id++,
                                              .at = at,
                                              .log = log,
                                              .len = h->len + SPOOL_FILE_MORE,
                                              .sum = h->sum,
                                              .day = h->day,
                                              .state = (uint8_t)h->state,
                                              .boxed = h->boxed,
                                              .priority = (uint8_t)h->priority};
    s->bytes += h->len + SPOOL_FILE_MORE;
    if (log != SPOOL_IN_MEMORY) {
        s->logs[log].live++;
    }
    return ERR_OK;
}

enum err spool_list_clear(struct spool *s, uint32_t log)
{
    char path[PATHS_MAX];
    struct spool_log *l = &s->logs[log];
    if (s->looks || l->live || l->fd >= 0 || !l->name[0]) {
        return ERR_OK;
    }
    enum err e = spool_list_path(s, l->name, path);
    if (e == ERR_OK && unlink(path) != 0 && errno != ENOENT) {
        e = err_from_errno(errno);
    }
    if (e == ERR_OK) {
        l->name[0] = '\0';
    }
    return e;
}

void spool_list_forget_plain(struct spool *s, size_t i)
{
    struct spool_entry *entry = &s->entries[i];
    if (entry->plain) {
        crypto_forget(entry->plain, entry->plain_len);
        s->plain_bytes -= entry->plain_len;
        free(entry->plain);
        entry->plain = NULL;
    }
}

enum err spool_list_forget(struct spool *s, size_t i)
{
    spool_list_forget_plain(s, i);
    uint32_t log = s->entries[i].log;
    s->bytes -= s->entries[i].len;
    s->n--;
    memmove(&s->entries[i], &s->entries[i + 1],
            (s->n - i) * sizeof(*s->entries));
    if (log == SPOOL_IN_MEMORY) {
        return ERR_OK;
    }
    s->logs[log].live--;
    return spool_list_clear(s, log);
}
