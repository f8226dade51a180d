// SPDX-License-Identifier: Apache-2.0
/* The trusted comment of a signed list, read and written. */
#include "record/signed_list.h"

#include "base/calendar.h"
#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

#define LETTERS_MIN 2
#define LETTERS_MAX 16

bool signed_list_is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    return n >= LETTERS_MIN && n <= LETTERS_MAX &&
           strcmp(name + n, ".csv") == 0;
}

enum err signed_list_comment(const struct signed_list *l, struct buf *out)
{
    if (!signed_list_is_name(l->name) || l->version < 1 ||
        l->version > SIGNED_LIST_VERSION_MAX || l->made_s < 0 ||
        l->expires_s < DAY_S) {
        return ERR_INVAL;
    }
    buf_printf(out,
               "timestamp:%" PRId64 "\tfile:%s\tversion:%" PRId64 "\texpires:",
               l->made_s, l->name, l->version);
    calendar_add_day(out, calendar_day(l->expires_s - 1));
    return out->failed;
}

/* ---- reading --------------------------------------------------------------
 */

static enum err take_name(struct str value, struct signed_list *l)
{
    char name[SIGNED_LIST_NAME_MAX];
    if (!value.len || value.len >= sizeof(name) ||
        memchr(value.p, 0, value.len)) {
        return ERR_PARSE;
    }
    memcpy(name, value.p, value.len);
    name[value.len] = '\0';
    str_copy(l->name, sizeof(l->name), name);
    return signed_list_is_name(name) ? ERR_OK : ERR_PARSE;
}

static enum err take_day(struct str value, struct signed_list *l)
{
    char day[11];
    int64_t begins_s = 0;
    if (value.len != sizeof(day) - 1) {
        return ERR_PARSE;
    }
    memcpy(day, value.p, sizeof(day) - 1);
    day[sizeof(day) - 1] = '\0';
    if (clock_parse(day, &begins_s) != ERR_OK || begins_s < 0) {
        return ERR_PARSE;
    }
    l->expires_s = begins_s + DAY_S;
    return ERR_OK;
}

/* One field; what is not ours is passed over, what is there twice refused. */
static enum err take_field(struct str field, struct signed_list *l)
{
    size_t colon = str_find_char(field, ':');
    struct str name = str_sub(field, 0, colon == SIZE_MAX ? 0 : colon);
    struct str value = str_sub(field, name.len + 1, field.len);
    if (str_eq_c(name, "file")) {
        return l->name[0] ? ERR_PARSE : take_name(value, l);
    }
    if (str_eq_c(name, "version")) {
        return l->version
                   ? ERR_PARSE
                   : str_to_i64(value, 1, SIGNED_LIST_VERSION_MAX, &l->version);
    }
    if (str_eq_c(name, "expires")) {
        return l->expires_s ? ERR_PARSE : take_day(value, l);
    }
    if (str_eq_c(name, "timestamp")) {
        return l->made_s
                   ? ERR_PARSE
                   : str_to_i64(value, 0, INT64_C(253402300799), &l->made_s);
    }
    return ERR_OK;
}

static enum err read_comment(struct str comment, struct signed_list *out,
                             struct diag *d)
{
    struct signed_list l = {.version = 0};
    while (comment.len) {
        size_t n = 0;
        while (n < comment.len && comment.p[n] != '\t' && comment.p[n] != ' ') {
            n++;
        }
        struct str field = str_sub(comment, 0, n);
        if (take_field(field, &l) != ERR_OK) {
            return diag_set(d, ERR_PARSE,
                            "its trusted comment has `" STR_FMT
                            "`, which is not understood",
                            STR_ARG(str_sub(field, 0, 60)));
        }
        comment = str_sub(comment, n + 1, comment.len);
    }
    if (!l.name[0] || !l.version || !l.expires_s) {
        return diag_set(d, ERR_PARSE,
                        "its trusted comment does not say the list's %s",
                        !l.name[0]   ? "name (file:)"
                        : !l.version ? "version (version:)"
                                     : "last day (expires:)");
    }
    *out = l;
    return ERR_OK;
}

enum err signed_list_check(const struct minisign_keys *keys, struct str list,
                           struct str signature, struct signed_list *out,
                           struct diag *d)
{
    struct minisign_signature s;
    struct minisign_public by;
    enum err e = minisign_read_signature(signature, &s, d);
    if (e == ERR_OK) {
        e = minisign_keys_verify(keys, list, &s, &by, d);
    }
    /* only now is the comment somebody's we believe */
    if (e == ERR_OK) {
        e = read_comment(s.comment, out, d);
    }
    if (e == ERR_OK) {
        out->by = by;
    }
    return e;
}

enum err signed_list_claim(struct str signature, struct signed_list *out,
                           struct diag *d)
{
    struct minisign_signature s;
    enum err e = minisign_read_signature(signature, &s, d);
    return e == ERR_OK ? read_comment(s.comment, out, d) : e;
}

/* ---- both in one file ---------------------------------------------------- */

#define SIGNATURE_LINES 4
#define FIRST_LINE      "#untrusted comment: "

enum err signed_list_join(struct str list, struct str signature,
                          struct buf *out)
{
    struct str rest = signature, line;
    for (int i = 0; i < SIGNATURE_LINES && str_next(&rest, '\n', &line); i++) {
        buf_add_byte(out, '#');
        buf_add_str(out, str_trim(line));
        buf_add_byte(out, '\n');
    }
    return buf_add_str(out, list);
}

bool signed_list_begins(struct str file)
{
    return str_starts(file, FIRST_LINE);
}

bool signed_list_split(struct str file, struct str *list, struct buf *signature)
{
    struct str rest = file, line;
    if (!signed_list_begins(file)) {
        return false;
    }
    for (int i = 0; i < SIGNATURE_LINES; i++) {
        if (!str_next(&rest, '\n', &line) || !str_starts(line, "#")) {
            return false;
        }
        buf_add_str(signature, str_sub(line, 1, line.len));
        buf_add_byte(signature, '\n');
    }
    *list = rest;
    return !signature->failed;
}
