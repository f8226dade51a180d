// SPDX-License-Identifier: Apache-2.0
#include "lines.h"

#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_FILE    (16u << 20)
#define MAX_CONTENT (64u << 20)

int lab_words(char *line, char **word, int max)
{
    int n = 0;
    char *in = line;
    for (;;) {
        in += strspn(in, " \t\r\n");
        if (!*in || *in == '#') {
            return n;
        }
        if (n == max) {
            return -2;
        }
        char *out = in;
        word[n++] = out;
        bool quoted = false;
        while (*in && (quoted || !strchr(" \t\r\n", *in))) {
            if (*in == '"') {
                quoted = !quoted;
                in++;
            } else {
                if (quoted && *in == '\\' && (in[1] == '"' || in[1] == '\\')) {
                    in++;
                }
                *out++ = *in++;
            }
        }
        if (quoted) {
            return -1;
        }
        // The end of the word may fall on the space just seen.
        if (*in) {
            in++;
        }
        *out = 0;
    }
}

bool lab_line_fail(struct lab_line *l, const char *fmt, ...)
{
    struct lab_conf *c = l->conf;
    int n = snprintf(c->error, sizeof(c->error), "%s:%d: ", l->where.file,
                     l->where.line);
    if (n > 0 && (size_t)n < sizeof(c->error)) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(c->error + n, sizeof(c->error) - (size_t)n, fmt, ap);
        va_end(ap);
    }
    return false;
}

const char *lab_line_peek(const struct lab_line *l)
{
    return l->at < l->words ? l->word[l->at] : NULL;
}

char *lab_line_next(struct lab_line *l)
{
    return l->at < l->words ? l->word[l->at++] : NULL;
}

bool lab_line_is(struct lab_line *l, const char *word)
{
    const char *next = lab_line_peek(l);
    if (!next || strcmp(next, word) != 0) {
        return false;
    }
    l->at++;
    return true;
}

bool lab_line_end(struct lab_line *l)
{
    const char *next = lab_line_peek(l);
    if (l->twice) {
        return lab_line_fail(l, "\"%s\" twice", l->twice);
    }
    return !next || lab_line_fail(l, "unexpected \"%s\"", next);
}

bool lab_line_option(struct lab_line *l, const char *word)
{
    if (!lab_line_is(l, word)) {
        return false;
    }
    for (int i = 0; i < l->options; i++) {
        if (strcmp(l->option[i], word) == 0) {
            l->twice = word;
        }
    }
    if (l->options < (int)(sizeof(l->option) / sizeof(l->option[0]))) {
        l->option[l->options++] = word;
    }
    return true;
}

bool lab_line_once(struct lab_line *l, enum lab_setting which, const char *what)
{
    struct lab_where *said = &l->conf->said[which];
    if (said->file) {
        return lab_line_fail(l, "%s was said already at %s:%d", what,
                             said->file, said->line);
    }
    *said = l->where;
    return true;
}

// Labels of 1 to 63 letters, digits, - and _; a dot may follow the last.
static bool is_name(const char *w)
{
    static const char letter[] = "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (strlen(w) > 253) {
        return false;
    }
    do {
        size_t n = strspn(w, letter);
        if (!n || n > 63 || (w[n] && w[n] != '.')) {
            return false;
        }
        w += n + (w[n] == '.');
    } while (*w);
    return true;
}

bool lab_line_name(struct lab_line *l, char **out)
{
    char *w = lab_line_next(l);
    if (!w) {
        return lab_line_fail(l, "a name is missing");
    }
    size_t len = strlen(w);
    if (strcmp(w, "*") != 0 && !is_name(strncmp(w, "*.", 2) ? w : w + 2)) {
        return lab_line_fail(l, "\"%s\" is not a name", w);
    }
    *out = lab_strdup(w);
    for (char *p = *out; *p; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p + 32);
        }
    }
    if (len > 1 && (*out)[len - 1] == '.') {
        (*out)[len - 1] = 0;
    }
    return true;
}

bool lab_line_place(struct lab_line *l, const char *text, uint32_t *out)
{
    const char *w = text ? text : lab_line_next(l);
    struct in_addr a;
    if (!w || inet_pton(AF_INET, w, &a) != 1) {
        return lab_line_fail(l, "\"%s\" is not an IPv4 address", w ? w : "");
    }
    const char *why = lab_addr_wrong(a.s_addr);
    if (why) {
        return lab_line_fail(l, "nobody can be at %s: %s", w, why);
    }
    *out = a.s_addr;
    return true;
}

bool lab_line_addr_port(struct lab_line *l, uint32_t *addr, uint16_t *port)
{
    char *w = lab_line_next(l);
    if (!w) {
        return lab_line_fail(l, "an address is missing");
    }
    char text[64];
    snprintf(text, sizeof(text), "%s", w);
    char *colon = strchr(text, ':');
    *port = 0;
    if (colon) {
        char *end;
        unsigned long v = strtoul(colon + 1, &end, 10);
        if (end == colon + 1 || *end || !v || v > 65535) {
            return lab_line_fail(l, "\"%s\": not a port", w);
        }
        *port = (uint16_t)v;
        *colon = 0;
    }
    struct in_addr a;
    if (inet_pton(AF_INET, text, &a) != 1) {
        return lab_line_fail(l, "\"%s\" is not ADDR or ADDR:PORT", w);
    }
    *addr = a.s_addr;
    return true;
}

bool lab_line_int(struct lab_line *l, const char *what, long min, long max,
                  long *out)
{
    char *w = lab_line_next(l);
    char *end = NULL;
    errno = 0;
    long v = w ? strtol(w, &end, 10) : 0;
    if (!w || end == w || *end || errno || v < min || v > max) {
        return lab_line_fail(l, "%s: \"%s\" is not a number from %ld to %ld",
                             what, w ? w : "", min, max);
    }
    *out = v;
    return true;
}

// Reads "12.5unit"; the unit is what follows the digits.
static bool number_unit(struct lab_line *l, const char *what, double *v,
                        const char **unit)
{
    char *w = lab_line_next(l);
    char *end = NULL;
    if (w) {
        *v = strtod(w, &end);
    }
    if (!w || end == w || !(*v >= 0) || *v > 1e12) {
        return lab_line_fail(l, "%s: \"%s\" is not a number with its unit",
                             what, w ? w : "");
    }
    *unit = end;
    return true;
}

struct unit {
    const char *word;
    double factor;
};

static bool scaled(struct lab_line *l, const char *what,
                   const struct unit *unit, const char *suffix, double *out)
{
    double v = 0;
    const char *u = "";
    if (!number_unit(l, what, &v, &u)) {
        return false;
    }
    size_t n = strlen(u);
    size_t cut = suffix ? strlen(suffix) : 0;
    if (cut && n >= cut && strcasecmp(u + n - cut, suffix) == 0) {
        n -= cut;
    }
    for (; unit->word; unit++) {
        if (strlen(unit->word) == n && strncasecmp(u, unit->word, n) == 0) {
            *out = v * unit->factor;
            return true;
        }
    }
    return lab_line_fail(l, "%s: unknown unit \"%s\"", what, u);
}

bool lab_line_duration(struct lab_line *l, int64_t *us)
{
    static const struct unit units[] = {
        {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {NULL, 0}};
    double v = 0;
    if (!scaled(l, "duration", units, NULL, &v)) {
        return false;
    }
    *us = (int64_t)v;
    return true;
}

bool lab_line_percent(struct lab_line *l, double *part)
{
    static const struct unit units[] = {{"%", 0.01}, {NULL, 0}};
    double v = 0;
    if (!scaled(l, "share", units, NULL, &v)) {
        return false;
    }
    if (v > 1) {
        return lab_line_fail(l, "a share over 100%%");
    }
    *part = v;
    return true;
}

bool lab_line_bits(struct lab_line *l, int64_t *bps)
{
    static const struct unit units[] = {
        {"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
    double v = 0;
    if (!scaled(l, "rate", units, NULL, &v)) {
        return false;
    }
    if (v < 1000) {
        return lab_line_fail(l, "a rate under 1kbit");
    }
    *bps = (int64_t)v;
    return true;
}

bool lab_line_bytes(struct lab_line *l, const char *suffix, int64_t *bytes)
{
    static const struct unit units[] = {
        {"", 1}, {"b", 1}, {"kb", 1024}, {"mb", 1048576}, {NULL, 0}};
    double v = 0;
    if (!scaled(l, "size", units, suffix, &v)) {
        return false;
    }
    if (v < 1 || v > (double)(1u << 30)) {
        return lab_line_fail(l, "a size must be from 1 byte to 1 GiB");
    }
    *bytes = (int64_t)v;
    return true;
}

bool lab_line_content(struct lab_line *l, char **p, size_t *len)
{
    char *w = lab_line_next(l);
    if (!w) {
        return lab_line_fail(l, "a file is missing");
    }
    char *path = w[0] == '/' ? lab_strdup(w) : lab_printf("%s/%s", l->dir, w);
    *p = lab_file_read(path, MAX_CONTENT, len);
    free(path);
    return *p || lab_line_fail(l, "%s: %s", w, lab_file_error());
}

static bool read_line(struct lab_line *l)
{
    const char *first = lab_line_next(l);
    const struct lab_directive *tables[] = {lab_scenario_directives,
                                            lab_world_directives,
                                            lab_world_own_directives};
    for (size_t t = 0; t < 3; t++) {
        for (const struct lab_directive *d = tables[t]; d->word; d++) {
            if (strcmp(d->word, first) == 0) {
                return d->read(l);
            }
        }
    }
    return lab_line_fail(l, "unknown word \"%s\"", first);
}

bool lab_lines_text(struct lab_conf *c, const char *name, const char *dir,
                    const char *text)
{
    int number = 0;
    const char *file = lab_strdup(name);
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = lab_alloc(len + 1, 1);
        memcpy(line, text, len);
        text += len + (text[len] == '\n');
        struct lab_line l = {
            .conf = c, .where = {.file = file, .line = ++number}, .dir = dir};
        l.where.text = lab_strdup(line + strspn(line, " \t"));
        l.where.text[strcspn(l.where.text, "\r")] = 0;
        l.words = lab_words(line, l.word, LAB_LINE_WORDS);
        if (l.words < 0) {
            return lab_line_fail(&l, l.words == -1 ? "a quote is not closed"
                                                   : "too many words");
        }
        if (l.words && (!read_line(&l) || !lab_line_end(&l))) {
            return false;
        }
        free(line);
    }
    return true;
}

bool lab_lines_file(struct lab_conf *c, const char *path)
{
    size_t len = 0;
    char *text = lab_file_read(path, MAX_FILE, &len);
    if (!text) {
        snprintf(c->error, sizeof(c->error), "%s: %s", path, lab_file_error());
        return false;
    }
    char *copy = lab_strdup(path);
    char *dir = lab_strdup(dirname(copy));
    bool ok = lab_lines_text(c, path, dir, text);
    free(copy);
    free(dir);
    free(text);
    return ok;
}
