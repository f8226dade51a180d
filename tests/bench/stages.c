// SPDX-License-Identifier: Apache-2.0
/* Where the time of one record goes in the collector: parse, hash, verdict,
 * compress and commit, one thread, over the records of a JSON Lines file.
 *
 *   stages RECORDS.jsonl DIR     prints `stage <TAB> microseconds per record`
 */
#include "base/compress.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/stream.h"
#include "collector/ingest/accept.h"
#include "verdict/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_RECORDS 2000
#define BATCH       100

struct record {
    char *text;
    size_t len;
};

static struct record records[MAX_RECORDS];
static size_t n_records;

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "stages: %s: %s\n", what, why);
    exit(1);
}

static void load(const char *path)
{
    struct stream *s;
    struct stream_item item;
    struct diag d = {""};
    if (stream_open(path, &s, &d) != ERR_OK) {
        fail(path, d.text);
    }
    while (n_records < MAX_RECORDS && stream_next(s, &item, &d) == ERR_OK) {
        struct record *r = &records[n_records++];
        r->text = strndup(item.text.p, item.text.len);
        r->len = item.text.len;
        if (!r->text) {
            fail(path, "out of memory");
        }
    }
    stream_close(s);
    if (n_records == 0) {
        fail(path, "no record");
    }
}

static void print(const char *stage, int64_t ns)
{
    printf("%s\t%.1f\n", stage, (double)ns / 1000.0 / (double)n_records);
}

static void time_reading(const struct fingerprints *fps)
{
    int64_t parse = 0, hash = 0, verdict = 0, compress = 0;
    for (size_t i = 0; i < n_records; i++) {
        struct str text = {records[i].text, records[i].len};
        struct json_doc *doc;
        struct diag d;
        uint8_t digest[SHA256_LEN];
        int64_t t0 = now_ns();
        if (json_parse(text, &json_default_limits, &doc, &d) != ERR_OK) {
            fail("parse", d.text);
        }
        int64_t t1 = now_ns();
        if (uid_hash(doc, digest) != ERR_OK) {
            fail("hash", "failed");
        }
        int64_t t2 = now_ns();
        struct region *r = region_new((size_t)64 << 20);
        struct verdict v;
        if (!r || verdict_compute(r, json_root(doc), fps, &v, &d) != ERR_OK) {
            fail("verdict", d.text);
        }
        region_free(r);
        int64_t t3 = now_ns();
        struct buf packed;
        buf_init(&packed, (size_t)64 << 20);
        if (compress_pack(text, 3, &packed) != ERR_OK) {
            fail("compress", "failed");
        }
        buf_fini(&packed);
        int64_t t4 = now_ns();
        json_doc_free(doc);
        parse += t1 - t0;
        hash += t2 - t1;
        verdict += t3 - t2;
        compress += t4 - t3;
    }
    print("parse", parse);
    print("hash (uid)", hash);
    print("verdict", verdict);
    print("compress", compress);
}

static void time_storing(const struct acceptor *a, const char *dir)
{
    struct store *store;
    struct diag d = {""};
    if (store_open(dir, STORE_WRITE, &store, &d) != ERR_OK) {
        fail(dir, d.text);
    }
    int64_t commit = 0;
    for (size_t i = 0; i < n_records; i += BATCH) {
        size_t n = n_records - i < BATCH ? n_records - i : BATCH;
        struct region *r = region_new((size_t)256 << 20);
        struct store_put *batch = calloc(n, sizeof(*batch));
        for (size_t k = 0; k < n; k++) {
            struct accept_in in = {
                .record = {records[i + k].text, records[i + k].len},
                .receipt_s = time(NULL)};
            struct refusal why;
            if (!r || !batch ||
                accept_record(a, r, &in, &batch[k], &why) != ERR_OK) {
                fail("accept", "refused");
            }
        }
        int64_t t0 = now_ns();
        if (store_put(store, batch, n, &d) != ERR_OK) {
            fail("commit", d.text);
        }
        commit += now_ns() - t0;
        free(batch);
        region_free(r);
    }
    store_close(store);
    print("store, batches of 100 (compress, fsync, index)", commit);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fail("usage", "stages RECORDS.jsonl DIR");
    }
    struct acceptor a;
    struct diag d = {""};
    if (crypto_setup() != ERR_OK) {
        fail("crypto", "no randomness");
    }
    load(argv[1]);
    if (acceptor_open(&a, argv[2], NULL, NULL, 0, &d) != ERR_OK) {
        fail("rules", d.text);
    }
    size_t bytes = 0;
    for (size_t i = 0; i < n_records; i++) {
        bytes += records[i].len;
    }
    printf("records\t%zu\nmean bytes\t%zu\n", n_records, bytes / n_records);
    time_reading(a.fingerprints);
    time_storing(&a, argv[2]);
    acceptor_close(&a);
    return 0;
}
