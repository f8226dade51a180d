// SPDX-License-Identifier: Apache-2.0
/* How long all fingerprints take over one page of the largest size kept.
 *
 *   matching [FILE.csv]...   prints `text <TAB> milliseconds`, the middle of
 *                            many runs; the first line is the number of
 *                            fingerprints
 *
 * Without a file, patterns of the same number, kinds and lengths as OONI's are
 * made up.
 */
#include "base/fs.h"
#include "record/fingerprints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_LEN   ((size_t)512 << 10)
#define RUNS       41
#define MADE_UP    1729
#define FILE_MAX   ((size_t)64 << 20)
#define MAX_STARTS 4096

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "matching: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- patterns ------------------------------------------------------------ */

static uint32_t dice = 20261126;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

static const char *const words[] = {
    "<div class=\"", "access ",  "to this ", "site ",     "has been ", "the ",
    "blocked ",      "</div>\n", "http://",  "www.",      "policy ",   "<p>",
    "by order ",     "of the ",  "ministry", "<a href='", "notice ",   "</a> ",
    "<title>",       "denied ",  "firewall", "<br/>\n",   "filter ",   "web "};

#define N_WORDS (sizeof(words) / sizeof(*words))

/* As OONI's: four in five stand in the body, one in six of those are a prefix,
 * one in 120 is an expression; 10 to 100 bytes and a few long ones. */
static void make_up(struct buf *csv)
{
    for (unsigned i = 0; i < MADE_UP; i++) {
        bool body = i % 5 != 4;
        bool expression = body && i % 120 == 0;
        size_t want = i % 50 == 7 ? 300 + roll(500) : 10 + roll(90);
        buf_printf(csv, "made.%u,isp,,%s,%s,\"", i,
                   body ? "body" : "header.location",
                   expression      ? "regexp"
                   : i % 6 && body ? "contains"
                                   : "prefix");
        for (size_t start = csv->len; csv->len - start < want;) {
            for (const char *c = words[roll(N_WORDS)]; *c; c++) {
                buf_add_c(csv, *c == '"' ? "\"\"" : (char[2]){*c, '\0'});
            }
        }
        buf_printf(csv, "%s%u\",5,,made up,,\n", expression ? ".*id=" : "#", i);
    }
}

/* Starts of patterns, to make texts that nearly match. */
static struct str starts[MAX_STARTS];
static size_t n_starts;

static void note_starts(struct str csv)
{
    struct str line;
    while (str_next(&csv, '\n', &line) && n_starts < MAX_STARTS) {
        size_t at = str_find(line, STR("body,"));
        at = at == SIZE_MAX ? at : at + 5;
        struct str rest =
            at == SIZE_MAX ? STR("") : str_sub(line, at, line.len);
        size_t comma = str_find_char(rest, ',');
        size_t end = comma == SIZE_MAX ? comma : comma + 1;
        rest = end == SIZE_MAX ? STR("") : str_sub(rest, end, rest.len);
        end = str_find(rest, STR(",5,"));
        if (end != SIZE_MAX && end > 2) {
            starts[n_starts++] = str_sub(rest, rest.p[0] == '"', end - 1);
        }
    }
}

/* Too weak to be used; it takes no time either. */
static void bad_row(void *arg, const char *msg)
{
    (void)arg;
    (void)msg;
}

static void add(struct fingerprints *f, const char *name, struct str text)
{
    if (fingerprints_add_csv(f, name, text, NULL, bad_row, NULL) != ERR_OK) {
        fail(name, "cannot be added");
    }
    note_starts(text);
}

/* ---- texts --------------------------------------------------------------- */

static void html(char *body)
{
    size_t n = 0;
    while (n < BODY_LEN) {
        const char *word = words[roll(N_WORDS)];
        size_t len = strlen(word);
        len = len < BODY_LEN - n ? len : BODY_LEN - n;
        memcpy(body + n, word, len);
        n += len;
        if (n < BODY_LEN && roll(3) == 0) {
            body[n++] = (char)('a' + roll(26));
        }
    }
}

/* Everything but the last byte of one pattern after the other. */
static void near_matches(char *body)
{
    size_t n = 0;
    while (n < BODY_LEN) {
        struct str s = starts[roll((uint32_t)n_starts)];
        size_t len = s.len < BODY_LEN - n ? s.len : BODY_LEN - n;
        memcpy(body + n, s.p, len);
        n += len;
    }
}

static void one_prefix(char *body)
{
    struct str longest = starts[0];
    for (size_t i = 0; i < n_starts; i++) {
        longest = starts[i].len > longest.len ? starts[i] : longest;
    }
    for (size_t n = 0; n < BODY_LEN; n++) {
        body[n] = longest.p[n % longest.len];
    }
}

static void noise(char *body)
{
    for (size_t i = 0; i < BODY_LEN; i++) {
        body[i] = (char)roll(256);
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(const struct fingerprints *f, const char *what,
                    void (*make)(char *), char *body)
{
    int64_t took[RUNS];
    make(body);
    for (size_t i = 0; i < RUNS; i++) {
        int64_t t0 = now_ns();
        struct fp_match found;
        if (fingerprints_match_body(f, (struct str){body, BODY_LEN}, STR("RU"),
                                    &found) != ERR_OK) {
            fail(what, "out of memory");
        }
        took[i] = now_ns() - t0;
    }
    qsort(took, RUNS, sizeof(*took), by_value);
    printf("%s\t%.2f\n", what, (double)took[RUNS / 2] / 1e6);
}

int main(int argc, char **argv)
{
    struct fingerprints *f = NULL;
    struct buf text;
    struct diag d = {""};
    char *body = malloc(BODY_LEN);
    buf_init(&text, FILE_MAX);
    if (!body || fingerprints_builtin(&f) != ERR_OK) {
        fail("start", "out of memory");
    }
    if (argc < 2) {
        make_up(&text);
        add(f, "made up", buf_str(&text));
    }
    for (int i = 1; i < argc; i++) {
        size_t start = text.len;
        if (argc > 2 || fs_read(argv[i], FILE_MAX, &text, &d) != ERR_OK) {
            fail(argv[i], d.text);
        }
        add(f, argv[i], str_sub(buf_str(&text), start, text.len));
    }
    printf("fingerprints\t%zu\n", fingerprints_count(f));
    measure(f, "page", html, body);
    measure(f, "starts of patterns", near_matches, body);
    measure(f, "start of the longest pattern", one_prefix, body);
    measure(f, "noise", noise, body);
    buf_fini(&text);
    fingerprints_free(f);
    free(body);
    return 0;
}
