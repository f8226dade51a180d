// SPDX-License-Identifier: Apache-2.0
/* `parallax export`: what waits, into a file that is carried by hand. */
#include "probe/cmd/cmd_export.h"

#include "probe/cmd/cmds.h"
#include "probe/cmd/paused.h"
#include "probe/deliver/spool.h"
#include "probe/deliver/submission.h"
#include "probe/volunteer/collector_key.h"
#include "probe/volunteer/paths.h"
#include "record/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct opt export_opts[] = {
    {.name = "readable",
     .kind = OPT_FLAG,
     .help = "as JSON Lines, which everybody can read who has the file"},
    {.name = "collector",
     .key = "collector",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "for whom it is"},
    CMD_OPT_SEAL_KEY,
};

static const struct opt_table table = {
    .command = "export",
    .synopsis = "parallax export [--readable] FILE",
    .summary = "write what waits to a file",
    .text =
        "For a line that is shut: the file can be carried by hand, and is read "
        "by\n`parallax-collector import`. It is sealed for the collector, which "
        "alone can read it.\nWhat was exported still waits here; if it is sent "
        "later, too, it is known there.\n\nExit status: 0 done, 1 nothing was "
        "written, 2 wrong usage, 3 some could not be.",
    .opts = export_opts,
    .n_opts = sizeof(export_opts) / sizeof(export_opts[0]),
    .max_args = 1,
};

struct exporting {
    struct spool *spool;
    FILE *f;
    bool readable;
    const uint8_t *key; /* to seal for; NULL: none is known */
    struct buf bytes, other;
    size_t written, passed;
};

static enum err write_line(struct exporting *x, struct str record)
{
    bool good = fwrite(record.p, 1, record.len, x->f) == record.len &&
                fputc('\n', x->f) != EOF;
    return good ? ERR_OK : ERR_IO;
}

/* One that the device can open: closed anew, or as it is. */
static enum err export_open(struct exporting *x, const struct frame *f)
{
    buf_clear(&x->other);
    if (x->readable) {
        enum err e = submission_unpack(f->body, &x->other);
        return e == ERR_OK ? write_line(x, buf_str(&x->other)) : e;
    }
    if (!x->key) {
        return ERR_ACCESS;
    }
    enum err e = sealed_close(x->key, f->open, f->body, &x->other);
    return e == ERR_OK ? sealed_file_add(x->f, buf_str(&x->other)) : e;
}

static enum err export_one(struct exporting *x, const struct spool_item *item)
{
    struct frame f;
    struct diag d = {""};
    if (item->boxed) {
        enum err e = x->readable
                         ? ERR_ACCESS
                         : spool_load_box(x->spool, item->id, &x->bytes, &d);
        return e == ERR_OK ? sealed_file_add(x->f, buf_str(&x->bytes)) : e;
    }
    enum err e = spool_load(x->spool, item->id, &x->bytes, &f, &d);
    return e == ERR_OK ? export_open(x, &f) : e;
}

static enum err export_all(struct exporting *x)
{
    enum err e = x->readable ? ERR_OK : sealed_file_begin(x->f);
    for (size_t i = 0; e == ERR_OK && i < spool_len(x->spool);) {
        struct spool_item item = spool_item(x->spool, i);
        enum err one =
            item.state == FRAME_PASSED ? ERR_ACCESS : export_one(x, &item);
        x->written += one == ERR_OK;
        x->passed += one != ERR_OK;
        e = one == ERR_IO || one == ERR_NOMEM ? one : ERR_OK;
        /* a damaged one is listed no more */
        i += i < spool_len(x->spool) && spool_item(x->spool, i).id == item.id;
    }
    if (e == ERR_OK && (fflush(x->f) != 0 || ferror(x->f))) {
        e = ERR_IO;
    }
    return e;
}

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "parallax export: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static int tell(const struct exporting *x)
{
    fprintf(stderr, "%zu records written\n", x->written);
    if (x->passed && x->readable) {
        fprintf(stderr,
                "%zu could not be: they are sealed for the collector, which "
                "alone can read them\n",
                x->passed);
    } else if (x->passed) {
        fprintf(stderr, "%zu could not be%s\n", x->passed,
                x->key ? ""
                       : ": no key of the collector is known to seal them for "
                         "(collector.seal_key); --readable writes them for "
                         "everybody to read");
    }
    return !x->passed ? EXIT_DONE : x->written ? EXIT_PARTLY : EXIT_FAILED;
}

/* Never over a file that is there. */
static FILE *make_file(const char *path)
{
    if (!strcmp(path, "-")) {
        return stdout;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && !f) {
        close(fd);
    }
    return f;
}

static int export_to(struct exporting *x, const char *path)
{
    x->f = make_file(path);
    if (!x->f) {
        return failed(path, strerror(errno));
    }
    buf_init(&x->bytes, FRAME_MAX_SEALED);
    buf_init(&x->other, SEALED_MAX);
    enum err e = export_all(x);
    if (e == ERR_OK && x->f != stdout && fsync(fileno(x->f)) != 0) {
        e = ERR_IO;
    }
    buf_fini(&x->bytes);
    buf_fini(&x->other);
    if (x->f != stdout && fclose(x->f) != 0 && e == ERR_OK) {
        e = ERR_IO;
    }
    return e == ERR_OK ? tell(x) : failed(path, err_str(e));
}

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL, *const *given = NULL;
    char dir[PATHS_MAX];
    uint8_t key[CRYPTO_BOX_KEY_LEN];
    enum collector_key_from from;
    struct list_orders orders = {.everywhere = false};
    struct seal seal;
    struct diag d = {""};
    struct exporting x = {.readable = opt_flag(opts, "readable")};
    if (opt_args(opts, &args) != 1) {
        fprintf(stderr, "parallax export: to which FILE?\nTry `parallax export "
                        "--help`.\n");
        return EXIT_USAGE;
    }
    size_t n = opt_list(opts, "collector.seal_key", &given);
    if (paused_orders(r, opts, &orders, &d) != ERR_OK ||
        collector_key_find(opt_str(opts, "collector"), given, n, &orders, key,
                           &from, &d) != ERR_OK) {
        fprintf(stderr, "parallax export: %s\n", d.text);
        return EXIT_USAGE;
    }
    x.key = from != COLLECTOR_KEY_NONE ? key : NULL;
    seal_find(&seal);
    enum err e = paths_state(PATHS_SPOOL, dir, &d);
    if (e == ERR_OK) {
        e = spool_look(dir, &seal, &x.spool, &d);
    }
    int status = e == ERR_OK ? export_to(&x, args[0])
                             : failed("nothing was written",
                                      e == ERR_NOTFOUND ? "nothing waits here"
                                      : d.text[0]       ? d.text
                                                        : err_str(e));
    spool_close(x.spool);
    seal_fini(&seal);
    return status;
}

const struct shell_command cmd_export = {
    .table = &table,
    .memory = 1 << 20,
    .run = command,
};
