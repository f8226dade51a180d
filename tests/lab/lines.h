// SPDX-License-Identifier: Apache-2.0
// The lines of world and scenario files: words, quotes, comments, units, and
// the table that leads from a line's first word to the function that reads
// the rest. A handler takes words from `struct lab_line` in order; on any
// trouble it calls lab_line_fail and returns false. No output, no exit.
#ifndef LAB_LINES_H
#define LAB_LINES_H

#include "conf.h"

#define LAB_LINE_WORDS 64

struct lab_line {
    struct lab_conf *conf;
    struct lab_where where;
    const char *dir; // FILE words are relative to it
    char *word[LAB_LINE_WORDS];
    int words;
    int at; // next word
    const char *option[8];
    int options;
    const char *twice; // an option that came again
};

typedef bool (*lab_line_fn)(struct lab_line *l);

struct lab_directive {
    const char *word;
    lab_line_fn read;
};

// Terminated by a NULL word.
extern const struct lab_directive lab_scenario_directives[];
extern const struct lab_directive lab_world_directives[];
extern const struct lab_directive lab_world_own_directives[];

// A first word that both kinds of line share: the rest of a world's `page`
// line, and of a scenario's `resolver isp` line (its address is put in when
// all files are read).
bool lab_world_page(struct lab_line *l);
bool lab_scenario_resolver(struct lab_line *l);

// Reads a file, or a text known by `name`, into `c`. false: c->error.
bool lab_lines_file(struct lab_conf *c, const char *path);
bool lab_lines_text(struct lab_conf *c, const char *name, const char *dir,
                    const char *text);

// Cuts a line into words in place; -1 when a quote is not closed, -2 when
// there are more than `max`.
int lab_words(char *line, char **word, int max);

bool lab_line_fail(struct lab_line *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
// The next word if it is `word`.
bool lab_line_is(struct lab_line *l, const char *word);
// The same for an option, which a line may have once: if it comes again,
// lab_line_end says so.
bool lab_line_option(struct lab_line *l, const char *word);
// A setting may be said once in all files; `what` is what a person calls it.
bool lab_line_once(struct lab_line *l, enum lab_setting which,
                   const char *what);
// The next word whatever it is; NULL at the end.
char *lab_line_next(struct lab_line *l);
const char *lab_line_peek(const struct lab_line *l);
bool lab_line_end(struct lab_line *l);

bool lab_line_name(struct lab_line *l, char **out);
// An address where somebody can be: `text`, or the next word if it is NULL.
bool lab_line_place(struct lab_line *l, const char *text, uint32_t *out);
bool lab_line_addr_port(struct lab_line *l, uint32_t *addr, uint16_t *port);
bool lab_line_int(struct lab_line *l, const char *what, long min, long max,
                  long *out);
bool lab_line_duration(struct lab_line *l, int64_t *us);
bool lab_line_percent(struct lab_line *l, double *part);
// "10mbit" in bits a second.
bool lab_line_bits(struct lab_line *l, int64_t *bps);
// "16kb" or "200B/s": bytes; `suffix` is cut off first when it is there.
bool lab_line_bytes(struct lab_line *l, const char *suffix, int64_t *bytes);
// The content of FILE, at most 64 MiB.
bool lab_line_content(struct lab_line *l, char **p, size_t *len);

#endif
