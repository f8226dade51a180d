// SPDX-License-Identifier: Apache-2.0
/* `parallax analyze`: verdicts again, from records in files, without any
 * network. Holds one record at a time.
 */
#include "probe/cmd/cmd_analyze.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/stream.h"
#include "probe/volunteer/confine.h"
#include "verdict/verdict.h"
#include "verdict/verdict_write.h"

#include <stdio.h>

/* A record may carry 24 MiB of text; its verdict needs little beside it. */
#define REGION_MAX       ((size_t)64 << 20)
#define LINE_MAX_BYTES   ((size_t)16 << 20)
#define FINGERPRINTS_MAX ((size_t)64 << 20)

static const struct opt analyze_opts[] = {
    {.name = "fingerprints",
     .key = "analyze.fingerprints",
     .kind = OPT_LIST,
     .arg = "FILE",
     .help = "OONI's fingerprint CSV, beside the built-in ones"},
};

static const struct opt_table table = {
    .command = "analyze",
    .synopsis = "parallax analyze [--fingerprints FILE]... [FILE...]",
    .summary = "recompute verdicts of records, without any network",
    .text = "FILE is JSON, JSON Lines or indented JSON, plain, gzip or zstd; "
            "`-` or no FILE\nreads standard input. One object is printed per "
            "record, in order. A record that\ncannot be used gives an object "
            "with `error` in its place; the exit status is\nthen 3, or 1 if "
            "no record could be used.",
    .opts = analyze_opts,
    .n_opts = sizeof(analyze_opts) / sizeof(analyze_opts[0]),
    .max_args = 100000,
};

struct analysis {
    struct fingerprints *fps;
    struct buf out;
    size_t good, bad;
    bool broken; /* out of memory, or output that cannot be written */
};

/* ---- printing ------------------------------------------------------------ */

static void print_line(struct analysis *a)
{
    struct str s = buf_str(&a->out);
    a->broken = a->broken || a->out.failed != ERR_OK ||
                fwrite(s.p, 1, s.len, stdout) != s.len || putchar('\n') == EOF;
    buf_clear(&a->out);
}

static void write_text(struct jw *w, const char *key, struct str s)
{
    jw_key(w, key);
    if (s.p) {
        jw_str(w, s);
    } else {
        jw_null(w);
    }
}

/* Takes the key out of a message: "test_keys.queries[0].failure: ..." from the
 * verdict, "... (at test_keys)" from the JSON scanner. */
static struct str take_key(struct str *message)
{
    struct str s = *message;
    size_t colon = str_find(s, STR(": "));
    size_t at = str_find(s, STR(" (at "));
    if (at != SIZE_MAX && str_ends(s, ")")) {
        *message = str_sub(s, 0, at);
        return str_sub(s, at + 5, s.len - at - 6);
    }
    if (colon == SIZE_MAX ||
        !(str_starts(s, "test_") || str_starts(s, "input") ||
          str_starts(s, "report_id") || str_starts(s, "measurement_"))) {
        return (struct str){NULL, 0};
    }
    *message = str_sub(s, colon + 2, s.len);
    return str_sub(s, 0, colon);
}

/* "byte 5, line 1: ..." counts from the record's own beginning, and would
 * contradict the line in the file: the line is brought to it. */
static int64_t take_line(struct str *message, int64_t first)
{
    size_t comma = str_find(*message, STR(", line "));
    size_t colon = str_find(*message, STR(": "));
    int64_t n;
    if (!str_starts(*message, "byte ") || comma == SIZE_MAX ||
        colon == SIZE_MAX || colon < comma ||
        str_to_i64(str_sub(*message, comma + 7, colon - comma - 7), 1,
                   UINT32_MAX, &n) != ERR_OK) {
        return first;
    }
    *message = str_sub(*message, colon + 2, message->len);
    return first + n - 1;
}

static void print_error(struct analysis *a, const struct stream_item *item,
                        const char *message)
{
    struct jw w;
    struct str rest = str_c(message);
    struct str key = take_key(&rest);
    int64_t line = take_line(&rest, item->line);
    jw_init(&w, &a->out);
    jw_obj(&w);
    jw_key(&w, "error");
    jw_obj(&w);
    jw_key(&w, "file");
    jw_maybe_binary(&w, str_c(item->file));
    if (item->member[0]) {
        jw_key(&w, "member");
        jw_maybe_binary(&w, str_c(item->member));
    }
    jw_ki(&w, "line", line);
    jw_ki(&w, "record", (int64_t)item->record);
    write_text(&w, "key", key);
    jw_key(&w, "message");
    jw_maybe_binary(&w, rest);
    jw_obj_end(&w);
    jw_obj_end(&w);
    print_line(a);
    a->bad++;
}

static void print_verdict(struct analysis *a, const struct json *root,
                          const struct verdict *v)
{
    struct jw w;
    jw_init(&w, &a->out);
    jw_obj(&w);
    write_text(&w, "input", json_str(json_get(root, "input")));
    write_text(&w, "report_id", json_str(json_get(root, "report_id")));
    write_text(&w, "measurement_uid",
               json_str(json_get(root, "measurement_uid")));
    write_text(&w, "measurement_start_time",
               json_str(json_get(root, "measurement_start_time")));
    verdict_write_compatible(&w, v);
    jw_key(&w, "x_verdict");
    verdict_write_x(&w, v);
    jw_obj_end(&w);
    print_line(a);
    a->good++;
}

/* ---- one record ---------------------------------------------------------- */

/* The keys that are only copied must be what they claim too. */
static enum err check_copied(const struct json *root, struct diag *d)
{
    static const char *const keys[] = {"report_id", "measurement_uid",
                                       "measurement_start_time"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct json *n = json_get(root, keys[i]);
        if (!json_is_null(n) && !json_is_str(n)) {
            return diag_set(d, ERR_PARSE, "%s: want a string", keys[i]);
        }
    }
    return ERR_OK;
}

static void analyze_record(struct analysis *a, const struct stream_item *item)
{
    struct diag d = {""};
    struct json_doc *doc = NULL;
    struct verdict v;
    struct region *r = region_new(REGION_MAX);
    enum err e = r ? ERR_OK : ERR_NOMEM;
    if (!e) {
        e = json_parse(item->text, &json_default_limits, &doc, &d);
    }
    if (!e) {
        e = verdict_compute(r, json_root(doc), a->fps, &v, &d);
    }
    if (!e) {
        e = check_copied(json_root(doc), &d);
    }
    if (e) {
        print_error(a, item, d.text[0] ? d.text : err_str(e));
    } else {
        print_verdict(a, json_root(doc), &v);
    }
    json_doc_free(doc);
    region_free(r);
}

static void analyze_file(struct analysis *a, const char *path)
{
    struct stream *s = NULL;
    struct diag d = {""};
    struct stream_item item = {.file = path, .member = ""};
    enum err e = stream_open(path, &s, &d);
    if (e) {
        print_error(a, &item, d.text[0] ? d.text : err_str(e));
        return;
    }
    while (!a->broken) {
        e = stream_next(s, &item, &d);
        if (e == ERR_NOTFOUND) {
            break;
        }
        if (!e) {
            analyze_record(a, &item);
            continue;
        }
        print_error(a, &item, d.text[0] ? d.text : err_str(e));
        if (e != ERR_PARSE) {
            break;
        }
    }
    stream_close(s);
}

/* ---- the command --------------------------------------------------------- */

static void bad_fingerprint(void *arg, const char *msg)
{
    (void)arg;
    fprintf(stderr, "parallax analyze: %s\n", msg);
}

static enum err load_fingerprints(struct analysis *a,
                                  const struct opt_set *opts)
{
    const char *const *files;
    size_t n = opt_list(opts, "fingerprints", &files);
    enum err e = fingerprints_builtin(&a->fps);
    for (size_t i = 0; i < n && !e; i++) {
        struct buf text;
        struct diag d = {""};
        buf_init(&text, FINGERPRINTS_MAX);
        e = fs_read(files[i], FINGERPRINTS_MAX, &text, &d);
        if (!e) {
            e = fingerprints_add_csv(a->fps, files[i], buf_str(&text), NULL,
                                     bad_fingerprint, NULL);
        }
        if (e) {
            fprintf(stderr, "parallax analyze: %s\n",
                    d.text[0] ? d.text : err_str(e));
        }
        buf_fini(&text);
    }
    return e;
}

static int analyze(const struct opt_set *opts)
{
    static const char *const standard_input[] = {"-"};
    struct analysis a = {0};
    const char *const *files;
    size_t n = opt_args(opts, &files);
    if (n == 0) {
        files = standard_input;
        n = 1;
    }
    buf_init(&a.out, LINE_MAX_BYTES);
    int status = EXIT_FAILED;
    if (load_fingerprints(&a, opts) == ERR_OK) {
        struct sandbox_state st;
        confine_reader(files, n, &st);
        for (size_t i = 0; i < n && !a.broken; i++) {
            analyze_file(&a, files[i]);
        }
        if (a.good == 0 && a.bad == 0 && !a.broken) {
            fprintf(stderr, "parallax analyze: no record in the input\n");
        } else if (!a.broken && a.good > 0) {
            status = a.bad ? EXIT_PARTLY : EXIT_DONE;
        }
    }
    fingerprints_free(a.fps);
    buf_fini(&a.out);
    return status;
}

static int command(struct region *r, const struct opt_set *opts)
{
    (void)r;
    return analyze(opts);
}

const struct shell_command cmd_analyze = {
    .table = &table,
    .memory = 1 << 24,
    .run = command,
};
