// SPDX-License-Identifier: Apache-2.0
/* `import`: records from files into the store, in batches. */
#include "collector/cmd/cmd_import.h"

#include "base/ascii.h"
#include "base/stream.h"
#include "collector/cmd/cmds.h"
#include "collector/cmd/import_batch.h"
#include "collector/cmd/import_boxes.h"
#include "record/sealed_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOUCH_MAX 64

static const struct opt options[] = {
    CMD_OPT_DATA,
    CMD_OPT_ASN_DB,
    {.name = "vouch",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "I vouch for where these come from, which I call NAME"},
    {.key = "collector.control_keys",
     .kind = OPT_LIST,
     .arg = "KEY",
     .help = "public keys of controls that are believed"},
    {.key = "collector.seal_secret",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "the secret keys of records that probes seal for us"},
};

static const struct opt_table table = {
    .command = "import",
    .synopsis = "parallax-collector import [options] [FILE...]",
    .summary = "store measurements from files",
    .text =
        "Reads JSON or JSON Lines, plain, gzip or zstd, and OONI's "
        ".jsonl.gz and .tar.gz\nfiles, and what `parallax export` wrote; '-' or no FILE is standard input. "
        "Importing the same file again changes\nno count. Records that "
        "began more than 35 days ago, or are of the future, stand\nbehind "
        "no finding unless you vouch for their source.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1u << 20,
};

/* A full batch is stored by a thread of its own while the next one is read and
 * judged. */
struct writing {
    struct store *store;
    struct import_batch *batch;
    pthread_t thread;
    bool running;
    uint64_t stored, vouched_now, duplicate;
    enum err e;
    struct diag d;
};

struct import {
    struct store *store;
    struct opener *opener; /* NULL: there is no key */
    struct diag *d;        /* of what ends a file of boxes */
    struct acceptor acceptor;
    struct import_batch batches[2];
    struct import_batch
        *batch; /* the one that is filled; the other may be stored */
    struct writing writing;
    const char *vouched; /* NULL: nobody does */
    uint64_t rejected, unreadable;
};

static void *write_batch(void *arg)
{
    struct writing *w = arg;
    struct store_put batch[IMPORT_BATCH_RECORDS];
    size_t n = 0;
    for (size_t i = 0; i < w->batch->n; i++) {
        if (w->batch->records[i].e == ERR_OK) {
            batch[n++] = w->batch->records[i].put;
        }
    }
    w->e = n > 0 ? store_put(w->store, batch, n, &w->d) : ERR_OK;
    for (size_t i = 0; i < n && w->e == ERR_OK; i++) {
        w->duplicate += batch[i].duplicate;
        w->stored += !batch[i].duplicate;
        w->vouched_now += batch[i].newly_vouched;
    }
    import_batch_clear(w->batch);
    return NULL;
}

/* Until what was given to be stored is, or is known not to be. */
static enum err wait_written(struct import *im, struct diag *d)
{
    struct writing *w = &im->writing;
    if (w->running) {
        pthread_join(w->thread, NULL);
        w->running = false;
    }
    if (w->e != ERR_OK) {
        *d = w->d;
    }
    return w->e;
}

/* Says what was wrong and counts it, once for the same bytes. */
static enum err reject(struct import *im, const struct import_record *rec)
{
    char line[1024];
    const struct refusal *why = &rec->why;
    snprintf(line, sizeof(line), "%s: %s%s%s", rec->place, why->key,
             why->key[0] ? ": " : "",
             why->reason ? why->d.text : "cannot be read");
    fprintf(stderr, "%s\n", line);
    im->rejected++;
    uint8_t hash[SHA256_LEN];
    crypto_sha256(rec->len ? (struct str){rec->text, rec->len} : str_c(line),
                  hash);
    return store_reject_once(im->store, hash, refusal_name(why->reason));
}

/* Those that are refused, in the order of the file. */
static enum err reject_bad(struct import *im, struct diag *d)
{
    for (size_t i = 0; i < im->batch->n; i++) {
        const struct import_record *rec = &im->batch->records[i];
        enum err e = rec->e == ERR_PARSE ? reject(im, rec) : rec->e;
        if (e != ERR_OK) {
            return diag_set(d, e, "%s: %s", rec->place, err_str(e));
        }
    }
    return ERR_OK;
}

/* Has the batch judged and stored, after the one before it. */
static enum err flush(struct import *im, struct diag *d)
{
    struct writing *w = &im->writing;
    import_batch_judge(im->batch, &im->acceptor, im->vouched);
    enum err e = reject_bad(im, d);
    if (e == ERR_OK) {
        e = wait_written(im, d);
    }
    if (e != ERR_OK || im->batch->n == 0) {
        return e;
    }
    w->store = im->store;
    w->batch = im->batch;
    im->batch = &im->batches[im->batch == im->batches];
    w->running = pthread_create(&w->thread, NULL, write_batch, w) == 0;
    if (!w->running) {
        write_batch(w);
    }
    return w->running ? ERR_OK : wait_written(im, d);
}

/* `bad`: why it is no value; or NULL. */
static enum err import_item(struct import *im, const struct stream_item *it,
                            const struct diag *bad, struct diag *d)
{
    enum err e = import_batch_take(im->batch, it, bad);
    if (e != ERR_OK) {
        return diag_set(d, e, "%s:%u: %s", it->file, it->line, err_str(e));
    }
    return import_batch_full(im->batch) ? flush(im, d) : ERR_OK;
}

static enum err take_boxed(void *arg, const struct stream_item *it,
                           const struct diag *bad)
{
    struct import *im = arg;
    return import_item(im, it, bad, im->d);
}

/* What `parallax export` wrote. */
static enum err import_sealed(struct import *im, const char *path,
                              struct diag *d)
{
    struct diag store = {{0}};
    im->d = &store;
    enum err e = import_boxes(path, im->opener, take_boxed, im, d);
    if (store.text[0]) {
        *d = store;
        return e;
    }
    if (e != ERR_OK && e != ERR_NOMEM) {
        fprintf(stderr, "%s: %s\n", path, d->text);
        im->unreadable++;
        e = ERR_OK;
    }
    return e;
}

/* Errors of the store end everything; those of a file end that file. */
static enum err import_file(struct import *im, const char *path, struct diag *d)
{
    struct stream *s = NULL;
    if (sealed_file_is(path)) {
        return import_sealed(im, path, d);
    }
    enum err e = stream_open(path, &s, d);
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e != ERR_OK) {
        fprintf(stderr, "%s\n", d->text);
        im->unreadable++;
        return ERR_OK;
    }
    for (;;) {
        struct stream_item it;
        struct diag why = {{0}};
        e = stream_next(s, &it, &why);
        if (e == ERR_NOTFOUND) {
            e = ERR_OK;
            break;
        }
        if (e == ERR_OK || e == ERR_PARSE) {
            e = import_item(im, &it, e == ERR_OK ? NULL : &why, d);
        } else {
            fprintf(stderr, "%s: %s\n", path, why.text);
            im->unreadable++;
            e = ERR_OK;
            break;
        }
        if (e != ERR_OK) {
            break;
        }
    }
    stream_close(s);
    return e;
}

static int result(const struct import *im)
{
    fprintf(stderr, "%llu stored, %llu known already, %llu rejected\n",
            (unsigned long long)im->writing.stored,
            (unsigned long long)im->writing.duplicate,
            (unsigned long long)im->rejected);
    if (im->writing.vouched_now > 0) {
        fprintf(stderr, "%llu of those known already are vouched for now\n",
                (unsigned long long)im->writing.vouched_now);
    }
    bool bad = im->rejected > 0 || im->unreadable > 0;
    bool good = im->writing.stored + im->writing.duplicate > 0;
    return !bad ? EXIT_DONE : good ? EXIT_PARTLY : EXIT_FAILED;
}

/* The name goes into every row and every report: a word. */
static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        if (!ascii_isalnum(name[i]) && !strchr("._-", name[i])) {
            return false;
        }
    }
    return n > 0 && n <= VOUCH_MAX;
}

static int run(struct import *im, const char *const *files, size_t n)
{
    struct diag d = {{0}};
    enum err e = ERR_OK;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = import_file(im, files[i], &d);
    }
    if (e == ERR_OK) {
        e = flush(im, &d);
    }
    struct diag late = {{0}};
    enum err written = wait_written(im, &late);
    if (e == ERR_OK && written != ERR_OK) {
        e = written;
        d = late;
    }
    import_batch_clear(im->batch);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector import: %s\n",
                d.text[0] ? d.text : err_str(e));
        /* the counts are printed; that it failed is known already */
        (void)result(im);
        return EXIT_FAILED;
    }
    return result(im);
}

static int command(struct region *r, const struct opt_set *opts)
{
    static const char *const input[] = {"-"};
    const char *const *files = NULL, *const *keys = NULL;
    size_t n = opt_args(opts, &files);
    size_t n_keys = opt_list(opts, "collector.control_keys", &keys);
    const char *data = opt_str(opts, "data");
    struct import *im = calloc(1, sizeof(*im));
    struct diag d = {{0}};
    int code = EXIT_FAILED;
    (void)r;
    if (!im) {
        return EXIT_FAILED;
    }
    im->batch = im->batches;
    im->vouched = opt_str(opts, "vouch");
    if (im->vouched && !name_ok(im->vouched)) {
        fprintf(stderr,
                "parallax-collector import: --vouch: a name has up to %d "
                "letters, digits, '.', '-' and '_'\n",
                VOUCH_MAX);
        free(im);
        return EXIT_USAGE;
    }
    const char *secret = opt_str(opts, "collector.seal_secret");
    enum err e =
        secret && secret[0] ? opener_start(secret, &im->opener, &d) : ERR_OK;
    if (e == ERR_OK) {
        e = store_open(data, STORE_WRITE, &im->store, &d);
    }
    if (e == ERR_OK) {
        e = acceptor_open(&im->acceptor, data, opt_str(opts, "asn_db"), keys,
                          n_keys, &d);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector import: %s\n",
                d.text[0] ? d.text : err_str(e));
    } else {
        code = n > 0 ? run(im, files, n) : run(im, input, 1);
    }
    store_close(im->store);
    acceptor_close(&im->acceptor);
    opener_stop(im->opener);
    free(im);
    return code;
}

const struct shell_command cmd_import = {
    .table = &table,
    .memory = (size_t)16 << 20,
    .run = command,
};
