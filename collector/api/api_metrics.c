// SPDX-License-Identifier: Apache-2.0
#include "collector/api/api_metrics.h"

#include "base/log.h"
#include "collector/store/store.h"
#include "collector/store/view.h"

static void head(struct buf *b, const char *name, const char *type,
                 const char *help)
{
    buf_printf(b, "# HELP parallax_%s %s\n# TYPE parallax_%s %s\n", name, help,
               name, type);
}

static void one(struct buf *b, const char *name, const char *type,
                const char *help, uint64_t n)
{
    head(b, name, type, help);
    buf_printf(b, "parallax_%s %llu\n", name, (unsigned long long)n);
}

/* A value of a label, in which three characters have to be escaped. */
static void label(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buf_add_c(b, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\') {
            buf_add_c(b, "\\");
        }
        buf_add(b, text, 1);
    }
}

static void labelled(struct buf *b, const char *name, const char *key,
                     const char *value, uint64_t n)
{
    buf_printf(b, "parallax_%s{%s=\"", name, key);
    label(b, value);
    buf_printf(b, "\"} %llu\n", (unsigned long long)n);
}

static void write_stats(struct buf *b, const struct store_stats *st)
{
    one(b, "measurements", "gauge", "Records stored.", st->measurements);
    one(b, "duplicates_total", "counter", "Uploads of a record known already.",
        st->duplicates);
    one(b, "stored_bytes", "gauge", "Bytes of the segments.", st->stored_bytes);
    one(b, "lost", "gauge", "Records acknowledged once, and gone.", st->lost);
    head(b, "rejected_total", "counter", "Uploads refused, by reason.");
    for (size_t i = 0; i < st->n_rejected; i++) {
        labelled(b, "rejected_total", "reason", st->rejected[i].reason,
                 st->rejected[i].n);
    }
    head(b, "measurements_by_test", "gauge", "Records stored, by test.");
    for (size_t i = 0; i < st->n_tests; i++) {
        labelled(b, "measurements_by_test", "test_name", st->by_test[i].name,
                 st->by_test[i].measurements);
    }
}

void api_metrics(struct service *s, struct http_req *req)
{
    struct store_stats st = {0};
    struct buf *b = &req->reply.body;
    enum err e = view_stats(s->store, VIEW_INTERNAL, &st);
    if (e != ERR_OK) {
        log_error("metrics", "the store cannot be read: %s", err_str(e));
        http_answer_detail(req, 500, "The store cannot be read");
        return;
    }
    one(b, "disk_failed", "gauge", "Nothing is stored any more.",
        ingest_broken(s->ingest));
    one(b, "control_down", "gauge", "Our own control does not answer.",
        atomic_load(&s->control_down));
    write_stats(b, &st);
    store_stats_fini(&st);
    req->reply.content_type = "text/plain; version=0.0.4";
    http_answer(req, 200);
}
