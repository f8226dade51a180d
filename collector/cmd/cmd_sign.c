// SPDX-License-Identifier: Apache-2.0
/* `sign`: a list, its version and its last day, under one signature. */
#include "collector/cmd/cmd_sign.h"

#include "base/clock.h"
#include "base/fs.h"
#include "collector/cmd/cmds.h"
#include "collector/cmd/signing_key.h"
#include "record/list_orders.h"
#include "record/signed_list.h"
#include "record/sitelist.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX     ((size_t)64 << 20)
#define LIST_REGION  ((size_t)1024 << 20)
#define DEFAULT_DAYS 90

static const struct opt options[] = {
    CMD_OPT_DATA,
    CMD_OPT_LIST_KEY,
    {.name = "as",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "which list it is, such as de.csv (default: the file's name)"},
    {.name = "list-version",
     .kind = OPT_INT,
     .min = 1,
     .max = SIGNED_LIST_VERSION_MAX,
     .arg = "N",
     .help = "higher than the one before (default: the time, YYYYMMDDhhmm)"},
    {.name = "expires",
     .kind = OPT_STR,
     .arg = "DATE",
     .help = "the last day on which it is believed (default: in 90 days)"},
};

static const struct opt_table table = {
    .command = "sign",
    .synopsis = "parallax-collector sign [options] FILE",
    .summary = "sign a site list",
    .text = "Writes FILE.minisig, which `minisign -V` checks, too. Probes that "
            "have the public key\n(see keys) take the two as an update. A list "
            "with a row that probes would refuse is\nnot signed.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1,
};

/* ---- what is signed ------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* 202611302015: goes up by itself, and people can read it. */
static enum err version_now(int64_t now_s, int64_t *out)
{
    char text[20], digits[16];
    size_t n = 0;
    enum err e = clock_format(now_s, text);
    for (size_t i = 0; e == ERR_OK && i < strlen("YYYY-MM-DD hh:mm"); i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            digits[n++] = text[i];
        }
    }
    return e == ERR_OK ? str_to_i64((struct str){digits, n}, 1,
                                    SIGNED_LIST_VERSION_MAX, out)
                       : e;
}

static enum err describe(const struct opt_set *opts, const char *file,
                         struct signed_list *l, struct diag *d)
{
    const char *name = opt_str(opts, "as");
    const char *last = opt_str(opts, "expires");
    int64_t now_s = clock_wall_us() / US_PER_S;
    name = name ? name : base_name(file);
    if (!signed_list_is_name(name)) {
        return diag_set(d, ERR_INVAL,
                        "`%.60s` is no name of a list: global.csv, or the "
                        "country's two letters as in de.csv; --as NAME gives "
                        "it another",
                        name);
    }
    str_copy(l->name, sizeof(l->name), name);
    l->made_s = now_s;
    l->version = opt_int(opts, "list-version");
    enum err e = l->version ? ERR_OK : version_now(now_s, &l->version);
    if (e == ERR_OK && last) {
        e = strlen(last) == strlen("YYYY-MM-DD")
                ? clock_parse(last, &l->expires_s)
                : ERR_INVAL;
    } else if (e == ERR_OK) {
        l->expires_s = (now_s / DAY_S + DEFAULT_DAYS) * DAY_S;
    }
    if (e != ERR_OK) {
        return diag_set(d, ERR_INVAL, "--expires: `%.40s` is no YYYY-MM-DD",
                        last ? last : "");
    }
    l->expires_s += DAY_S;
    return l->expires_s > now_s
               ? ERR_OK
               : diag_set(d, ERR_INVAL, "--expires: %.20s is over", last);
}

static void on_bad(void *arg, const char *file, unsigned line, unsigned col,
                   const char *reason)
{
    (void)arg;
    fprintf(stderr, "%s:%u:%u: %s\n", file, line, col, reason);
}

/* Probes put the signature before the list, where a byte order mark would no
 * longer stand first. */
static bool has_mark(struct str text)
{
    return str_starts(text, "\xef\xbb\xbf") || str_starts(text, "\xff\xfe") ||
           str_starts(text, "\xfe\xff");
}

static enum err check_rows(const char *file, struct str text, struct diag *d)
{
    struct region *r = region_new(LIST_REGION);
    struct sitelist list = {.n = 0};
    struct diag why = {""};
    if (has_mark(text)) {
        region_free(r);
        return diag_set(
            d, ERR_PARSE,
            "%.200s begins with a byte order mark; save it as UTF-8 "
            "without one",
            file);
    }
    enum err e = r ? sitelist_parse(r, file, text, &list, on_bad, NULL, &why)
                   : ERR_NOMEM;
    if (e == ERR_PARSE) {
        diag_set(d, e, "%.180s: %.120s", file, why.text);
    } else if (e == ERR_OK && list_orders_check(text, &why) != ERR_OK) {
        e = diag_set(d, ERR_PARSE, "%.120s: %.180s", file, why.text);
    } else if (e == ERR_OK && (list.bad || !list.n)) {
        e = diag_set(d, ERR_PARSE,
                     "%.180s: %zu rows are no good, %zu are; it "
                     "is not signed",
                     file, list.bad, list.n);
    }
    region_free(r);
    return e;
}

/* ---- the command --------------------------------------------------------- */

static enum err sign(const struct opt_set *opts, struct str text,
                     const struct signed_list *l, struct buf *out,
                     struct diag *d)
{
    struct minisign_secret secret = {.id = {0}};
    struct buf comment;
    bool made = false;
    buf_init(&comment, MINISIGN_MAX_COMMENT);
    enum err e = signing_key_load(opts, false, &secret, &made, d);
    if (e == ERR_OK) {
        e = signed_list_comment(l, &comment);
    }
    if (e == ERR_OK) {
        e = minisign_sign(&secret, text, buf_str(&comment), out);
    }
    crypto_forget(&secret, sizeof(secret));
    buf_fini(&comment);
    return e;
}

static enum err sign_file(const struct opt_set *opts, const char *file,
                          struct signed_list *l, char path[PATH_MAX],
                          struct diag *d)
{
    struct buf text, signature;
    buf_init(&text, LIST_MAX);
    buf_init(&signature, MINISIGN_MAX_BYTES);
    enum err e = ERR_OK;
    if (snprintf(path, PATH_MAX, "%s.minisig", file) >= PATH_MAX) {
        e = diag_set(d, ERR_LIMIT, "the path is too long");
    }
    if (e == ERR_OK) {
        e = describe(opts, file, l, d);
    }
    if (e == ERR_OK) {
        e = fs_read(file, LIST_MAX, &text, d);
    }
    if (e == ERR_OK) {
        e = check_rows(file, buf_str(&text), d);
    }
    if (e == ERR_OK) {
        e = sign(opts, buf_str(&text), l, &signature, d);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&signature), 0644, d);
    }
    buf_fini(&text);
    buf_fini(&signature);
    return e;
}

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    char path[PATH_MAX], last[20];
    struct signed_list l = {.version = 0};
    struct diag d = {{0}};
    (void)r;
    if (opt_args(opts, &args) != 1) {
        fprintf(stderr, "parallax-collector sign: which list? Name its "
                        "file.\n");
        return EXIT_USAGE;
    }
    enum err e = sign_file(opts, args[0], &l, path, &d);
    if (e == ERR_OK) {
        e = clock_format(l.expires_s - 1, last);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector sign: %s\n",
                d.text[0] ? d.text : err_str(e));
        return e == ERR_INVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    fprintf(stderr, "%s: %s, version %" PRId64 ", believed until %.10s\n", path,
            l.name, l.version, last);
    return EXIT_DONE;
}

const struct shell_command cmd_sign = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
