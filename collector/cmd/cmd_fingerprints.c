// SPDX-License-Identifier: Apache-2.0
/* `fingerprints`: lists and imports sets of known block pages. */
#include "collector/cmd/cmd_fingerprints.h"

#include "base/calendar.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "collector/cmd/cmds.h"
#include "collector/ingest/fingerprint_sets.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
    {.name = "name",
     .kind = OPT_STR,
     .arg = "NAME",
     .help = "what to call the set (default: the file's name)"},
    {.name = "json", .kind = OPT_FLAG, .help = "list as JSON"},
};

static const struct opt_table table = {
    .command = "fingerprints",
    .synopsis = "parallax-collector fingerprints [list | import FILE...] "
                "[options]",
    .summary = "known block pages and forged answers",
    .text = "import stores OONI's lists of fingerprints as they are; '-' is "
            "standard input. A bad\nrow is named and left out. Importing a "
            "set again replaces it. A running serve uses\nit after its next "
            "start.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = FINGERPRINT_SETS_MAX + 1,
};

static const char *prefix = "parallax-collector fingerprints";

/* ---- import -------------------------------------------------------------- */

struct importing {
    size_t bad, done, failed;
};

static void on_bad(void *arg, const char *msg)
{
    struct importing *im = arg;
    fprintf(stderr, "%s\n", msg);
    im->bad++;
}

/* fingerprints_http.csv is the set fingerprints_http. */
static void name_of(const char *file, char *out, size_t size)
{
    const char *slash = strrchr(file, '/');
    str_copy(out, size, slash ? slash + 1 : file);
    size_t len = strlen(out);
    if (len > 4 && strcmp(out + len - 4, ".csv") == 0) {
        out[len - 4] = '\0';
    }
}

static void import_file(struct importing *im, const char *data,
                        const char *given_name, const char *file)
{
    char name[FINGERPRINT_SETS_NAME_MAX + 8];
    struct buf text;
    struct fingerprint_set set;
    struct diag d = {{0}};
    size_t bad = im->bad;
    if (given_name) {
        str_copy(name, sizeof(name), given_name);
    } else {
        name_of(file, name, sizeof(name));
    }
    buf_init(&text, FINGERPRINT_SETS_FILE_MAX);
    enum err e =
        fingerprint_sets_name_ok(name)
            ? fs_read(file, FINGERPRINT_SETS_FILE_MAX, &text, &d)
            : diag_set(&d, ERR_INVAL,
                       "%.200s: '%.64s' cannot be the name of a set; give "
                       "--name",
                       file, name);
    if (e == ERR_OK) {
        struct fingerprint_import in = {.name = name,
                                        .file = file,
                                        .text = buf_str(&text),
                                        .bad = on_bad,
                                        .arg = im};
        e = fingerprint_sets_import(data, &in, &set, &d);
    }
    buf_fini(&text);
    if (e != ERR_OK) {
        fprintf(stderr, "%s: %s\n", prefix, d.text[0] ? d.text : err_str(e));
        im->failed++;
        return;
    }
    im->done++;
    fprintf(stderr,
            "%s: %zu fingerprints (answers %zu, pages %zu, headers %zu), "
            "%zu bad rows\n",
            set.name, set.dns + set.body + set.header, set.dns, set.body,
            set.header, im->bad - bad);
}

static int import(const struct opt_set *set, const char *const *files, size_t n)
{
    struct importing im = {0};
    const char *name = opt_str(set, "name");
    if (n == 0 || (name && n > 1)) {
        fprintf(stderr, "%s: %s\n", prefix,
                n == 0 ? "import needs a FILE" : "--name is for one FILE only");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < n; i++) {
        import_file(&im, opt_str(set, "data"), name, files[i]);
    }
    return im.done == 0          ? EXIT_FAILED
           : im.bad || im.failed ? EXIT_PARTLY
                                 : EXIT_DONE;
}

/* ---- list ---------------------------------------------------------------- */

struct listing {
    struct buf out;
    struct jw w;
    bool json;
    size_t total, unusable;
};

static void list_json(struct listing *l, const struct fingerprint_set *set,
                      const char *when)
{
    jw_obj(&l->w);
    jw_kc(&l->w, "name", set->name);
    jw_ki(&l->w, "dns", (int64_t)set->dns);
    jw_ki(&l->w, "body", (int64_t)set->body);
    jw_ki(&l->w, "header", (int64_t)set->header);
    jw_kc(&l->w, "imported", set->imported_s ? when : NULL);
    jw_kc(&l->w, "unusable", set->reason[0] ? set->reason : NULL);
    jw_obj_end(&l->w);
}

static void on_set(void *arg, const struct fingerprint_set *set)
{
    struct listing *l = arg;
    char when[24] = "";
    if (set->imported_s) {
        calendar_iso(when, set->imported_s);
    }
    if (when[0] == '\0') {
        str_copy(when, sizeof(when), "-");
    }
    l->total += set->dns + set->body + set->header;
    if (set->reason[0]) {
        fprintf(stderr, "%s: %s: %s\n", prefix, set->name, set->reason);
        l->unusable++;
    }
    if (l->json) {
        list_json(l, set, when);
    } else {
        buf_printf(&l->out, "%-30s %8zu %8zu %8zu  %s\n", set->name, set->dns,
                   set->body, set->header, set->reason[0] ? "unusable" : when);
    }
}

static int list(const struct opt_set *set)
{
    struct listing l = {.json = opt_flag(set, "json")};
    struct fingerprints *f = NULL;
    buf_init(&l.out, (size_t)1 << 20);
    jw_init(&l.w, &l.out);
    if (l.json) {
        jw_obj(&l.w);
        jw_key(&l.w, "sets");
        jw_arr(&l.w);
    } else {
        buf_printf(&l.out, "%-30s %8s %8s %8s  %s\n", "Set", "answers", "pages",
                   "headers", "imported");
    }
    enum err e = fingerprint_sets_open(opt_str(set, "data"), on_set, &l, &f);
    if (l.json) {
        jw_arr_end(&l.w);
        jw_ki(&l.w, "fingerprints", (int64_t)l.total);
        jw_obj_end(&l.w);
        buf_add_byte(&l.out, '\n');
    }
    if (e == ERR_OK) {
        e = l.out.failed ? l.out.failed
                         : fs_write_all(STDOUT_FILENO, l.out.p, l.out.len);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "%s: %s\n", prefix, err_str(e));
    }
    buf_fini(&l.out);
    fingerprints_free(f);
    return e != ERR_OK ? EXIT_FAILED : l.unusable ? EXIT_PARTLY : EXIT_DONE;
}

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    size_t n = opt_args(opts, &args);
    (void)r;
    if (n > 0 && strcmp(args[0], "import") == 0) {
        return import(opts, args + 1, n - 1);
    }
    if (n == 0 || (n == 1 && strcmp(args[0], "list") == 0)) {
        return list(opts);
    }
    fprintf(stderr, "%s: 'list' or 'import FILE...', not '%s'\n", prefix,
            args[n > 1 ? 1 : 0]);
    return EXIT_USAGE;
}

const struct shell_command cmd_fingerprints = {
    .table = &table,
    .memory = (size_t)4 << 20,
    .run = command,
};
