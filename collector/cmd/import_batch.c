// SPDX-License-Identifier: Apache-2.0
/* A batch of an import: who judges which record. */
#include "collector/cmd/import_batch.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JUDGES_MAX 8

/* Shared by the threads that judge one batch. */
struct judging {
    struct import_batch *batch;
    const struct acceptor *acceptor;
    const char *vouched;
    int64_t receipt_s;
    atomic_size_t next; /* which one nobody has begun */
};

enum err import_batch_take(struct import_batch *b, const struct stream_item *it,
                           const struct diag *bad)
{
    struct import_record *rec = &b->records[b->n];
    *rec = (struct import_record){.len = it->text.len,
                                  .text = malloc(it->text.len + 1)};
    if (!rec->text) {
        return ERR_NOMEM;
    }
    if (it->text.len > 0) {
        memcpy(rec->text, it->text.p, it->text.len);
    }
    snprintf(rec->place, sizeof(rec->place), "%s%s%s:%u: record %llu", it->file,
             it->member[0] ? ":" : "", it->member, it->line,
             (unsigned long long)it->record);
    if (bad) {
        rec->e = refusal_set(&rec->why, REFUSAL_JSON, "", "%s", bad->text);
    }
    b->n++;
    b->bytes += it->text.len;
    return ERR_OK;
}

bool import_batch_full(const struct import_batch *b)
{
    return b->n == IMPORT_BATCH_RECORDS || b->bytes >= IMPORT_BATCH_BYTES;
}

/* OONI's archives keep what was posted: {"format":"json","content":{...}}.
 * The record, at first all of the text, becomes such a content, and so does the
 * doc, which the caller frees. */
static enum err unwrap(struct str *record, struct json_doc **out,
                       struct refusal *why)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(*record, &accept_limits, &doc, &d);
    if (e == ERR_PARSE || e == ERR_LIMIT) {
        return refusal_set(why, REFUSAL_JSON, "", "%s", d.text);
    }
    if (e != ERR_OK) {
        return e;
    }
    const struct json *root = json_root(doc);
    const struct json *content = json_get(root, "content");
    if (json_is_obj(content) && json_is_str(json_get(root, "format")) &&
        !json_get(root, "test_keys")) {
        *record = json_span(doc, content);
        json_enter(doc, content);
    }
    *out = doc;
    return ERR_OK;
}

static void judge_one(const struct judging *j, struct import_record *rec)
{
    struct json_doc *doc = NULL;
    struct accept_in in = {
        .record = {rec->text, rec->len},
        .receipt_s = j->receipt_s,
        .imported = true,
        .vouched = j->vouched,
    };
    rec->region = region_new(ACCEPT_REGION_MAX);
    rec->e = rec->region ? unwrap(&in.record, &doc, &rec->why) : ERR_NOMEM;
    if (rec->e == ERR_OK) {
        in.doc = doc;
        rec->e =
            accept_record(j->acceptor, rec->region, &in, &rec->put, &rec->why);
        rec->put.uncounted = true;
    }
    json_doc_free(doc);
    if (rec->e == ERR_LIMIT) {
        rec->e = refusal_set(&rec->why, REFUSAL_TOO_LARGE, "",
                             "needs too much memory");
    }
}

static void *judge_some(void *arg)
{
    struct judging *j = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= j->batch->n) {
            return NULL;
        }
        if (j->batch->records[i].e == ERR_OK) {
            judge_one(j, &j->batch->records[i]);
        }
    }
}

void import_batch_judge(struct import_batch *b, const struct acceptor *a,
                        const char *vouched)
{
    pthread_t others[JUDGES_MAX - 1];
    size_t n = 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct judging j = {.batch = b,
                        .acceptor = a,
                        .vouched = vouched,
                        .receipt_s = clock_wall_us() / US_PER_S};
    while (n < JUDGES_MAX - 1 && n + 1 < b->n && (long)n + 1 < processors &&
           pthread_create(&others[n], NULL, judge_some, &j) == 0) {
        n++;
    }
    judge_some(&j);
    while (n > 0) {
        pthread_join(others[--n], NULL);
    }
}

void import_batch_clear(struct import_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        region_free(b->records[i].region);
        free(b->records[i].text);
    }
    b->n = b->bytes = 0;
}
