// SPDX-License-Identifier: Apache-2.0
/* What a volunteer has agreed to, asked and kept. */
#include "probe/volunteer/consent.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/fs.h"
#include "probe/volunteer/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONSENT_FILE_MAX 4096

const char *consent_class_text(int risk)
{
    static const char *const text[CONSENT_CLASSES] = {
        "everyday sites: culture, shops, health, search, government",
        "news, messengers, social networks, file sharing, dating",
        "politics, rights, religion, circumvention, gambling, drugs; no category",
        "LGBT, pornography, hate speech, militant groups; unknown category",
    };
    return risk >= 0 && risk < CONSENT_CLASSES ? text[risk] : "";
}

enum err consent_parse_classes(struct str text, bool accepted[CONSENT_CLASSES],
                               struct diag *d)
{
    bool seen[CONSENT_CLASSES] = {false};
    bool any = false;
    struct str rest = text;
    struct str field;
    while (str_next(&rest, ',', &field)) {
        field = str_trim(field);
        if (field.len != 2 || ascii_upper(field.p[0]) != 'R' ||
            field.p[1] < '0' || field.p[1] >= '0' + CONSENT_CLASSES) {
            return diag_set(d, ERR_PARSE,
                            "`" STR_FMT "` is not a class; classes are R0, "
                            "R1, R2 and R3",
                            STR_ARG(str_sub(field, 0, 40)));
        }
        seen[field.p[1] - '0'] = true;
        any = true;
    }
    if (!any) {
        return diag_set(d, ERR_PARSE, "no class is named");
    }
    memcpy(accepted, seen, sizeof(seen));
    return ERR_OK;
}

void consent_format_classes(const bool accepted[CONSENT_CLASSES],
                            char out[CONSENT_CLASSES_TEXT])
{
    size_t n = 0;
    for (int i = 0; i < CONSENT_CLASSES; i++) {
        if (accepted[i]) {
            if (n) {
                out[n++] = ',';
            }
            out[n++] = 'R';
            out[n++] = (char)('0' + i);
        }
    }
    out[n] = '\0';
}

static enum err parse_line(struct str line, struct consent *c, int64_t *version,
                           struct diag *d)
{
    size_t at = str_find_char(line, '=');
    if (at == SIZE_MAX) {
        return diag_set(d, ERR_PARSE, "a line is not `key = value`");
    }
    struct str key = str_trim(str_sub(line, 0, at));
    struct str value = str_trim(str_sub(line, at + 1, line.len));
    if (str_eq_c(key, "version")) {
        return str_to_i64(value, 1, 1000, version) == ERR_OK
                   ? ERR_OK
                   : diag_set(d, ERR_PARSE, "the version is not a number");
    }
    if (str_eq_c(key, "accepted")) {
        c->given = true;
        return consent_parse_classes(value, c->accepted, d);
    }
    if (str_eq_c(key, "date")) {
        int64_t day;
        char text[32];
        /* a time of day may follow; only the day counts */
        if (value.len < sizeof(c->date) - 1 || value.len >= sizeof(text)) {
            return diag_set(d, ERR_PARSE, "the date is not YYYY-MM-DD");
        }
        memcpy(text, value.p, value.len);
        text[value.len] = '\0';
        if (clock_parse(text, &day) != ERR_OK) {
            return diag_set(d, ERR_PARSE, "the date is not YYYY-MM-DD");
        }
        str_copy(c->date, sizeof(c->date), text);
        return ERR_OK;
    }
    return diag_set(d, ERR_PARSE, "unknown key `" STR_FMT "`",
                    STR_ARG(str_sub(key, 0, 40)));
}

enum err consent_parse(struct str text, struct consent *out, struct diag *d)
{
    struct consent c = {.given = false};
    int64_t version = 0;
    struct str rest = text;
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len == 0 || line.p[0] == '#') {
            continue;
        }
        enum err e = parse_line(line, &c, &version, d);
        if (e != ERR_OK) {
            return e;
        }
    }
    if (!version || !c.given || !c.date[0]) {
        return diag_set(d, ERR_PARSE, "version, accepted or date is missing");
    }
    if (version != CONSENT_VERSION) {
        return diag_set(d, ERR_NOTFOUND,
                        "consent was given to version %d of the text, which "
                        "has changed",
                        (int)version);
    }
    *out = c;
    return ERR_OK;
}

enum err consent_load(struct consent *out, struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = paths_state("consent", path, d);
    if (e != ERR_OK) {
        return e;
    }
    struct buf text;
    buf_init(&text, CONSENT_FILE_MAX);
    e = fs_read(path, CONSENT_FILE_MAX, &text, d);
    if (e == ERR_NOTFOUND) {
        *out = (struct consent){.given = false};
        e = ERR_OK;
    } else if (e == ERR_OK) {
        struct diag why = {""};
        e = consent_parse(buf_str(&text), out, &why);
        if (e != ERR_OK) {
            e = diag_set(d, e, "%.200s: %.100s", path, why.text);
        }
    }
    buf_fini(&text);
    return e;
}

enum err consent_store(const struct consent *c, struct diag *d)
{
    char path[PATHS_MAX];
    char classes[CONSENT_CLASSES_TEXT];
    char text[256];
    enum err e = paths_ours(d);
    if (e == ERR_OK) {
        e = paths_make_state(d);
    }
    if (e == ERR_OK) {
        e = paths_state("consent", path, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    consent_format_classes(c->accepted, classes);
    snprintf(text, sizeof(text), "version = %d\naccepted = %s\ndate = %s\n",
             CONSENT_VERSION, classes, c->date);
    return fs_write_atomic(path, str_c(text), 0600, d);
}

enum err consent_revoke(struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = paths_ours(d);
    if (e == ERR_OK) {
        e = paths_state("consent", path, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    if (unlink(path) != 0) {
        return diag_set(d, err_from_errno(errno), "%.200s: %s", path,
                        strerror(errno));
    }
    return ERR_OK;
}

bool consent_required(struct consent *out, const char *command)
{
    struct diag d = {""};
    enum err e = paths_ours(&d);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax %s: %s\n", command, d.text);
        return false;
    }
    e = consent_load(out, &d);
    if (e == ERR_OK && out->given) {
        return true;
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax %s: %s\n", command, d.text);
    }
    if (e == ERR_INVAL) {
        return false; /* nowhere to keep consent: told already */
    }
    fprintf(stderr,
            "parallax %s: nothing was contacted, because consent is missing.\n"
            "Read `parallax consent`, then agree with `parallax consent "
            "--accept`.\n",
            command);
    return false;
}
